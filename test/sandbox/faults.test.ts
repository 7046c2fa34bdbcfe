import type { FaultSpec } from '../../sandbox/faults';
import type { ProviderName } from '../../sandbox/provider';
import { startSandbox } from '../../sandbox/server';
import { api, received, useSandbox, type Answer, type Api } from './support';

const sandbox = useSandbox();
beforeEach(async () => await sandbox().client.reset());

/** One purchase at each provider, and a question that costs nothing. */
interface Client {
	api: Api;
	buy: (extraHeaders?: object, timeout?: number) => Promise<Answer>;
	ask: () => Promise<Answer>;
}

const providers: Record<ProviderName, () => Client> = {
	teleKartStars() {
		const { baseUrl, apiKey } = sandbox().providers.teleKartStars;
		const buyer = api(`${baseUrl}/api/v1`, { authorization: `Bearer ${apiKey}` });
		const body = { product_id: 'stars_50', target: '@username' };
		return client(buyer, '/orders', body, '/balance');
	},
	tgMarket() {
		const { baseUrl, apiKey } = sandbox().providers.tgMarket;
		const buyer = api(`${baseUrl}/api/v2`, { authorization: `Bearer ${apiKey}` });
		return client(buyer, '/stars', { username: 'target', amount: 100 }, '/balance');
	},
	tribute() {
		const { baseUrl, apiKey } = sandbox().providers.tribute;
		const creator = api(`${baseUrl}/api/v1`, { 'api-key': apiKey });
		return client(creator, '/products/purchases/12345/cancel', undefined, '/products');
	},
	aiMarket() {
		const { baseUrl, apiKey } = sandbox().providers.aiMarket;
		const buyer = api(`${baseUrl}/api/v1`, { 'x-api-key': apiKey });
		return client(buyer, '/purchase', { product_id: '002', quantity: 1 }, '/balance');
	},
	gamesDrop() {
		const { baseUrl, token } = sandbox().providers.gamesDrop;
		const partner = api(`${baseUrl}/api/v1`, { authorization: token });
		const body = { offerId: 101, price: 0.99, transactionId: 'fault', customer: {} };
		return client(partner, '/offers/create-order', body, '/offers/balance');
	},
};

const client = (made: Api, buyPath: string, body: unknown, askPath: string): Client => ({
	api: made,
	buy: async (headers = {}, timeout) => await made.post(buyPath, body, headers, timeout),
	ask: async () => await made.get(askPath),
});

const names = Object.keys(providers) as ProviderName[];
const purchaseOf = (name: ProviderName) => (name === 'tribute' ? 'purchase.cancel' : 'order.create');

/** Money moved so far, out or back. */
const moved = async () => {
	const { charges, refunds } = await sandbox().client.charges();
	return charges.length + refunds.length;
};

const fault = async (provider: ProviderName, effect: FaultSpec['fault'], more: Partial<FaultSpec> = {}) =>
	await sandbox().client.addFault({ provider, operation: purchaseOf(provider), fault: effect, ...more });

describe.each(names)('at %s', (name) => {
	const shop = () => providers[name]();

	it.each([
		['before', 0],
		['after', 1],
	] as const)('a connection cut %s the purchase moves money %i times', async (phase, times) => {
		await fault(name, { type: 'drop', phase });
		await expect(shop().buy()).rejects.toMatchObject({ code: 'ECONNRESET' });
		expect(await moved()).toBe(times);
		expect((await shop().ask()).status).toBe(200);
		expect((await sandbox().client.requests({ provider: name })).counters[name]!.statuses).toEqual({
			none: 1,
			200: 1,
		});
	});

	it.each([
		['before', 0],
		['after', 1],
	] as const)('a purchase that hangs %s it is made moves money %i times', async (phase, times) => {
		await fault(name, { type: 'hang', phase });
		await expect(shop().buy({}, 150)).rejects.toMatchObject({ code: 'ECONNABORTED' });
		expect(await moved()).toBe(times);
	});

	it.each([500, 502, 503, 504] as const)('a %i comes before the purchase or after it', async (status) => {
		await fault(name, { type: 'error', status });
		expect((await shop().buy()).status).toBe(status);
		expect(await moved()).toBe(0);
		await fault(name, { type: 'error', status, phase: 'after' });
		const { headers, status: answered } = await shop().buy();
		expect(answered).toBe(status);
		expect(headers['content-type']).toContain(status === 500 ? 'application/json' : 'text/html');
		expect(await moved()).toBe(1);
	});

	it('an answer cannot be read though the purchase is made', async () => {
		await fault(name, { type: 'unreadable', kind: 'html' });
		const html = await shop().buy();
		expect(html).toMatchObject({ status: 200, body: expect.stringContaining('<html>') });
		expect(await moved()).toBe(1);
		const bodies: string[] = [];
		for (const kind of ['truncated', 'empty', 'wrongShape'] as const) {
			await fault(name, { type: 'unreadable', kind });
			bodies.push((await shop().buy()).body);
		}
		expect(() => JSON.parse(bodies[0]!)).toThrow();
		expect(bodies.slice(1)).toEqual(['', { message: 'accepted' }]);
	});

	it('nothing is bought behind an unreadable answer that comes before', async () => {
		for (const kind of ['html', 'truncated', 'empty', 'wrongShape'] as const) {
			await fault(name, { type: 'unreadable', kind, phase: 'before' });
			expect((await shop().buy()).status).toBe(200);
		}
		expect(await moved()).toBe(0);
	});

	it('a rate limit is answered in its own way, with a delay or without', async () => {
		await fault(name, { type: 'rateLimit' });
		await fault(name, { type: 'rateLimit', retryAfterSeconds: 7 });
		const [plain, delayed] = [await shop().buy(), await shop().buy()];
		expect([plain.status, delayed.status]).toEqual([429, 429]);
		const delayIn = (answer: Answer) => answer.headers['retry-after'] ?? answer.body.retry_after_seconds;
		expect([delayIn(plain), Number(delayIn(delayed))]).toEqual([undefined, 7]);
		expect(await moved()).toBe(0);
	});

	it.each([302, 307, 308] as const)(
		'a %i leads to the same path, where the purchase would be made',
		async (status) => {
			await fault(name, { type: 'redirect', status });
			const { headers, status: answered } = await shop().buy();
			expect(answered).toBe(status);
			expect(await moved()).toBe(0);
			const { path } = (await sandbox().client.requests({ provider: name })).requests[0]!;
			expect(headers.location).toBe(path);
		},
	);

	it('an answer is late', async () => {
		await fault(name, { type: 'latency', ms: 60 });
		await fault(name, { type: 'latency', ms: 60, phase: 'after' });
		const start = performance.now();
		expect((await shop().buy()).status).toBe(200);
		expect(performance.now() - start).toBeGreaterThanOrEqual(115);
	});

	it('a latency goes with another fault, two others do not go together', async () => {
		await fault(name, { type: 'latency', ms: 60 });
		const first = await fault(name, { type: 'error', status: 503 });
		const second = await fault(name, { type: 'error', status: 502 });
		const start = performance.now();
		expect((await shop().buy()).status).toBe(503);
		expect(performance.now() - start).toBeGreaterThanOrEqual(55);
		const fired = (await sandbox().client.faults()).map(({ id, fired: times }) => [id, times]);
		expect(fired.slice(1)).toEqual([
			[first.id, 1],
			[second.id, 0],
		]);
		expect((await shop().buy()).status).toBe(502);
	});
});

const codes: Record<ProviderName, string[]> = {
	teleKartStars: ['BAD_JSON', 'UNAUTHORIZED', 'INSUFFICIENT_BALANCE', 'INVALID_PRODUCT', 'RATE_LIMITED'],
	tgMarket: [
		'missing_api_key',
		'invalid_api_key',
		'rate_limit_exceeded',
		'user_not_found',
		'username_required',
		'insufficient_balance',
		'reservation_failed',
		'order_creation_failed',
		'timeout',
		'duration must be 3, 6, or 12',
		'order_not_found',
	],
	tribute: [
		'error_bad_request',
		'error_unauthorized',
		'no_access',
		'error_not_permitted',
		'error_not_found',
		'error_internal',
	],
	aiMarket: [
		'NO_KEY',
		'INVALID_KEY',
		'VALIDATION',
		'INSUFFICIENT_BALANCE',
		'FORBIDDEN',
		'PRODUCT_NOT_FOUND',
		'OUT_OF_STOCK',
		'RATE_LIMITED',
	],
	gamesDrop: [
		'INVALID_TOKEN',
		'OFFER_NOT_FOUND',
		'TRANSACTION_DUPLICATE',
		'WRONG_PRICE',
		'ORDER_NOT_FOUND',
		'ORDER_NOT_PROCESSING',
		'ORDER_NOT_COMPLETED',
		'ORDER_ALREADY_CANCELED',
		'ORDER_ALREADY_REFUNDED',
		'SERVICE_UNAVAILABLE',
		'INVALID_REQUEST_BODY',
		'INSUFFICIENT_BALANCE',
		'BALANCE_UNAVAILABLE',
		'OUT_OF_STOCK',
	],
};

describe('refusing', () => {
	it.each(names.flatMap((name) => codes[name].map((code) => [name, code] as const)))(
		'%s answers %s where a test wants it',
		async (name, code) => {
			await fault(name, { type: 'refuse', code });
			const { status, body } = await providers[name]().buy();
			expect(status).toBeGreaterThanOrEqual(400);
			expect([body.code, body.error]).toContain(code);
			expect(await moved()).toBe(0);
		},
	);

	it('takes figures and statuses of the test', async () => {
		await fault('aiMarket', {
			type: 'refuse',
			code: 'INSUFFICIENT_BALANCE',
			body: { required: 9, available: 1 },
		});
		expect((await providers.aiMarket().buy()).body).toMatchObject({
			required: 9,
			available: 1,
			success: false,
		});
		await fault('aiMarket', { type: 'refuse', status: 418, body: { any: 'thing' } });
		expect(await providers.aiMarket().buy()).toMatchObject({ status: 418, body: { any: 'thing' } });
	});

	it('knows no codes but the provider’s', async () => {
		await expect(fault('aiMarket', { type: 'refuse', code: 'WRONG_PRICE' })).rejects.toThrow('WRONG_PRICE');
		await expect(fault('gamesDrop', { type: 'timeout408' })).rejects.toThrow('408');
		await expect(fault('gamesDrop', { type: 'drop', phase: 'during' } as never)).rejects.toThrow('phase');
	});
});

describe('a word nobody documented', () => {
	it.each([
		['teleKartStars', ({ body }: Answer) => body.data.status],
		['tgMarket', ({ body }: Answer) => body.status],
		['gamesDrop', ({ body }: Answer) => body.status],
	] as const)('is the status of an order of %s', async (name, status) => {
		await fault(name, { type: 'unknownStatus', status: 'in_orbit' });
		expect(status(await providers[name]().buy())).toBe('in_orbit');
		expect(await moved()).toBe(1);
	});
});

describe('TG Market’s 408', () => {
	it.each([true, false])('comes with the order taken, and its id: %s', async (withOrderId) => {
		await fault('tgMarket', { type: 'timeout408', withOrderId });
		const { api: buyer } = providers.tgMarket();
		const { status, body } = await buyer.post('/stars?wait=true', { username: 'target', amount: 100 });
		expect(status).toBe(408);
		const [charge] = (await sandbox().client.charges()).charges;
		expect(body).toEqual({
			ok: false,
			error: 'timeout',
			...(withOrderId && { order_id: Number(charge!.orderId) }),
		});
	});
});

describe('which requests are hit', () => {
	it('is a matter of how many came before and how many are left', async () => {
		await fault('tgMarket', { type: 'error', status: 503 }, { skip: 1, times: 2 });
		const seen = [];
		for (let i = 0; i < 5; i++) seen.push((await providers.tgMarket().buy()).status);
		expect(seen).toEqual([200, 503, 503, 200, 200]);
		expect(await sandbox().client.faults()).toEqual([expect.objectContaining({ fired: 2, skipped: 1 })]);
	});

	it('is all of them until it is cleared', async () => {
		const { id } = await fault(
			'gamesDrop',
			{ type: 'error', status: 503 },
			{ times: -1, operation: undefined },
		);
		for (let i = 0; i < 5; i++) expect((await providers.gamesDrop().ask()).status).toBe(503);
		expect(await sandbox().client.clearFaults({ id })).toEqual([expect.objectContaining({ fired: 5 })]);
		expect((await providers.gamesDrop().ask()).status).toBe(200);
	});

	it('follows their operation, account, text and fields', async () => {
		const { client: control, url } = sandbox();
		const { key } = await control.createAccount({ provider: 'tgMarket', name: 'spoilt' });
		const spoilt = api(`${url}/tg-market/api/v2`, { authorization: `Bearer ${key}` });
		await fault('tgMarket', { type: 'refuse', status: 418 }, { account: 'spoilt', times: -1 });
		expect((await spoilt.post('/stars', {})).status).toBe(418);
		expect((await spoilt.get('/balance')).status).toBe(200);
		expect((await providers.tgMarket().buy()).status).toBe(200);

		await fault('tgMarket', { type: 'refuse', status: 418 }, { match: { text: '"amount":101' } });
		const { api: buyer } = providers.tgMarket();
		expect((await buyer.post('/stars', { username: 'target', amount: 100 })).status).toBe(200);
		expect((await buyer.post('/stars', { username: 'target', amount: 101 })).status).toBe(418);

		const match = { fields: { offerId: 101, 'customer.gameUserId': '7' } };
		await fault('gamesDrop', { type: 'refuse', status: 418 }, { match });
		const { api: partner } = providers.gamesDrop();
		const order = { offerId: 101, price: 0.99, transactionId: 'a' };
		expect((await partner.post('/offers/create-order', order)).status).toBe(200);
		const hit = { ...order, transactionId: 'b', customer: { gameUserId: '7' } };
		expect((await partner.post('/offers/create-order', hit)).status).toBe(418);
	});
});

it('closes although requests hang, wait and are late', async () => {
	const own = await startSandbox();
	const { baseUrl, apiKey } = own.providers.tgMarket;
	const buyer = api(`${baseUrl}/api/v2`, { authorization: `Bearer ${apiKey}` });
	await own.client.addFault({ provider: 'tgMarket', operation: 'balance.get', fault: { type: 'hang' } });
	await own.client.addFault({
		provider: 'tgMarket',
		operation: 'order.get',
		fault: { type: 'latency', ms: 60_000 },
	});
	const pending = [
		buyer.get('/balance'),
		buyer.get('/order/42'),
		buyer.post('/stars?wait=true', { username: 'target', amount: 100 }),
	].map(async (call) => await call.catch(() => 'gone'));
	await received(own, 'tgMarket');
	while ((await own.client.requests({ provider: 'tgMarket' })).requests.length < 3);
	await own.close();
	expect(await Promise.all(pending)).toEqual(['gone', 'gone', 'gone']);
});
