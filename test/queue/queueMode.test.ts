import Fastify, { type FastifyInstance } from 'fastify';
import { output, pause, type Execution } from '../../scripts/host/host';
import { startQueueMode, type Deployment, type Worker } from './support/deployment';
import {
	alarm,
	chain,
	each,
	EVERY_20_SECONDS,
	ours,
	passOn,
	tellExecution,
	webhook,
} from '../n8n/support/workflows';

/**
 * The package in n8n's queue mode: a main process and two workers, of which some are killed on the way. `FULL=1`
 * does more of the same.
 */
const FULL = process.env.FULL === '1';
const TABLE = 'queue_orders';
const MINUTE = 60_000;
/** The trigger polls every 20 seconds here. */
const POLLED_WITHIN = 25_000;

let n8n: Deployment;
let workers: Worker[];
let collector: FastifyInstance;
/** Settles when the collector may answer. */
let collecting: Promise<void> = Promise.resolve();
/** Events that a workflow was told and has passed on. */
const collected: Array<{ provider: string; orderId: string }> = [];
/** IDs of executions that n8n's error workflow was told of. */
const alarms: string[] = [];
let listening: string;

const byId = (value: string) => ({ __rl: true, mode: 'id', value });
const create = { resource: 'order', operation: 'create' };
const buyer = '={{ $json.buyer }}';
/** What each shop is asked for; the recipient, or at AI-Market the key, tells one intent from another. */
const SHOPS = {
	teleKartStars: { ...create, productId: byId('stars_50'), target: buyer },
	tgMarket: { ...create, orderType: 'stars', username: buyer, amount: 50 },
	gamesDrop: { ...create, productId: byId('101'), gameUserId: buyer },
	aiMarket: { ...create, productId: byId('002'), idempotencyKey: buyer },
};
type Shop = keyof typeof SHOPS;
/** The words for an order that is delivered, where orders are followed. */
const DELIVERED = { teleKartStars: 'confirmed', tgMarket: 'completed', gamesDrop: 'COMPLETED' };
type Followed = keyof typeof DELIVERED;
const FOLLOWED = Object.keys(DELIVERED) as Followed[];

const say = (line: string) => process.stdout.write(`${line}\n`);
const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;

async function until<T>(
	what: string,
	check: () => Promise<T | undefined | false> | T | undefined | false,
	timeoutMs = 2 * MINUTE,
): Promise<T> {
	const end = Date.now() + timeoutMs;
	for (;;) {
		const found = await check();
		if (found !== undefined && found !== false) return found;
		if (Date.now() > end) throw new Error(`still waiting for ${what}`);
		await pause(200);
	}
}

const save = async (workflow: ReturnType<typeof chain>): Promise<string> => {
	const { id } = await n8n.host.workflows.create(workflow);
	await n8n.host.workflows.activate(id);
	return id;
};
const charges = async () => (await n8n.sandbox.client.charges()).charges;
const rows = async () => await n8n.host.dataTables.rows((await n8n.host.dataTables.find(TABLE))!.id);
const deliver = async (provider: Followed, orderId: string) =>
	await n8n.sandbox.client.changeOrder({ provider, orderId, status: DELIVERED[provider] });
const eventsOf = (provider: string, orderId: unknown) =>
	collected.filter((event) => event.provider === provider && event.orderId === orderId).length;
/** Whether a row or a charge is that of a buyer. */
const isOf = (rowOrCharge: object, name: string) => {
	const { recipient, key } = rowOrCharge as { recipient?: unknown; key?: unknown };
	return [String(recipient ?? '').replace('@', ''), key].includes(name);
};
const begunBy = (worker: Worker, executions: string[]) =>
	worker.begun.filter((id) => executions.includes(id));

beforeAll(async () => {
	collector = Fastify();
	collector.post('/events', async (request) => {
		await collecting;
		collected.push(request.body as (typeof collected)[number]);
		return {};
	});
	collector.post('/alarms', async (request) => {
		alarms.push((request.body as { execution: { id: string } }).execution.id);
		return {};
	});
	const collectorUrl = await collector.listen({ host: '127.0.0.1', port: 0 });

	n8n = await startQueueMode();
	workers = await Promise.all([n8n.startWorker(), n8n.startWorker()]);
	for (const provider of Object.keys(SHOPS) as Shop[]) {
		await n8n.sandbox.client.changeAccount({ provider, balance: 1e6 });
		// Long enough for a killed worker to leave orders behind whose answers nobody receives.
		const fault = { type: 'latency', ms: 400, phase: 'after' } as const;
		await n8n.sandbox.client.addFault({ provider, operation: 'order.create', times: -1, fault });
	}
	const undelivered = (status: string) => [{ afterMs: 0, status }];
	await n8n.sandbox.client.changeSettings({
		timelines: {
			teleKartStars: undelivered('pending'),
			tgMarket: undelivered('pending'),
			gamesDrop: undelivered('SUBMITTED'),
		},
	});

	const errorWorkflow = await save(chain('Alarm', {}, alarm, passOn(`${collectorUrl}/alarms`)));
	for (const [shop, order] of Object.entries(SHOPS)) {
		const tracked = { trackCompletion: true, options: { tableName: TABLE } };
		await save(
			chain(
				`Buy at ${shop}`,
				{ errorWorkflow },
				webhook(`buy-${shop}`, 'responseNode'),
				tellExecution,
				each('buyers', 'buyer'),
				ours(
					n8n,
					'Order',
					shop,
					{ ...order, ...tracked },
					// TG Market refuses what all processes together send too fast.
					{ retryOnFail: true, maxTries: 5, waitBetweenTries: 2000 },
				),
			),
		);
	}
	listening = await save(
		chain(
			'Told',
			{ errorWorkflow },
			ours(n8n, 'Ended', 'digitalGoodsOrderTrigger', {
				pollTimes: EVERY_20_SECONDS,
				source: 'trackedOrders',
				providers: FOLLOWED,
				events: ['completed'],
				tableName: TABLE,
			}),
			passOn(`${collectorUrl}/events`),
		),
	);
	await save(
		chain(
			'Look up',
			{},
			webhook('look-up', 'responseNode'),
			tellExecution,
			each('orders', 'orderId'),
			ours(n8n, 'Get', 'tgMarket', {
				resource: 'order',
				operation: 'get',
				orderType: 'stars',
				orderId: '={{ $json.orderId }}',
			}),
		),
	);
});

afterAll(async () => {
	await n8n?.stop();
	await collector?.close();
});

interface Purchase {
	shop: Shop;
	/** One for each order. */
	buyers: string[];
	/** The execution that was to buy; undefined when its worker died before it could tell. */
	execution: string | undefined;
}

let lastBuyer = 0;
/** Has two orders placed by one execution, and gives its ID before they are. */
async function buy(shop: Shop): Promise<Purchase> {
	const buyers = [1, 2].map(() =>
		shop === 'gamesDrop' ? String(1_000_000 + ++lastBuyer) : `buyer_${1_000_000 + ++lastBuyer}`,
	);
	const { body } = await n8n.host.webhooks.call(`buy-${shop}`, { body: { buyers }, timeoutMs: 2 * MINUTE });
	return { shop, buyers, execution: (body as { execution?: string }).execution };
}

/** Has two orders placed, and gives their IDs. */
async function bought(shop: Shop): Promise<string[]> {
	const { execution } = await buy(shop);
	return output(await ended(execution!, 0), 'Order').map(({ orderId }) => String(orderId));
}

/** The execution when it has ended, with how long after `from` that was. */
async function ended(id: string, from: number): Promise<Execution & { after: number }> {
	const execution = await n8n.host.executions.wait(id, 4 * MINUTE);
	return { ...execution, after: Date.now() - from };
}

it('charges each of many orders once though a worker is killed on the way, and tells of each once', async () => {
	const [stays, dies] = workers as [Worker, Worker];
	const times = FULL ? 4 : 1;
	const many = (counts: Record<Shop, number>) =>
		(Object.entries(counts) as Array<[Shop, number]>)
			.flatMap(([shop, count]) => Array<Shop>(count * times).fill(shop))
			.sort(() => Math.random() - 0.5);
	const buying = many({ teleKartStars: 14, tgMarket: 12, gamesDrop: 10, aiMarket: 3 }).map(buy);
	await until(
		'a worker to be in the midst of it',
		async () => dies.underWay.length >= 3 && (await charges()).length >= 25,
	);
	await dies.process.kill();
	const killedAt = Date.now();
	const cutOff = dies.underWay;
	const comes = await n8n.startWorker();
	workers = [stays, comes];
	const later = many({ teleKartStars: 4, tgMarket: 3, gamesDrop: 2, aiMarket: 1 }).map(buy);
	const purchases = await Promise.all([...buying, ...later]);

	const untold = purchases.filter(({ execution }) => execution === undefined).length;
	const ids = [...new Set([...purchases.flatMap(({ execution }) => execution ?? []), ...cutOff])];
	expect(ids).toHaveLength(purchases.length);
	const executions = await Promise.all(ids.map(async (id) => await ended(id, killedAt)));
	const dead = executions.filter(({ status }) => status !== 'success');
	expect(dead.map(({ id }) => id).sort()).toEqual([...cutOff].sort());
	for (const worker of [stays, dies, comes]) expect(begunBy(worker, ids)).not.toEqual([]);
	// Nobody has taken up what the dead worker left.
	expect([...begunBy(stays, cutOff), ...begunBy(comes, cutOff)]).toEqual([]);
	await until('the error workflow to be told', () => cutOff.every((id) => alarms.includes(id)));

	const ledger = await charges();
	const table = await rows();
	let unanswered = 0;
	for (const { shop, buyers, execution } of purchases) {
		const isCutOff = execution === undefined || cutOff.includes(execution);
		const orders = isCutOff
			? []
			: output(
					executions.find(({ id }) => id === execution)!,
					'Order',
				);
		for (const [index, name] of buyers.entries()) {
			const made = ledger.filter((charge) => charge.provider === shop && isOf(charge, name));
			if (isCutOff) {
				expect(made.length).toBeLessThanOrEqual(1);
				unanswered += made.length;
			} else expect(made).toMatchObject([{ orderId: orders[index]!.orderId }]);
			for (const { orderId } of made) {
				const own = table.filter((row) => row.provider === shop && isOf(row, name));
				expect(own).toHaveLength(1);
				if (!isCutOff) expect(own[0]).toMatchObject({ orderId, executionId: execution });
				else expect(own[0]!.executionId).not.toBe('');
			}
		}
	}
	expect(new Set(dead.map(({ status }) => status))).toEqual(new Set(['error']));

	const placed = table.filter(
		({ provider, orderId }) => FOLLOWED.includes(provider as Followed) && orderId !== '',
	);
	for (const { provider, orderId } of placed) await deliver(provider as Followed, String(orderId));
	const events = () => placed.map(({ provider, orderId }) => eventsOf(String(provider), orderId));
	await until('every event', () => events().every((count) => count > 0), 3 * MINUTE);
	// What comes after these polls would be a repetition.
	await pause(POLLED_WITHIN);
	expect(new Set(events())).toEqual(new Set([1]));
	expect(collected).toHaveLength(placed.length);

	const shares = [stays, dies, comes].map((worker) => begunBy(worker, ids).length);
	say(
		`${2 * ids.length} orders in ${ids.length} executions: ${ledger.length} charges, none of them a second one. ` +
			`Executions begun by the worker that stayed, the one that was killed, the one that came: ${shares.join(', ')}.`,
	);
	say(
		`${cutOff.length} executions died with their worker, shown as "error" after at most ` +
			`${seconds(Math.max(...dead.map(({ after }) => after)))}, ${untold} of them before they could answer their caller, none begun again; of their ${2 * cutOff.length} ` +
			`orders ${unanswered} are charged, and each of these is a row of the table.`,
	);
	say(`${placed.length} orders with an ID: ${collected.length} events.`);
});

it('shows as crashed what a worker left that is started again in its user folder', async () => {
	const fault = { type: 'hang', phase: 'after' } as const;
	await n8n.sandbox.client.addFault({ provider: 'teleKartStars', operation: 'order.create', fault });
	const before = (await charges()).length;
	const { execution } = await buy('teleKartStars');
	await until('the charge', async () => (await charges()).length > before);
	const dies = workers.find(({ underWay }) => underWay.includes(execution!))!;
	await dies.process.kill();
	const killedAt = Date.now();
	const comes = await n8n.startWorker(dies);
	workers = [...workers.filter((worker) => worker !== dies), comes];
	const { status, after } = await ended(execution!, killedAt);
	expect(['crashed', 'error']).toContain(status);
	expect(await charges()).toHaveLength(before + 1);
	expect(workers.flatMap((worker) => begunBy(worker, [execution!]))).toEqual([]);
	say(
		`An order under way when its worker was killed, the worker started again in its folder: "${status}" after ${seconds(after)}, 1 charge.`,
	);
});

it('tells of orders again, once, when the execution that was told dies with its worker', async () => {
	const orders = await bought('teleKartStars');
	let release = () => {};
	collecting = new Promise((resolve) => (release = resolve));
	for (const orderId of orders) await deliver('teleKartStars', orderId);
	const running = await until('a workflow to be told', async () => {
		const query = { workflowId: listening, status: 'running' };
		const list = await n8n.host.api<{ data: Array<{ id: string }> }>('GET', '/executions', undefined, {
			query,
		});
		return list.data[0]?.id;
	});
	const dies = await until('its worker', () => workers.find(({ underWay }) => underWay.includes(running)));
	await dies.process.kill();
	const killedAt = Date.now();
	// Its request is on the way, and is answered to nobody.
	const arrived = collected.length;
	release();
	await until('the request to be let in', () => collected.length > arrived, 5000).catch(() => undefined);
	collected.splice(arrived);
	workers = [...workers.filter((worker) => worker !== dies), await n8n.startWorker()];
	const { status, after } = await ended(running, killedAt);
	expect(['crashed', 'error']).toContain(status);
	await until('the error workflow to be told', () => alarms.includes(running));
	const repeated = () => orders.map((orderId) => eventsOf('teleKartStars', orderId));
	await until('them to be told again', () => repeated().every((count) => count > 0));
	const reportedAfter = Date.now() - killedAt;
	// What comes after these polls would be a repetition.
	await pause(POLLED_WITHIN);
	expect(repeated()).toEqual(orders.map(() => 1));
	const table = await rows();
	for (const orderId of orders)
		expect(table).toContainEqual(expect.objectContaining({ orderId, state: 'completed' }));
	say(
		`An execution with ${orders.length} events died with its worker: "${status}" after ${seconds(after)}, ` +
			`all of them told again after ${seconds(reportedAfter)}.`,
	);
});

it('looks up 100 orders on each worker at once, though together they ask more often than TG Market allows', async () => {
	const refusals = async () => {
		const { counters } = await n8n.sandbox.client.requests({ provider: 'tgMarket' });
		return counters['tgMarket/order.get']?.statuses['429'] ?? 0;
	};
	const before = await refusals();
	const known = (await rows()).filter(({ provider }) => provider === 'tgMarket');
	const orders = known.slice(0, 20).map(({ orderId }) => orderId);
	const started = Date.now();
	// More than one worker takes at once, so that both are at it.
	const ids = await Promise.all(
		Array.from({ length: 10 }, async () => {
			const { body } = await n8n.host.webhooks.call('look-up', { body: { orders }, timeoutMs: 2 * MINUTE });
			return (body as { execution: string }).execution;
		}),
	);
	const executions = await Promise.all(ids.map(async (id) => await ended(id, started)));
	for (const execution of executions) {
		expect(execution.status).toBe('success');
		expect(output(execution, 'Get').map(({ orderId }) => orderId)).toEqual(orders);
	}
	const shares = workers.map((worker) => begunBy(worker, ids).length * orders.length);
	for (const share of shares) expect(share).toBeGreaterThan(0);
	say(
		`${shares.join(' and ')} look-ups at TG Market on two workers with one key: all answered in ` +
			`${seconds(Math.max(...executions.map(({ after }) => after)))}, ${(await refusals()) - before} refused with 429 on the way.`,
	);
});

it('needs no worker to poll, to search lists and to test credentials, and keeps events until one comes', async () => {
	const orders = await bought('teleKartStars');
	await Promise.all(workers.map(async (worker) => await worker.process.stop()));

	for (const [type, credential] of Object.entries(n8n.credentials))
		expect([type, (await n8n.host.credentials.test(credential)).status]).toEqual([type, 'OK']);
	for (const shop of ['teleKartStars', 'gamesDrop', 'aiMarket']) {
		const credentials = { [`${shop}Api`]: n8n.credentials[`${shop}Api`]! };
		const { results } = await n8n.host.nodeTypes.search(`n8n-nodes-digital-goods.${shop}`, 'searchProducts', {
			credentials,
			parameters: create,
		});
		expect(results).not.toEqual([]);
	}

	for (const orderId of orders) await deliver('teleKartStars', orderId);
	await until('a poll', async () => {
		const table = await rows();
		return orders.every((id) => table.some((row) => row.orderId === id && row.state === 'completed'));
	});
	expect(orders.map((orderId) => eventsOf('teleKartStars', orderId))).toEqual([0, 0]);
	workers = await Promise.all(workers.map(async (worker) => await n8n.startWorker(worker)));
	await until('the events', () => orders.every((orderId) => eventsOf('teleKartStars', orderId) > 0));
	expect(orders.map((orderId) => eventsOf('teleKartStars', orderId))).toEqual([1, 1]);
	say('Without a worker: polls, lists and credential tests worked; the events were there when one came.');
});
