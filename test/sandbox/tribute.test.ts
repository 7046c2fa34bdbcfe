import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { tributeEventNames } from '../../sandbox/catalogs/tributeEvents';
import { tributeProduct } from '../support/samples';
import { api, shape, useSandbox, type Api, type Json } from './support';

const sandbox = useSandbox();
let anyone: Api;
let creator: Api;
beforeEach(async () => {
	const { client, providers } = sandbox();
	await client.reset();
	const { baseUrl, apiKey } = providers.tribute;
	anyone = api(`${baseUrl}/api/v1`);
	creator = api(`${baseUrl}/api/v1`, { 'api-key': apiKey });
});

const another = async () => {
	const other = await sandbox().client.createAccount({ provider: 'tribute', products: 3 });
	return api(`${other.credentials.baseUrl}/api/v1`, { 'api-key': other.key });
};

describe('products', () => {
	it('come in pages that lose none and repeat none', async () => {
		const ids: number[] = [];
		for (let page = 1; ; page++) {
			const { rows, meta } = (await creator.get(`/products?page=${page}&size=100`)).body;
			expect(meta).toEqual({ total: 260, offset: page, limit: 100 });
			if (rows.length === 0) break;
			ids.push(...rows.map(({ id }: Json) => id));
		}
		expect(ids).toHaveLength(260);
		expect(new Set(ids).size).toBe(260);
		expect((await creator.get('/products')).body.rows).toHaveLength(20);
		expect((await creator.get('/products?desc=true&size=1')).body.rows[0].id).toBe(Math.max(...ids));
	});

	it('have the documented fields', async () => {
		const { body } = await creator.get('/products/2548');
		const { pendingOrders: _, ...digital } = tributeProduct;
		expect(shape(body)).toEqual(shape(digital));
		expect(body).toMatchObject({
			name: tributeProduct.name,
			amount: 499,
			currency: 'usd',
			created: tributeProduct.created,
		});
		const { rows } = (await creator.get('/products?type=custom&size=100')).body;
		expect(rows.length).toBeGreaterThan(0);
		for (const row of rows)
			expect(row).toMatchObject({ type: 'custom', isCustom: true, pendingOrders: expect.any(Number) });
		for (const key of Object.keys(tributeProduct)) expect(rows.some((row: object) => key in row)).toBe(true);
	});

	it.each([
		['/products?page=0', 400],
		['/products?page=x', 400],
		['/products?size=101', 400],
		['/products?size=0', 400],
		['/products?type=service', 400],
		['/products?desc=yes', 400],
		['/products/abc', 400],
		['/products/999999999', 404],
	])('refuse GET %s with %i', async (path, status) => {
		expect(await creator.get(path)).toMatchObject({
			status,
			body: { error: status === 400 ? 'error_bad_request' : 'error_not_found', message: expect.any(String) },
		});
	});

	it('are their creator’s alone', async () => {
		const { rows } = (await (await another()).get('/products')).body;
		expect(rows).toHaveLength(3);
		expect(await creator.get(`/products/${rows[0].id}`)).toMatchObject({
			status: 403,
			body: { error: 'no_access' },
		});
		expect(await anyone.get('/products', { 'Api-Key': 'wrong' })).toMatchObject({
			status: 401,
			body: { error: expect.any(String), message: expect.any(String) },
		});
	});
});

describe('cancelling a purchase', () => {
	const cancel = async (id: unknown, as = creator) =>
		await as.post(`/products/purchases/${String(id)}/cancel`);

	it('refunds it once', async () => {
		const { status, body } = await cancel(12345);
		expect(status).toBe(200);
		expect(body).toEqual({
			success: true,
			purchaseId: 12345,
			message: 'purchase cancelled and payment refunded',
		});
		expect((await cancel(12345)).status).toBe(400);
		const { charges, refunds } = await sandbox().client.charges();
		expect(charges).toEqual([]);
		expect(refunds).toEqual([
			expect.objectContaining({
				operation: 'purchase.cancel',
				orderId: '12345',
				amount: 100,
				currency: 'XTR',
			}),
		]);
	});

	it('is refused for what was not paid with Stars, is another’s or nobody’s', async () => {
		expect(await cancel(12353)).toMatchObject({ status: 400, body: { error: 'error_bad_request' } });
		expect(await cancel(12345, await another())).toMatchObject({
			status: 403,
			body: { error: 'error_not_permitted' },
		});
		expect(await cancel(1)).toMatchObject({ status: 404, body: { error: 'error_not_found' } });
		expect(await cancel('abc')).toMatchObject({ status: 400 });
		expect((await sandbox().client.charges()).refunds).toEqual([]);
	});
});

describe('webhooks', () => {
	let listener: Server;
	let url: string;
	const got: Array<{ signature: string | undefined; body: string }> = [];
	beforeAll(async () => {
		listener = createServer((request, response) => {
			let body = '';
			request.on('data', (chunk: Buffer) => (body += chunk.toString()));
			request.on('end', () => {
				got.push({ signature: request.headers['trbt-signature'] as string | undefined, body });
				response.writeHead(200).end('{"status":"ok"}');
			});
		});
		await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
		url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/hook`;
	});
	afterAll(() => listener.close());
	beforeEach(() => (got.length = 0));

	const signed = (body: string) => createHmac('sha256', 'tribute-sandbox').update(body).digest('hex');

	it.each(tributeEventNames)('of the name %s are delivered and signed', async (name) => {
		const [delivery] = await sandbox().client.deliverTributeWebhook({ url, name });
		expect(delivery).toMatchObject({ status: 200, response: '{"status":"ok"}', body: got[0]!.body });
		expect(got[0]!.signature).toBe(signed(got[0]!.body));
		const event = JSON.parse(got[0]!.body);
		expect(Object.keys(event)).toEqual(['name', 'created_at', 'sent_at', 'payload']);
		expect(event.name).toBe(name);
		expect(Object.keys(event.payload).length).toBeGreaterThan(4);
	});

	it('are the same event when repeated, but for the time they are sent', async () => {
		await sandbox().client.deliverTributeWebhook({ url, name: 'new_digital_product', count: 3 });
		const events = got.map(({ body }) => JSON.parse(body));
		expect(new Set(events.map(({ sent_at: sentAt }) => sentAt)).size).toBe(3);
		expect(new Set(events.map(({ payload }) => payload.purchase_id)).size).toBe(1);
		await sandbox().client.deliverTributeWebhook({ url, name: 'new_digital_product' });
		expect(JSON.parse(got[3]!.body).payload.purchase_id).not.toBe(events[0].payload.purchase_id);
	});

	it('are signed wrongly, or not at all, when asked', async () => {
		const { client } = sandbox();
		for (const signWith of ['wrong', 'none', 'malformed'] as const) {
			await client.deliverTributeWebhook({ url, name: 'new_donation', signWith });
		}
		expect(got.map(({ signature }) => signature)).toEqual([
			expect.stringMatching(/^[0-9a-f]{64}$/),
			undefined,
			'not a signature',
		]);
		expect(got[0]!.signature).not.toBe(signed(got[0]!.body));
	});

	it('carry what is asked for', async () => {
		const { client } = sandbox();
		await client.deliverTributeWebhook({ url, name: 'x', rawBody: '{"not": json' });
		expect(got[0]).toEqual({ body: '{"not": json', signature: signed('{"not": json') });
		await client.deliverTributeWebhook({ url, name: 'new_donation', pad: 200_000, payload: { amount: 7 } });
		expect(got[1]!.body.length).toBeGreaterThan(200_000);
		expect(JSON.parse(got[1]!.body).payload.amount).toBe(7);
	});

	it('announce purchases that can be cancelled, and their refunds', async () => {
		const { client } = sandbox();
		await client.changeAccount({ provider: 'tribute', webhookUrl: url });
		await client.deliverTributeWebhook({ name: 'new_digital_product' });
		const { purchase_id: id } = JSON.parse(got[0]!.body).payload;
		expect((await creator.post(`/products/purchases/${id}/cancel`)).status).toBe(200);
		while (got.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
		expect(JSON.parse(got[1]!.body)).toMatchObject({
			name: 'digital_product_refunded',
			payload: { purchase_id: id, refund_reason: 'Cancel product purchase from public API' },
		});
		while ((await client.tributeDeliveries()).length === 0);

		const [bought] = await client.deliverTributeWebhook({ name: 'new_digital_product', paidWith: 'card' });
		const { purchase_id: byCard } = JSON.parse(bought!.body).payload;
		expect((await creator.post(`/products/purchases/${byCard}/cancel`)).status).toBe(400);
	});

	it('say when nobody answers', async () => {
		const [delivery] = await sandbox().client.deliverTributeWebhook({
			url: 'http://127.0.0.1:1/',
			name: 'shop_order',
		});
		expect(delivery).toMatchObject({ status: 0 });
	});
});
