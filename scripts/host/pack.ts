/** Packs this package and lays it out in an n8n user folder the way n8n's own community package installer does. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import execa from 'execa';

import { download, npm } from '../npm.cjs';

interface Manifest {
	name: string;
	version: string;
	dependencies?: Record<string, string>;
	devDependencies?: Record<string, string>;
	peerDependencies?: Record<string, string>;
	optionalDependencies?: Record<string, string>;
	n8n?: { nodes?: string[]; credentials?: string[] };
	[key: string]: unknown;
}

/** The repository's root folder. */
export const REPOSITORY = resolve(__dirname, '..', '..');

/**
 * Packs the package in `root`, by default the repository, which must have been built.
 * @returns the tarball's path in a new temporary folder
 */
export async function packPackage(root: string = REPOSITORY): Promise<string> {
	const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest;
	const files = [...(manifest.n8n?.nodes ?? []), ...(manifest.n8n?.credentials ?? [])];
	const missing = files.filter((file) => !existsSync(join(root, file)));
	if (files.length === 0 || missing.length > 0) {
		throw new Error(`Run "npm run build" first: ${missing[0] ?? 'the list of nodes'} is missing`);
	}
	const folder = await mkdtemp(join(tmpdir(), 'digital-goods-pack-'));
	const output = await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
		cwd: root,
	});
	const name = /"filename":\s*"([^"]+)"/.exec(output)?.[1];
	if (!name) throw new Error(`npm pack named no file:\n${output}`);
	return join(folder, name.replace(/^@/, '').replace('/', '-'));
}

/**
 * Installs a packed package into `<userFolder>/.n8n/nodes`, replacing an earlier version of it: unpacked as it is,
 * without development, peer and optional dependencies, with its own dependencies (scripts off), and listed in that
 * folder's `package.json`. n8n loads it at its next start.
 */
export async function installPackage(
	tarball: string,
	userFolder: string,
): Promise<{ name: string; dir: string }> {
	const nodes = join(userFolder, '.n8n', 'nodes');
	await mkdir(join(nodes, 'node_modules'), { recursive: true });
	const staging = await mkdtemp(join(nodes, '.unpack-'));
	try {
		await execa('tar', ['-xzf', resolve(tarball), '-C', staging, '--strip-components=1']);
		const { devDependencies, peerDependencies, optionalDependencies, ...manifest } = JSON.parse(
			await readFile(join(staging, 'package.json'), 'utf8'),
		) as Manifest;
		await writeFile(join(staging, 'package.json'), JSON.stringify(manifest, null, 2));
		if (Object.keys(manifest.dependencies ?? {}).length > 0) {
			const flags = [
				'--ignore-scripts',
				'--bin-links=false',
				'--install-strategy=shallow',
				'--package-lock=false',
			];
			await download(['install', ...flags, '--loglevel=error'], { cwd: staging });
		}
		const dir = join(nodes, 'node_modules', manifest.name);
		await mkdir(dirname(dir), { recursive: true });
		await rm(dir, { recursive: true, force: true });
		await rename(staging, dir);
		await list(nodes, manifest);
		return { name: manifest.name, dir };
	} finally {
		await rm(staging, { recursive: true, force: true });
	}
}

async function list(nodes: string, manifest: Manifest): Promise<void> {
	const path = join(nodes, 'package.json');
	let installed: { name: string; private: boolean; dependencies: Record<string, string> };
	try {
		installed = JSON.parse(await readFile(path, 'utf8')) as typeof installed;
		installed.dependencies ??= {};
	} catch {
		installed = { name: 'installed-nodes', private: true, dependencies: {} };
	}
	installed.dependencies[manifest.name] = manifest.version;
	await writeFile(path, JSON.stringify(installed, null, 2));
}
