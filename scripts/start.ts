/*
 * `npm start`: the providers' sandbox and a real n8n with this package, its credentials and the example workflows,
 * until it is ended. What exists in its n8n is left alone; `-- --add-examples` imports newer versions of the examples
 * beside the imported ones. `npm start -- --check`: the same in a new folder, every credential tested and every
 * example run once; exits with 1 when one of them fails.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';

import { lock } from 'proper-lockfile';

import { startDemo, type Demo } from './host/demo';
import { checkDemo, startScriptedBuyer, type Checked } from './host/demoCheck';
import { freePort, pause } from './host/host';
import { REPOSITORY } from './host/pack';
import { ensureWritable } from './npm.cjs';
import { Steps } from './steps.cjs';

const FOLDER = process.env.DEMO_FOLDER ?? join(REPOSITORY, '.demo');
/** Which processes use the folder, for the message to the next one. */
const RUNNING = join(FOLDER, 'running.json');
const N8N_PORT = 5678;
const SANDBOX_PORT = 5680;

/** Longer than n8n takes to end when the process that started it was killed; see `host/guard.cjs`. */
const LOCK_STALE_MS = 25_000;

/** The bootstrap has shown the first two of all steps. */
const steps = new Steps(5, 2);

let demo: Demo | undefined;
let stopping: Promise<void> | undefined;

async function main(): Promise<number> {
	const { values } = parseArgs({
		options: {
			check: { type: 'boolean', default: false },
			'add-examples': { type: 'boolean', default: false },
		},
	});
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void interrupted());
	// A terminal or pipe that was closed must not keep the demo from ending what it started.
	for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
	return values.check ? await runCheck() : await runDemo(values['add-examples']);
}

async function runDemo(addNewerExamples: boolean): Promise<number> {
	ensureWritable(FOLDER);
	await claimFolder();
	const port = await freePort(N8N_PORT);
	demo = await startDemo({
		userFolder: join(FOLDER, 'n8n'),
		port,
		sandbox: { port: await freePort(SANDBOX_PORT), stateFile: join(FOLDER, 'sandbox.json') },
		addNewerExamples,
		steps,
	});
	const { host } = demo;
	const editor = `http://localhost:${port}`;
	await announce(editor);
	introduce(demo, editor);
	await host.ended();
	if (!stopping) {
		say(`n8n ended by itself; see ${relative(process.cwd(), host.logFile)}`);
		await stop();
		return 1;
	}
	await stopping;
	return 0;
}

function introduce({ host, sandbox, workflows, newerExamples }: Demo, editor: string): void {
	say('');
	say(`n8n                 ${editor}/home/workflows`);
	say(`  sign in with      ${host.login.email} / ${host.login.password}`);
	say(`Provider sandbox    ${sandbox.url}`);
	say(`  charges           ${sandbox.url}/control/charges`);
	say(`  requests          ${sandbox.url}/control/requests`);
	say(`Log                 ${relative(process.cwd(), host.logFile)}`);
	if (workflows.length > 0) say('Example workflows');
	for (const { id, name } of workflows) say(`  ${editor}/workflow/${id}  ${name}`);
	if (newerExamples.length > 0) {
		say(`\nThere are newer versions of: ${newerExamples.join(', ')}`);
		say('"npm start -- --add-examples" imports them beside yours.');
	}
	say('\nCtrl-C stops everything.');
}

async function runCheck(): Promise<number> {
	const model = await startScriptedBuyer();
	demo = await startDemo({ steps, languageModel: model.url });
	const checked = await checkDemo(demo);
	await stop();
	const marks = { passed: '✔', failed: '✘', 'left out': '–' };
	const colours = { passed: 32, failed: 31, 'left out': 33 };
	say('');
	for (const { result, kind, name, note } of checked) {
		const mark = process.stdout.isTTY ? `\u001b[${colours[result]}m${marks[result]}\u001b[0m` : marks[result];
		say(`${mark} ${kind.padEnd(10)}  ${name.padEnd(44)}  ${note}`);
	}
	const count = (wanted: Checked['result']) => checked.filter(({ result }) => result === wanted).length;
	say(`\n${count('passed')} passed, ${count('failed')} failed, ${count('left out')} left out`);
	return count('failed') > 0 || count('passed') === 0 ? 1 : 0;
}

/** Keeps other demos out of the folder: two n8n must not use one database. */
async function claimFolder(): Promise<void> {
	const claim = async () =>
		await lock(FOLDER, {
			lockfilePath: join(FOLDER, 'running.lock'),
			stale: LOCK_STALE_MS,
			onCompromised: (error) => {
				say(`Another demo has taken over ${FOLDER}: ${error.message}`);
				void interrupted();
			},
		});
	const until = Date.now() + 2 * LOCK_STALE_MS;
	for (let waiting = false; ; waiting = true) {
		try {
			await claim();
			await announce();
			return;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
		}
		const { pid, url } = await runningDemo();
		if (pid === undefined || isAlive(pid) || Date.now() > until)
			throw new Error(
				url === undefined
					? 'The demo is being started by another process.'
					: `The demo runs already, at ${url} (process ${pid}).`,
			);
		if (!waiting) say('Waiting for the n8n of a demo that was killed to end …');
		await pause(1_000);
	}
}

/** Tells others who uses the folder, and where n8n is once it runs. */
async function announce(url?: string): Promise<void> {
	await writeFile(RUNNING, JSON.stringify({ pid: process.pid, url }));
}

async function runningDemo(): Promise<{ pid?: number; url?: string }> {
	try {
		return JSON.parse(await readFile(RUNNING, 'utf8')) as { pid: number; url?: string };
	} catch {
		return {};
	}
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
}

async function interrupted(): Promise<void> {
	if (stopping) return;
	say('\nStopping …');
	await stop();
	// What a start that is not complete has begun ends with this process.
	process.exit(demo ? 0 : 130);
}

/** Stops what this process started; the lock goes when the process ends. */
async function stop(): Promise<void> {
	stopping ??= Promise.resolve(demo?.stop());
	await stopping;
}

function say(line: string): void {
	process.stdout.write(`${line}\n`);
}

main().then(
	(code) => process.exit(code),
	async (error: unknown) => {
		process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
		await stop().catch(() => undefined);
		process.exit(1);
	},
);
