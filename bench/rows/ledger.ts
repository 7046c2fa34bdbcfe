import { nodeTime, type Bench, type Side, type Step } from '../harness';
import { duration, mean, median, times, type Line } from '../table';

/** How much longer an order may take with the ledger, in milliseconds. */
const MOST_ADDED = 60;
const MOST_ADDED_WITH_KEY = 100;
/** How much longer a run of many orders may take. */
const MOST_TIMES = 2;

type SideName = 'without' | 'withLedger' | 'withKey';
const SIDES: SideName[] = ['without', 'withLedger', 'withKey'];

/** What the ledger adds to an order: without it, with it, and with a key of the user's own. */
export async function ledger(bench: Bench): Promise<Line[]> {
	const steps: Record<SideName, Step> = {
		without: order(bench, {}, {}),
		withLedger: order(bench, { trackCompletion: true }, {}),
		withKey: order(bench, { trackCompletion: true }, { orderOnceKey: '={{ $json.body?.key ?? $json.key }}' }),
	};
	return [...(await oneOrder(bench, steps)), await manyOrders(bench, steps)];
}

function order(bench: Bench, parameters: Record<string, unknown>, options: Record<string, unknown>): Step {
	const step = bench.own('teleKartStars', 'teleKartStarsApi', {
		...{ resource: 'order', operation: 'create', target: '@somebody' },
		productId: { __rl: true, mode: 'id', value: 'stars_50' },
		...parameters,
		options,
	});
	const { id, name } = bench.credentials.orderTrackingApi!;
	return { ...step, credentials: { ...step.credentials, orderTrackingApi: { id, name } } };
}

let keys = 0;
const nextKey = () => ({ key: `bench ${++keys}` });

async function prepare(bench: Bench): Promise<void> {
	await bench.reset('teleKartStars');
	await bench.sandbox.changeAccount({ provider: 'teleKartStars', balance: 1e6 });
}

async function charged(bench: Bench): Promise<number> {
	return (await bench.sandbox.charges({ provider: 'teleKartStars' })).charges.length;
}

async function oneOrder(bench: Bench, steps: Record<SideName, Step>): Promise<Line[]> {
	const executions = bench.size(40, 5);
	const rounds = bench.rounds(5);
	await prepare(bench);
	const sides = {} as Record<SideName, Side>;
	for (const name of SIDES) sides[name] = await bench.side(`One order: ${name}`, [steps[name]]);
	const node: Record<SideName, number[]> = { without: [], withLedger: [], withKey: [] };
	// The first round is not counted: n8n compiles what it runs often, and the table is created.
	for (let round = 0; round <= rounds; round++) {
		const taken: Record<SideName, number[]> = { without: [], withLedger: [], withKey: [] };
		for (let i = 0; i < executions; i++)
			for (const name of SIDES) {
				const { execution } = await bench.run(sides[name], nextKey());
				bench.check(execution.status === 'success', `ledger: ${name} ended in ${execution.status}`);
				taken[name].push(nodeTime(execution, 'Own'));
			}
		// n8n records whole milliseconds: the mean of many is more precise.
		if (round > 0) for (const name of SIDES) node[name].push(mean(taken[name]));
		bench.say(`  ${SIDES.map((name) => `${name} ${mean(taken[name]).toFixed(1)} ms`).join(', ')}`);
	}
	const orders = SIDES.length * executions * (rounds + 1);
	bench.check((await charged(bench)) === orders, `ledger: not each of ${orders} orders is charged once`);
	const line = (work: string, name: SideName, most: number): Line => {
		const added = median(node[name]) - median(node.without);
		return {
			work,
			ours: duration(median(node[name])),
			theirs: `without the ledger: ${duration(median(node.without))}`,
			result: `${duration(added)} more`,
			goal: `≤ ${most} ms more`,
			met: added <= most,
		};
	};
	return [
		line('One order with the ledger', 'withLedger', MOST_ADDED),
		line("One order with the ledger and a key of the user's own", 'withKey', MOST_ADDED_WITH_KEY),
	];
}

async function manyOrders(bench: Bench, steps: Record<SideName, Step>): Promise<Line> {
	const count = bench.size(100, 10);
	const names = ['without', 'withLedger'] as const;
	await prepare(bench);
	const items = bench.split('body.items');
	const taken = { without: [] as number[], withLedger: [] as number[] };
	const sides = {
		without: await bench.side('Many orders: without', [items, steps.without]),
		withLedger: await bench.side('Many orders: with the ledger', [items, steps.withLedger]),
	};
	const body = { items: Array.from({ length: count }, nextKey) };
	for (let round = 0; round < bench.rounds(5); round++)
		for (const name of names) {
			const { execution } = await bench.run(sides[name], body);
			bench.check(execution.status === 'success', `ledger: many orders ended in ${execution.status}`);
			taken[name].push(nodeTime(execution, 'Own'));
		}
	const orders = names.length * count * bench.rounds(5);
	bench.check((await charged(bench)) === orders, `ledger: not each of ${orders} orders is charged once`);
	const ratio = median(taken.withLedger) / median(taken.without);
	return {
		work: `${count} orders in one run with the ledger`,
		ours: duration(median(taken.withLedger)),
		theirs: `without the ledger: ${duration(median(taken.without))}`,
		result: times(ratio),
		goal: `≤ ${MOST_TIMES} ×`,
		met: ratio <= MOST_TIMES,
	};
}
