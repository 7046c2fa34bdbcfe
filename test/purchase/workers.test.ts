import './quiet';
import { DataDeduplicationService } from 'n8n-core';
import type { IDataDeduplicator } from 'n8n-workflow';
import { startBed, type Bed } from '../support/bed';
import type { Finished } from '../support/engine';
import { KeyStore } from './store';
import { saidOf, Till } from './till';

/**
 * Order Once Key where two workers share n8n's database. n8n reads a workflow's keys and then writes them, so two
 * workers can both get a key if they do so in each round; this shows when, and how close together it takes.
 * What a worker's process changes one at a time goes by the workflow's ID, so here each has an ID of its own,
 * and the database takes them for one.
 */
const workers = ['A', 'B'] as const;
type Worker = (typeof workers)[number];

let store = new KeyStore();
/** What a worker's next read or write waits for. */
const gates: Record<Worker, Array<() => Promise<void>>> = { A: [], B: [] };
let bed: Bed;

const shared = <M extends 'checkProcessedAndRecord' | 'removeProcessed'>(method: M) =>
	(async (items, scope, context, options) => {
		const next = async () => await gates[context.workflow.id as Worker].shift()?.();
		const one = { ...context, workflow: { ...context.workflow, id: 'the workflow' } } as typeof context;
		return await store.for({ read: next, write: next })[method](items, scope, one, options);
	}) as IDataDeduplicator[M];

beforeAll(async () => {
	bed = await startBed();
	await DataDeduplicationService.init({
		checkProcessedAndRecord: shared('checkProcessedAndRecord'),
		removeProcessed: shared('removeProcessed'),
	} as IDataDeduplicator);
});
afterAll(async () => await bed.close());

/** Two workers order with the same key; `start` begins each of them. */
async function race(
	key: string,
	keys: number,
	start: (worker: Worker, go: () => Promise<Finished>) => Promise<Finished>,
) {
	const till = await Till.open(bed, 'TeleKart');
	const order = async (worker: Worker, orderOnceKey: string) =>
		await bed.run({
			...till.workflow(till.items(1), till.order({ options: { orderOnceKey } })),
			id: worker,
		});
	for (let other = 0; other < keys; other++) await order('A', `earlier ${other}`);
	const before = (await till.charged()).length;
	const runs = await Promise.all(
		workers.map(async (worker) => await start(worker, async () => await order(worker, key))),
	);
	const bought = (await till.charged()).length - before;
	const third = await order('B', key);
	return { bought, codes: runs.map((run) => saidOf(run).data?.code), third: saidOf(third).data };
}

beforeEach(() => {
	store = new KeyStore();
});

/** Makes reads and writes of the two happen in the order given, each when all before it are done. */
function inOrder(order: string): void {
	let turn = 0;
	const waiting: Array<() => void> = [];
	const advance = () => {
		turn++;
		waiting.splice(0).forEach((wake) => wake());
	};
	for (const worker of workers) {
		gates[worker] = [...order].flatMap((letter, index) =>
			letter !== worker
				? []
				: [
						async () => {
							while (turn !== index) await new Promise<void>((resolve) => waiting.push(resolve));
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

it('tells how close together it takes', async () => {
	const pause = (ms: number) => async () => await new Promise<void>((resolve) => setTimeout(resolve, ms));
	const [read, write] = [5, 5];
	const rows: string[] = [];
	for (const apart of [0, 2, 5, 10, 20, 50, 100]) {
		let both = 0;
		const runs = 5;
		for (let run = 0; run < runs; run++) {
			store = new KeyStore();
			const { bought } = await race(`k${run}`, 1, async (worker, go) => {
				gates[worker] = [pause(read), pause(write)];
				if (worker === 'B') await pause(apart)();
				return await go();
			});
			if (bought > 1) both++;
		}
		rows.push(`${apart} ms apart: ${both} of ${runs}`);
	}
	process.stdout.write(
		`\nOrder Once Key, two workers, ${read} ms to read and ${write} ms to write n8n's keys; both ordered when they began\n${rows.join('\n')}\n`,
	);
}, 120_000);
