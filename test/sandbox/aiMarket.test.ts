import { api, received, statuses, useSandbox, type Api, type Json } from './support';

const sandbox = useSandbox();
let anyone: Api;
let buyer: Api;
beforeEach(async () => {
	const { client, providers } = sandbox();
	await client.reset();
	const { baseUrl, apiKey } = providers.aiMarket;
	anyone = api(`${baseUrl}/api/v1`);
	buyer = api(`${baseUrl}/api/v1`, { 'x-api-key': apiKey });
});

const body = { product_id: '002', quantity: 1 };
const buy = async (key: string, what: object = body) =>
	await buyer.post('/purchase', what, { 'Idempotency-Key': key });

describe('documented answers', () => {
	it('tells the balance', async () => {
		expect((await buyer.get('/balance')).body).toEqual({ balance: 1000, currency: 'USDT' });
	});

	it('lists products with ids that are strings', async () => {
		const { products } = (await buyer.get('/products')).body;
		expect(products).toHaveLength(40);
		expect(products[1]).toEqual({
			id: '002',
			name: expect.any(String),
			price: expect.any(Number),
			stock: 500,
			in_stock: true,
		});
		expect(products.some((product: Json) => !product.in_stock && product.stock === 0)).toBe(true);
	});

	it('sells codes from its stock', async () => {
		const { status, body: sold } = await buy('order-001', { product_id: '002', quantity: 3 });
		expect(status).toBe(200);
		expect(sold).toEqual({
			success: true,
			order_id: expect.any(String),
			codes: [expect.any(String), expect.any(String), expect.any(String)],
			balance_remaining: 986.5,
		});
		expect((await buyer.get('/products')).body.products[1].stock).toBe(497);
		expect((await sandbox().client.charges()).charges).toEqual([
			expect.objectContaining({
				key: 'order-001',
				quantity: 3,
				amount: 13.5,
				currency: 'USDT',
				productId: '002',
			}),
		]);
	});

	it('counts down the rate limit in its headers', async () => {
		await buyer.get('/balance');
		const { headers } = await buyer.get('/balance');
		expect(headers['x-ratelimit-remaining']).toBe('18');
		expect(Number(headers['x-ratelimit-reset']) * 1000).toBeGreaterThan(Date.now());
	});
});

describe('refusals', () => {
	it.each([
		[undefined, 'NO_KEY'],
		['mk_wrong', 'INVALID_KEY'],
	])('answers the key %s with %s', async (key, code) => {
		const answer = await anyone.get('/balance', key ? { 'X-API-Key': key } : {});
		expect(answer).toMatchObject({ status: 401, body: { success: false, code, error: expect.any(String) } });
	});

	it('refuses suspended accounts', async () => {
		await sandbox().client.changeAccount({ provider: 'aiMarket', suspended: true });
		expect(await buyer.get('/balance')).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
	});

	it.each([
		['{', 400, 'VALIDATION'],
		[{ product_id: 2, quantity: 1 }, 400, 'VALIDATION'],
		[{ product_id: '002' }, 400, 'VALIDATION'],
		[{ product_id: '002', quantity: 0 }, 400, 'VALIDATION'],
		[{ product_id: '002', quantity: 11 }, 400, 'VALIDATION'],
		[{ product_id: '002', quantity: 1.5 }, 400, 'VALIDATION'],
		[{ product_id: '2', quantity: 1 }, 404, 'PRODUCT_NOT_FOUND'],
		[{ product_id: '009', quantity: 1 }, 409, 'OUT_OF_STOCK'],
		[{ product_id: '040', quantity: 2 }, 409, 'OUT_OF_STOCK'],
	])('refuses %j with %i %s', async (what, status, code) => {
		const answer = await buyer.post('/purchase', what);
		expect(answer).toMatchObject({ status, body: { success: false, code, error: expect.any(String) } });
		expect((await sandbox().client.charges()).charges).toEqual([]);
	});

	it('says what is required and what is there', async () => {
		await sandbox().client.changeAccount({ provider: 'aiMarket', balance: 4 });
		expect(await buy('poor')).toMatchObject({
			status: 402,
			body: { code: 'INSUFFICIENT_BALANCE', required: 4.5, available: 4 },
		});
	});

	it('lets twenty requests a minute through and says how long to wait', async () => {
		const answers = await Promise.all(Array.from({ length: 22 }, () => buyer.get('/balance')));
		expect(statuses(answers)).toEqual({ 200: 20, 429: 2 });
		const { body: refused, headers } = answers.find(({ status }) => status === 429)!;
		expect(refused).toMatchObject({ success: false, code: 'RATE_LIMITED' });
		expect(refused.retry_after_seconds).toBeGreaterThanOrEqual(59);
		expect(headers['x-ratelimit-remaining']).toBe('0');
		await sandbox().client.advanceClock(refused.retry_after_seconds * 1000);
		expect((await buyer.get('/balance')).status).toBe(200);
	});
});

describe('idempotency', () => {
	it('gives the original result for 24 hours, whatever the body says, and charges once', async () => {
		const first = await buy('once');
		await sandbox().client.advanceClock(24 * 3_600_000 - 60_000);
		expect((await buy('once', { product_id: '003', quantity: 2 })).body).toEqual(first.body);
		expect((await sandbox().client.charges({ key: 'once' })).charges).toHaveLength(1);
		await sandbox().client.advanceClock(60_000);
		const later = await buy('once');
		expect(later.body.codes).not.toEqual(first.body.codes);
		expect((await sandbox().client.charges({ key: 'once' })).charges).toHaveLength(2);
	});

	it('frees the key of a purchase that was refused', async () => {
		await sandbox().client.changeAccount({ provider: 'aiMarket', balance: 0 });
		expect((await buy('same')).status).toBe(402);
		await sandbox().client.changeAccount({ provider: 'aiMarket', balance: 10 });
		expect((await buy('same')).status).toBe(200);
	});

	it('refuses the key while its first purchase is under way', async () => {
		const { client } = sandbox();
		await client.addFault({
			provider: 'aiMarket',
			operation: 'order.create',
			fault: { type: 'latency', ms: 200 },
		});
		const first = buy('same');
		await received(sandbox(), 'aiMarket');
		expect(await buy('same')).toMatchObject({ status: 409, body: { code: 'REQUEST_IN_PROGRESS' } });
		expect((await buy('other')).status).toBe(200);
		expect((await first).status).toBe(200);
		expect((await buy('same')).body).toEqual((await first).body);
		expect((await client.charges({ key: 'same' })).charges).toHaveLength(1);
	});

	it('knows keys by account', async () => {
		const other = await sandbox().client.createAccount({ provider: 'aiMarket' });
		const second = api(`${other.credentials.baseUrl}/api/v1`, { 'x-api-key': other.key });
		const mine = await buy('shared');
		const theirs = await second.post('/purchase', body, { 'Idempotency-Key': 'shared' });
		expect(theirs.body.codes).not.toEqual(mine.body.codes);
	});

	it('sells no code twice and no more than there are', async () => {
		const { client } = sandbox();
		await client.changeAccount({ provider: 'aiMarket', rate: null, balance: 1000 });
		await client.changeProduct({ provider: 'aiMarket', productId: '002', stock: 25 });
		const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => buy(`key-${i}`)));
		expect(statuses(answers)).toEqual({ 200: 25, 409: 15 });
		expect(new Set(answers.flatMap(({ body: sold }) => sold.codes ?? [])).size).toBe(25);
	});
});
