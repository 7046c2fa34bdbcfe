/** What the rows run on: a real n8n, the sandbox in a process of its own, and ways to measure both. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { SandboxClient } from '../sandbox/client';
import type { Counter } from '../sandbox/journal';
import type { ProviderName } from '../sandbox/provider';
import type { SandboxProviders } from '../sandbox/server';
import { demoCredentials, saveCredentials } from '../scripts/host/demo';
import {
	freePort,
	ManagedProcess,
	packPackage,
	pause,
	startHost,
	type Credential,
	type Execution,
	type N8nHost,
	type WorkflowNode,
} from '../scripts/host/host';
import { REPOSITORY } from '../scripts/host/pack';

/** Ends the sandbox when this process is gone. */
const GUARD = join(REPOSITORY, 'scripts', 'host', 'guard.cjs');
const METER = join(__dirname, 'meter.cjs');
const LONGEST_EXECUTION_MS = 300_000;
const WARM_UPS = 5;

/** A node of a row's workflow; {@link Bench.side} places it. */
export type Step = Pick<WorkflowNode, 'type' | 'typeVersion' | 'parameters' | 'credentials'> & {
	name: string;
	/** Names of the nodes its outputs lead to; default: the next step. */
	next?: string[][];
};

/** One way to do a row's work: an active workflow behind a webhook. */
export interface Side {
	workflowId: string;
	path: string;
}

/** One execution and how long it took. */
export interface Run {
	/** From n8n's `startedAt` to its `stoppedAt`. */
	ms: number;
	execution: Execution;
}

/** One poll of the order trigger, timed inside n8n. */
export interface TimedPoll {
	workflow: string;
	ms: number;
	events: number;
	error: string;
}

export interface BenchOptions {
	quick: boolean;
	say: (line: string) => void;
}

export class Bench {
	/** Errors in the work itself. */
	readonly wrong: string[] = [];
	readonly polls: TimedPoll[] = [];

	private readonly seen = new Map<string, number>();
	private collections = 0;
	private heap = 0;

	private constructor(
		readonly options: BenchOptions,
		readonly tarball: string,
		readonly sandbox: SandboxClient,
		readonly providers: SandboxProviders,
		private readonly sandboxProcess: ManagedProcess,
	) {}

	host!: N8nHost;
	credentials: Record<string, Credential> = {};

	static async start(options: BenchOptions): Promise<Bench> {
		const tarball = await packPackage();
		const port = await freePort();
		const sandboxProcess = new ManagedProcess({
			name: 'The sandbox',
			command: process.execPath,
			args: ['--require', GUARD, '--import', 'tsx', join('sandbox', 'main.ts'), String(port)],
			env: process.env,
			cwd: REPOSITORY,
		});
		try {
			await sandboxProcess.waitForOutput((line) => line.startsWith('Requests:'), 60_000);
			const sandbox = new SandboxClient(`http://127.0.0.1:${port}`);
			const accounts = await sandbox.accounts();
			const providers = Object.fromEntries(
				accounts.map(({ provider, credentials }) => [provider, credentials]),
			) as unknown as SandboxProviders;
			const bench = new Bench(options, tarball, sandbox, providers, sandboxProcess);
			await bench.startN8n();
			return bench;
		} catch (error) {
			await sandboxProcess.stop();
			throw error;
		}
	}

	async stop(): Promise<void> {
		await this.host?.stop();
		await this.sandboxProcess.stop();
	}

	/** All rounds, or one with `--quick`. */
	rounds(all: number): number {
		return this.options.quick ? 1 : all;
	}

	/** All of the work, or `little` with `--quick`. */
	size(all: number, little: number): number {
		return this.options.quick ? little : all;
	}

	say(line: string): void {
		this.options.say(line);
	}

	/** Notes an error in the work itself. */
	check(holds: boolean, otherwise: string): void {
		if (holds) return;
		this.wrong.push(otherwise);
		this.say(`  WRONG: ${otherwise}`);
	}

	/** Deletes a provider's orders, faults and counts of requests. */
	async reset(provider: ProviderName): Promise<void> {
		await this.sandbox.reset({ provider });
	}

	/** A provider's requests for an operation since its reset. */
	async asked(
		provider: ProviderName,
		operation: string,
	): Promise<Pick<Counter, 'count' | 'maxInFlight' | 'statuses'>> {
		const { counters } = await this.sandbox.requests({ provider, operation: 'none' });
		return counters[`${provider}/${operation}`] ?? { count: 0, maxInFlight: 0, statuses: {} };
	}

	/** A step that is this package's node. */
	own(type: string, credential: string, parameters: Record<string, unknown>): Step {
		const { id, name } = this.credentials[credential]!;
		return {
			name: 'Own',
			type: `n8n-nodes-digital-goods.${type}`,
			typeVersion: 1,
			parameters,
			credentials: { [credential]: { id, name } },
		};
	}

	/** A step that is n8n's HTTP Request node, with the provider's key in the header it expects. */
	http(authorization: string, parameters: Record<string, unknown>): Step {
		const { id, name } = this.credentials[authorization]!;
		return {
			name: 'HTTP Request',
			type: 'n8n-nodes-base.httpRequest',
			typeVersion: 4.5,
			parameters: {
				authentication: 'genericCredentialType',
				genericAuthType: 'httpHeaderAuth',
				...parameters,
			},
			credentials: { httpHeaderAuth: { id, name } },
		};
	}

	/** A step that makes one item of each entry of a list. */
	split(field: string): Step {
		return {
			name: `Split ${field}`,
			type: 'n8n-nodes-base.splitOut',
			typeVersion: 1,
			parameters: { fieldToSplitOut: field, options: {} },
		};
	}

	/** An active workflow of these steps, in this order, behind a webhook that answers when it has finished. */
	async side(name: string, steps: Step[]): Promise<Side> {
		const path = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
		const webhook: Step & { webhookId: string } = {
			name: 'Webhook',
			type: 'n8n-nodes-base.webhook',
			typeVersion: 2,
			webhookId: path,
			parameters: {
				httpMethod: 'POST',
				path,
				responseMode: 'lastNode',
				responseData: 'noData',
				options: {},
			},
		};
		const all = [webhook, ...steps];
		const nodes = all.map(({ next: _, ...step }, index) => ({
			...step,
			id: String(index),
			position: [index * 200, 0] as [number, number],
		}));
		const connections = Object.fromEntries(
			all.flatMap((step, index) => {
				const following = all[index + 1]?.name;
				const next = step.next ?? (following === undefined ? [] : [[following]]);
				const main = next.map((outputs) => outputs.map((node) => ({ node, type: 'main', index: 0 })));
				return next.length === 0 ? [] : [[step.name, { main }]];
			}),
		);
		const { id } = await this.host.workflows.create({ name, nodes, connections });
		await this.host.workflows.activate(id);
		return { workflowId: id, path };
	}

	/** Calls a side once and waits for its end; its record is left in n8n. */
	async call({ path }: Side, body: unknown = {}): Promise<void> {
		await this.host.webhooks.call(path, { body, timeoutMs: LONGEST_EXECUTION_MS });
	}

	/** Calls a side once, and gives n8n's record of it. `after` runs at its end, before the record is read. */
	async run(side: Side, body: unknown = {}, after: () => Promise<void> = async () => {}): Promise<Run> {
		await this.call(side, body);
		const id = await this.recorded(side);
		await after();
		const execution = await this.host.executions.get(id);
		return { ms: lasted(execution), execution };
	}

	/** Waits until n8n has recorded an execution that was not seen yet. */
	private async recorded({ workflowId }: Side): Promise<string> {
		const until = Date.now() + 60_000;
		while (Date.now() < until) {
			const { data } = await this.host.api<{ data: Array<{ id: string; stoppedAt: string | null }> }>(
				'GET',
				'/executions',
				undefined,
				{ query: { workflowId, limit: 1 } },
			);
			const [last] = data;
			if (last?.stoppedAt && Number(last.id) > (this.seen.get(workflowId) ?? 0)) {
				this.seen.set(workflowId, Number(last.id));
				return last.id;
			}
			await pause(50);
		}
		throw new Error(`n8n recorded no execution of workflow ${workflowId}`);
	}

	/**
	 * Calls a side once, and gives the peak memory of n8n's process over that of a freshly started n8n, in bytes;
	 * null where the system does not measure it. Each call gets an n8n of its own, since a process that has grown does
	 * not grow a second time. `warm` are called before, so that n8n has loaded what they and the side use.
	 */
	async peak(side: Side, body: unknown, warm: Side[]): Promise<{ run: Run; bytes: number | null }> {
		await this.host.restart();
		for (const one of [side, ...warm]) await this.host.workflows.waitUntilActive(one.workflowId);
		for (const one of warm) for (let i = 0; i < WARM_UPS; i++) await this.call(one);
		const { pid } = this.host;
		const canMeasure = existsSync(`/proc/${pid}/clear_refs`);
		await this.collectGarbage();
		// Resets the peak to what is used now.
		if (canMeasure) await writeFile(`/proc/${pid}/clear_refs`, '5');
		const before = canMeasure ? await memoryOf(pid!, 'VmRSS') : 0;
		let highest = 0;
		const run = await this.run(side, body, async () => {
			if (canMeasure) highest = await memoryOf(pid!, 'VmHWM');
		});
		return { run, bytes: canMeasure ? highest - before : null };
	}

	/** Calls a side once, and gives the most memory that it had in use, garbage left out, in bytes. */
	async live(side: Side, body: unknown): Promise<number> {
		const before = await this.collectGarbage();
		let most = 0;
		let over = false;
		const call = this.call(side, body).finally(() => (over = true));
		while (!over) {
			await Promise.race([call, pause(500)]);
			if (!over) most = Math.max(most, (await this.collectGarbage()) - before);
		}
		await call;
		return most;
	}

	/** Makes n8n collect its garbage, and gives the bytes that stay in use. */
	async collectGarbage(): Promise<number> {
		const before = this.collections;
		process.kill(this.host.pid!, 'SIGUSR2');
		await this.until('n8n to collect its garbage', () => this.collections > before);
		return this.heap;
	}

	async until(what: string, holds: () => boolean, timeoutMs = 60_000): Promise<void> {
		const end = Date.now() + timeoutMs;
		while (!holds()) {
			if (Date.now() > end) throw new Error(`Waited ${timeoutMs} ms for ${what}`);
			if (!this.host.running) throw new Error(`n8n ended by itself:\n${this.host.log().slice(-2_000)}`);
			await pause(20);
		}
	}

	private async startN8n(): Promise<void> {
		this.host = await startHost({
			tarball: this.tarball,
			env: { NODE_OPTIONS: `--require ${JSON.stringify(METER)}` },
			log: (line) => this.readLine(line),
		});
		const authorizations = {
			teleKartStars: `Bearer ${this.providers.teleKartStars.apiKey}`,
			tgMarket: `Bearer ${this.providers.tgMarket.apiKey}`,
			gamesDrop: this.providers.gamesDrop.token,
		};
		this.credentials = await saveCredentials(this.host, demoCredentials(this, this.host));
		for (const [provider, value] of Object.entries(authorizations))
			this.credentials[provider] = await this.host.credentials.save(
				`Header of ${provider}`,
				'httpHeaderAuth',
				{
					name: 'Authorization',
					value,
				},
			);
	}

	/** Takes what `meter.cjs` prints inside n8n. */
	private readLine(line: string): void {
		const [, what, facts] = /^bench (\w+) (.*)$/.exec(line) ?? [];
		if (what === 'collected') {
			this.heap = (JSON.parse(facts!) as { heap: number }).heap;
			this.collections++;
		}
		if (what === 'poll') this.polls.push(JSON.parse(facts!) as TimedPoll);
	}
}

const lasted = ({ startedAt, stoppedAt }: Execution): number =>
	Date.parse(stoppedAt ?? '') - Date.parse(startedAt ?? '');

/** How long the runs of a node took by n8n's record, in milliseconds. */
export const nodeTime = ({ nodes }: Execution, name: string): number =>
	(nodes[name] ?? []).reduce((sum, { executionTime }) => sum + executionTime, 0);

async function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1_024;
}
