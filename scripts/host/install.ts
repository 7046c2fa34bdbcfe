/**
 * Puts a real n8n into a cache folder outside the repository, once per version, together with a Node.js that can
 * run it when the machine's own is too old. Everything comes from the npm registry.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import {
	cp,
	mkdir,
	mkdtemp,
	open,
	readdir,
	readFile,
	rename,
	rm,
	stat,
	utimes,
	writeFile,
} from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { basename, delimiter, dirname, join, resolve } from 'node:path';

/** The n8n that the package is developed and accepted against. */
export const DEFAULT_N8N_VERSION = '2.41.1';

/** A line about what is going on, for a person who waits. */
export type Progress = (line: string) => void;

export interface EnsureHostOptions {
	/**
	 * Exact n8n version, by default the one in `N8N_VERSION` or else {@link DEFAULT_N8N_VERSION}. A lock file is stored
	 * for that one, others are resolved when installed.
	 */
	version?: string;
	/**
	 * The Node.js to run it with: a path of a binary, or a major version to take from the npm registry. Without it
	 * the machine's own is used when this n8n supports it, else the registry's.
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

/**
 * Versions that stand in for ones some registries do not carry. They are in the stored manifests from the start,
 * and for other n8n versions are added one by one when the registry says it lacks what was asked for.
 */
const SUBSTITUTES: Record<string, string> = {
	linkedom: '0.18.12',
	'@langchain/langgraph': '1.4.18',
	'@langchain/protocol': '0.0.19',
	'@langchain/langgraph-checkpoint': '1.1.5',
	// Older versions take a newer one from its makers' own server, which a closed network does not reach.
	xlsx: '0.18.5',
};

/** Packages of n8n with native code, which have to be built or unpacked by their install script. */
const NATIVE_PACKAGES = ['sqlite3', 'isolated-vm'];

const COMPLETE = '.complete.json';

/** The folder that holds everything installed here; it may be deleted at any time. */
export function cacheFolder(): string {
	const name = 'n8n-nodes-digital-goods';
	if (process.env.XDG_CACHE_HOME) return join(process.env.XDG_CACHE_HOME, name);
	if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', name);
	if (process.platform === 'win32') {
		return join(process.env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), name);
	}
	return join(homedir(), '.cache', name);
}

/**
 * Makes sure that n8n is installed and says where. The first call takes a few minutes; later ones a moment.
 * Calls from several processes wait for one another, and what an interrupted one left is done again.
 */
export async function ensureHost(options: EnsureHostOptions = {}): Promise<InstalledHost> {
	const version = options.version ?? process.env.N8N_VERSION ?? DEFAULT_N8N_VERSION;
	const progress = options.onProgress ?? ((line: string) => process.stderr.write(`${line}\n`));
	const node = await ensureNode(options.node ?? defaultNode(version), progress);
	const dir = join(cacheFolder(), `n8n-${version}`);
	const host: InstalledHost = { version, node, n8n: join(dir, 'node_modules', 'n8n', 'bin', 'n8n'), dir };
	const abi = await nodeAbi(node);
	if (await isComplete(dir, abi)) return host;
	await withLock(`${dir}.lock`, progress, async () => {
		if (await isComplete(dir, abi)) return;
		const failure = existsSync(dir) ? await loadFailure(dir, node) : 'missing';
		if (failure === undefined) {
			await markComplete(dir, abi);
			return;
		}
		if (failure === 'native') {
			await buildNative(dir, node, progress, version);
			const still = await loadFailure(dir, node);
			if (still === undefined) {
				await markComplete(dir, abi);
				return;
			}
		}
		await installN8n(version, dir, node, progress);
		await markComplete(dir, abi);
	});
	return host;
}

async function installN8n(version: string, dir: string, node: string, progress: Progress): Promise<void> {
	const staging = await stagingFolder(dir);
	progress(`n8n ${version}: installing into ${dir} (a few minutes and about 2 GB, once)`);
	const stored = join(__dirname, 'n8n', version);
	if (existsSync(stored)) await cp(stored, staging, { recursive: true });
	await installPackages(version, staging, node, progress);
	await buildNative(staging, node, progress, version);
	const failure = await loadFailure(staging, node);
	if (failure !== undefined) {
		throw new Error(
			`n8n ${version} was installed but its native parts do not load; see ${join(staging, 'npm.log')}`,
		);
	}
	await rm(dir, { recursive: true, force: true });
	await rename(staging, dir);
	progress(`n8n ${version}: installed`);
}

/**
 * A new folder to install into before it becomes `dir`. What earlier attempts left is deleted, as far as it lets
 * itself be deleted: the npm of a killed attempt may still be writing there.
 */
async function stagingFolder(dir: string): Promise<string> {
	for (const name of await readdir(dirname(dir))) {
		if (!name.startsWith(`${basename(dir)}.installing-`)) continue;
		await rm(join(dirname(dir), name), { recursive: true, force: true }).catch(() => undefined);
	}
	return await mkdtemp(`${dir}.installing-`);
}

function newManifest(version: string) {
	const overrides: Record<string, string> = {};
	return { name: 'n8n-host', version: '1.0.0', private: true, overrides, dependencies: { n8n: version } };
}

/** Installs by the manifest in `dir`, or by one made for the purpose, which learns what the registry lacks. */
async function installPackages(
	version: string,
	dir: string,
	node: string,
	progress: Progress,
): Promise<void> {
	const path = join(dir, 'package.json');
	const manifest = existsSync(path)
		? (JSON.parse(await readFile(path, 'utf8')) as ReturnType<typeof newManifest>)
		: newManifest(version);
	for (;;) {
		await writeFile(path, `${JSON.stringify(manifest, null, 2)}\n`);
		try {
			await npm(installArguments(), {
				cwd: dir,
				node,
				progress,
				label: `n8n ${version}: downloading packages`,
			});
			return;
		} catch (error) {
			const lacking = lackingPackage(String(error));
			const substitute = lacking === undefined ? undefined : SUBSTITUTES[lacking];
			if (lacking === undefined || substitute === undefined || lacking in manifest.overrides) throw error;
			progress(`n8n ${version}: the registry lacks a version of ${lacking}, taking ${substitute}`);
			manifest.overrides[lacking] = substitute;
			await rm(join(dir, 'package-lock.json'), { force: true });
		}
	}
}

/** The package that npm could not get, by what it said. */
function lackingPackage(output: string): string | undefined {
	const version = /No matching version found for (@?[^@\s]+)@/.exec(output)?.[1];
	return version ?? /request to \S+\/([^/\s]+?)-[\d.]+\.tgz failed/.exec(output)?.[1];
}

function installArguments(): string[] {
	return ['install', '--ignore-scripts=true', '--legacy-peer-deps=true', '--audit=false', '--fund=false'];
}

async function buildNative(dir: string, node: string, progress: Progress, version: string): Promise<void> {
	const present = NATIVE_PACKAGES.filter((name) => existsSync(join(dir, 'node_modules', name)));
	if (present.length === 0) return;
	await npm(['rebuild', ...present, '--ignore-scripts=false', '--foreground-scripts'], {
		cwd: dir,
		node,
		progress,
		label: `n8n ${version}: building ${present.join(' and ')}`,
	});
}

/** Undefined when what n8n needs loads under this Node.js, else what is wrong. */
async function loadFailure(dir: string, node: string): Promise<'missing' | 'native' | undefined> {
	const script = join(dir, 'node_modules', 'n8n', 'bin', 'n8n');
	if (!existsSync(script)) return 'missing';
	const present = NATIVE_PACKAGES.filter((name) => existsSync(join(dir, 'node_modules', name)));
	const code = present.map((name) => `require(${JSON.stringify(name)});`).join('');
	const result = await run(node, ['--no-node-snapshot', '-e', code], { cwd: dir });
	return result.code === 0 ? undefined : 'native';
}

async function isComplete(dir: string, abi: string): Promise<boolean> {
	try {
		const marker = JSON.parse(await readFile(join(dir, COMPLETE), 'utf8')) as { abi?: string };
		return marker.abi === abi && existsSync(join(dir, 'node_modules', 'n8n', 'bin', 'n8n'));
	} catch {
		return false;
	}
}

async function markComplete(dir: string, abi: string): Promise<void> {
	await writeFile(join(dir, COMPLETE), JSON.stringify({ abi, at: new Date().toISOString() }));
}

/** n8n needs Node.js 24 from 2.36 on; the native parts of the versions before it want 22 at least. */
function defaultNode(version: string): string | number {
	const [major = 0, minor = 0] = version.split('.').map(Number);
	const own = Number(process.versions.node.split('.')[0]);
	const needs24 = major > 2 || (major === 2 && minor >= 36);
	const ownWillDo = needs24 ? own >= 24 : own >= 22 && own <= 24;
	return ownWillDo ? process.execPath : 24;
}

/**
 * A Node.js binary: the one named, or the given major version out of the npm registry's package for this platform.
 */
export async function ensureNode(wanted: string | number, onProgress?: Progress): Promise<string> {
	if (typeof wanted === 'string') return wanted;
	const progress = onProgress ?? ((line: string) => process.stderr.write(`${line}\n`));
	const platform = process.platform === 'win32' ? 'win' : process.platform;
	const name = `node-${platform}-${process.arch}`;
	const dir = join(cacheFolder(), `node-${wanted}`);
	const binary = join(dir, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
	if (existsSync(binary)) return binary;
	await withLock(`${dir}.lock`, progress, async () => {
		if (existsSync(binary)) return;
		const staging = await stagingFolder(dir);
		const manifest = {
			name: 'node-host',
			version: '1.0.0',
			private: true,
			dependencies: { [name]: `${wanted}.x` },
		};
		await writeFile(join(staging, 'package.json'), JSON.stringify(manifest));
		await npm(installArguments(), { cwd: staging, progress, label: `Node.js ${wanted}: downloading` });
		await rm(dir, { recursive: true, force: true });
		await rename(staging, dir);
	});
	if (!existsSync(binary))
		throw new Error(`The package ${name} holds no Node.js binary where it is expected`);
	return binary;
}

async function nodeAbi(node: string): Promise<string> {
	if (node === process.execPath) return `${process.platform}-${process.arch}-${process.versions.modules}`;
	const result = await run(
		node,
		['-p', '[process.platform, process.arch, process.versions.modules].join("-")'],
		{},
	);
	if (result.code !== 0) throw new Error(`${node} does not run: ${result.output.trim()}`);
	return result.output.trim();
}

/** Path of npm's own script, so that npm can be run by any Node.js and without a shell. */
export function npmScript(): string {
	const candidates = [
		process.env.npm_execpath ?? '',
		join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
		join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js'),
	];
	for (const folder of (process.env.PATH ?? '').split(delimiter)) {
		if (!folder || !existsSync(join(folder, 'npm'))) continue;
		candidates.push(
			realpathSync(join(folder, 'npm')),
			join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
		);
	}
	const script = candidates.find((path) => path.endsWith('npm-cli.js') && existsSync(path));
	if (!script) throw new Error('npm was not found; it comes with Node.js');
	return script;
}

/** This process's environment without what an `npm run` around it added, which a nested npm would obey. */
export function npmEnvironment(node?: string): NodeJS.ProcessEnv {
	const env: NodeJS.ProcessEnv = {};
	for (const [key, value] of Object.entries(process.env)) {
		if (/^npm_(package|lifecycle|command|execpath|node_execpath)/i.test(key)) continue;
		if (/^npm_config_(ignore_scripts|legacy_peer_deps|local_prefix|workspace|global|omit|include)/i.test(key))
			continue;
		if (key === 'NODE_OPTIONS' || key === 'NODE_ENV' || key === 'INIT_CWD') continue;
		env[key] = value;
	}
	if (node) {
		const binFolder = dirname(node);
		env.PATH = [binFolder, env.PATH ?? env.Path ?? ''].join(delimiter);
		const headers = resolve(binFolder, '..');
		if (existsSync(join(headers, 'include', 'node', 'node.h'))) env.npm_config_nodedir = headers;
	}
	return env;
}

interface NpmOptions {
	cwd: string;
	node?: string;
	progress: Progress;
	label: string;
}

async function npm(args: string[], options: NpmOptions): Promise<void> {
	const { cwd, node, progress, label } = options;
	const started = Date.now();
	const seconds = () => Math.round((Date.now() - started) / 1000);
	const timer = setInterval(() => {
		void countPackages(cwd).then((count) => {
			progress(`${label} … ${seconds()} s${count > 0 ? `, ${count} packages unpacked` : ''}`);
		});
	}, 5000);
	progress(`${label} …`);
	try {
		const result = await run(node ?? process.execPath, [npmScript(), ...args, '--prefix', cwd], {
			cwd,
			env: npmEnvironment(node),
		});
		await writeFile(join(cwd, 'npm.log'), `npm ${args.join(' ')}\n${result.output}\n`, { flag: 'a' });
		if (result.code !== 0) {
			throw new Error(
				`npm ${args[0]} failed (${label}):\n${result.output.split('\n').slice(-30).join('\n')}`,
			);
		}
		progress(`${label}: done in ${seconds()} s`);
	} finally {
		clearInterval(timer);
	}
}

/** How many packages lie unpacked in `dir`, of those at the top. */
async function countPackages(dir: string): Promise<number> {
	const root = join(dir, 'node_modules');
	const names = await readdir(root).catch(() => [] as string[]);
	const nested = names.filter((name) => name.startsWith('@'));
	const scoped = await Promise.all(
		nested.map(async (scope) => {
			const inside = await readdir(join(root, scope)).catch(() => [] as string[]);
			return inside.map((name) => join(scope, name));
		}),
	);
	const all = [...names.filter((name) => /^[^@.]/.test(name)), ...scoped.flat()];
	return all.filter((name) => existsSync(join(root, name, 'package.json'))).length;
}

const installers = new Set<ChildProcess>();
process.on('exit', () => {
	for (const child of installers) child.kill();
});

/** Runs a program to its end, giving its exit code and what it printed (the last 4 MB). */
export async function run(
	command: string,
	args: string[],
	options: { cwd?: string; env?: NodeJS.ProcessEnv },
): Promise<{ code: number; output: string }> {
	return await new Promise((done, failed) => {
		const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
		installers.add(child);
		let output = '';
		const collect = (chunk: Buffer) => {
			output += chunk.toString('utf8');
			if (output.length > 4_000_000) output = output.slice(-3_000_000);
		};
		child.stdout.on('data', collect);
		child.stderr.on('data', collect);
		child.on('error', (error) => {
			installers.delete(child);
			failed(error);
		});
		child.on('close', (code) => {
			installers.delete(child);
			done({ code: code ?? 1, output });
		});
	});
}

const LOCK_STALE_MS = 60_000;

interface LockOwner {
	token: string;
	pid: number;
	host: string;
}

/** Runs `work` while no other process that asks for the same lock file does; a dead holder's lock is taken over. */
export async function withLock<T>(path: string, progress: Progress, work: () => Promise<T>): Promise<T> {
	await mkdir(dirname(path), { recursive: true });
	const owner: LockOwner = { token: randomUUID(), pid: process.pid, host: hostname() };
	let told = 0;
	while (!(await takeLock(path, owner))) {
		await removeStaleLock(path);
		if (Date.now() - told > 5000) {
			progress(`waiting for another process to finish (${path})`);
			told = Date.now();
		}
		await pause(500);
	}
	const heartbeat = setInterval(() => {
		const now = new Date();
		utimes(path, now, now).catch(() => undefined);
	}, 5000);
	try {
		return await work();
	} finally {
		clearInterval(heartbeat);
		if ((await readLock(path))?.token === owner.token) await rm(path, { force: true });
	}
}

async function takeLock(path: string, owner: LockOwner): Promise<boolean> {
	try {
		const file = await open(path, 'wx');
		await file.writeFile(JSON.stringify(owner));
		await file.close();
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
		throw error;
	}
	// A process that judged the lock before this one stale could remove it at this very moment: look again.
	await pause(100);
	return (await readLock(path))?.token === owner.token;
}

async function readLock(path: string): Promise<LockOwner | undefined> {
	try {
		return JSON.parse(readFileSync(path, 'utf8')) as LockOwner;
	} catch {
		return undefined;
	}
}

async function removeStaleLock(path: string): Promise<void> {
	const owner = await readLock(path);
	const changed = await stat(path).then(
		(info) => info.mtimeMs,
		() => undefined,
	);
	if (changed === undefined) return;
	const dead = owner !== undefined && owner.host === hostname() && !isRunning(owner.pid);
	if (!dead && Date.now() - changed < LOCK_STALE_MS) return;
	if ((await readLock(path))?.token === owner?.token) await rm(path, { force: true });
}

function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
}

async function pause(ms: number): Promise<void> {
	await new Promise((done) => setTimeout(done, ms));
}
