import { api, shape, statuses, useSandbox, type Api, type Json } from './support';

const sandbox = useSandbox();
let anyone: Api;
let buyer: Api;
beforeEach(async () => {
	const { client, providers } = sandbox();
	await client.reset();
	const { baseUrl, apiKey } = providers.teleKartStars;
	anyone = api(`${baseUrl}/api/v1`);
	buyer = api(`${baseUrl}/api/v1`, { authorization: `Bearer ${apiKey}` });
});

const order = { product_id: 'stars_1000', target: '@username' };

describe('documented answers', () => {
	it('lists all products without a key', async () => {
		const { status, body } = await anyone.get('/products');
		expect(status).toBe(200);
		expect(Object.keys(body.data)).toEqual(['premium', 'stars', 'gifts']);
		expect(body.data.premium).toContainEqual({
			id: 'premium_3m',
			type: 'premium',
			title: 'Telegram Premium 3 Months',
			duration_months: 3,
			price_usd: 13.49,
		});
		expect(body.data.stars).toContainEqual({
			id: 'stars_1000',
			type: 'stars',
			title: '1000 Telegram Stars',
			stars: 1000,
			price_usd: 16.5,
		});
		expect(body.data.stars).not.toContainEqual(expect.objectContaining({ id: 'stars_custom' }));
		expect(body.data.gifts).toContainEqual({
			id: 'gift_h_heart',
			type: 'gift',
			source: 'standard',
			title: 'Heart',
			stars: 15,
			price_usd: 0.26,
		});
	});

	it('lists each group, custom stars only among the stars', async () => {
		const { data: stars } = (await anyone.get('/products/stars')).body;
		expect(stars.stars).toContainEqual({
			id: 'stars_50',
			type: 'stars',
			title: '50 Telegram Stars',
			stars: 50,
			price_usd: 0.83,
		});
		expect(stars.stars).toContainEqual({
			id: 'stars_custom',
			type: 'stars',
			title: 'Custom Telegram Stars',
			price_note: 'Send stars in the order body. Price = stars * current star rate.',
			star_rate_usd: 0.0165,
		});
		const { data: gifts } = (await anyone.get('/products/gifts')).body;
		expect(gifts.gifts).toContainEqual({
			id: 'gift_c_1',
			type: 'gift',
			source: 'custom',
			title: 'Custom Gift',
			stars: 500,
			price_usd: 8.5,
		});
		const { data: premium } = (await anyone.get('/products/premium')).body;
		expect(premium.premium.map(({ duration_months }: Json) => duration_months)).toEqual([3, 6, 12]);
	});

	it('tells the balance', async () => {
		expect((await buyer.get('/balance')).body).toEqual({
			ok: true,
			data: { user_id: 123456789, balance_usd: 1000 },
		});
	});

	it('takes an order and shows it', async () => {
		const created = (await buyer.post('/orders', order)).body;
		expect(created).toEqual({
			ok: true,
			data: {
				order_id: expect.stringMatching(/^\d{12}$/),
				user_id: 123456789,
				product_id: 'stars_1000',
				product_name: 'stars_1000',
				title: '1000 Telegram Stars',
				quantity: 1,
				target_accounts: '@username',
				target_link: 'https://t.me/username',
				price_usd: 16.5,
				status: 'pending',
			},
		});
		expect((await buyer.get(`/orders/${created.data.order_id}`)).body).toEqual({
			ok: true,
			data: {
				order_id: created.data.order_id,
				product_name: 'stars_1000',
				price_usd: 16.5,
				status: 'pending',
				target_accounts: '@username',
				target_link: 'https://t.me/username',
				created_at: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
			},
		});
	});

	it.each([
		[{ product_id: 'premium_3m', target: '@username' }, 13.49],
		[{ product_id: 'stars_custom', stars: 750, target: 'username' }, 12.38],
		[{ product_id: 'stars_custom', stars: 50, target: 'https://t.me/username' }, 0.83],
		[{ product_id: 'gift_h_heart', target: '@username' }, 0.26],
	])('takes %j for %f', async (body, price) => {
		expect((await buyer.post('/orders', body)).body.data).toMatchObject({ price_usd: price });
		expect((await buyer.get('/balance')).body.data.balance_usd).toBe(Math.round((1000 - price) * 100) / 100);
	});
});

describe('refusals', () => {
	it('asks for its key', async () => {
		for (const authorization of [undefined, 'Bearer tah_wrong', sandbox().providers.teleKartStars.apiKey]) {
			const { status, body } = await anyone.get('/balance', authorization ? { authorization } : {});
			expect(status).toBe(401);
			expect(body).toEqual({ ok: false, error: 'UNAUTHORIZED', message: expect.any(String) });
		}
	});

	it.each([
		['{"product_id":', 400, 'BAD_JSON'],
		['', 400, 'BAD_JSON'],
		['[]', 400, 'BAD_JSON'],
		[{ product_id: 'stars_1001', target: '@username' }, 422, 'INVALID_PRODUCT'],
		[{ target: '@username' }, 422, 'INVALID_PRODUCT'],
		[{ product_id: 'stars_custom', target: '@username' }, 422, 'INVALID_STARS'],
		[{ product_id: 'stars_custom', target: '@username', stars: 1.5 }, 422, 'INVALID_STARS'],
		[{ product_id: 'stars_50' }, 422, 'INVALID_TARGET'],
		[{ product_id: 'stars_50', target: 'https://t.me/+invitation' }, 422, 'INVALID_TARGET'],
		[
			{
				product_id: 'stars_50',
				target: '@first',
				targets: Array.from({ length: 51 }, (_, i) => `@user_${i}`),
			},
			422,
			'TOO_MANY_TARGETS',
		],
	])('refuses %j with %i %s', async (body, status, error) => {
		const answer = await buyer.post('/orders', body);
		expect(answer).toMatchObject({ status, body: { ok: false, error, message: expect.any(String) } });
		expect((await sandbox().client.charges()).charges).toEqual([]);
	});

	it('says what is missing from the balance', async () => {
		await sandbox().client.changeAccount({ provider: 'teleKartStars', balance: 2.5 });
		expect(await buyer.post('/orders', order)).toMatchObject({
			status: 402,
			body: {
				ok: false,
				error: 'INSUFFICIENT_BALANCE',
				message: 'Not enough main wallet balance for this order.',
				balance_usd: 2.5,
				required_usd: 16.5,
			},
		});
	});

	it('limits the rate when it is set', async () => {
		await sandbox().client.changeAccount({ provider: 'teleKartStars', rate: { limit: 2, windowMs: 60_000 } });
		const answers = [await buyer.get('/balance'), await buyer.get('/balance'), await buyer.get('/balance')];
		expect(statuses(answers)).toEqual({ 200: 2, 429: 1 });
		expect(answers[2]!.body).toMatchObject({ ok: false, error: 'RATE_LIMITED' });
	});

	it('knows only its own orders, and those of the account that asks', async () => {
		const other = await sandbox().client.createAccount({ provider: 'teleKartStars' });
		const stranger = api(`${other.credentials.baseUrl}/api/v1`, { authorization: `Bearer ${other.key}` });
		const { order_id: id } = (await buyer.post('/orders', order)).body.data;
		expect(await stranger.get(`/orders/${id}`)).toMatchObject({ status: 404 });
		expect(await buyer.get('/orders/202607059999')).toMatchObject({ status: 404, body: { ok: false } });
	});
});

describe('orders and money', () => {
	it('charges several targets once, each target once', async () => {
		const body = {
			product_id: 'stars_50',
			target: '@one_user',
			targets: ['one_user', 't.me/two_user', '@ONE_USER'],
		};
		expect((await buyer.post('/orders', body)).body.data).toMatchObject({
			quantity: 2,
			price_usd: 1.66,
			target_accounts: '@one_user, @two_user',
		});
		const { charges } = await sandbox().client.charges({ provider: 'teleKartStars' });
		expect(charges).toEqual([
			expect.objectContaining({
				quantity: 2,
				amount: 1.66,
				productId: 'stars_50',
				account: 'sandbox',
				key: null,
			}),
		]);
	});

	it('confirms in time, and gives back what is cancelled', async () => {
		const { client } = sandbox();
		const first = (await buyer.post('/orders', order)).body.data.order_id;
		const second = (await buyer.post('/orders', order)).body.data.order_id;
		await client.changeOrder({ provider: 'teleKartStars', orderId: second, status: 'cancelled' });
		await client.advanceClock(60_000);
		expect((await buyer.get(`/orders/${first}`)).body.data.status).toBe('confirmed');
		expect((await buyer.get(`/orders/${second}`)).body.data.status).toBe('cancelled');
		expect((await buyer.get('/balance')).body.data.balance_usd).toBe(983.5);
		const { charges, refunds } = await client.charges();
		expect(charges).toHaveLength(2);
		expect(refunds).toEqual([
			expect.objectContaining({ orderId: second, amount: 16.5, chargeId: charges[1]!.id }),
		]);
	});

	it('never spends more than there is, however many ask at once', async () => {
		await sandbox().client.changeAccount({ provider: 'teleKartStars', balance: 100 });
		const answers = await Promise.all(Array.from({ length: 20 }, () => buyer.post('/orders', order)));
		expect(statuses(answers)).toEqual({ 200: 6, 402: 14 });
		expect((await buyer.get('/balance')).body.data.balance_usd).toBe(1);
		expect(new Set(answers.map(({ body }) => body.data?.order_id)).size).toBe(7);
	});

	it('sells at the prices control sets', async () => {
		const { client } = sandbox();
		await client.changeProduct({ provider: 'teleKartStars', productId: 'stars_50', price: 0.9 });
		await client.changeProduct({ provider: 'teleKartStars', productId: 'stars_100', available: false });
		const { stars } = (await anyone.get('/products')).body.data;
		expect(stars[0]).toMatchObject({ id: 'stars_50', price_usd: 0.9 });
		expect(shape(stars)).not.toContainEqual(expect.objectContaining({ available: 'boolean' }));
		expect((await buyer.post('/orders', { ...order, product_id: 'stars_100' })).status).toBe(422);
		await client.reset({ provider: 'teleKartStars' });
		expect((await anyone.get('/products')).body.data.stars[0].price_usd).toBe(0.83);
	});
});
