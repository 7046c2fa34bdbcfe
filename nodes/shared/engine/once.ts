import { sleep, type IExecuteFunctions } from 'n8n-workflow';
import { ProviderError } from './errors';

const SCOPE = 'workflow';
/** No `maxEntries`: n8n would drop the oldest keys, and with them the protection. */
const OPTIONS = { mode: 'entries' } as const;

/** n8n rewrites the keys of a workflow as one record, so this process changes them one at a time. */
const lines = new Map<string, Promise<unknown>>();

async function inLine<T>(workflow: string, work: () => Promise<T>): Promise<T> {
	const turn = (lines.get(workflow) ?? Promise.resolve()).then(work);
	const settled = turn
		.catch(() => {})
		.finally(() => {
			if (lines.get(workflow) === settled) lines.delete(workflow);
		});
	lines.set(workflow, settled);
	return await turn;
}

/**
 * n8n reads all keys of a workflow and then writes them, so two workers that claim one within the same few
 * milliseconds both get it. They claim it again, apart by chance: that both get it each time is unlikely.
 */
const ROUNDS = 3;
/** Milliseconds between two claims, at most. */
const APART = 100;

/**
 * A key under which this workflow orders once, kept in n8n's database for all executions and workers.
 * Certain inside one process, and nearly so between workers: nothing in n8n offers a community node more.
 */
export class OrderOnceKey {
	private isFreed = false;

	private constructor(
		private readonly context: IExecuteFunctions,
		/** What is recorded, one for each round. The first stays. */
		private readonly entries: readonly string[],
	) {}

	/** @throws ProviderError with code `ALREADY_ORDERED` when the key was used before */
	static async claim(context: IExecuteFunctions, provider: string, key: string): Promise<OrderOnceKey> {
		const entries = Array.from({ length: ROUNDS }, (_, round) =>
			JSON.stringify(['n8n-nodes-digital-goods', provider, key, ...(round === 0 ? [] : [round])]),
		);
		for (const [round, entry] of entries.entries()) {
			if (round > 0) await sleep(Math.random() * APART);
			// The first two keys of a workflow may both try to create its record; the slower finds it the second time.
			const isNew = await record(context, [entry])
				.catch(async () => await record(context, [entry]))
				.catch(async (error: Error) => {
					if (round > 0) await remove(context, entries).catch(() => {});
					throw new ProviderError({
						provider,
						code: 'ORDER_ONCE_UNAVAILABLE',
						message: `Order Once Key: n8n could not check whether "${key}" was used before (${error.message})`,
						description:
							'Nothing was sent. Save the workflow, so that n8n can keep its keys, and check that its database is reachable.',
					});
				});
			if (isNew) continue;
			throw new ProviderError({
				provider,
				code: 'ALREADY_ORDERED',
				message: `An order with the Order Once Key "${key}" was placed by this workflow before, or was sent and never answered`,
				description: 'Nothing was sent now. Look the earlier order up; for another order use another key.',
			});
		}
		return new OrderOnceKey(context, entries);
	}

	/** Frees the key: the order was rejected. */
	async free(): Promise<void> {
		this.isFreed = true;
		await remove(this.context, this.entries).catch((error: Error) => {
			this.context.logger.warn(
				`An Order Once Key stays taken although its order was rejected: ${error.message}`,
			);
		});
	}

	/** Writes the key once more: another worker that wrote at the same moment may have wiped it out. */
	async keep(): Promise<void> {
		await record(this.context, this.entries.slice(0, 1)).catch(() => {});
	}

	/** At the end of a run: tidies up, and sees to it that the keys of what was ordered are still there. */
	static async settle(keys: readonly OrderOnceKey[]): Promise<void> {
		const kept = keys.filter(({ isFreed }) => !isFreed);
		const [any] = kept;
		if (any === undefined) return;
		// By then whoever claimed one of them in the same moment has found it taken.
		await sleep(2 * APART);
		const later = kept.flatMap(({ entries }) => entries.slice(1));
		await remove(any.context, later).catch(() => {});
		const first = kept.flatMap(({ entries }) => entries.slice(0, 1));
		await record(any.context, first).catch(() => {});
	}
}

/** Whether any of these was not there before; they are now. */
const record = async (context: IExecuteFunctions, entries: readonly string[]): Promise<boolean> =>
	await inLine(context.getWorkflow().id ?? '', async () => {
		const { checkProcessedAndRecord } = context.helpers;
		return (await checkProcessedAndRecord([...entries], SCOPE, OPTIONS)).new.length > 0;
	});

const remove = async (context: IExecuteFunctions, entries: readonly string[]): Promise<void> =>
	await inLine(
		context.getWorkflow().id ?? '',
		async () => await context.helpers.removeProcessed([...entries], SCOPE, OPTIONS),
	);
