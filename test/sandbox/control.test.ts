import { startSandbox } from '../../sandbox/server';
import { api, useSandbox } from './support';

const sandbox = useSandbox({ keepRequests: 5, accounts: { tgMarket: { balance: 50, rate: null } } });
beforeEach(async () => await sandbox().client.reset());

const tgMarket = (key = sandbox().providers.tgMarket.apiKey) =>
	api(`${sandbox().url}/tg-market/api/v2`, { authorization: `Bearer ${key}` });
const stars = { username: 'target', amount: 100 };

describe('requests', () => {
	it('are kept as they were sent, the last of them', async () => {
		for (let i = 0; i < 6; i++) await tgMarket().get('/balance');
		await tgMarket().post('/stars?wait=false', '{ "username": "target", "amount": 100 }', { 'X-Own': 'yes' });
		const { requests } = await sandbox().client.requests({ provider: 'tgMarket' });
		expect(requests).toHaveLength(5);
		expect(requests.map(({ id }) => id)).toEqual(requests.map(({ id }) => id).sort((a, b) => a - b));
		expect(requests.at(-1)).toMatchObject({
			operation: 'order.create',
			account: 'sandbox',
			method: 'POST',
			path: '/tg-market/api/v2/stars?wait=false',
			headers: { 'x-own': 'yes', authorization: 'Bearer sk-sandbox' },
			body: '{ "username": "target", "amount": 100 }',
			status: 200,
			faults: [],
		});
	});

	it('are all counted, with how many there were at once', async () => {
		await sandbox().client.addFault({ provider: 'tgMarket', times: -1, fault: { type: 'latency', ms: 100 } });
		await Promise.all(Array.from({ length: 8 }, () => tgMarket().get('/balance')));
		await tgMarket().get('/order/1');
		await tgMarket().get('/nothing');
		const { counters } = await sandbox().client.requests();
		expect(counters).toEqual({
			tgMarket: expect.objectContaining({
				count: 10,
				inFlight: 0,
				maxInFlight: 8,
				statuses: { 200: 8, 404: 2 },
			}),
			'tgMarket/balance.get': expect.objectContaining({ count: 8, maxInFlight: 8 }),
			'tgMarket/order.get': expect.objectContaining({ count: 1, maxInFlight: 1 }),
			'tgMarket/unknown': expect.objectContaining({ count: 1 }),
		});
		const { firstAt, lastAt } = counters.tgMarket!;
		expect(lastAt - firstAt).toBeGreaterThanOrEqual(95);
	});
});

describe('accounts', () => {
	it('have a balance, orders and a rate of their own', async () => {
		const { client } = sandbox();
		const poor = await client.createAccount({ provider: 'tgMarket', name: 'poor', balance: 1 });
		const limited = await client.createAccount({
			provider: 'tgMarket',
			key: 'sk-limited',
			rate: { limit: 1, windowMs: 60_000 },
		});
		expect(poor).toMatchObject({
			name: 'poor',
			balance: 1,
			credentials: { apiKey: poor.key, baseUrl: sandbox().providers.tgMarket.baseUrl },
		});
		expect((await tgMarket(poor.key).post('/stars', stars)).body.error).toBe('insufficient_balance');
		expect((await tgMarket(limited.key).post('/stars', stars)).status).toBe(200);
		expect((await tgMarket(limited.key).get('/balance')).status).toBe(429);
		const { charges } = await client.charges({ provider: 'tgMarket' });
		expect(charges).toEqual([expect.objectContaining({ account: limited.name })]);
		expect(JSON.stringify(charges)).not.toContain('sk-limited');
		expect((await client.charges({ account: 'poor' })).charges).toEqual([]);
	});

	it('have orders that progress in their own time', async () => {
		const { key } = await sandbox().client.createAccount({
			provider: 'tgMarket',
			timeline: [
				{ afterMs: 0, status: 'pending' },
				{ afterMs: 10_000, status: 'failed' },
			],
		});
		const { order_id: id } = (await tgMarket(key).post('/stars', stars)).body;
		await sandbox().client.advanceClock(9000);
		expect((await tgMarket(key).get(`/order/${id}`)).body.status).toBe('pending');
		await sandbox().client.advanceClock(1000);
		expect((await tgMarket(key).get('/balance')).body).toMatchObject({ available_usd: 50, locked_usd: 0 });
		expect((await tgMarket(key).get(`/order/${id}`)).body.status).toBe('failed');
	});

	it('are distinct by name and key', async () => {
		const { client } = sandbox();
		await client.createAccount({ provider: 'aiMarket', name: 'one', key: 'mk_one' });
		await expect(client.createAccount({ provider: 'aiMarket', name: 'one' })).rejects.toThrow('"one"');
		await expect(client.createAccount({ provider: 'aiMarket', key: 'mk_one' })).rejects.toThrow('key');
		expect((await client.accounts()).filter(({ provider }) => provider === 'aiMarket')).toHaveLength(2);
	});

	it('are refused with misspelt fields', async () => {
		const { client } = sandbox();
		await expect(client.createAccount({ provider: 'aiMarket', balanse: 1 } as never)).rejects.toThrow(
			'balanse',
		);
		await expect(client.changeAccount({ provider: 'aiMarket', account: 'nobody' })).rejects.toThrow('nobody');
	});
});

describe('resetting', () => {
	it('one account leaves the others alone', async () => {
		const { client } = sandbox();
		const other = await client.createAccount({ provider: 'tgMarket', name: 'other' });
		for (const key of [undefined, other.key]) await tgMarket(key).post('/stars', stars);
		await client.reset({ provider: 'tgMarket', account: 'other' });
		expect((await client.charges()).charges).toEqual([expect.objectContaining({ account: 'sandbox' })]);
		expect((await tgMarket().get('/balance')).body.available_usd).toBe(48.8);
		expect((await tgMarket(other.key).get('/balance')).body.available_usd).toBe(50);
		expect((await client.requests({ account: 'other' })).requests).toHaveLength(1);
	});

	it('one provider leaves the others alone', async () => {
		const { client, providers, url } = sandbox();
		const { key } = await client.createAccount({ provider: 'tgMarket' });
		const aiMarket = api(`${url}/ai-market/api/v1`, { 'x-api-key': providers.aiMarket.apiKey });
		await aiMarket.post('/purchase', { product_id: '002', quantity: 1 });
		await tgMarket().post('/stars', stars);
		await client.addFault({ provider: 'tgMarket', fault: { type: 'drop' } });
		await client.reset({ provider: 'tgMarket' });
		expect((await tgMarket().get('/balance')).body.available_usd).toBe(50);
		expect((await tgMarket(key).get('/balance')).status).toBe(401);
		expect((await client.charges()).charges).toEqual([expect.objectContaining({ provider: 'aiMarket' })]);
	});

	it('everything brings back the clock and the settings', async () => {
		const { client } = sandbox();
		await client.advanceClock(86_400_000);
		await client.changeSettings({
			waitTimeoutMs: 1,
			timelines: { tgMarket: [{ afterMs: 0, status: 'completed' }] },
		});
		await client.reset();
		const { order_id: id } = (await tgMarket().post('/stars', stars)).body;
		expect((await tgMarket().get(`/order/${id}`)).body.status).toBe('pending');
		const { charges } = await client.charges();
		expect(Math.abs(Date.parse(charges[0]!.at) - Date.now())).toBeLessThan(10_000);
	});
});

it('runs beside other sandboxes, each with its own state', async () => {
	const others = await Promise.all(Array.from({ length: 3 }, () => startSandbox()));
	try {
		await others[0]!.client.changeProduct({ provider: 'gamesDrop', productId: 101, price: 5 });
		const prices = await Promise.all(
			others.map(async ({ providers }) => {
				const { baseUrl, token } = providers.gamesDrop;
				const partner = api(`${baseUrl}/api/v1`, { authorization: token });
				return (await partner.post('/offers/find-one', { offerId: 101 })).body.price;
			}),
		);
		expect(prices).toEqual([5, 0.99, 0.99]);
		expect(new Set(others.map(({ url }) => url)).size).toBe(3);
	} finally {
		await Promise.all(others.map(async (other) => await other.close()));
	}
});
