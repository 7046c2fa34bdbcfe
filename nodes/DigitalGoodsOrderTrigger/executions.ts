import type { IPollFunctions } from 'n8n-workflow';
import { z } from 'zod';
import type { Api } from '../shared/http/api';
import { optional, segment, text } from '../shared/http/schemas';
import { ProviderError } from '../shared/errors/providerError';
import {
	EXECUTION_APPEARS,
	FIRST_EMISSION_WATCH,
	MOST_EXECUTIONS,
	MOST_RESTARTS,
	MOST_RETRIES,
} from './limits';
import { shortOf, type Emission, type Memory } from './memory';

const execution = z.object({ id: text, status: optional(text), mode: optional(text) });
const executions = z.object({ data: z.array(execution) });
type Execution = z.output<typeof execution>;

const items = z.array(z.array(z.object({ json: z.record(z.unknown()) }).passthrough()).nullable());
const output = z.object({ data: optional(z.object({ main: items })) });
const stackEntry = z.object({ node: z.object({ name: z.string() }), data: z.object({ main: items }) });
const withData = z.object({
	id: text,
	status: optional(text),
	data: optional(
		z.object({
			resultData: optional(z.object({ runData: optional(z.record(z.array(output.catch({ data: null })))) })),
			executionData: optional(z.object({ nodeExecutionStack: optional(z.array(z.unknown())) })),
		}),
	),
});
type ExecutionData = z.output<typeof withData>;

/** The most that n8n lists at once. */
const LISTED = 100;
/** Failed executions that are read to see whether they ended by themselves. */
const ENDED_BY_THEMSELVES = 3;
const ENDED = ['success', 'error', 'canceled', 'crashed'];

/** What has become of an emission. `unknown`: n8n does not tell. */
type Outcome = 'underWay' | 'delivered' | 'died' | 'missing' | 'unknown';

/**
 * What n8n knows of the executions that a trigger has started. n8n saves static data and only then starts the
 * execution: killed between the two, it remembers an event of which nothing came. And a worker that dies takes its
 * execution along. An execution is the trigger's own only if the trigger's output in it holds the events.
 */
export class Executions {
	private listed: Execution[] | undefined;
	private readonly read = new Map<string, ExecutionData | undefined>();

	constructor(
		private readonly context: IPollFunctions,
		private readonly api: Api,
		/** Epoch milliseconds. */
		private readonly now: number,
	) {}

	/** Makes the events due anew that never arrived, and ends the follow-up of those that did. */
	async account(memory: Memory): Promise<void> {
		for (const emission of [...memory.emissions]) {
			const outcome = await this.outcomeOf(emission, memory).catch((error: unknown): Outcome => {
				// Without leave to read executions nobody can tell; a failure that passes changes nothing.
				const isRefused = error instanceof ProviderError && error.status !== undefined && error.status < 429;
				return isRefused ? 'unknown' : 'underWay';
			});
			if (outcome === 'died') memory.retry(emission, MOST_RETRIES);
			else if (outcome === 'missing') memory.retry(emission, MOST_RESTARTS);
			else if (outcome !== 'underWay') memory.conclude(emission);
		}
	}

	/** The newest execution of the workflow, empty where it has none; undefined when n8n does not tell. */
	async newest(): Promise<string | undefined> {
		try {
			const ids = [...(await this.list({ limit: 1 })), ...(await this.list({ limit: 1, status: 'running' }))];
			return ids.map(({ id }) => id).sort((one, other) => Number(other) - Number(one))[0] ?? '';
		} catch {
			return undefined;
		}
	}

	private async outcomeOf(emission: Emission, memory: Memory): Promise<Outcome> {
		if (emission.execution !== undefined) {
			const known = (await this.all()).find(({ id }) => id === emission.execution);
			if (known !== undefined && !ENDED.includes(known.status ?? '')) return this.isWaiting(known);
			return this.judged(await this.dataOf(emission.execution));
		}
		const candidates = (await this.all()).filter(
			({ id, mode }) => mode !== 'manual' && mode !== 'webhook' && isAfter(id, emission.after),
		);
		let isClear = candidates.length < LISTED;
		let hasCrashedEmpty = false;
		// The nearest to the emission come first: n8n starts an execution within moments.
		for (const { id, status } of candidates.reverse()) {
			const data = await this.dataOf(id);
			const emitted = data && this.emittedIn(data);
			if (emitted === undefined) {
				if (status === 'crashed') hasCrashedEmpty = true;
				else isClear = false;
				continue;
			}
			if (![...emitted].some((short) => Object.hasOwn(emission.events, short))) continue;
			memory.found(emission, id);
			return ENDED.includes(data!.status ?? '')
				? this.judged(data)
				: this.isWaiting({ status: data!.status });
		}
		if (Math.abs(this.now - emission.at) < EXECUTION_APPEARS) return 'underWay';
		// n8n keeps a crashed execution whatever it does with others, sometimes with nothing in it.
		return isClear && (hasCrashedEmpty || (await this.wouldBeKept(emission))) ? 'missing' : 'unknown';
	}

	/** An execution that waits is in n8n's database, from where it goes on after any restart. */
	private isWaiting({ status }: Pick<Execution, 'status'>): Outcome {
		return status === 'waiting' ? 'delivered' : 'underWay';
	}

	/** n8n runs a crashed execution no more; it also ends as failed, without data, what a dead worker left. */
	private judged(data: ExecutionData | undefined): Outcome {
		if (data === undefined) return 'delivered';
		const isEmpty = Object.keys(data.data?.resultData?.runData ?? {}).length === 0;
		return data.status === 'crashed' || (data.status === 'error' && isEmpty) ? 'died' : 'delivered';
	}

	/** The events in the trigger's own output; undefined where the execution does not show any output of the trigger. */
	private emittedIn({ data }: ExecutionData): Set<string> | undefined {
		const { name } = this.context.getNode();
		const runs = data?.resultData?.runData?.[name] ?? [];
		const stack = (data?.executionData?.nodeExecutionStack ?? []).flatMap((entry) => {
			const parsed = stackEntry.safeParse(entry);
			return parsed.success && parsed.data.node.name === name ? [parsed.data.data.main] : [];
		});
		const all = [...runs.flatMap((run) => (run.data === null ? [] : [run.data.main])), ...stack].flat();
		const eventIds = all.flatMap((branch) => (branch ?? []).map(({ json }) => json.eventId));
		const own = eventIds.filter((eventId): eventId is string => typeof eventId === 'string');
		if (own.length > 0) return new Set(own.map(shortOf));
		const isOfAnotherNode = runs.length === 0 && Object.keys(data?.resultData?.runData ?? {}).length > 0;
		return isOfAnotherNode ? new Set() : undefined;
	}

	/** Whether an execution that had been started would still be there to be found. */
	private async wouldBeKept({ after, at }: Emission): Promise<boolean> {
		const keep = this.context.getWorkflowSettings?.().saveDataSuccessExecution;
		if (keep === 'none') return false;
		const own = await this.all();
		// Older ones are deleted first: while the one before it is there, it would be, too.
		const isYoung = Math.abs(this.now - at) < FIRST_EMISSION_WATCH;
		const isEarlierKept = async () =>
			own.some(({ id }) => id === after) || (await this.dataOf(after)) !== undefined;
		if (!(after === '' ? isYoung : await isEarlierKept())) return false;
		if (keep === 'all' || own.some(({ status }) => status === 'success')) return true;
		// While none of this workflow has ended by itself, others show whether n8n keeps what does.
		for (const { id } of own.filter(({ status }) => status === 'error').slice(0, ENDED_BY_THEMSELVES))
			if (this.judged(await this.dataOf(id)) === 'delivered') return false;
		return (await this.list({ limit: 1, status: 'success' }, '')).length > 0;
	}

	/** The newest executions of the workflow, newest first; n8n lists those under way only when asked for them. */
	private async all(): Promise<Execution[]> {
		if (this.listed === undefined) {
			const running = await this.list({ limit: LISTED, status: 'running' });
			const others = await this.list({ limit: LISTED });
			const byId = new Map([...others, ...running].map((each) => [each.id, each]));
			this.listed = [...byId.values()].sort((one, other) => Number(other.id) - Number(one.id));
		}
		return this.listed;
	}

	private async list(
		query: { limit: number; status?: string },
		workflowId = this.context.getWorkflow().id ?? '',
	): Promise<Execution[]> {
		const of = workflowId === '' ? {} : { workflowId };
		const request = { method: 'GET', path: '/api/v1/executions', query: { ...of, ...query } } as const;
		return (await this.api.read(request, executions)).data.data;
	}

	/** Undefined where there is no such execution. */
	private async dataOf(id: string): Promise<ExecutionData | undefined> {
		if (!this.read.has(id)) {
			if (this.read.size >= MOST_EXECUTIONS) throw new Error('enough executions were read for one poll');
			const path = `/api/v1/executions/${segment(id)}`;
			const request = { method: 'GET', path, query: { includeData: true } } as const;
			const data = await this.api.read(request, withData).catch((error: unknown) => {
				if (error instanceof ProviderError && error.status === 404) return undefined;
				throw error;
			});
			this.read.set(id, data?.data);
		}
		return this.read.get(id);
	}
}

/** n8n numbers its executions. */
const isAfter = (id: string, other: string): boolean => other === '' || !(Number(id) <= Number(other));
