import Fastify, { type FastifyInstance } from 'fastify';
import { pause, type DataTableRow } from '../../scripts/host/host';
import { chain, EVERY_20_SECONDS, ours, passOn, webhook } from '../n8n/support/workflows';
import { startQueueMode, type Deployment, type Worker } from './support/deployment';
import { Gate, type Passing } from './support/gate';

/**
 * The ledger between two workers and PostgreSQL: keys, spending limits and crashes. A gate stands between the workers
 * and n8n's public API, another one between them and the providers. `FULL=1` runs all rounds and waits real times.
 */
const FULL = process.env.FULL === '1';
const ROUNDS = FULL ? 20 : 6;
const AT_ONCE = 10;
const MINUTE = 60_000;
const SECOND = 1_000;
/** The trigger polls every 20 seconds here. */
const THREE_POLLS = 3 * 20 * SECOND;
/** What starting and polling take on a busy machine. */
const ALLOWANCE = 60 * SECOND;
/** A purchase is resolved once its answer can no longer come: two minutes and three time-outs of a second. */
const ANSWER_BY = 123 * SECOND + 15 * SECOND;

let n8n: Deployment;
let workers: Worker[];
let table: Gate;
let shops: Gate;
let collector: FastifyInstance;
const events: Array<{ event: string; provider: string; orderId: string | null; key: string | null }> = [];

const byId = (value: string) => ({ __rl: true, mode: 'id', value });
const fromBody = (name: string) => `={{ $json.body.${name} }}`;
/** What each provider is asked for, under a key of the caller's. */
const SHOPS = {
	teleKartStars: {
		parameters: { productId: byId('stars_50'), target: fromBody('buyer') },
		options: { orderOnceKey: fromBody('key') },
	},
	tgMarket: {
		parameters: { orderType: 'stars', username: fromBody('buyer'), amount: 50 },
		options: { orderOnceKey: fromBody('key') },
	},
	gamesDrop: {
		parameters: { productId: byId('101'), gameUserId: fromBody('buyer'), transactionId: fromBody('key') },
		options: {},
	},
	aiMarket: { parameters: { productId: byId('002'), idempotencyKey: fromBody('key') }, options: {} },
};
type Shop = keyof typeof SHOPS;
const NAMES = Object.keys(SHOPS) as Shop[];
const DELIVERED = { teleKartStars: 'confirmed', tgMarket: 'completed', gamesDrop: 'COMPLETED' };

interface Answer {
	orderId?: string;
	error?: string;
	details?: { code: string | null; outcome: string };
}

/** Workflows by the path that starts them: `buy-<shop>`, the same in another workflow, and one with a limit. */
const buy = async (path: string, key: string, buyer = 'somebody') =>
	(await n8n.host.webhooks.call(path, { body: { key, buyer }, timeoutMs: 4 * MINUTE })).body as Answer;
const isRefused = ({ details }: Answer) => details?.code === 'ALREADY_ORDERED';
const isOrder = ({ orderId }: Answer) => orderId !== undefined;
const charges = async () => (await n8n.sandbox.client.charges()).charges;
const tableNames = { ledger: 'ledger_orders', limited: 'limited_orders' };
const rowsOf = async (name: string): Promise<DataTableRow[]> => {
	const found = await n8n.host.dataTables.find(name);
	return found === undefined ? [] : await n8n.host.dataTables.rows(found.id);
};
const times = async <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
	await Promise.all(Array.from({ length: count }, async (_, index) => await work(index)));
const say = (line: string) => process.stdout.write(`${line}\n`);

async function until(what: string, holds: () => Promise<boolean> | boolean, timeoutMs: number) {
	const end = Date.now() + timeoutMs;
	while (!(await holds())) {
		if (Date.now() > end) throw new Error(`still waiting for ${what}`);
		await pause(250);
	}
}

async function save(...[name, settings, ...parts]: Parameters<typeof chain>): Promise<string> {
	const { id } = await n8n.host.workflows.create(chain(name, settings, ...parts));
	await n8n.host.workflows.activate(id);
	return id;
}

beforeAll(async () => {
	collector = Fastify();
	collector.post('/events', async (request) => {
		events.push(request.body as (typeof events)[number]);
		return {};
	});
	const collectorUrl = await collector.listen({ host: '127.0.0.1', port: 0 });
	n8n = await startQueueMode();
	workers = await Promise.all([n8n.startWorker(), n8n.startWorker()]);
	table = await Gate.open(n8n.host.url);
	shops = await Gate.open(n8n.sandbox.url);
	for (const provider of NAMES)
		await n8n.sandbox.client.changeAccount({ provider, balance: 1e6, rate: null });
	await n8n.sandbox.client.changeProduct({ provider: 'teleKartStars', productId: 'stars_50', price: 1 });
	const open = (status: string) => [{ afterMs: 0, status }];
	await n8n.sandbox.client.changeSettings({
		timelines: { teleKartStars: open('pending'), tgMarket: open('pending'), gamesDrop: open('SUBMITTED') },
	});

	const throughGates = { ...n8n.credentials };
	const tracking = { apiKey: n8n.host.apiKey, baseUrl: table.url };
	throughGates.orderTrackingApi = await n8n.host.credentials.create(
		'Through the gate',
		'orderTrackingApi',
		tracking,
	);
	for (const shop of NAMES) {
		const data: Record<string, unknown> = { ...n8n.sandbox.providers[shop] };
		delete data.dashboardToken;
		for (const [field, value] of Object.entries(data))
			data[field] = String(value).replace(n8n.sandbox.url, shops.url);
		const type = `${shop}Api`;
		throughGates[type] = await n8n.host.credentials.create('Through the gate', type, data);
	}
	const order = (shop: Shop, tableName: string, options: Record<string, unknown> = {}) =>
		ours(
			{ credentials: throughGates },
			'Order',
			shop,
			{
				...{ resource: 'order', operation: 'create', ...SHOPS[shop].parameters },
				...{ trackCompletion: true, reference: fromBody('buyer') },
				options: { ...SHOPS[shop].options, ...options, tableName, requestTimeout: 1 },
			},
			{ onError: 'continueRegularOutput' },
		);
	const called = (path: string) => webhook(path, 'lastNode');
	for (const shop of NAMES) {
		const path = `buy-${shop}`;
		await save(path, {}, called(path), order(shop, tableNames.ledger));
		await save(`${path}-too`, {}, called(`${path}-too`), order(shop, tableNames.ledger));
	}
	const limited = { orderOnceKey: fromBody('key'), spendingLimit: 20 };
	await save('limited', {}, called('limited'), order('teleKartStars', tableNames.limited, limited));
	await save(
		'Events',
		{},
		ours(n8n, 'Ended', 'digitalGoodsOrderTrigger', {
			pollTimes: EVERY_20_SECONDS,
			source: 'trackedOrders',
			providers: NAMES,
			events: ['completed', 'unconfirmed'],
			tableName: tableNames.ledger,
		}),
		passOn(`${collectorUrl}/events`),
	);
}, 10 * MINUTE);

afterAll(async () => {
	await n8n?.stop();
	await table?.close();
	await shops?.close();
	await collector?.close();
});
beforeEach(() => {
	table.hooks = {};
	shops.hooks = {};
});

/** Has one key claimed by many executions of two workflows at once. */
const claim = async (key: string) =>
	await times(AT_ONCE, async (index) => await buy(`buy-teleKartStars${index % 2 === 0 ? '' : '-too'}`, key));

it(
	`sends one order for each of ${ROUNDS} keys that ${AT_ONCE} executions of two workflows claim at once`,
	async () => {
		const before = (await charges()).length;
		const begun = workers.map((worker) => worker.begun.length);
		const started = Date.now();
		for (let round = 0; round < ROUNDS; round++) {
			const answers = await claim(`round ${round}`);
			expect(answers.filter(isOrder)).toHaveLength(1);
			expect(answers.filter(isRefused)).toHaveLength(AT_ONCE - 1);
		}
		expect((await charges()).length).toBe(before + ROUNDS);
		const shares = workers.map((worker, index) => worker.begun.length - begun[index]!);
		for (const share of shares) expect(share).toBeGreaterThan(0);
		say(
			`${ROUNDS} keys, ${AT_ONCE} claims at once each, on two workers (${shares.join(' and ')}): ${ROUNDS} charges in ${Date.now() - started} ms.`,
		);
	},
	15 * MINUTE,
);

it(
	'sends one order for each of 40 keys, however often each is claimed',
	async () => {
		const before = (await charges()).length;
		const key = (index: number) => `one of forty ${index}`;
		const first = await times(40, async (index) => await buy('buy-teleKartStars', key(index)));
		const second = await times(40, async (index) => await buy('buy-teleKartStars-too', key(index)));
		expect(first.filter(isOrder)).toHaveLength(40);
		expect(second.filter(isRefused)).toHaveLength(40);
		expect((await charges()).length).toBe(before + 40);
	},
	10 * MINUTE,
);

it.each([
	['has read the claims of its key', 'preparing'],
	['has made its claim and not sent yet', 'sending'],
])(
	'sends one order when a worker stands still for ten seconds where it %s',
	async (_, state) => {
		const before = (await charges()).length;
		const key = `stopped ${state}`;
		let isStopped = false;
		table.hooks.after = async ({ method }, answer) => {
			if (isStopped || method === 'GET' || !answer.includes(key)) return;
			const row = (JSON.parse(answer) as DataTableRow[]).find(
				(one) => one.key === key && one.state === state,
			);
			const worker = workers.find(({ underWay }) => underWay.includes(String(row?.executionId)));
			if (row === undefined || worker === undefined) return;
			isStopped = true;
			const { pid } = worker.process;
			process.kill(pid!, 'SIGSTOP');
			setTimeout(() => process.kill(pid!, 'SIGCONT'), 10 * SECOND);
		};
		const answers = await claim(key);
		expect(isStopped).toBe(true);
		expect(answers.filter(isOrder)).toHaveLength(1);
		expect((await charges()).length).toBe(before + 1);
		// Its own requests may have run out of time meanwhile; then it says that nothing was ordered.
		const others = answers.filter((answer) => !isOrder(answer) && !isRefused(answer));
		for (const { details } of others)
			expect(details).toMatchObject({
				code: expect.stringMatching(/^LEDGER_(BUSY|UNAVAILABLE)$/),
				outcome: 'rejected',
			});
	},
	5 * MINUTE,
);

it(
	'sends at most one order for a key while answers of the Data Table come late, never or to a request sent twice',
	async () => {
		const orders: number[] = [];
		const draw = randomFrom(1);
		table.hooks = {
			before: async ({ method }) => {
				await pause(draw() * 200);
				return method !== 'GET' && draw() < 0.15 ? 2 : 1;
			},
			after: async () => {
				await pause(draw() * 200);
				return draw() < 0.05 ? 'drop' : undefined;
			},
		};
		for (let round = 0; round < Math.ceil(ROUNDS / 2); round++) {
			const key = `disturbed ${round}`;
			const before = (await charges()).length;
			const placed = (await claim(key)).filter(isOrder).length;
			expect(placed).toBeLessThanOrEqual(1);
			expect((await charges()).length).toBe(before + placed);
			orders.push(placed);
			const rows = (await rowsOf(tableNames.ledger)).filter((row) => row.key === key);
			const purchases = new Set(rows.filter(({ orderId }) => orderId !== '').map(({ orderId }) => orderId));
			expect(purchases.size).toBe(placed);
		}
		say(`Disturbed Data Table: ${orders.join(', ')} orders for one key each.`);
	},
	10 * MINUTE,
);

it(
	'never spends more than the Spending Limit, and all of it where orders come one after the other',
	async () => {
		const spent = async () =>
			(await rowsOf(tableNames.limited))
				.filter(({ state }) => state !== 'rejected')
				.reduce((total, { price }) => total + Number(price), 0);
		const before = (await charges()).length;
		const atOnce = await times(50, async (index) => await buy('limited', `at once ${index}`));
		const placed = atOnce.filter(isOrder).length;
		expect((await charges()).length).toBe(before + placed);
		expect(placed).toBeLessThanOrEqual(20);
		expect(await spent()).toBe(placed);
		for (const { details } of atOnce.filter((answer) => !isOrder(answer)))
			expect(details).toMatchObject({
				code: expect.stringMatching(/^(SPENDING_LIMIT_EXCEEDED|LEDGER_BUSY)$/),
			});
		const refusals: Answer[] = [];
		for (let index = 0; refusals.length < 3; index++) {
			const answer = await buy('limited', `one by one ${index}`);
			if (!isOrder(answer)) refusals.push(answer);
		}
		for (const { details } of refusals)
			expect(details).toMatchObject({ code: 'SPENDING_LIMIT_EXCEEDED', outcome: 'rejected' });
		expect((await charges()).length).toBe(before + 20);
		expect(await spent()).toBe(20);
		say(`A limit of 20: ${placed} of 50 orders at once, ${20 - placed} more one after the other.`);
	},
	10 * MINUTE,
);

/** Where a purchase is when its worker dies, and whether it is charged then. */
const MOMENTS = {
	'claim written': false,
	'about to be sent': false,
	'charged, unanswered': true,
	'answered, not recorded': true,
	recorded: true,
};
type Moment = keyof typeof MOMENTS;
interface Killed {
	shop: Shop;
	moment: Moment;
	key: string;
	buyer: string;
}

/** Keeps every purchase at its own moment, and says how many are there. */
function holdAll(purchases: Killed[]): () => number {
	const nonces = new Map<string, Killed>();
	const waiting = new Set<Killed>();
	const hold = async (purchase: Killed): Promise<never> => {
		waiting.add(purchase);
		return await new Promise<never>(() => undefined);
	};
	const purchaseOf = ({ path, headers, body }: Passing) =>
		[...nonces].find(([nonce]) => body.includes(nonce))?.[1] ??
		purchases.find(({ key }) => `${path} ${body} ${String(headers['idempotency-key'])}`.includes(key));
	const stateIn = ({ method, body }: Passing): string | undefined => {
		if (method === 'GET' || body === '') return undefined;
		const { data } = JSON.parse(body) as { data?: Partial<DataTableRow> | DataTableRow[] };
		return (Array.isArray(data) ? data[0] : data)?.state as string | undefined;
	};
	table.hooks.before = async (request) => {
		const purchase = purchaseOf(request);
		const state = stateIn(request);
		if (purchase === undefined || state === undefined) return;
		const isAnswer = state !== 'preparing' && state !== 'sending';
		if (isAnswer && purchase.moment === 'answered, not recorded') await hold(purchase);
	};
	table.hooks.after = async (request, answer) => {
		const purchase = purchaseOf(request);
		const state = stateIn(request);
		if (purchase === undefined || state === undefined) return;
		const [row] = JSON.parse(answer) as DataTableRow[];
		if (typeof row?.nonce === 'string') nonces.set(row.nonce, purchase);
		if (state === 'preparing' && purchase.moment === 'claim written') await hold(purchase);
		if (state === 'sending' && purchase.moment === 'about to be sent') await hold(purchase);
		if (state !== 'preparing' && state !== 'sending' && purchase.moment === 'recorded') await hold(purchase);
	};
	shops.hooks.after = async (request) => {
		const purchase = purchases.find(({ key, buyer }) => {
			const text = `${request.body} ${String(request.headers['idempotency-key'])}`;
			return text.includes(key) || text.includes(buyer);
		});
		if (request.method !== 'POST' || purchase?.moment !== 'charged, unanswered') return;
		if (await isCharged(purchase)) await hold(purchase);
	};
	return () => waiting.size;
}

const chargesOf = async ({ shop, key, buyer }: Killed) =>
	(await charges()).filter(
		(charge) =>
			charge.provider === shop && (charge.key === key || charge.recipient?.replace('@', '') === buyer),
	);
const isCharged = async (purchase: Killed) => (await chargesOf(purchase)).length > 0;

it(
	'lists every purchase that a killed worker was charged for, and tells of it within three polls',
	async () => {
		const purchases = NAMES.flatMap((shop, column) =>
			(Object.keys(MOMENTS) as Moment[]).map((moment, index): Killed => {
				const number = 7_000_000 + 10 * column + index;
				const buyer = shop === 'gamesDrop' ? String(number) : `buyer_${number}`;
				return { shop, moment, key: `killed-${number}`, buyer };
			}),
		);
		// Purchases of other tests are looked up by the trigger as well; only what happens from now on counts.
		await Promise.all(workers.map(async (worker) => await worker.process.stop()));
		const dies = await n8n.startWorker(undefined, purchases.length);
		const waiting = holdAll(purchases);
		const lost = purchases.map(async ({ shop, key, buyer }) => await buy(`buy-${shop}`, key, buyer));
		for (const each of lost) each.catch(() => undefined);
		await until('every purchase to be at its moment', () => waiting() === purchases.length, 2 * MINUTE);
		await dies.process.kill();
		table.hooks = {};
		shops.hooks = {};
		workers = await Promise.all([n8n.startWorker(), n8n.startWorker()]);

		for (const purchase of purchases) {
			const made = await chargesOf(purchase);
			expect([purchase, made.length]).toEqual([purchase, MOMENTS[purchase.moment] ? 1 : 0]);
		}
		const rows = async () => {
			const all = await rowsOf(tableNames.ledger);
			return new Map(purchases.map((each) => [each, all.filter(({ key }) => key === each.key)]));
		};
		const executions = new Set<unknown>();
		for (const [purchase, found] of await rows()) {
			expect(found).toHaveLength(1);
			const [row] = found;
			expect(row).toMatchObject({ provider: purchase.shop, reference: purchase.buyer });
			expect(row!.productId).not.toBe('');
			if (purchase.shop !== 'aiMarket') expect(row!.recipient).toContain(purchase.buyer);
			const execution = await n8n.host.api<{ workflowId: string }>('GET', `/executions/${row!.executionId}`);
			expect(row!.workflowId).toBe(execution.workflowId);
			expect(executions.has(row!.executionId)).toBe(false);
			executions.add(row!.executionId);
		}

		if (FULL) await pause(ANSWER_BY);
		else await passAnswerBy();
		const polled = Date.now();
		const isFound = ({ shop, moment }: Killed) =>
			MOMENTS[moment] && (moment === 'recorded' || shop === 'gamesDrop') && shop !== 'aiMarket';
		const openOrders = new Set(purchases.filter(isFound));
		await until(
			'the orders that can be found',
			async () => {
				for (const [purchase, [row]] of await rows()) {
					if (!openOrders.has(purchase) || row?.orderId === '') continue;
					const provider = purchase.shop as keyof typeof DELIVERED;
					const orderId = String(row!.orderId);
					await n8n.sandbox.client.changeOrder({ provider, orderId, status: DELIVERED[provider] });
					openOrders.delete(purchase);
				}
				return openOrders.size === 0;
			},
			THREE_POLLS + ALLOWANCE,
		);
		const expected = ({ shop, moment }: Killed): string[] => {
			if (moment === 'claim written') return [];
			if (moment === 'recorded' || (shop === 'gamesDrop' && MOMENTS[moment])) return ['order.completed'];
			return ['order.unconfirmed'];
		};
		const eventsOf = ({ key }: Killed) => events.filter((event) => event.key === key);
		await until(
			'every event',
			() => purchases.every((each) => eventsOf(each).length >= expected(each).length),
			THREE_POLLS + ALLOWANCE,
		);
		const after = Date.now() - polled;
		// What comes in the next poll would be a repetition.
		await pause(25 * SECOND);
		for (const purchase of purchases)
			expect([purchase, eventsOf(purchase).map(({ event }) => event)]).toEqual([
				purchase,
				expected(purchase),
			]);
		for (const [{ shop, moment, key }, [row]] of await rows()) {
			const [event] = events.filter((one) => one.key === key);
			const outcome = event === undefined ? 'no event' : `${event.event} ${event.orderId ?? 'without order'}`;
			say(`${shop.padEnd(14)} ${moment.padEnd(22)} ${String(row!.state).padEnd(12)} ${outcome}`);
		}
		say(`Every event within ${Math.round(after / SECOND)} s of the time after which no answer can come.`);
	},
	15 * MINUTE,
);

/** As if the time had passed after which no answer of the purchases under way can come. */
async function passAnswerBy(): Promise<void> {
	const { id } = (await n8n.host.dataTables.find(tableNames.ledger))!;
	for (const state of ['preparing', 'sending']) {
		await n8n.host.api('PATCH', `/data-tables/${id}/rows/update`, {
			filter: { type: 'and', filters: [{ columnName: 'state', condition: 'eq', value: state }] },
			data: { answerBy: new Date(Date.now() - MINUTE).toISOString() },
		});
	}
}

/** Numbers from 0 to 1 that are the same in every run. */
function randomFrom(seed: number): () => number {
	let state = seed;
	return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
