/** Packs this package and lays it out in an n8n user folder the way n8n's own community package installer does. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { npmEnvironment, npmScript, run } from './install';

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
 * `npm pack`s the package in `root` (the repository unless told otherwise), which must have been built, and gives
 * the tarball's path in a new temporary folder.
 */
export async function packPackage(root: string = REPOSITORY): Promise<string> {
	const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest;
	const files = [...(manifest.n8n?.nodes ?? []), ...(manifest.n8n?.credentials ?? [])];
	const missing = files.filter((file) => !existsSync(join(root, file)));
	if (files.length === 0 || missing.length > 0) {
		throw new Error(`Run "npm run build" first: ${missing[0] ?? 'the list of nodes'} is missing`);
	}
	const folder = await mkdtemp(join(tmpdir(), 'digital-goods-pack-'));
	const result = await run(
		process.execPath,
		[npmScript(), 'pack', '--json', '--ignore-scripts', '--pack-destination', folder],
		{ cwd: root, env: npmEnvironment() },
	);
	const name = /"filename":\s*"([^"]+)"/.exec(result.output)?.[1];
	if (result.code !== 0 || !name) throw new Error(`npm pack failed:\n${result.output}`);
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
		const unpacked = await run('tar', ['-xzf', resolve(tarball), '-C', staging, '--strip-components=1'], {});
		if (unpacked.code !== 0) throw new Error(`Unpacking ${tarball} failed:\n${unpacked.output}`);
		const { devDependencies, peerDependencies, optionalDependencies, ...manifest } = JSON.parse(
			await readFile(join(staging, 'package.json'), 'utf8'),
		) as Manifest;
		await writeFile(join(staging, 'package.json'), JSON.stringify(manifest, null, 2));
		if (Object.keys(manifest.dependencies ?? {}).length > 0) {
			const flags = ['--audit=false', '--fund=false', '--bin-links=false', '--install-strategy=shallow'];
			const installed = await run(
				process.execPath,
				[npmScript(), 'install', ...flags, '--ignore-scripts=true', '--package-lock=false'],
				{ cwd: staging, env: npmEnvironment() },
			);
			if (installed.code !== 0) throw new Error(`Installing dependencies failed:\n${installed.output}`);
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
	let ledger: { name: string; private: boolean; dependencies: Record<string, string> };
	try {
		ledger = JSON.parse(await readFile(path, 'utf8')) as typeof ledger;
		ledger.dependencies ??= {};
	} catch {
		ledger = { name: 'installed-nodes', private: true, dependencies: {} };
	}
	ledger.dependencies[manifest.name] = manifest.version;
	await writeFile(path, JSON.stringify(ledger, null, 2));
}
