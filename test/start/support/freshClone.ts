import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import execa from 'execa';

import { REPOSITORY } from '../../../scripts/host/pack';

export interface FreshClone {
	folder: string;
	/** Runs an npm script there; npm's own settings come from `env`, and its cache is empty. */
	npmRun(script: string, env?: Record<string, string>): Promise<{ code: number; output: string; ms: number }>;
	remove(): Promise<void>;
}

/** What the bootstrap needs of a clone of this repository, without dependencies. */
export async function freshClone(): Promise<FreshClone> {
	const folder = await mkdtemp(join(tmpdir(), 'digital-goods-clone-'));
	await mkdir(join(folder, 'scripts'));
	const files = ['package.json', 'package-lock.json', '.npmrc'];
	const scripts = ['bootstrap.mjs', 'npm.cjs', 'steps.cjs'].map((file) => join('scripts', file));
	for (const file of [...files, ...scripts]) await cp(join(REPOSITORY, file), join(folder, file));
	const npmRun = async (script: string, env: Record<string, string> = {}) => {
		const started = Date.now();
		const { exitCode, all } = await execa('npm', ['run', script], {
			cwd: folder,
			env: { npm_config_cache: join(folder, 'npm-cache'), ...env },
			all: true,
			reject: false,
		});
		return { code: exitCode, output: all ?? '', ms: Date.now() - started };
	};
	return { folder, npmRun, remove: async () => await rm(folder, { recursive: true, force: true }) };
}
