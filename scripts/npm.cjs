// @ts-check
'use strict';

/* Runs npm. Plain Node.js without dependencies: the bootstrap needs it before anything is installed. */
const { spawn } = require('node:child_process');
const { accessSync, constants, existsSync, mkdirSync, realpathSync } = require('node:fs');
const { delimiter, dirname, join, resolve } = require('node:path');

/**
 * @typedef {object} NpmOptions
 * @property {string} cwd
 * @property {string} [node] The Node.js that runs npm and what npm starts; this process's own by default.
 */

/** How long the registry may take to answer, and how often it is asked while a download runs. */
const ANSWERS_WITHIN_MS = 10_000;
const ASKED_EVERY_MS = 10_000;
const RETRIED_AFTER_MS = 1_000;

/** Of an outer `npm run`: what describes that run, and settings that would change a nested one. */
const NOT_INHERITED =
	/^npm_(package|lifecycle|command|execpath|node_execpath)|^npm_config_(ignore_scripts|legacy_peer_deps|local_prefix|workspace|global|omit|include|production)|^(NODE_OPTIONS|NODE_ENV|INIT_CWD)$/i;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
process.on('exit', () => running.forEach(end));

/**
 * Ends npm and what it started: npm itself would finish its requests first.
 * @param {import('node:child_process').ChildProcess} child
 */
function end({ pid }) {
	if (pid === undefined) return;
	try {
		process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
	} catch {
		// It has ended by itself.
	}
}

/** The path of npm's own script, so that any Node.js can run npm, without a shell. */
function npmScript() {
	const folders = (process.env.PATH ?? '')
		.split(delimiter)
		.filter((folder) => existsSync(join(folder, 'npm')));
	const script = [
		process.env.npm_execpath ?? '',
		join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
		join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js'),
		...folders.flatMap((folder) => [
			realpathSync(join(folder, 'npm')),
			join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
		]),
	].find((path) => path.endsWith('npm-cli.js') && existsSync(path));
	if (script === undefined)
		throw new Error('npm was not found. It comes with Node.js: install it from there.');
	return script;
}

/** @param {string} [node] */
function npmEnvironment(node) {
	/** @type {NodeJS.ProcessEnv} */
	const env = {};
	for (const [key, value] of Object.entries(process.env)) if (!NOT_INHERITED.test(key)) env[key] = value;
	if (node === undefined) return env;
	const folder = dirname(node);
	env.PATH = [folder, env.PATH ?? env.Path ?? ''].join(delimiter);
	// Without the headers beside the binary, node-gyp would download them.
	if (existsSync(join(folder, '..', 'include', 'node', 'node.h')))
		env.npm_config_nodedir = resolve(folder, '..');
	return env;
}

/**
 * Starts npm; `ended` gives its exit code and everything it printed.
 * @param {string[]} args
 * @param {NpmOptions} options
 */
function start(args, { cwd, node }) {
	const child = spawn(node ?? process.execPath, [npmScript(), ...args], {
		cwd,
		env: npmEnvironment(node),
		stdio: ['ignore', 'pipe', 'pipe'],
		// A group of its own, so that it can be ended together with what it starts.
		detached: process.platform !== 'win32',
		windowsHide: true,
	});
	running.add(child);
	let output = '';
	for (const stream of [child.stdout, child.stderr])
		stream.setEncoding('utf8').on('data', (text) => (output += text));
	/** @type {Promise<{ code: number; output: string }>} */
	const ended = new Promise((done, failed) => {
		child.on('error', failed);
		child.on('close', (code) => done({ code: code ?? 1, output }));
	}).finally(() => running.delete(child));
	return { child, ended };
}

/**
 * Runs npm to its end.
 * @param {string[]} args
 * @param {NpmOptions} options
 * @returns what npm printed
 * @throws with the end of what npm printed when it fails
 */
async function npm(args, options) {
	const { code, output } = await start(args, options).ended;
	if (code !== 0)
		throw new Error(`npm ${args.join(' ')} failed:\n${output.trim().split('\n').slice(-30).join('\n')}`);
	return output;
}

/**
 * Runs an npm command that downloads packages. Without a network, npm's cache may hold them all; where it does not,
 * this fails within a minute. It also fails when the network goes away for longer than a moment.
 * @param {string[]} args
 * @param {NpmOptions} options
 */
async function download(args, options) {
	const cache = (await npm(['config', 'get', 'cache'], options)).trim();
	ensureWritable(cache, "npm_config_cache to one for npm's cache alone");
	const problem = await registryProblem(options);
	if (problem !== undefined) {
		await npm([...args, '--offline'], options).catch(async () => {
			throw new Error(await unreachable(problem, options));
		});
		return;
	}
	const { child, ended } = start(args, options);
	/** @type {string | undefined} */
	let lost;
	const watch = async () => {
		for (let failures = 0; running.has(child);) {
			await new Promise((done) => setTimeout(done, failures > 0 ? RETRIED_AFTER_MS : ASKED_EVERY_MS).unref());
			const found = running.has(child) ? await registryProblem(options) : undefined;
			failures = found === undefined ? 0 : failures + 1;
			if (failures < 2 || !running.has(child)) continue;
			lost = found;
			end(child);
			return;
		}
	};
	void watch();
	const { code, output } = await ended;
	if (lost !== undefined) throw new Error(await unreachable(lost, options));
	if (code !== 0)
		throw new Error(`npm ${args[0]} failed:\n${output.trim().split('\n').slice(-30).join('\n')}`);
}

/**
 * Why npm's registry cannot be reached now, or undefined when it answers, whatever it answers.
 * @param {NpmOptions} options
 */
async function registryProblem(options) {
	const { child, ended } = start(
		['ping', '--fetch-retries=0', `--fetch-timeout=${ANSWERS_WITHIN_MS}`, '--loglevel=error'],
		options,
	);
	let late = false;
	const timer = setTimeout(() => {
		late = true;
		end(child);
	}, 2 * ANSWERS_WITHIN_MS);
	const { code, output } = await ended;
	clearTimeout(timer);
	if (late) return 'no answer';
	const [, reason = 'no reason given'] = /npm (?:error|ERR!) code (\S+)/.exec(output) ?? [];
	// A registry that refuses or does not know the request is there.
	return code === 0 || /^E4\d\d$/.test(reason) ? undefined : reason;
}

/**
 * @param {string} reason
 * @param {NpmOptions} options
 */
async function unreachable(reason, options) {
	const registry = (await npm(['config', 'get', 'registry'], options)).trim();
	return `The npm registry ${registry} cannot be reached (${reason}), and npm's cache does not hold everything that is needed. Check the network connection or npm's settings "registry" and "proxy", then repeat the command.`;
}

/**
 * Makes a folder, and makes sure that files can be written there.
 * @param {string} folder
 * @param {string} [alternative] What can be set instead of HOME, to end the sentence "Set HOME to …, or …".
 */
function ensureWritable(folder, alternative) {
	try {
		mkdirSync(folder, { recursive: true });
		accessSync(folder, constants.W_OK);
	} catch (error) {
		const { code } = /** @type {NodeJS.ErrnoException} */ (error);
		const advice =
			alternative === undefined ? '' : ` Set HOME to a folder that you can write to, or ${alternative}.`;
		throw new Error(`Cannot write to ${folder} (${code}).${advice}`);
	}
}

module.exports = { download, ensureWritable, npm, npmEnvironment, npmScript };
