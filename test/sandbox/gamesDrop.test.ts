import { gamesDropOffer, gamesDropRow } from '../support/samples';
import { api, shape, statuses, useSandbox, type Api, type Json } from './support';

const sandbox = useSandbox();
let anyone: Api;
let partner: Api;
let dashboard: Api;
let telegram: Api;
beforeEach(async () => {
	const { client, providers } = sandbox();
	await client.reset();
	const { baseUrl, telegramBaseUrl, token, dashboardToken } = providers.gamesDrop;
	anyone = api(`${baseUrl}/api/v1`);
	partner = api(`${baseUrl}/api/v1`, { authorization: token });
	dashboard = api(`${baseUrl}/api/v1`, { authorization: `Bearer ${dashboardToken}` });
	telegram = api(telegramBaseUrl, { authorization: token });
});

let lastTransaction = 0;
const order = (offerId: number, price: number, customer: object = {}) => ({
	offerId,
	price,
	transactionId: `test-${++lastTransaction}`,
	customer,
});

const sync = async (body: object) => (await partner.post('/offers/sync', body)).body;
const topUp = async () => {
	const { rows } = await sync({ search: 'Genshin', category: 'Top Up', limit: 10 });
	return rows.find((row: Json) => row.inStock);
};

describe('documented answers', () => {
	it('tells the balance', async () => {
		const balance = {
			balance: 1000,
			draftBalance: 0,
			isPostpaid: false,
			balanceProfile: 'USDT',
			currency: { id: 3, code: 'USD' },
			partnerId: 123,
		};
		expect((await partner.get('/offers/balance')).body).toEqual(balance);
		expect((await dashboard.get('/balance')).body).toEqual(balance);
	});

	it('finds one offer', async () => {
		expect((await partner.post('/offers/find-one', { offerId: 1001 })).body).toEqual(gamesDropOffer);
	});

	it('lists offers as they are documented', async () => {
		const { rows } = await sync({ search: 'pubg mobile', limit: 5000 });
		expect(rows).toContainEqual(gamesDropRow);
		expect(await topUp()).toMatchObject({ isRequiredGameUserId: true, isRequiredGameServerId: true });
	});

	it('delivers a key at once, and shows the order by either id', async () => {
		const bought = order(1001, 560.1, { email: 'user@gmail.com', gameUserId: '52357322414' });
		const { status, body } = await partner.post('/offers/create-order', bought);
		expect(status).toBe(200);
		expect(body).toEqual({
			orderId: expect.any(Number),
			count: 1,
			price: 560.1,
			currency: 'RUB',
			offerId: 1001,
			productName: 'PUBG MOBILE GIFT',
			offerName: '60 UC',
			status: 'COMPLETED',
			isReturnDataForCustomer: true,
			key: expect.stringMatching(/^\d{12}$/),
			createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\+00$/),
		});
		const { transactionId } = bought;
		expect((await partner.post('/offers/order-status', { transactionId })).body).toEqual(body);
		expect((await partner.post('/offers/order-status', { orderId: body.orderId })).body).toEqual(body);
	});

	it('sends Stars, for the price it has when it sends them', async () => {
		const sample = {
			orderId: 10228901,
			count: 1,
			price: 0.78,
			currency: 'USD',
			offerId: 1102,
			productName: 'Telegram Stars',
			offerName: '100 Stars',
			status: 'COMPLETED',
			isReturnDataForCustomer: true,
			fulfillmentData: {
				telegram_user_id: 143594291,
				stars_amount: 100,
				transaction_id: 'tg_tx_abc123',
				delivery_status: 'completed',
			},
			createdAt: '2025-08-26T12:30:15.234Z',
		};
		const { body } = await partner.post(
			'/offers/create-order',
			order(1102, 0.77, { gameUserId: '143594291' }),
		);
		expect(shape(body)).toEqual(shape(sample));
		expect(body).toMatchObject({ price: 0.78, status: 'COMPLETED', fulfillmentData: { stars_amount: 100 } });
	});

	it('cancels Stars it cannot deliver and gives the money back', async () => {
		const { body } = await partner.post(
			'/offers/create-order',
			order(1102, 0.77, { gameUserId: '123456789' }),
		);
		expect(body).toEqual({
			orderId: expect.any(Number),
			status: 'CANCELED',
			message: 'Failed to deliver Stars: user not found',
			fulfillmentData: {
				telegram_user_id: 123456789,
				stars_amount: 100,
				delivery_status: 'failed',
				error_message: 'user not found',
			},
			createdAt: expect.stringMatching(/Z$/),
		});
		expect((await partner.get('/offers/balance')).body.balance).toBe(1000);
		const { charges, refunds } = await sandbox().client.charges();
		expect([charges.length, refunds.length]).toEqual([1, 1]);
	});

	it('lists its transactions, latest first, for the dashboard alone', async () => {
		for (let i = 0; i < 4; i++) await partner.post('/offers/create-order', order(101, 0.99));
		const { transactions, total } = (await dashboard.get('/balance/transactions?page=1&limit=2')).body;
		expect(total).toBe(5);
		expect(transactions[0]).toEqual({
			id: expect.any(Number),
			amount: -0.99,
			type: 'PURCHASE',
			description: 'API Purchase - PUBG Mobile',
			balanceAfter: 996.04,
			createdAt: expect.stringMatching(/Z$/),
		});
		const rest = (await dashboard.get('/balance/transactions?page=2&limit=3')).body.transactions;
		expect(rest.map(({ type }: Json) => type)).toEqual(['PURCHASE', 'DEPOSIT']);
		expect(await partner.get('/balance/transactions')).toMatchObject({
			status: 401,
			body: { code: 'INVALID_TOKEN' },
		});
	});

	it('lists servers on both paths, and none where there are none', async () => {
		const { offerGroupId: offerId } = await topUp();
		const servers = { Europe: 'os_euro', America: 'os_usa', Asia: 'os_asia' };
		for (const path of ['/offers/servers', '/partner/product-offer/servers']) {
			expect((await partner.post(path, { offerId })).body).toMatchObject(servers);
			expect((await partner.post(path, { offerId: 1001 })).body).toEqual({});
		}
	});

	it('checks players', async () => {
		const check = async (body: object) => (await partner.post('/offers/check-game-data', body)).body;
		expect(await check({ offerId: 1001, gameUserId: '52357322414', gameServerId: '1234' })).toEqual({
			status: 'VALID',
			gameUserLogin: 'JJJ',
		});
		expect(await check({ offerId: 1001, gameUserId: '0' })).toEqual({ status: 'INVALID' });
		expect(await check({ offerId: 999, gameUserId: 'whoever' })).toMatchObject({ status: 'VALID' });
		const { offerGroupId: offerId } = await topUp();
		expect(await check({ offerId, gameUserId: '52357322414', gameServerId: 'nowhere' })).toEqual({
			status: 'INVALID',
		});
		expect(await check({ offerId, gameUserId: '52357322414', gameServerId: 'os_euro' })).toMatchObject({
			status: 'VALID',
		});
	});

	it('looks Telegram users up, by name or id', async () => {
		const lookUp = async (username: string) =>
			(await telegram.post('/api/aggregator/a6/telegram/user-info', { username })).body;
		const igor = {
			valid: true,
			username: 'igoryan34',
			userInfo: {
				id: 143594291,
				first_name: 'Igor',
				username: 'igoryan34',
				photo_url: 'AQADAgADRKgxGzMTjwgABCAI...',
			},
			message: 'User account verified successfully',
		};
		for (const asked of ['@igoryan34', 'igoryan34', '143594291']) expect(await lookUp(asked)).toEqual(igor);
		expect(await lookUp('@private_person')).toEqual({
			valid: true,
			username: 'private_person',
			userInfo: { username: 'private_person', first_name: 'private_person' },
			message: expect.stringContaining('not publicly available'),
		});
		expect(await lookUp('no spaces allowed')).toMatchObject({ valid: false });
		expect((await lookUp('somebody')).userInfo.id).toBe((await lookUp('@somebody')).userInfo.id);
	});
});

describe('the test offer', () => {
	it('always delivers and never costs, and is recorded all the same', async () => {
		const body = order(999, 23.09, { email: 'test@example.com', gameUserId: '123456789' });
		expect((await partner.post('/offers/create-order', body)).body).toMatchObject({
			status: 'COMPLETED',
			price: 23.09,
			currency: 'KZT',
			productName: 'Steam US',
			offerName: 'TEST OFFER GROUP',
			key: expect.any(String),
		});
		expect((await partner.get('/offers/balance')).body.balance).toBe(1000);
		expect((await sandbox().client.charges()).charges).toEqual([
			expect.objectContaining({ amount: 0, currency: 'KZT', productId: '999', key: body.transactionId }),
		]);
		expect(await partner.post('/offers/create-order', order(999, 23.1))).toMatchObject({
			body: { code: 'WRONG_PRICE' },
		});
	});
});

describe('refusals', () => {
	it('takes the shop token as it is only', async () => {
		const { token } = sandbox().providers.gamesDrop;
		for (const authorization of [undefined, `Bearer ${token}`, 'wrong']) {
			expect(await anyone.get('/offers/balance', authorization ? { authorization } : {})).toMatchObject({
				status: 401,
				body: { code: 'INVALID_TOKEN', message: expect.any(String) },
			});
		}
	});

	const valid = { offerId: 1001, price: 560.1, transactionId: 'x' };
	it.each([
		['{', 400, 'INVALID_REQUEST_BODY'],
		[{ ...valid, offerId: '1001' }, 400, 'INVALID_REQUEST_BODY'],
		[{ ...valid, price: '560.10' }, 400, 'INVALID_REQUEST_BODY'],
		[{ ...valid, transactionId: undefined }, 400, 'INVALID_REQUEST_BODY'],
		[{ ...valid, customer: 'me' }, 400, 'INVALID_REQUEST_BODY'],
		[{ ...valid, customer: { gameUserId: 5 } }, 400, 'INVALID_REQUEST_BODY'],
		[{ ...valid, offerId: 2 }, 404, 'OFFER_NOT_FOUND'],
		[{ ...valid, price: 560.11 }, 400, 'WRONG_PRICE'],
		[
			{ offerId: 1102, price: 0.77, transactionId: 'x', customer: { gameUserId: '@name' } },
			400,
			'INVALID_REQUEST_BODY',
		],
	])('refuses the order %j with %i %s', async (body, status, code) => {
		expect(await partner.post('/offers/create-order', body)).toMatchObject({ status, body: { code } });
		expect((await sandbox().client.charges()).charges).toEqual([]);
	});

	it('asks for the player a top-up needs', async () => {
		const { offerGroupId, price } = await topUp();
		for (const customer of [{}, { gameUserId: '52357322414' }]) {
			expect(await partner.post('/offers/create-order', order(offerGroupId, price, customer))).toMatchObject({
				status: 400,
				body: { code: 'INVALID_REQUEST_BODY' },
			});
		}
	});

	it('is out of stock, out of balance, or has the transaction already', async () => {
		const { client } = sandbox();
		const { rows } = await sync({ limit: 5000 });
		const gone = rows.find((row: Json) => !row.inStock);
		expect(await partner.post('/offers/create-order', order(gone.offerGroupId, gone.price))).toMatchObject({
			status: 409,
			body: { code: 'OUT_OF_STOCK' },
		});
		await client.changeAccount({ provider: 'gamesDrop', balance: 6.16 });
		const first = order(1001, 560.1);
		expect((await partner.post('/offers/create-order', first)).status).toBe(200);
		expect((await partner.get('/offers/balance')).body.balance).toBe(0);
		expect(await partner.post('/offers/create-order', first)).toMatchObject({
			status: 409,
			body: { code: 'TRANSACTION_DUPLICATE' },
		});
		expect(await partner.post('/offers/create-order', order(1001, 560.1))).toMatchObject({
			status: 402,
			body: { code: 'INSUFFICIENT_BALANCE' },
		});
	});

	it.each([
		[{ orderId: 1 }, 404, 'ORDER_NOT_FOUND'],
		[{ transactionId: 'never' }, 404, 'ORDER_NOT_FOUND'],
		[{ orderId: '1' }, 400, 'INVALID_REQUEST_BODY'],
		[{}, 400, 'INVALID_REQUEST_BODY'],
	])('answers the question for order %j with %i %s', async (body, status, code) => {
		expect(await partner.post('/offers/order-status', body)).toMatchObject({ status, body: { code } });
	});

	it.each([{ limit: 5001 }, { limit: 0 }, { page: 0 }, { limit: '10' }, { search: 5 }])(
		'refuses to sync %j',
		async (body) => {
			expect(await partner.post('/offers/sync', body)).toMatchObject({
				status: 400,
				body: { code: 'INVALID_REQUEST_BODY' },
			});
		},
	);
});

describe('the catalog', () => {
	it.each([5000, 1000, 777])('has 12,000 offers in pages of %i that lose none', async (limit) => {
		const ids = new Set<number>();
		let listed = 0;
		for (let page = 1; ; page++) {
			const { count, rows } = await sync({ limit, page });
			expect(count).toBe(12_000);
			if (rows.length === 0) break;
			listed += rows.length;
			for (const { offerGroupId } of rows) ids.add(offerGroupId);
		}
		expect([listed, ids.size]).toEqual([12_000, 12_000]);
	});

	it('gives 1,000 offers when it is not asked how many', async () => {
		expect((await partner.post('/offers/sync', {})).body.rows).toHaveLength(1000);
	});

	it('is searched by product and offer, and by category under both its names', async () => {
		const stars = await sync({ search: 'telegram stars' });
		expect(stars.rows.map(({ offerGroupName }: Json) => offerGroupName)).toEqual([
			'50 Stars',
			'100 Stars',
			'500 Stars',
			'1000 Stars',
		]);
		expect((await sync({ search: 'genesis crystals' })).count).toBe(200);
		const count = async (category: string) => (await sync({ category, limit: 1 })).count;
		expect(await count('TOP_UP')).toBe(await count('Top Up'));
		expect(await count('GIFT_CARD')).toBe(await count('Gift Cards'));
		expect((await count('Top Up')) + (await count('Gift Cards'))).toBe(12_000);
		expect(await count('Cars')).toBe(0);
	});

	it('hides what a partner’s balance profile does not allow', async () => {
		const { client } = sandbox();
		const all = await client.createAccount({ provider: 'gamesDrop', balanceProfile: 'MIXED' });
		const open = api(`${all.credentials.baseUrl}/api/v1`, { authorization: all.key });
		const { count } = (await open.post('/offers/sync', { limit: 1 })).body;
		expect(count).toBeGreaterThan(12_000);
		const fiat = (await open.post('/offers/sync', { search: 'Uber' })).body.rows[0];
		expect(await partner.post('/offers/find-one', { offerId: fiat.offerGroupId })).toMatchObject({
			status: 404,
			body: { code: 'OFFER_NOT_FOUND' },
		});
	});

	it('is sold at the price control sets, in every answer', async () => {
		const { client } = sandbox();
		expect((await sync({ limit: 5000 })).rows[0].price).toBe(0.99);
		await client.changeProduct({ provider: 'gamesDrop', productId: 101, price: 1.09, available: false });
		expect((await sync({ limit: 5000 })).rows[0]).toMatchObject({ price: 1.09, inStock: false });
		expect((await partner.post('/offers/create-order', order(101, 0.99))).body.code).toBe('WRONG_PRICE');
		await client.reset({ provider: 'gamesDrop' });
		expect((await partner.post('/offers/create-order', order(101, 0.99))).status).toBe(200);
	});
});

describe('orders in time', () => {
	it('top up in steps', async () => {
		const { offerGroupId, price } = await topUp();
		const customer = { gameUserId: '52357322414', gameServerId: 'os_euro' };
		const { body } = await partner.post('/offers/create-order', order(offerGroupId, price, customer));
		expect(body).toMatchObject({ isReturnDataForCustomer: false, isRequiredGameServerId: true });
		const seen = [body.status];
		for (const advance of [1500, 3000]) {
			await sandbox().client.advanceClock(advance);
			seen.push((await partner.post('/offers/order-status', { orderId: body.orderId })).body.status);
		}
		expect(seen).toEqual(['SUBMITTED', 'PROCESSING', 'COMPLETED']);
	});

	it('end as canceled for a player who is none, with the money back', async () => {
		const { offerGroupId, price } = await topUp();
		const customer = { gameUserId: '012345', gameServerId: 'os_euro' };
		const { orderId } = (await partner.post('/offers/create-order', order(offerGroupId, price, customer)))
			.body;
		await sandbox().client.advanceClock(60_000);
		expect((await partner.get('/offers/balance')).body.balance).toBe(1000);
		expect((await partner.post('/offers/order-status', { orderId })).body).toMatchObject({
			status: 'CANCELED',
			message: expect.stringContaining('player not found'),
		});
		expect((await dashboard.get('/balance/transactions')).body.transactions[0].type).toBe('REFUND');
	});

	it('take a transaction once, however many ask at once', async () => {
		const body = order(101, 0.99);
		const answers = await Promise.all(
			Array.from({ length: 20 }, () => partner.post('/offers/create-order', body)),
		);
		expect(statuses(answers)).toEqual({ 200: 1, 409: 19 });
		expect((await sandbox().client.charges({ key: body.transactionId })).charges).toHaveLength(1);
	});
});
