import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import axios from 'axios';
import execa, { type ExecaChildProcess } from 'execa';

import { N8nClient, type Workflow } from '../../scripts/host/client';
import { importExamples } from '../../scripts/host/examples';
import { pause } from '../../scripts/host/host';
import { REPOSITORY } from '../../scripts/host/pack';

/** `npm start` as a user runs it, in a folder of its own. The tests go on from one another. */

const ENDS_WITHIN_MS = 30_000;
const EXAMPLES = join(REPOSITORY, 'examples');

let folder: string;
let demo: ExecaChildProcess;
let n8n: N8nClient;
let sandboxUrl: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'digital-goods-start-'));
	await start();
});
afterAll(async () => {
	demo.kill('SIGTERM');
	await ended();
	await rm(folder, { recursive: true, force: true });
});

function npmStart(...args: string[]): ExecaChildProcess {
	return execa('npm', ['start', '--', ...args], {
		cwd: REPOSITORY,
		env: { DEMO_FOLDER: folder },
		all: true,
		reject: false,
	});
}

/** Starts the demo and waits until it is complete; gives what it printed. */
async function start(...args: string[]): Promise<string> {
	demo = npmStart(...args);
	let output = '';
	for await (const chunk of demo.all!) {
		output += String(chunk);
		if (output.includes('Ctrl-C stops everything.')) break;
	}
	const url = /^n8n +(http:\S+?)\/home/m.exec(output)?.[1];
	sandboxUrl = /^Provider sandbox +(\S+)/m.exec(output)?.[1] ?? '';
	if (url === undefined) throw new Error(`The demo did not start:\n${output}`);
	n8n = new N8nClient(url.replace('localhost', '127.0.0.1'));
	await n8n.connect(await readFile(join(folder, 'n8n', 'api-key'), 'utf8'));
	return output;
}

/** The processes of the demo: n8n's run in its user folder. */
function processes(): string[] {
	const own = String((JSON.parse(readFileSync(join(folder, 'running.json'), 'utf8')) as { pid: number }).pid);
	return readdirSync('/proc').filter((pid) => {
		if (pid === own) return true;
		try {
			return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
		} catch {
			return false;
		}
	});
}

/** Waits until nothing of the demo is left. */
async function ended(): Promise<void> {
	const until = Date.now() + ENDS_WITHIN_MS;
	while (processes().length > 0 && Date.now() < until) await pause(200);
	expect(processes()).toEqual([]);
	for (const url of [n8n.url, sandboxUrl])
		await expect(axios.get(url, { proxy: false })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
}

const named = async (name: string): Promise<Workflow[]> =>
	(await n8n.workflows.list()).filter((workflow) => workflow.name === name);

it('imports every example', async () => {
	const names = (await n8n.workflows.list()).map(({ name }) => name).sort();
	const files = readdirSync(EXAMPLES).filter((file) => file.endsWith('.json'));
	const wanted = files.map((file) => JSON.parse(readFileSync(join(EXAMPLES, file), 'utf8')).name as string);
	expect(names).toEqual(wanted.sort());
});

it('is refused in the same folder every time, and refusing it ends nothing', async () => {
	for (let demos = 2; demos <= 3; demos++) {
		const { exitCode, all } = await npmStart();
		expect(all).toContain(`The demo runs already, at ${n8n.url.replace('127.0.0.1', 'localhost')}`);
		expect(exitCode).toBe(1);
	}
	expect(existsSync(join(folder, 'running.lock'))).toBe(true);
	expect((await axios.get(`${n8n.url}/healthz`, { proxy: false })).status).toBe(200);
});

it('leaves alone what the user changed, and offers a newer version under another name', async () => {
	const [first, second, third] = await n8n.workflows.list();
	await n8n.workflows.update(first!.id, { ...first!, nodes: first!.nodes.slice(0, 1), connections: {} });
	await n8n.api('DELETE', `/workflows/${second!.id}`);

	const examples = join(folder, 'examples');
	await cp(EXAMPLES, examples, { recursive: true });
	const host = { userFolder: join(folder, 'n8n'), workflows: n8n.workflows };
	const unchanged = await importExamples(host, examples, {});
	expect(unchanged.newer).toEqual([]);
	expect((await n8n.workflows.get(first!.id)).nodes).toHaveLength(1);
	expect(await named(second!.name)).toEqual([]);

	for (const file of readdirSync(examples).filter((name) => name.endsWith('.json'))) {
		const json = JSON.parse(await readFile(join(examples, file), 'utf8')) as Workflow;
		if (json.name !== third!.name) continue;
		await writeFile(
			join(examples, file),
			JSON.stringify({ ...json, nodes: json.nodes.slice(0, 2), connections: {} }),
		);
	}
	expect((await importExamples(host, examples, {})).newer).toEqual([third!.name]);
	expect(await named(`${third!.name} (2)`)).toEqual([]);

	await importExamples(host, examples, {}, { addNewer: true });
	expect((await named(third!.name))[0]!.nodes).toEqual((await n8n.workflows.get(third!.id)).nodes);
	expect((await named(`${third!.name} (2)`))[0]!.nodes).toHaveLength(2);
	expect(await named(second!.name)).toHaveLength(1);
	expect((await n8n.workflows.get(first!.id)).nodes).toHaveLength(1);
});

it.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)(
	'ends wholly when npm gets %s, and starts anew',
	async (signal) => {
		const before = (await n8n.workflows.list()).length;
		demo.kill(signal);
		await once(demo, 'exit');
		await ended();
		await start();
		expect(await n8n.workflows.list()).toHaveLength(before);
	},
);
