/*
 * `npm start`: the providers' sandbox and a real n8n with this package, its credentials and the example workflows,
 * until it is interrupted. `npm start -- --check`: the same in a fresh folder, every credential tested and every
 * example run once; exits with 1 when one of them fails.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

import axios from 'axios';

import { startDemo, type Demo, type DemoWorkflow } from './host/demo';
import { freePort } from './host/host';
import { REPOSITORY } from './host/pack';

const FOLDER = join(REPOSITORY, '.demo');
const STATE = join(FOLDER, 'running.json');
const N8N_PORT = 5678;
const SANDBOX_PORT = 5680;

let demo: Demo | undefined;
let stopping: Promise<void> | undefined;

async function main(): Promise<number> {
	const check = process.argv.includes('--check') || process.env.DEMO_CHECK === '1';
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void interrupted());
	return check ? await runCheck() : await runDemo();
}

async function runDemo(): Promise<number> {
	await refuseSecond();
	const port = await freePort(N8N_PORT);
	const sandboxPort = await freePort(SANDBOX_PORT);
	demo = await startDemo({ userFolder: join(FOLDER, 'n8n'), port, sandboxPort, say, onProgress: say });
	const { host, sandbox, workflows } = demo;
	await mkdir(FOLDER, { recursive: true });
	await writeFile(STATE, JSON.stringify({ pid: process.pid, n8n: host.pid, url: host.url }));
	const editor = `http://localhost:${port}`;
	say('');
	say(`n8n                 ${editor}`);
	say(`  sign in with      ${host.login.email} / ${host.login.password}`);
	say(`Provider sandbox    ${sandbox.url}`);
	say(`  what it charged   ${sandbox.url}/control/charges`);
	say(`  what it was asked ${sandbox.url}/control/requests`);
	say(`Log                 ${relative(process.cwd(), host.logFile)}`);
	if (workflows.length > 0) say('Example workflows');
	for (const { id, name } of workflows) say(`  ${editor}/workflow/${id}  ${name}`);
	say('\nCtrl-C stops everything.');
	await host.ended();
	if (!stopping) {
		say(`n8n ended by itself; see ${relative(process.cwd(), host.logFile)}`);
		await stop();
		return 1;
	}
	await stopping;
	return 0;
}

async function runCheck(): Promise<number> {
	demo = await startDemo({ say, onProgress: say });
	const rows: Row[] = [];
	for (const [type, { id }] of Object.entries(demo.credentials)) {
		const { status, message } = await demo.host.testCredential({ id });
		rows.push({ ok: status === 'OK', kind: 'credential', name: type, note: message });
	}
	for (const workflow of demo.workflows) rows.push(await tryWorkflow(demo, workflow));
	await stop();
	say('');
	for (const { ok, kind, name, note } of rows) {
		const mark = process.stdout.isTTY
			? ok
				? '\u001b[32m✔\u001b[0m'
				: '\u001b[31m✘\u001b[0m'
			: ok
				? '✔'
				: '✘';
		say(`${mark} ${kind.padEnd(10)}  ${name.padEnd(44)}  ${note}`);
	}
	const failed = rows.filter((row) => !row.ok).length;
	say(`\n${rows.length - failed} passed, ${failed} failed`);
	return failed > 0 || rows.length === 0 ? 1 : 0;
}

interface Row {
	ok: boolean;
	kind: 'credential' | 'workflow';
	name: string;
	note: string;
}

/** Runs a workflow that begins with a manual trigger; one without is activated and deactivated. */
async function tryWorkflow({ host }: Demo, { id, name, json }: DemoWorkflow): Promise<Row> {
	const started = Date.now();
	const row = (ok: boolean, note: string): Row => ({ ok, kind: 'workflow', name, note });
	try {
		if (!json.nodes.some((node) => node.type === 'n8n-nodes-base.manualTrigger' && node.disabled !== true)) {
			await host.activate(id);
			await host.deactivate(id);
			return row(true, 'activated (no manual trigger)');
		}
		const execution = await host.run(id, { timeoutMs: 120_000 });
		const failure = execution.error?.message ?? execution.status;
		const where = execution.lastNode ? `${execution.lastNode}: ` : '';
		return execution.status === 'success'
			? row(true, `ran in ${Date.now() - started} ms, ${Object.keys(execution.nodes).length} nodes`)
			: row(false, `${where}${failure}`);
	} catch (error) {
		return row(false, error instanceof Error ? error.message : String(error));
	}
}

/** One folder serves one n8n at a time. */
async function refuseSecond(): Promise<void> {
	let state: { pid: number; n8n: number; url: string };
	try {
		state = JSON.parse(await readFile(STATE, 'utf8')) as typeof state;
		process.kill(state.n8n, 0);
		await axios.get(`${state.url}/healthz`, { timeout: 3000, proxy: false });
	} catch {
		return;
	}
	throw new Error(`The demo already runs at ${state.url} (processes ${state.pid} and ${state.n8n}).`);
}

async function interrupted(): Promise<void> {
	if (stopping) return;
	say('\nStopping …');
	await stop();
	// During the start there is nothing to wait for: what was started ends with this process.
	process.exit(demo ? 0 : 130);
}

async function stop(): Promise<void> {
	stopping ??= (async () => {
		await demo?.stop();
		await rm(STATE, { force: true });
	})();
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
