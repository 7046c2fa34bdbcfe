import type { IExecuteFunctions } from 'n8n-workflow';
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
 * A key under which this workflow orders once, kept in n8n's database for all executions and workers.
 * Atomic inside one process. n8n reads and then writes, so two workers that claim the same key within the
 * same few milliseconds can both get it; nothing in n8n offers a community node more.
 */
export class OrderOnceKey {
	private constructor(
		private readonly context: IExecuteFunctions,
		private readonly workflow: string,
		private readonly entry: string,
	) {}

	/** @throws ProviderError with code `ALREADY_ORDERED` when the key was used before */
	static async claim(context: IExecuteFunctions, provider: string, key: string): Promise<OrderOnceKey> {
		const claimed = new OrderOnceKey(
			context,
			context.getWorkflow().id ?? '',
			JSON.stringify(['n8n-nodes-digital-goods', provider, key]),
		);
		// The first two keys of a workflow may both try to create its record; the slower finds it the second time.
		const isNew = await claimed
			.record()
			.catch(async () => await claimed.record())
			.catch((error: Error) => {
				throw new ProviderError({
					provider,
					code: 'ORDER_ONCE_UNAVAILABLE',
					message: `Order Once Key: n8n could not check whether "${key}" was used before (${error.message})`,
					description:
						'Nothing was sent. Save the workflow, so that n8n can keep its keys, and check that its database is reachable.',
				});
			});
		if (isNew) return claimed;
		throw new ProviderError({
			provider,
			code: 'ALREADY_ORDERED',
			message: `An order with the Order Once Key "${key}" was placed by this workflow before, or was sent and never answered`,
			description: 'Nothing was sent now. Look the earlier order up; for another order use another key.',
		});
	}

	/** Frees the key: the order was rejected. */
	async free(): Promise<void> {
		const remove = async () => await this.context.helpers.removeProcessed([this.entry], SCOPE, OPTIONS);
		await inLine(this.workflow, remove).catch((error: Error) => {
			this.context.logger.warn(
				`An Order Once Key stays taken although its order was rejected: ${error.message}`,
			);
		});
	}

	/** Writes the key once more: another worker that wrote at the same moment may have wiped it out. */
	async keep(): Promise<void> {
		await this.record().catch(() => {});
	}

	/** Whether the key was not there before; it is now. */
	private async record(): Promise<boolean> {
		const check = async () =>
			await this.context.helpers.checkProcessedAndRecord([this.entry], SCOPE, OPTIONS);
		return (await inLine(this.workflow, check)).new.length > 0;
	}
}
