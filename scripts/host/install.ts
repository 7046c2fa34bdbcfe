/** Installs a real n8n into the user's cache folder, once for each version. Everything comes from the npm registry. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import execa from 'execa';

import { download, npm } from '../npm.cjs';
import { cacheFolder, stagingFolder, toStandardError, withLock, type Progress } from './cache';
import { ensureNode, nodeAbi, nodeBinary, nodeFor } from './node';

/**
 * The n8n of the demo, the tests and the benchmark, unless `N8N_VERSION` names another. Beside this file, in
 * `n8n/<version>`, are a manifest and, for this version, a lock file. The manifest's overrides stand in for packages
 * that the npm registry did not have when the lock file was made; for 2.41.3 these include n8n's own, one patch older.
 */
export const DEFAULT_N8N_VERSION = '2.41.3';

export interface EnsureHostOptions {
	/** The exact version of n8n: by default the one in `N8N_VERSION`, else {@link DEFAULT_N8N_VERSION}. */
	version?: string;
	/**
	 * The Node.js to run it on: the path of a binary, or a major version to take from the npm registry. By default the
	 * machine's own where this n8n supports it, else the registry's.
	 */
	node?: string | number;
	/** Called with a line every few seconds while something is being installed. Default: standard error. */
	onProgress?: Progress;
}

export interface InstalledHost {
	version: string;
	/** Path of the Node.js binary. */
	node: string;
	/** Path of n8n's start script (`bin/n8n`). */
	n8n: string;
	/** The folder whose `node_modules` holds n8n. */
	dir: string;
}

/** n8n's packages with native code, which their install scripts build or unpack. */
const NATIVE_PACKAGES = ['sqlite3', 'isolated-vm'];

/** Marks a finished installation and names the Node.js it was built for. */
const COMPLETE = '.complete.json';

const COUNTED_EVERY_MS = 5_000;

/** The version that {@link ensureHost} installs by default. */
export const n8nVersion = (): string => process.env.N8N_VERSION ?? DEFAULT_N8N_VERSION;

/**
 * Installs n8n where it is missing and says where it is. The first call takes a few minutes. Calls from several
 * processes wait for one another; an interrupted installation starts anew.
 */
export async function ensureHost(options: EnsureHostOptions = {}): Promise<InstalledHost> {
	const { version = n8nVersion(), onProgress: progress = toStandardError } = options;
	const node = await ensureNode(options.node ?? nodeFor(version), progress);
	const host = hostOf(version, node);
	const { dir } = host;
	const abi = await nodeAbi(node);
	if (await isComplete(dir, abi)) return host;
	await withLock(dir, progress, async () => {
		if (await isComplete(dir, abi)) return;
		// Installed for another Node.js: only the native packages must be rebuilt.
		if (existsSync(host.n8n)) await buildNative(dir, node, progress);
		else await installN8n(version, dir, node, progress);
		await writeFile(join(dir, COMPLETE), JSON.stringify({ abi }));
	});
	return host;
}

/** What {@link ensureHost} would give without installing anything, or undefined. */
export async function installedHost({
	version = n8nVersion(),
	node: wanted = nodeFor(version),
}: EnsureHostOptions = {}): Promise<InstalledHost | undefined> {
	const node = nodeBinary(wanted);
	if (!existsSync(node)) return undefined;
	const host = hostOf(version, node);
	return (await isComplete(host.dir, await nodeAbi(node))) ? host : undefined;
}

function hostOf(version: string, node: string): InstalledHost {
	const dir = join(cacheFolder(), `n8n-${version}`);
	return { version, node, n8n: join(dir, 'node_modules', 'n8n', 'bin', 'n8n'), dir };
}

async function isComplete(dir: string, abi: string): Promise<boolean> {
	try {
		return (JSON.parse(await readFile(join(dir, COMPLETE), 'utf8')) as { abi?: string }).abi === abi;
	} catch {
		return false;
	}
}

async function installN8n(version: string, dir: string, node: string, progress: Progress): Promise<void> {
	const staging = await stagingFolder(dir);
	const stored = join(__dirname, 'n8n', version);
	if (existsSync(stored)) await cp(stored, staging, { recursive: true });
	else {
		const manifest = { name: 'n8n-host', private: true, dependencies: { n8n: version } };
		await writeFile(join(staging, 'package.json'), JSON.stringify(manifest));
	}
	const command = existsSync(join(staging, 'package-lock.json')) ? 'ci' : 'install';
	const all = command === 'ci' ? packagesOf(staging) : undefined;
	const timer = setInterval(() => {
		const count = countPackages(staging);
		progress(`${count}${all === undefined ? '' : ` of ${all}`} packages`);
	}, COUNTED_EVERY_MS);
	try {
		await download([command, '--ignore-scripts', '--legacy-peer-deps', '--loglevel=error'], {
			cwd: staging,
			node,
		});
	} finally {
		clearInterval(timer);
	}
	await buildNative(staging, node, progress);
	await rm(dir, { recursive: true, force: true });
	await rename(staging, dir);
}

async function buildNative(dir: string, node: string, progress: Progress): Promise<void> {
	const present = NATIVE_PACKAGES.filter((name) => existsSync(join(dir, 'node_modules', name)));
	progress(`building ${present.join(' and ')}`);
	await npm(['rebuild', ...present, '--ignore-scripts=false', '--foreground-scripts'], { cwd: dir, node });
	const code = present.map((name) => `require(${JSON.stringify(name)});`).join('');
	await execa(node, ['--no-node-snapshot', '-e', code], { cwd: dir });
}

/** How many packages the lock file puts at the top of `node_modules` on this platform. */
function packagesOf(dir: string): number {
	const { packages } = JSON.parse(readFileSync(join(dir, 'package-lock.json'), 'utf8')) as {
		packages: Record<string, { os?: string[]; cpu?: string[] }>;
	};
	const fits = (own: string, allowed = [own]) => allowed.includes(own);
	return Object.entries(packages).filter(
		([path, { os, cpu }]) =>
			path.lastIndexOf('node_modules/') === 0 && fits(process.platform, os) && fits(process.arch, cpu),
	).length;
}

/** How many packages are at the top of `node_modules`. */
function countPackages(dir: string): number {
	const root = join(dir, 'node_modules');
	const names = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);
	return names(root)
		.flatMap((name) =>
			name.startsWith('@') ? names(join(root, name)).map((inner) => join(name, inner)) : name,
		)
		.filter((name) => existsSync(join(root, name, 'package.json'))).length;
}
