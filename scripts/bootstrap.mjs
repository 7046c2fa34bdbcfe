/*
 * Makes a bare clone ready: installs the dependencies when they are missing or older than the lock file, and with
 * --build compiles the package when its output is missing or older than its sources. Plain Node.js, no dependencies:
 * it runs before anything is installed. Does nothing, quickly, when there is nothing to do.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = [20, 19];
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
	fail(`Node.js ${OLDEST_NODE.join('.')} or newer is needed, this is ${process.versions.node}.`);
}

if (!dependenciesAreCurrent()) {
	say('Installing the dependencies (about a minute) …');
	npm(['ci', '--loglevel=error'], 'Installing the dependencies failed.');
}
if (process.argv.includes('--build') && !buildIsCurrent()) {
	say('Building the package (npm run build) …');
	npm(['run', 'build'], 'The build failed.');
}

/** npm writes its own lock file at the end of an install; it holds what the project's lock file asks for. */
function dependenciesAreCurrent() {
	const installed = join(root, 'node_modules', '.package-lock.json');
	if (!existsSync(installed)) return false;
	const lock = join(root, 'package-lock.json');
	if (time(installed) >= time(lock)) return true;
	// A fresh checkout dates every file anew: compare what counts before installing again.
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

function npm(args, failure) {
	const script = npmScript();
	const env = { ...process.env };
	// An `npm start` around this one must not decide what is left out here.
	for (const key of Object.keys(env))
		if (/^npm_config_(omit|include|production)$/i.test(key)) delete env[key];
	if (env.NODE_ENV === 'production') delete env.NODE_ENV;
	const options = { cwd: root, env, stdio: 'inherit' };
	const result = script
		? spawnSync(process.execPath, [script, ...args], options)
		: spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
	if (result.error || result.status !== 0)
		fail(result.error ? `${failure} ${result.error.message}` : failure);
}

function npmScript() {
	const candidates = [
		process.env.npm_execpath ?? '',
		join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
		join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js'),
		...(process.env.PATH ?? '')
			.split(delimiter)
			.map((folder) => join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js')),
	];
	return candidates.find((path) => path.endsWith('npm-cli.js') && existsSync(path));
}

function say(line) {
	process.stdout.write(`${line}\n`);
}

function fail(line) {
	process.stderr.write(`${line}\n`);
	process.exit(1);
}
