import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { api, useSandbox, type Answer, type Api, type Json } from './support';

/** A seller's shop at Tribute: payment links, what is paid, refunds, physical orders and the webhooks of all that. */
const sandbox = useSandbox();
let seller: Api;
let listener: Server;
let hook: string;
const got: Array<{ signature: string; body: string; name: string; payload: Json }> = [];
beforeAll(async () => {
	listener = createServer((request, response) => {
		let body = '';
		request.on('data', (chunk: Buffer) => (body += chunk.toString()));
		request.on('end', () => {
			const { name, payload } = JSON.parse(body);
			got.push({ signature: request.headers['trbt-signature'] as string, body, name, payload });
			response.writeHead(200).end('{"status":"ok"}');
		});
	});
	await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
	hook = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/hook`;
});
afterAll(() => listener.close());
beforeEach(async () => {
	const { client, providers } = sandbox();
	await client.reset();
	await client.changeAccount({ provider: 'tribute', webhookUrl: hook });
	got.length = 0;
	const { baseUrl, apiKey } = providers.tribute;
	seller = api(`${baseUrl}/api/v1`, { 'api-key': apiKey });
});

const received = async (count: number) => {
	while (got.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
	return got.map(({ name }) => name);
};
const another = async (spec: object = {}) => {
	const other = await sandbox().client.createAccount({ provider: 'tribute', products: 3, ...spec });
	return api(`${other.credentials.baseUrl}/api/v1`, { 'api-key': other.key });
};
const link = { amount: 1234, currency: 'eur', title: 'Game key', description: 'Delivered at once' };
const create = async (more: object = {}, as = seller) => await as.post('/shop/orders', { ...link, ...more });
const created = async (more: object = {}) => (await create(more)).body.uuid as string;
const play = async (
	orderId: string,
	event: Parameters<ReturnType<typeof sandbox>['client']['playTributeOrder']>[0]['event'],
) => await sandbox().client.playTributeOrder({ orderId, event });
const transactions = async (uuid: string) =>
	(await seller.get(`/shop/orders/${uuid}/transactions`)).body.transactions as Json[];
const refund = async (uuid: string, id: number, as = seller) =>
	await as.post(`/shop/orders/${uuid}/transactions/${id}/refund`);
/** A paid order and its transaction. */
const paid = async (more: object = {}): Promise<[string, number]> => {
	const uuid = await created(more);
	await play(uuid, 'paid');
	return [uuid, (await transactions(uuid))[0].id];
};

describe('shops', () => {
	it('are listed, and one is the default', async () => {
		const { body } = await seller.get('/shops');
		expect(body).toEqual([
			expect.objectContaining({ id: 17, recurrent: true, onlyStars: false, tokenCharging: false, status: 1 }),
		]);
		expect((await seller.get('/shop')).body).toEqual(body[0]);
	});

	it('may be missing, or several', async () => {
		const none = await another({ shops: 0 });
		expect((await none.get('/shops')).body).toEqual([]);
		expect((await none.get('/shop')).status).toBe(404);
		expect((await none.get('/shop/orders')).status).toBe(404);
		expect((await create({}, none)).status).toBe(404);
		const two = await another({ shops: 2 });
		const [first, second] = (await two.get('/shops')).body;
		expect((await create({}, two)).body.shopId).toBe(first.id);
		expect((await create({ shopId: second.id }, two)).body.shopId).toBe(second.id);
		expect((await two.get(`/shop/orders?shopId=${second.id}`)).body).toHaveLength(1);
		expect((await two.get('/shop/orders?shopId=17')).status).toBe(404);
	});
});

describe('a payment link', () => {
	it('is made, and read as it was made', async () => {
		const more = {
			successUrl: 'https://example.com/thanks',
			failUrl: 'https://example.com/failed',
			email: 'anna@example.com',
			comment: 'order 7',
			customerId: 'c-7',
		};
		const { status, body } = await create(more);
		expect(status).toBe(200);
		expect(body).toEqual({
			...link,
			...more,
			uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
			shopId: 17,
			status: 'pending',
			period: 'onetime',
			paymentUrl: expect.stringMatching(/^https:\/\/web\.tribute\.tg\//),
			webappPaymentUrl: expect.stringMatching(/^https:\/\/t\.me\//),
			createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
		});
		expect((await seller.get(`/shop/orders/${body.uuid}`)).body).toEqual(body);
		expect((await seller.get(`/shop/orders/${body.uuid}/status`)).body).toEqual({ status: 'pending' });
		expect((await sandbox().client.charges()).charges).toEqual([
			expect.objectContaining({ operation: 'order.create', orderId: body.uuid, amount: 0, key: 'order 7' }),
		]);
	});

	it('is another one when it is made anew: nothing tells the two apart', async () => {
		expect(await created()).not.toBe(await created());
		expect((await sandbox().client.charges()).charges).toHaveLength(2);
	});

	it.each([
		[{ amount: 12.34 }, 'error_bad_request'],
		[{ amount: undefined }, 'error_bad_request'],
		[{ amount: 99 }, 'error_amount_too_small'],
		[{ amount: 300_001 }, 'error_amount_too_large'],
		[{ currency: 'EUR' }, 'error_invalid_currency'],
		[{ currency: undefined }, 'error_invalid_currency'],
		[{ title: '' }, 'error_title_required'],
		[{ title: 'x'.repeat(101) }, 'error_title_too_long'],
		[{ description: undefined }, 'error_description_required'],
		[{ description: 'x'.repeat(301) }, 'error_description_too_long'],
		[{ successUrl: 'http://example.com' }, 'error_invalid_url'],
		[{ failUrl: 'somewhere' }, 'error_invalid_url'],
		[{ email: 'nobody' }, 'error_bad_request'],
		[{ customerId: 'x'.repeat(257) }, 'error_customer_id_too_long'],
		[{ period: 'daily' }, 'error_bad_request'],
		[{ starsAmount: 0 }, 'error_bad_request'],
		[{ starsAmount: 100, period: 'yearly' }, 'error_bad_request'],
		[{ shopId: 'x' }, 'error_bad_request'],
	])('is refused as %j', async (more, error) => {
		expect(await create(more)).toMatchObject({ status: 400, body: { error, message: expect.any(String) } });
		expect((await sandbox().client.charges()).charges).toEqual([]);
	});

	it('has no page of its own in a shop that takes Stars alone', async () => {
		const stars = await another({ onlyStars: true });
		expect((await create({}, stars)).status).toBe(400);
		const { body } = await create({ starsAmount: 100, amount: undefined }, stars);
		expect(body).toMatchObject({ paymentUrl: null, webappPaymentUrl: expect.any(String), starsAmount: 100 });
	});

	it('is its shop’s alone', async () => {
		const uuid = await created();
		const other = await another();
		for (const path of ['', '/status', '/transactions']) {
			expect(await other.get(`/shop/orders/${uuid}${path}`)).toMatchObject({
				status: 403,
				body: { error: 'no_access' },
			});
			expect((await seller.get(`/shop/orders/none${path}`)).status).toBe(404);
		}
		expect((await other.get('/shop/orders')).body).toEqual([]);
	});

	it('is listed newest first, by day', async () => {
		const first = await created();
		const day = 24 * 60 * 60 * 1000;
		await sandbox().client.advanceClock(2 * day);
		const second = await created();
		const uuids = async (query = '') =>
			(await seller.get(`/shop/orders${query}`)).body.map(({ uuid }: Json) => uuid);
		expect(await uuids()).toEqual([second, first]);
		const today = new Date().toISOString().slice(0, 10);
		expect(await uuids(`?dateTo=${today}`)).toEqual([first]);
		expect(await uuids(`?dateFrom=${today}&dateTo=${today}`)).toEqual([first]);
		expect((await seller.get('/shop/orders?dateFrom=yesterday')).status).toBe(400);
	});
});

describe('what is paid', () => {
	it('goes from pending over prepaid to paid, each announced by an event', async () => {
		const uuid = await created({ customerId: 'c-1' });
		expect(await play(uuid, 'prepaid')).toMatchObject({ status: 'prepaid' });
		expect(await play(uuid, 'paid')).toMatchObject({ status: 'paid' });
		expect(await received(2)).toEqual(['shop_order_prepaid', 'shop_order']);
		expect(got[1]!.payload).toEqual({
			uuid,
			shopId: 17,
			amount: 1234,
			currency: 'eur',
			fee: 123,
			status: 'paid',
			isRecurrent: false,
			customerId: 'c-1',
		});
		expect(await transactions(uuid)).toEqual([
			{
				id: expect.any(Number),
				type: 'shop_order_sell',
				objectId: 17,
				amount: 12.34,
				currency: 'eur',
				createdAt: expect.any(Number),
				serviceFee: 1.23,
				total: 11.11,
				paymentMethod: 'bank_card',
				isRefunded: false,
				isRefundable: true,
				isRecurring: false,
			},
		]);
		await expect(play(uuid, 'paid')).rejects.toThrow('The order is paid already');
	});

	it('can fail, and be paid after all', async () => {
		const uuid = await created();
		expect(await play(uuid, 'failed')).toMatchObject({ status: 'failed' });
		await play(uuid, 'paid');
		expect(await received(2)).toEqual(['shop_order_payment_failed', 'shop_order']);
		expect(got[0]!.payload).toMatchObject({ uuid, status: 'failed', errorCode: 'insufficient_funds' });
	});

	it('renews, until the seller or three failures end it', async () => {
		const uuid = await created({ period: 'monthly' });
		expect(await play(uuid, 'paid')).toMatchObject({
			memberStatus: 'active',
			memberExpiresAt: expect.any(String),
		});
		await play(uuid, 'renewed');
		for (let failure = 0; failure < 3; failure++) await play(uuid, 'renewalFailed');
		expect(await received(6)).toEqual([
			'shop_order',
			'shop_order_charge_success',
			'shop_order_charge_failed',
			'shop_order_charge_failed',
			'shop_order_charge_failed',
			'shop_order_cancelled',
		]);
		expect(got[4]!.payload.chargeRetries).toBe(3);
		expect(got[5]!.payload.cancelReason).toBe('charge_failed');
		expect((await transactions(uuid)).map(({ isRecurring }) => isRecurring)).toEqual([true, true]);
		await expect(play(uuid, 'renewed')).rejects.toThrow('no active recurring one');
	});

	it('is cancelled by the seller once, when it renews at all', async () => {
		const uuid = await created({ period: 'weekly' });
		const cancel = async (id: string) => await seller.post(`/shop/orders/${id}/cancel`);
		expect((await cancel(uuid)).status).toBe(404);
		await play(uuid, 'paid');
		expect(await cancel(uuid)).toMatchObject({
			status: 200,
			body: { success: true, message: 'recurring order cancelled' },
		});
		expect(await cancel(uuid)).toMatchObject({ status: 400, body: { error: 'error_already_cancelled' } });
		expect((await seller.get(`/shop/orders/${uuid}`)).body).toMatchObject({
			status: 'paid',
			memberStatus: 'cancelled',
		});
		await received(2);
		expect(got[1]).toMatchObject({
			name: 'shop_order_cancelled',
			payload: { uuid, cancelReason: 'cancelled_by_seller' },
		});
		const [once] = await paid();
		expect((await cancel(once)).status).toBe(404);
	});

	it('comes in pages of transactions', async () => {
		const uuid = await created({ period: 'monthly' });
		await play(uuid, 'paid');
		for (let renewal = 0; renewal < 24; renewal++) await play(uuid, 'renewed');
		const ids: number[] = [];
		let startFrom = '';
		do {
			const { body } = await seller.get(
				`/shop/orders/${uuid}/transactions${startFrom && `?startFrom=${startFrom}`}`,
			);
			ids.push(...body.transactions.map(({ id }: Json) => id));
			startFrom = body.nextFrom;
		} while (startFrom !== '');
		expect(new Set(ids).size).toBe(25);
	});

	it('takes any word as its status by hand, without an event', async () => {
		const uuid = await created();
		await sandbox().client.changeOrder({
			provider: 'tribute',
			orderId: uuid,
			status: 'held_back',
			extra: { note: 1 },
		});
		expect((await seller.get(`/shop/orders/${uuid}`)).body).toMatchObject({ status: 'held_back', note: 1 });
		expect(got).toEqual([]);
	});
});

describe('a refund', () => {
	it('is initiated, completed later, and announced both times; the order stays paid', async () => {
		await sandbox().client.createAccount({ provider: 'tribute', name: 'slow', refundMs: null, products: 0 });
		const slow = (await sandbox().client.accounts()).find(({ name }) => name === 'slow')!;
		const as = api(`${slow.credentials.baseUrl}/api/v1`, { 'api-key': slow.key });
		await sandbox().client.changeAccount({ provider: 'tribute', account: 'slow', webhookUrl: hook });
		const { uuid } = (await create({}, as)).body;
		const slowly = async (event: 'paid' | 'refundCompleted') =>
			await sandbox().client.playTributeOrder({ account: 'slow', orderId: uuid, event });
		await slowly('paid');
		const read = async () => (await as.get(`/shop/orders/${uuid}/transactions`)).body.transactions as Json[];
		const [{ id }] = await read();
		expect(await refund(uuid, id, as)).toMatchObject({
			status: 200,
			body: { success: true, message: 'refund initiated', status: 'initiated' },
		});
		expect(await read()).toMatchObject([{ isRefunded: false, isRefundable: false }]);
		expect(await refund(uuid, id, as)).toMatchObject({
			status: 400,
			body: { error: 'error_already_refunded' },
		});
		await slowly('refundCompleted');
		expect(await received(3)).toEqual(['shop_order', 'shop_order_refunded', 'shop_order_refunded']);
		expect(
			got.slice(1).map(({ payload }) => [payload.transactionId, payload.status, payload.refundedAt]),
		).toEqual([
			[id, 'initiated', undefined],
			[id, 'completed', expect.any(String)],
		]);
		expect(await read()).toMatchObject([{ isRefunded: true }, { type: 'shop_order_refund' }]);
		expect((await as.get(`/shop/orders/${uuid}`)).body.status).toBe('paid');
		expect((await sandbox().client.charges()).refunds).toEqual([
			expect.objectContaining({ operation: 'order.refund', orderId: uuid, amount: 12.34, currency: 'EUR' }),
		]);
	});

	it('completes in time by itself', async () => {
		const [uuid, id] = await paid();
		expect((await refund(uuid, id)).status).toBe(200);
		await sandbox().client.advanceClock(1000);
		await received(3);
		expect((await transactions(uuid))[0].isRefunded).toBe(true);
	});

	it('is refused where there is nothing to give back', async () => {
		const [uuid, id] = await paid();
		const unpaid = await created();
		const other = await another();
		const error = ({ status, body }: Answer) => [status, body.error];
		expect(error(await refund(unpaid, id))).toEqual([400, 'error_transaction_mismatch']);
		expect(error(await refund(uuid, 1))).toEqual([404, 'error_not_found']);
		expect(error(await refund('none', id))).toEqual([404, 'error_not_found']);
		expect(error(await refund(uuid, id, other))).toEqual([403, 'no_access']);
		await sandbox().client.changeOrder({ provider: 'tribute', orderId: uuid, status: 'pending' });
		expect(error(await refund(uuid, id))).toEqual([400, 'error_order_not_paid']);
		expect((await sandbox().client.charges()).refunds).toEqual([]);
	});

	it('is given once although its answer was lost', async () => {
		const [uuid, id] = await paid();
		const { client } = sandbox();
		await client.addFault({
			provider: 'tribute',
			operation: 'order.refund',
			fault: { type: 'drop', phase: 'after' },
		});
		await expect(refund(uuid, id)).rejects.toThrow();
		expect(await refund(uuid, id)).toMatchObject({ body: { error: 'error_already_refunded' } });
		expect((await client.charges()).refunds).toHaveLength(1);
	});
});

describe('physical orders', () => {
	it('come in pages and alone', async () => {
		const ids: number[] = [];
		for (let page = 1; page <= 3; page++) {
			const { rows, meta } = (await seller.get(`/physical/orders?page=${page}&limit=30`)).body;
			expect(meta).toEqual({ total: 75, offset: page, limit: 30 });
			ids.push(...rows.map(({ id }: Json) => id));
		}
		expect(new Set(ids).size).toBe(75);
		const { body } = await seller.get(`/physical/orders/${ids[0]}`);
		expect(body).toMatchObject({ id: ids[0], items: [{ price: 150, currency: 'USD' }], deliveryCost: 25.5 });
		expect((await seller.get('/physical/orders')).body.rows).toHaveLength(50);
		const { rows } = (await seller.get('/physical/orders?status=shipped,refunded')).body;
		expect(new Set(rows.map(({ status }: Json) => status))).toEqual(new Set(['shipped', 'refunded']));
		const next = (await seller.get(`/physical/orders?lastOrderId=${ids[9]}&limit=1`)).body.rows;
		expect(next).toMatchObject([{ id: ids[10] }]);
	});

	it.each([
		['?limit=51', 400],
		['?page=0', 400],
		['?status=gone', 400],
		['/abc', 400],
		['/1', 404],
	])('refuse %s', async (path, status) => {
		expect((await seller.get(`/physical/orders${path}`)).status).toBe(status);
	});
});

describe('webhooks of a shop', () => {
	const signed = (body: string, encoding: 'hex' | 'base64') =>
		createHmac('sha256', 'tribute-sandbox').update(body).digest(encoding);

	it('are signed in hex, or in base64', async () => {
		const uuid = await created();
		await play(uuid, 'prepaid');
		await received(1);
		expect(got[0]!.signature).toBe(signed(got[0]!.body, 'hex'));
		await sandbox().client.changeAccount({ provider: 'tribute', signatureEncoding: 'base64' });
		await play(uuid, 'paid');
		const isBase64 = () => got.some(({ body, signature }) => signature === signed(body, 'base64'));
		for (let count = 2; count < 5 && !isBase64(); count++) await received(count);
		expect(isBase64()).toBe(true);
		await sandbox().client.deliverTributeWebhook({ name: 'shop_order', encoding: 'hex' });
		expect(got.at(-1)!.signature).toBe(signed(got.at(-1)!.body, 'hex'));
	});

	it('are repeated for the same order when asked, and word for word', async () => {
		const [uuid] = await paid({ email: 'anna@example.com' });
		await received(1);
		const { client } = sandbox();
		await client.deliverTributeWebhook({ name: 'shop_order', payload: { uuid } });
		expect(got[1]!.payload).toEqual(got[0]!.payload);
		await client.deliverTributeWebhook({ name: 'shop_order', rawBody: got[0]!.body, count: 2 });
		expect(got.slice(2).map(({ body, signature }) => [body, signature])).toEqual(
			Array(2).fill([got[0]!.body, got[0]!.signature]),
		);
	});

	it('name what was delivered', async () => {
		const [uuid] = await paid();
		await received(1);
		const find = async () =>
			(await sandbox().client.tributeDeliveries()).find(({ body }) => body.includes(uuid));
		while (!(await find()));
		expect(await find()).toMatchObject({ url: hook, status: 200 });
	});

	it('go nowhere without an address', async () => {
		await sandbox().client.changeAccount({ provider: 'tribute', webhookUrl: null });
		await paid();
		expect(got).toEqual([]);
	});
});
