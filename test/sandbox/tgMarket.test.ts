import { api, received, shape, statuses, useSandbox, type Api } from './support';

const sandbox = useSandbox();
let anyone: Api;
let buyer: Api;
beforeEach(async () => {
	const { client, providers } = sandbox();
	await client.reset();
	const { baseUrl, apiKey } = providers.tgMarket;
	anyone = api(`${baseUrl}/api/v2`);
	buyer = api(`${baseUrl}/api/v2`, { authorization: `Bearer ${apiKey}` });
});

const stars = { username: 'target', amount: 100 };
const premium = { username: 'target', duration: 3 };

describe('documented answers', () => {
	it('tells the balance, what is locked of it, and what is not', async () => {
		await buyer.post('/stars', stars);
		expect((await buyer.get('/balance')).body).toEqual({
			ok: true,
			balance_usd: 1000,
			locked_usd: 1.2,
			available_usd: 998.8,
		});
		await sandbox().client.advanceClock(60_000);
		expect((await buyer.get('/balance')).body).toMatchObject({
			balance_usd: 998.8,
			locked_usd: 0,
			available_usd: 998.8,
		});
	});

	it('queues stars', async () => {
		expect((await buyer.post('/stars', stars)).body).toEqual({
			ok: true,
			order_id: expect.any(Number),
			username: 'target',
			amount: 100,
			price_usd: 1.2,
			status: 'pending',
			message: 'Order queued...',
		});
	});

	it('queues premium', async () => {
		expect((await buyer.post('/premium', premium)).body).toEqual({
			ok: true,
			order_id: expect.any(Number),
			username: 'target',
			duration_months: 3,
			price_usd: 12,
			status: 'pending',
		});
	});

	it('waits for stars and for premium when asked to', async () => {
		await sandbox().client.changeSettings({
			timelines: {
				tgMarket: [
					{ afterMs: 0, status: 'pending' },
					{ afterMs: 50, status: 'completed' },
				],
			},
		});
		const sample = {
			ok: true,
			order_id: 42,
			status: 'completed',
			provider_order_id: 'abc123',
			error_message: null,
		};
		for (const [path, body] of [
			['/stars?wait=true', stars],
			['/premium?wait=true', premium],
		] as const) {
			const answer = await buyer.post(path, body);
			expect(shape(answer.body)).toEqual(shape(sample));
			expect(answer.body.status).toBe('completed');
		}
	});
});

describe('refusals', () => {
	it.each([
		[undefined, 'missing_api_key'],
		['Bearer sk-wrong', 'invalid_api_key'],
		['sk-sandbox', 'invalid_api_key'],
	])('answers the key %s with %s', async (authorization, error) => {
		const answer = await anyone.get('/balance', authorization ? { authorization } : {});
		expect(answer).toMatchObject({ status: 401, body: { ok: false, error } });
	});

	it.each([
		['/stars', '{', 'invalid_json'],
		['/stars', { amount: 100 }, 'username_required'],
		['/stars', { username: ' @ ', amount: 100 }, 'username_required'],
		['/stars', { username: 'target' }, 'amount must be int between 50 and 1000000'],
		['/stars', { username: 'target', amount: '100' }, 'amount must be int between 50 and 1000000'],
		['/stars', { username: 'target', amount: 1_000_000 }, 'insufficient_balance'],
		['/premium', { username: 'target', duration: 4 }, 'duration must be 3, 6, or 12'],
		['/premium', { username: 'target', duration: '3' }, 'duration must be 3, 6, or 12'],
	])('refuses %s %j with %s', async (path, body, error) => {
		expect(await buyer.post(path, body)).toMatchObject({ status: 400, body: { ok: false, error } });
		expect((await sandbox().client.charges()).charges).toEqual([]);
	});

	it('reads stars and premium orders on their own paths only', async () => {
		const bought = [];
		for (let i = 0; i < 30; i++) {
			await sandbox().client.advanceClock(1000);
			bought.push((await buyer.post('/premium', premium)).body.order_id);
		}
		const { order_id: id } = (await buyer.post('/stars', stars)).body;
		expect((await buyer.get(`/order/${id}`)).body).toMatchObject({
			order_id: id,
			amount: 100,
			price_usd: 1.2,
		});
		// The number spaces overlap: the other path shows another order, or none, never this one.
		expect(bought).toContain(id);
		expect((await buyer.get(`/premium_order/${id}`)).body).toMatchObject({
			order_id: id,
			duration_months: 3,
		});
		expect(await buyer.get('/order/15')).toMatchObject({
			status: 404,
			body: { ok: false, error: 'order_not_found' },
		});
		const other = await sandbox().client.createAccount({ provider: 'tgMarket' });
		const stranger = api(`${other.credentials.baseUrl}/api/v2`, { authorization: `Bearer ${other.key}` });
		expect((await stranger.get(`/order/${id}`)).status).toBe(404);
	});

	it('lets ten requests a second through, for each key by itself', async () => {
		const other = await sandbox().client.createAccount({ provider: 'tgMarket' });
		const second = api(`${other.credentials.baseUrl}/api/v2`, { authorization: `Bearer ${other.key}` });
		const answers = await Promise.all(Array.from({ length: 15 }, () => buyer.post('/stars', stars)));
		expect(statuses(answers)).toEqual({ 200: 10, 429: 5 });
		expect(answers.find(({ status }) => status === 429)!.body).toEqual({
			ok: false,
			error: 'rate_limit_exceeded',
		});
		expect((await second.get('/balance')).status).toBe(200);
		expect((await sandbox().client.charges()).charges).toHaveLength(10);
		await sandbox().client.advanceClock(1000);
		expect((await buyer.get('/balance')).status).toBe(200);
	});
});

describe('orders in time', () => {
	it('go from pending over processing to completed', async () => {
		const { order_id: id } = (await buyer.post('/stars', stars)).body;
		const seen = [];
		for (const advance of [0, 1500, 2000]) {
			await sandbox().client.advanceClock(advance);
			seen.push((await buyer.get(`/order/${id}`)).body.status);
		}
		expect(seen).toEqual(['pending', 'processing', 'completed']);
	});

	it('give the money back when they fail, once, and to the one who waits too', async () => {
		const { client } = sandbox();
		const waiting = buyer.post('/stars?wait=true', stars);
		const request = await received(sandbox(), 'tgMarket');
		expect(request.status).toBeNull();
		const { orderId } = (await client.charges()).charges[0]!;
		await client.changeOrder({ provider: 'tgMarket', orderId, status: 'failed' });
		expect((await waiting).body).toMatchObject({
			ok: true,
			status: 'failed',
			error_message: expect.any(String),
		});
		await client.changeOrder({ provider: 'tgMarket', orderId, status: 'refunded' });
		expect((await buyer.get('/balance')).body).toMatchObject({ balance_usd: 1000, locked_usd: 0 });
		expect((await client.charges()).refunds).toHaveLength(1);
	});

	it('are waited for no longer than the limit, and stay', async () => {
		await sandbox().client.changeSettings({ waitTimeoutMs: 30 });
		const answer = await buyer.post('/premium?wait=true', premium);
		expect(answer).toMatchObject({
			status: 408,
			body: { ok: false, error: 'timeout', order_id: expect.any(Number) },
		});
		expect((await buyer.get(`/premium_order/${answer.body.order_id}`)).body.status).toBe('pending');
	});

	it('take any word from control', async () => {
		const { order_id: orderId } = (await buyer.post('/premium', premium)).body;
		await sandbox().client.changeOrder({
			provider: 'tgMarket',
			orderType: 'premium',
			orderId,
			status: 'in_review',
			extra: { eta_minutes: 5 },
		});
		await sandbox().client.advanceClock(3_600_000);
		expect((await buyer.get(`/premium_order/${orderId}`)).body).toMatchObject({
			status: 'in_review',
			eta_minutes: 5,
		});
	});
});
