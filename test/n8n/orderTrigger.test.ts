import { startHost, type N8nHost } from '../../scripts/host/host';
import { jsonOf, startHarness, type Harness } from '../support/harness';
import { Poller } from '../support/polling';

let n8n: N8nHost;
let harness: Harness;

beforeAll(async () => {
	n8n = await startHost();
	harness = await startHarness({ timelines: { teleKartStars: [{ afterMs: 0, status: 'pending' }] } });
	harness.credentials.orderTrackingApi = { apiKey: n8n.apiKey, baseUrl: n8n.url };
});
afterAll(async () => {
	await harness?.close();
	await n8n?.stop();
});
beforeEach(async () => await harness.sandbox.client.reset());

let tables = 0;
const newTable = () => `orders_${++tables}`;

const buy = async (tableName: string, reference: string, target = '@somebody') => {
	const done = await harness.runNode('teleKartStars', {
		resource: 'order',
		operation: 'create',
		productId: { __rl: true, mode: 'id', value: 'stars_1000' },
		target,
		trackCompletion: true,
		reference,
		options: { tableName },
	});
	expect(done.error).toBeUndefined();
	return jsonOf(done)[0]!.orderId as string;
};
const complete = async (orderId: string, status = 'confirmed') =>
	await harness.sandbox.client.changeOrder({ provider: 'teleKartStars', orderId, status });

/** A tracking table as a user sees it, through n8n's public API. */
async function tableOf(name: string) {
	const columns = ['provider', 'orderType', 'orderId', 'state', 'status', 'reference', 'finalAt'];
	const { data } = await n8n.api<{ data: Array<{ id: string; name: string }> }>(
		'GET',
		'/data-tables?limit=250',
	);
	const { id } =
		data.find((table) => table.name === name) ??
		(await n8n.api<{ id: string }>('POST', '/data-tables', {
			name,
			columns: columns.map((column) => ({ name: column, type: 'string' })),
		}));
	return {
		add: async (row: Record<string, string>) =>
			await n8n.api('POST', `/data-tables/${id}/rows`, { data: [row] }),
		rows: async () => (await n8n.api<{ data: unknown[] }>('GET', `/data-tables/${id}/rows?limit=250`)).data,
	};
}

const trigger = (tableName: string, more = {}) =>
	new Poller(harness, {
		source: 'trackedOrders',
		providers: ['teleKartStars'],
		events: ['completed'],
		tableName,
		...more,
	});

describe('Digital Goods Order Trigger, with the tracking table in a real n8n', () => {
	it('tells once of an order that completes, with its reference', async () => {
		const tableName = newTable();
		const poller = trigger(tableName);
		expect(await poller.activate()).toEqual([]);
		const orderId = await buy(tableName, '{"chatId":42}');
		expect(await poller.poll()).toEqual([]);
		await complete(orderId);
		expect(await poller.poll()).toEqual([
			{
				eventId: `teleKartStars::${orderId}:completed`,
				event: 'order.completed',
				provider: 'teleKartStars',
				orderType: '',
				orderId,
				state: 'completed',
				previousState: 'pending',
				key: null,
				reference: { chatId: 42 },
				order: expect.objectContaining({ orderId, state: 'completed', price: 16.5 }),
				detectedAt: expect.any(String),
			},
		]);
		expect(await poller.poll()).toEqual([]);
		expect(await poller.activate('init')).toEqual([]);
		expect(await poller.poll()).toEqual([]);
	});

	it('does the same on the engine that commits every poll', async () => {
		const tableName = newTable();
		const poller = new Poller(
			harness,
			{ source: 'trackedOrders', providers: ['teleKartStars'], events: ['completed'], tableName },
			'durable',
		);
		const orderId = await buy(tableName, 'r');
		expect(await poller.activate()).toEqual([]);
		await complete(orderId);
		const quick = await buy(tableName, 'quick');
		await complete(quick);
		expect((await poller.poll()).map((event) => event.orderId).sort()).toEqual([orderId, quick].sort());
		expect(await poller.poll()).toEqual([]);
		const later = await buy(tableName, '');
		expect(await poller.poll()).toEqual([]);
		await complete(later);
		expect(await poller.poll()).toMatchObject([{ orderId: later, previousState: 'pending' }]);
		expect(await poller.poll()).toEqual([]);
	});

	it('gives each of two triggers on one table its own event', async () => {
		const tableName = newTable();
		const [one, other] = [trigger(tableName), trigger(tableName)];
		await one.activate();
		await other.activate();
		const orderId = await buy(tableName, '');
		await Promise.all([one.poll(), other.poll()]);
		await complete(orderId);
		expect(await one.poll()).toMatchObject([{ orderId, previousState: 'pending' }]);
		expect(await other.poll()).toMatchObject([
			{ orderId, previousState: 'pending', order: { state: 'completed' } },
		]);
		expect([await one.poll(), await other.poll()]).toEqual([[], []]);
	});

	it('tells of an order that was final when it was tracked', async () => {
		const tableName = newTable();
		const poller = trigger(tableName, { providers: ['gamesDrop'] });
		await poller.activate();
		const done = await harness.runNode('gamesDrop', {
			resource: 'order',
			operation: 'create',
			productId: { __rl: true, mode: 'id', value: '999' },
			priceMode: 'latest',
			trackCompletion: true,
			reference: 'r',
			options: { tableName },
		});
		expect(jsonOf(done)).toMatchObject([{ state: 'completed' }]);
		expect(await poller.poll()).toMatchObject([
			{
				event: 'order.completed',
				previousState: 'sending',
				reference: 'r',
				order: { codes: [expect.any(String)] },
			},
		]);
		expect(await poller.poll()).toEqual([]);
	});

	it('says nothing of what was final long before its activation, and misses nothing that was open', async () => {
		const tableName = newTable();
		const table = await tableOf(tableName);
		const long = new Date(Date.now() - 3 * 3_600_000).toISOString();
		const orderId = await buy(tableName, '');
		await table.add({
			provider: 'teleKartStars',
			orderType: '',
			orderId: 'old',
			state: 'completed',
			status: 'confirmed',
			reference: '',
			finalAt: long,
		});
		await complete(orderId);
		const poller = trigger(tableName);
		expect(await poller.activate()).toMatchObject([{ orderId }]);
		expect(await poller.poll()).toEqual([]);
	});

	it("takes rows of n8n's own Data Table node, whose unset columns are null", async () => {
		const tableName = newTable();
		const table = await tableOf(tableName);
		const orderId = await buy(newTable(), '');
		await table.add({ provider: 'teleKartStars', orderId, reference: 'mine' });
		const poller = trigger(tableName);
		expect(await poller.activate()).toEqual([]);
		await complete(orderId);
		expect(await poller.poll()).toMatchObject([{ orderId, reference: 'mine', previousState: 'pending' }]);
		expect(await table.rows()).toMatchObject([
			{ orderId, state: 'completed', status: 'confirmed', finalAt: expect.stringMatching(/^\d{4}-.*Z$/) },
		]);
		expect(await poller.poll()).toEqual([]);
	});

	it('tells of a failure and of the refund that follows', async () => {
		const tableName = newTable();
		const poller = trigger(tableName, {
			providers: ['tgMarket'],
			events: ['completed', 'failed', 'refunded'],
		});
		const second = trigger(tableName, { providers: ['tgMarket'], events: ['refunded'] });
		await poller.activate();
		await second.activate();
		const done = await harness.runNode('tgMarket', {
			resource: 'order',
			operation: 'create',
			orderType: 'stars',
			username: 'somebody',
			amount: 100,
			trackCompletion: true,
			options: { tableName },
		});
		const [{ orderId }] = jsonOf(done) as [{ orderId: string }];
		const set = async (status: string) =>
			await harness.sandbox.client.changeOrder({ provider: 'tgMarket', orderType: 'stars', orderId, status });
		await set('failed');
		expect(await poller.poll()).toMatchObject([{ event: 'order.failed', orderId, orderType: 'stars' }]);
		expect(await second.poll()).toEqual([]);
		await set('refunded');
		expect(await second.poll()).toMatchObject([{ event: 'order.refunded', previousState: 'failed' }]);
		expect(await poller.poll()).toMatchObject([{ event: 'order.refunded' }]);
		expect([await poller.poll(), await second.poll()]).toEqual([[], []]);
	});

	it('shows the watched orders in a test run and changes nothing', async () => {
		const tableName = newTable();
		const poller = trigger(tableName);
		const orderId = await buy(tableName, 'ref');
		await complete(orderId);
		const before = await (await tableOf(tableName)).rows();
		expect(await poller.test()).toMatchObject([
			{ event: 'order.completed', orderId, state: 'completed', previousState: 'pending', reference: 'ref' },
		]);
		expect(await (await tableOf(tableName)).rows()).toEqual(before);
		expect(await poller.activate()).toMatchObject([{ orderId }]);
	});

	it('lets no provider hold up another, and raises its failure only when there is nothing to tell', async () => {
		const tableName = newTable();
		const poller = trigger(tableName, { providers: ['teleKartStars', 'tgMarket'] });
		await poller.activate();
		const orderId = await buy(tableName, '');
		const done = await harness.runNode('tgMarket', {
			resource: 'order',
			operation: 'create',
			orderType: 'stars',
			username: 'somebody',
			amount: 100,
			trackCompletion: true,
			options: { tableName },
		});
		const [{ orderId: starsId }] = jsonOf(done) as [{ orderId: string }];
		await harness.sandbox.client.addFault({
			provider: 'tgMarket',
			operation: 'order.get',
			times: -1,
			fault: { type: 'refuse', code: 'invalid_api_key' },
		});
		await expect(poller.poll()).rejects.toMatchObject({
			httpCode: '401',
			context: { data: { provider: 'tgMarket', code: 'invalid_api_key' } },
		});
		await complete(orderId);
		expect(await poller.poll()).toMatchObject([
			{ orderId, warnings: [expect.stringContaining('TG Market')] },
		]);
		await harness.sandbox.client.clearFaults({});
		await harness.sandbox.client.changeOrder({
			provider: 'tgMarket',
			orderType: 'stars',
			orderId: starsId,
			status: 'completed',
		});
		expect(await poller.poll()).toMatchObject([{ provider: 'tgMarket', orderId: starsId }]);
	});

	it('is not stopped by an order its provider does not know', async () => {
		const tableName = newTable();
		const table = await tableOf(tableName);
		const poller = trigger(tableName);
		await table.add({ provider: 'teleKartStars', orderId: '../balance?x=#', reference: '' });
		await table.add({ provider: 'teleKartStars', orderId: '111', reference: '' });
		const orderId = await buy(tableName, '');
		await poller.activate();
		await complete(orderId);
		expect(await poller.poll()).toMatchObject([{ orderId }]);
	});

	it('gives an order up once when its time is over', async () => {
		const tableName = newTable();
		const orderId = await buy(tableName, 'r');
		const poller = trigger(tableName, {
			events: ['completed', 'expired'],
			options: { expireAfter: 1 / 86_400 },
		});
		expect(await poller.activate()).toEqual([]);
		await new Promise((resolve) => setTimeout(resolve, 1_500));
		expect(await poller.poll()).toMatchObject([
			{ event: 'order.expired', orderId, state: 'pending', order: { price: 16.5 }, reference: 'r' },
		]);
		await complete(orderId);
		expect(await poller.poll()).toEqual([]);
	});

	it('watches a fixed list without a table', async () => {
		const [done, open] = [await buy(newTable(), ''), await buy(newTable(), '')];
		await complete(done);
		const poller = trigger('', {
			source: 'orderIds',
			orders: {
				order: [done, open].map((orderId) => ({ provider: 'teleKartStars', orderId, reference: 'x' })),
			},
		});
		expect(await poller.activate()).toEqual([]);
		await complete(open);
		expect(await poller.activate('init')).toMatchObject([
			{ orderId: open, previousState: 'pending', reference: 'x' },
		]);
		expect(await poller.poll()).toEqual([]);
	});

	it('loses nothing while every provider is down, and goes on by itself', async () => {
		const tableName = newTable();
		const poller = trigger(tableName);
		await poller.activate();
		const orderId = await buy(tableName, '');
		await complete(orderId);
		await harness.sandbox.client.addFault({
			provider: 'teleKartStars',
			operation: 'order.get',
			times: -1,
			fault: { type: 'error', status: 503 },
		});
		await expect(poller.poll()).rejects.toMatchObject({ httpCode: '503' });
		await harness.sandbox.client.clearFaults({});
		expect(await poller.poll()).toMatchObject([{ orderId }]);
		expect(await poller.poll()).toEqual([]);
	});
});

describe('Track Completion', () => {
	const order = (tableName: string) => ({
		resource: 'order',
		operation: 'create',
		productId: { __rl: true, mode: 'id', value: 'stars_1000' },
		target: '@somebody',
		trackCompletion: true,
		reference: 'r',
		options: { tableName },
	});

	it('makes the table once when several executions need it at the same moment', async () => {
		const tableName = newTable();
		const runs = await Promise.all(
			Array.from({ length: 4 }, async () => await harness.runNode('teleKartStars', order(tableName))),
		);
		const rows = (await (await tableOf(tableName)).rows()) as Array<{ orderId: string }>;
		expect(rows.map(({ orderId }) => orderId).sort()).toEqual(
			runs.map((run) => String(jsonOf(run)[0]!.orderId)).sort(),
		);
		const tables = (await n8n.dataTables.list()).filter(({ name }) => name === tableName);
		expect(tables).toHaveLength(1);
	});

	it('orders nothing when the table cannot be written', async () => {
		const { orderTrackingApi } = harness.credentials;
		harness.credentials.orderTrackingApi = { apiKey: 'wrong', baseUrl: n8n.url };
		const { error } = await harness.runNode('teleKartStars', order(newTable()));
		harness.credentials.orderTrackingApi = orderTrackingApi!;
		expect(error).toMatchObject({
			message: expect.stringMatching(/^Nothing was ordered, .*HTTP 401/),
			description: expect.stringContaining('Settings → n8n API'),
			context: { data: { code: 'LEDGER_UNAVAILABLE', outcome: 'rejected' } },
		});
		expect((await harness.sandbox.client.charges()).charges).toEqual([]);
	});
});
