import { DataDeduplicationService } from 'n8n-core';
import type { IDataDeduplicator } from 'n8n-workflow';
import type { Finished } from '../support/engine';
import { errorOf, useHarness } from '../support/harness';
import { KeyStore } from './support/keyStore';
import { PurchaseHarness } from './support/purchaseHarness';

/**
 * Order Once Key where two workers share n8n's database. n8n reads a workflow's keys and then writes them, so two
 * workers can both get a key if their reads and writes interleave in each round.
 * A worker's process serialises its changes by workflow ID. Here both workers are in one process, so each has a
 * workflow ID of its own, and the database takes the two for one.
 */
const workers = ['A', 'B'] as const;
type Worker = (typeof workers)[number];

let store = new KeyStore();
/** What a worker's next read or write waits for. */
const gates: Record<Worker, Array<() => Promise<void>>> = { A: [], B: [] };
const harness = useHarness();

const shared = <M extends 'checkProcessedAndRecord' | 'removeProcessed'>(method: M) =>
	(async (items, scope, context, options) => {
		const next = async () => await gates[context.workflow.id as Worker].shift()?.();
		const one = { ...context, workflow: { ...context.workflow, id: 'the workflow' } } as typeof context;
		return await store.for({ read: next, write: next })[method](items, scope, one, options);
	}) as IDataDeduplicator[M];

beforeAll(async () => {
	await DataDeduplicationService.init({
		checkProcessedAndRecord: shared('checkProcessedAndRecord'),
		removeProcessed: shared('removeProcessed'),
	} as IDataDeduplicator);
});

/** Two workers order with the same key; `start` begins each of them. */
async function race(
	key: string,
	keys: number,
	start: (worker: Worker, go: () => Promise<Finished>) => Promise<Finished>,
) {
	const purchases = await PurchaseHarness.open(harness, 'TeleKart');
	const order = async (worker: Worker, orderOnceKey: string) =>
		await harness.run({
			...purchases.workflow(purchases.items(1), purchases.parameters({ options: { orderOnceKey } })),
			id: worker,
		});
	for (let other = 0; other < keys; other++) await order('A', `earlier ${other}`);
	const before = (await purchases.charged()).length;
	const runs = await Promise.all(
		workers.map(async (worker) => await start(worker, async () => await order(worker, key))),
	);
	const bought = (await purchases.charged()).length - before;
	const third = await order('B', key);
	return { bought, codes: runs.map((run) => errorOf(run).data?.code), third: errorOf(third).data };
}

beforeEach(() => {
	store = new KeyStore();
});

/** Makes reads and writes of the two happen in the order given, each when all before it are done. */
function inOrder(order: string): void {
	let done = 0;
	const waiting: Array<() => void> = [];
	const advance = () => {
		done++;
		waiting.splice(0).forEach((resume) => resume());
	};
	for (const worker of workers) {
		gates[worker] = [...order].flatMap((letter, index) =>
			letter !== worker
				? []
				: [
						async () => {
							while (done !== index) await new Promise<void>((resolve) => waiting.push(resolve));
							// What follows the wait is done before the next one is let through.
							setTimeout(advance, 20);
						},
					],
		);
	}
}

it.each([
	['AABB', 1],
	['BBAA', 1],
	['ABAB AABB', 1],
	['ABBA BBAA', 1],
	['BAAB BABA AABB', 1],
	['BABA ABBA BBAA', 1],
	['ABAB BAAB ABBA', 2],
])(
	'read and written round by round as %s: %d bought, and the key is taken afterwards',
	async (order, bought) => {
		inOrder(order.replaceAll(' ', ''));
		// The record is there: an earlier key made it, before the order counts.
		const [a, b] = workers.map((worker) => gates[worker].splice(0));
		const result = await race('k', 1, async (worker, go) => {
			gates[worker] = (worker === 'A' ? a : b)!;
			return await go();
		});
		expect(result.bought).toBe(bought);
		expect(result.third).toMatchObject({ code: 'ALREADY_ORDERED' });
	},
);

it('the first two keys of a workflow cannot be taken by both: the database has one record for it', async () => {
	inOrder('ABAB');
	const result = await race('k', 0, async (_, go) => await go());
	expect(result.bought).toBe(1);
	expect(result.codes.sort()).toEqual(['ALREADY_ORDERED', undefined]);
});
