/*
 * Makes a fresh clone ready and then runs a script:
 *
 *     node scripts/bootstrap.mjs [--build] [--steps <total>] [<script.ts> [arguments …]]
 *
 * Installs the dependencies when they are missing or older than the lock file. With --build it compiles the package
 * when its output is missing or older than its sources. With --steps it shows both as the first two of so many steps;
 * without, it is silent when there is nothing to do. The script runs in this process, so that a signal reaches it.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { download, npm } from './npm.cjs';
import { Steps } from './steps.cjs';

const OLDEST_NODE = [20, 19];
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const given = process.argv.slice(2);
const end = given.findIndex((argument) => /\.ts$/.test(argument));
const script = end === -1 ? [] : given.slice(end);
const { values } = parseArgs({
	args: end === -1 ? given : given.slice(0, end),
	options: { build: { type: 'boolean', default: false }, steps: { type: 'string' } },
});

try {
	await makeReady();
} catch (error) {
	process.stderr.write(`${error.message}\n`);
	process.exit(1);
}
if (script.length > 0) runScript();

async function makeReady() {
	const [major, minor] = process.versions.node.split('.').map(Number);
	if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]))
		throw new Error(`Node.js ${OLDEST_NODE.join('.')} or newer is needed; this is ${process.versions.node}.`);
	// Ends npm as well: exiting does that, a signal alone would not.
	const interrupted = () => process.exit(130);
	for (const signal of SIGNALS) process.on(signal, interrupted);
	const steps = new Steps(Number(values.steps ?? 1));
	const step = async (due, doing, done, work) => {
		if (values.steps !== undefined) await (due ? steps.run(doing, work) : steps.skip(done));
		else if (due) await new Steps(1).run(doing, work);
	};
	await step(
		!dependenciesAreCurrent(),
		'Installing the dependencies …',
		'The dependencies are installed',
		() => download(['ci', '--loglevel=error'], { cwd: root }),
	);
	if (values.build)
		await step(!buildIsCurrent(), 'Building the package …', 'The package is built', () =>
			npm(['run', 'build'], { cwd: root }),
		);
	for (const signal of SIGNALS) process.off(signal, interrupted);
}

function runScript() {
	// When npm is killed, no signal reaches this process.
	const parent = process.ppid;
	const watch = () => {
		if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
	};
	if (process.env.npm_lifecycle_event !== undefined) setInterval(watch, 1000).unref();
	const require = createRequire(import.meta.url);
	require('tsx/cjs/api').register();
	const [file, ...args] = script;
	process.argv = [process.argv[0], resolve(root, file), ...args];
	require(process.argv[1]);
}

/** npm ends an installation by writing its own lock file, with what it installed of the project's lock file. */
function dependenciesAreCurrent() {
	const installed = join(root, 'node_modules', '.package-lock.json');
	if (!existsSync(installed)) return false;
	const lock = join(root, 'package-lock.json');
	if (time(installed) >= time(lock)) return true;
	// A fresh checkout dates every file anew: compare the versions before a new installation.
	const wanted = JSON.parse(readFileSync(lock, 'utf8')).packages ?? {};
	const present = JSON.parse(readFileSync(installed, 'utf8')).packages ?? {};
	return Object.entries(wanted).every(
		([path, entry]) =>
			path === '' || entry.optional || entry.peer || present[path]?.version === entry.version,
	);
}

/** The build is current when every node and credential it is to hold is there and no source is newer. */
function buildIsCurrent() {
	const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
	const built = [...(manifest.n8n?.nodes ?? []), ...(manifest.n8n?.credentials ?? [])].map((file) =>
		join(root, file),
	);
	if (built.length === 0 || !built.every((file) => existsSync(file))) return false;
	const oldest = Math.min(...built.map(time));
	const sources = [
		'nodes',
		'credentials',
		'icons',
		'gulpfile.js',
		'scripts/outputSchemas.js',
		'tsconfig.json',
		'tsconfig.build.json',
		'package.json',
	];
	return sources.every((source) => newest(join(root, source)) <= oldest);
}

function newest(path) {
	if (!existsSync(path)) return 0;
	if (!statSync(path).isDirectory()) return time(path);
	const inside = readdirSync(path, { withFileTypes: true, recursive: true });
	// The folders count too: deleting a source changes nothing else.
	return Math.max(
		time(path),
		...inside.map((entry) => time(join(entry.parentPath ?? entry.path, entry.name))),
	);
}

function time(path) {
	return statSync(path).mtimeMs;
}
