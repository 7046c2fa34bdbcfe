import './quiet';
import type { Bed } from '../support/bed';
import type { Finished } from '../support/engine';
import type * as TillModule from './till';
import { KeyStore } from './store';

/**
 * Order Once Key where two workers share n8n's database: each is a process of its own, here a registry of modules
 * of its own. n8n reads a workflow's keys and then writes them, so two workers can both get a key if they do
 * so in each round; this shows when, and how close together it takes.
 */

type Modules = typeof TillModule & { startBed: () => Promise<Bed>; init: (store: unknown) => Promise<void> };

function load(): Modules {
	let modules: Modules | undefined;
	jest.isolateModules(() => {
		/* eslint-disable @typescript-eslint/no-require-imports */
		const { startBed } = require('../support/bed') as { startBed: () => Promise<Bed> };
		const { DataDeduplicationService } = require('n8n-core') as {
			DataDeduplicationService: { init: Modules['init'] };
		};
		const till = require('./till') as typeof TillModule;
		/* eslint-enable @typescript-eslint/no-require-imports */
		modules = { ...till, startBed, init: async (store) => await DataDeduplicationService.init(store) };
	});
	return modules!;
}

const workers = ['A', 'B'] as const;
type Worker = (typeof workers)[number];

let store = new KeyStore();
/** What a worker's next read or write waits for. */
const gates: Record<Worker, Array<() => Promise<void>>> = { A: [], B: [] };
const beds = {} as Record<Worker, Bed>;
let tills: typeof TillModule;

beforeAll(async () => {
	for (const worker of workers) {
		const modules = load();
		tills ??= modules;
		beds[worker] = await modules.startBed();
		const next = async () => await gates[worker].shift()?.();
		const shared =
			(method: string) =>
			async (...values: unknown[]) =>
				await (
					store.for({ read: next, write: next }) as unknown as Record<string, (...all: unknown[]) => unknown>
				)[method]!(...values);
		await modules.init({
			checkProcessedAndRecord: shared('checkProcessedAndRecord'),
			removeProcessed: shared('removeProcessed'),
		});
	}
}, 120_000);
afterAll(async () => {
	for (const worker of workers) await beds[worker]?.close();
});

/** Two workers order with the same key; `start` begins each of them. */
async function race(
	key: string,
	keys: number,
	start: (worker: Worker, go: () => Promise<Finished>) => Promise<Finished>,
) {
	const till = await tills.Till.open(beds.A, 'TeleKart');
	const { id } = Object.values(till.use.credentials!)[0]!;
	beds.B.credentials[id!] = till.account.credentials;
	const workflow = (orderOnceKey: string) =>
		till.workflow(till.items(1), till.order({ options: { orderOnceKey } }));
	for (let other = 0; other < keys; other++) await beds.A.run(workflow(`earlier ${other}`));
	const before = (await till.charged()).length;
	const runs = await Promise.all(
		workers.map(async (worker) => await start(worker, async () => await beds[worker].run(workflow(key)))),
	);
	const bought = (await till.charged()).length - before;
	const third = await beds.B.run(workflow(key));
	return { bought, codes: runs.map((run) => tills.saidOf(run).data?.code), third: tills.saidOf(third).data };
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
