import type { Bench } from '../harness';
import { placeMany, type Followed } from '../orders';
import { counts, duration, median, type Line } from '../table';

/** TG Market allows ten look-ups a second: its share determines how long a poll takes. */
const SHARES: Record<Followed, number> = { teleKartStars: 0.45, gamesDrop: 0.45, tgMarket: 0.1 };
const FINAL: Record<Followed, string> = {
	teleKartStars: 'confirmed',
	gamesDrop: 'COMPLETED',
	tgMarket: 'completed',
};
/** As the nodes write a new order: the first poll would correct any other word in its row. */
const OPEN: Record<Followed, { state: string; status: string }> = {
	teleKartStars: { state: 'pending', status: 'pending' },
	gamesDrop: { state: 'processing', status: 'PROCESSING' },
	tgMarket: { state: 'pending', status: 'pending' },
};
const NAMES = Object.keys(SHARES) as Followed[];
const COLUMNS = ['provider', 'orderType', 'orderId', 'state', 'status', 'reference', 'finalAt'];
/** One in so many of each provider's newest orders has completed; the trigger needs two polls to reach TG Market's. */
const COMPLETES = 10;
const OF_THE_NEWEST = 300;
const ROWS_AT_ONCE = 500;
const LONGEST_POLL_MS = 30_000;
const MOST_ASKED = 1_500;
const MOST_POLLS = 10;
/** The poll at activation only, and as often as n8n allows. */
const ONCE = { mode: 'everyDay', hour: 0, minute: 0 };
const EVERY_MINUTE = { mode: 'everyMinute' };

interface Tracked {
	provider: Followed;
	orderType: string;
	orderId: string;
}

interface Measured {
	orders: number;
	ms: number[];
	asked: number[];
	reported: number;
	statuses: Record<string, number>;
}

/** The order trigger's polls over a growing number of tracked orders, some of which have completed. */
export async function polls(bench: Bench): Promise<Line[]> {
	const measured: Measured[] = [];
	const sizes = bench.options.quick ? [10, 50, 100] : [100, 1_000, 10_000];
	for (const orders of sizes) measured.push(await pollOver(bench, orders));
	const longest = Math.max(...measured.flatMap(({ ms }) => ms));
	const mostAsked = Math.max(...measured.flatMap(({ asked }) => asked));
	// What each further order costs must not grow.
	const [small, middle, large] = measured.map(({ orders, ms }) => ({ orders, ms: median(ms) }));
	const first = (middle!.ms - small!.ms) / (middle!.orders - small!.orders);
	const second = (large!.ms - middle!.ms) / (large!.orders - middle!.orders);
	return measured.map(({ orders, ms, asked, reported, statuses }, index) => ({
		work: `One poll over ${orders.toLocaleString('en')} tracked orders`,
		ours: `${duration(median(ms))} (longest ${duration(Math.max(...ms))}), ${median(asked)} looked up (most ${Math.max(...asked)}); all ${reported} completions reported within ${ms.length} polls; TG Market: ${counts(statuses)}`,
		theirs: 'tracks no orders',
		...(index < measured.length - 1
			? { result: '', goal: '' }
			: {
					result: `longest ${duration(longest)}, most ${mostAsked} looked up; each further order ${first.toFixed(2)} ms, then ${second.toFixed(2)} ms`,
					goal: `< ${duration(LONGEST_POLL_MS)}, bounded, linear or better`,
					met: longest < LONGEST_POLL_MS && mostAsked <= MOST_ASKED && second <= first,
				}),
	}));
}

async function pollOver(bench: Bench, size: number): Promise<Measured> {
	const { sandbox, host } = bench;
	const tableName = `bench_orders_${size}`;
	const orders = await placeOrders(bench, size);
	await track(bench, tableName, orders);
	const completing = NAMES.flatMap((name) =>
		orders
			.filter(({ provider }) => provider === name)
			.slice(-OF_THE_NEWEST)
			.filter((_, index) => index % COMPLETES === 0),
	);
	for (const { provider, orderType, orderId } of completing)
		await sandbox.changeOrder({
			provider,
			orderId,
			status: FINAL[provider],
			...(orderType === 'stars' ? { orderType } : {}),
		});

	const { id } = await host.workflows.create(triggered(bench, tableName, ONCE));
	const measured: Measured = { orders: size, ms: [], asked: [], reported: 0, statuses: {} };
	let asked = 0;
	const timed = () => bench.polls.filter((poll) => poll.workflow === id);
	const nextPoll = async () => {
		const poll = measured.ms.length + 1;
		await bench.until(`poll ${poll}`, () => timed().length >= poll, 120_000);
		const { ms, events, error } = timed()[poll - 1]!;
		const before = asked;
		asked = await lookUps(bench);
		measured.ms.push(ms);
		measured.asked.push(asked - before);
		measured.reported += events;
		bench.check(error === '', `polls: poll ${poll} over ${size} orders failed: ${error}`);
		bench.say(
			`  ${size} orders, poll ${poll}: ${duration(ms)}, ${asked - before} looked up, ${events} reported`,
		);
	};
	// The poll at activation remembers no earlier look-up: it has the most to do.
	for (let round = 0; round < bench.rounds(3); round++) {
		await Promise.all([host.workflows.activate(id, 120_000), nextPoll()]);
		await host.workflows.deactivate(id);
	}
	if (measured.reported < completing.length) {
		await host.workflows.update(id, triggered(bench, tableName, EVERY_MINUTE));
		await Promise.all([host.workflows.activate(id, 120_000), nextPoll()]);
		while (measured.reported < completing.length && measured.ms.length < MOST_POLLS) await nextPoll();
		await host.workflows.deactivate(id);
	}
	measured.statuses = (await bench.asked('tgMarket', 'order.get')).statuses;

	const emitting = timed().filter(({ events }) => events > 0).length;
	const executions = emitting > 0 ? await host.executions.waitFor(id, emitting) : [];
	const reported = executions
		.flatMap(({ nodes }) => nodes['Trigger']?.[0]?.items ?? [])
		.map(({ json }) => keyOf(json));
	const wanted = new Set(completing.map((order) => keyOf({ ...order })));
	const extra = reported.filter((key) => !wanted.delete(key)).length;
	bench.check(
		wanted.size === 0 && extra === 0,
		`polls: of ${completing.length} completed orders, ${wanted.size} were not reported, and ${extra} were reported twice or wrongly`,
	);
	return measured;
}

async function placeOrders({ sandbox, providers }: Bench, size: number): Promise<Tracked[]> {
	const stuck = [{ afterMs: 0, status: 'pending' }];
	await sandbox.changeSettings({ timelines: { teleKartStars: stuck, tgMarket: stuck } });
	const orders: Tracked[] = [];
	for (const provider of NAMES) {
		await sandbox.reset({ provider });
		await sandbox.changeAccount({ provider, balance: 1e9, rate: null });
		const ids = await placeMany(providers, provider, Math.round(size * SHARES[provider]));
		const orderType = provider === 'tgMarket' ? 'stars' : '';
		orders.push(...ids.map((orderId) => ({ provider, orderType, orderId })));
		// Otherwise its free test offer is delivered at once.
		if (provider === 'gamesDrop')
			for (const orderId of ids) await sandbox.changeOrder({ provider, orderId, status: 'PROCESSING' });
	}
	await sandbox.changeAccount({ provider: 'tgMarket', rate: { limit: 10, windowMs: 1_000 } });
	return orders;
}

async function track({ host }: Bench, tableName: string, orders: Tracked[]): Promise<void> {
	const { id } = await host.dataTables.create(tableName, COLUMNS);
	for (let i = 0; i < orders.length; i += ROWS_AT_ONCE) {
		const rows = orders.slice(i, i + ROWS_AT_ONCE).map((order) => ({
			...order,
			...OPEN[order.provider],
			reference: `of ${order.orderId}`,
			finalAt: '',
		}));
		await host.api('POST', `/data-tables/${id}/rows`, { data: rows });
	}
}

function triggered({ credentials }: Bench, tableName: string, pollTime: Record<string, unknown>) {
	const types = ['teleKartStarsApi', 'tgMarketApi', 'gamesDropApi', 'orderTrackingApi'];
	return {
		name: `Polls: ${tableName}`,
		nodes: [
			{
				id: 'trigger',
				name: 'Trigger',
				type: 'n8n-nodes-digital-goods.digitalGoodsOrderTrigger',
				typeVersion: 1,
				position: [0, 0] as [number, number],
				parameters: {
					pollTimes: { item: [pollTime] },
					source: 'trackedOrders',
					providers: NAMES,
					events: ['completed'],
					tableName,
				},
				credentials: Object.fromEntries(
					types.map((type) => [type, { id: credentials[type]!.id, name: credentials[type]!.name }]),
				),
			},
			{
				id: 'end',
				name: 'End',
				type: 'n8n-nodes-base.noOp',
				typeVersion: 1,
				position: [200, 0] as [number, number],
				parameters: {},
			},
		],
		connections: { Trigger: { main: [[{ node: 'End', type: 'main', index: 0 }]] } },
	};
}

async function lookUps(bench: Bench): Promise<number> {
	const asked = await Promise.all(NAMES.map(async (name) => await bench.asked(name, 'order.get')));
	return asked.reduce((sum, { count }) => sum + count, 0);
}

const keyOf = ({ provider, orderId }: Record<string, unknown>): string =>
	`${String(provider)} ${String(orderId)}`;
