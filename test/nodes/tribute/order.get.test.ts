import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import { data, hostileIds, jsonOf, links, said, titled, useSeller } from '../support/tributeOrders';

const seller = useSeller();

const get: INodeParameters = { resource: 'order', operation: 'get', orderId: '={{ $json.id }}' };
const run = async (ids: unknown[], parameters: INodeParameters = {}, more?: Partial<INode>) =>
	await seller().run(
		{ ...get, ...parameters },
		ids.map((id) => ({ id }) as IDataObject),
		more,
	);

describe('order: get', () => {
	it('gives an order as it stands', async () => {
		const order = seller().shop.add({
			status: 'paid',
			amount: 100_050,
			currency: 'rub',
			customerId: 'chat 7',
			comment: 'Invoice 1042 n8n-0123456789abcdef0123456789abcdef',
			period: 'monthly',
			memberStatus: 'active',
			memberExpiresAt: '2026-12-01T00:00:00Z',
		});
		const done = await run([order.uuid]);
		expect(jsonOf(done)).toEqual([
			{
				provider: 'tribute',
				orderId: order.uuid,
				state: 'completed',
				status: 'paid',
				productId: null,
				recipient: 'chat 7',
				price: 1000.5,
				currency: 'RUB',
				codes: [],
				message: null,
				paymentUrl: order.paymentUrl,
				webappPaymentUrl: order.webappPaymentUrl,
				title: order.title,
				comment: 'Invoice 1042',
				customerId: 'chat 7',
				period: 'monthly',
				memberStatus: 'active',
				memberExpiresAt: '2026-12-01T00:00:00Z',
				createdAt: order.createdAt,
			},
		]);
		expect(seller().shop.requests.map(({ method, path }) => [method, path])).toEqual([
			['GET', `/tribute/api/v1/shop/orders/${order.uuid}`],
		]);
	});

	it.each([
		['pending', 'pending', null],
		['prepaid', 'processing', expect.stringContaining('Do not deliver yet')],
		['paid', 'completed', null],
		['failed', 'failed', expect.stringContaining('once more')],
		['PAID', 'completed', null],
		['refunded_in_part', 'unknown', null],
		['constructor', 'unknown', null],
	])('%s is state %s', async (status, state, message) => {
		const { uuid } = seller().shop.add({ status });
		expect(jsonOf(await run([uuid]))).toEqual([expect.objectContaining({ state, status, message })]);
	});

	it('says of a refunded order no more than that it was paid', async () => {
		const order = seller().shop.add({ status: 'paid' });
		order.transactions[0]!.isRefunded = true;
		const [simple] = jsonOf(await run([order.uuid]));
		expect(simple).toMatchObject({ state: 'completed', status: 'paid' });
		expect(JSON.stringify(simple)).not.toMatch(/refund/i);
	});

	it('gives one order for each item', async () => {
		const orders = [seller().shop.add(), seller().shop.add()];
		const done = await run(orders.map(({ uuid }) => uuid));
		expect(jsonOf(done).map(({ orderId }) => orderId)).toEqual(orders.map(({ uuid }) => uuid));
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }]);
	});

	it("gives the provider's own object without Simplify", async () => {
		const { transactions: _, ...order } = seller().shop.add({ comment: 'n8n-x' });
		expect(jsonOf(await run([order.uuid], { simplify: false }))).toEqual([order]);
	});

	describe('where the account knows the status alone', () => {
		it('gives that, and says so', async () => {
			seller().shop.hasOrderRoute = false;
			const { uuid } = seller().shop.add({ status: 'paid' });
			expect(jsonOf(await run([uuid]))).toEqual([
				expect.objectContaining({
					orderId: uuid,
					state: 'completed',
					price: null,
					currency: null,
					paymentUrl: null,
					message: expect.stringContaining('only the status'),
				}),
			]);
			expect(jsonOf(await run([uuid], { simplify: false }))).toEqual([{ uuid, status: 'paid' }]);
		});

		it('asks after a 405 too', async () => {
			const { uuid } = seller().shop.add();
			seller().shop.inject('order.get', { type: 'answer', status: 405, body: '' });
			expect(jsonOf(await run([uuid]))).toMatchObject([{ state: 'pending' }]);
		});

		it('finds no order that neither way has', async () => {
			expect(said(await run(['nobody-made-it']))).toEqual({
				message: 'Tribute: there is no such order',
				description: expect.stringContaining('Order ID'),
				httpCode: '404',
				data: data('error_not_found'),
			});
		});
	});

	it.each([
		[401, 'error_unauthorized', /API key was not accepted/],
		[403, 'no_access', /belongs to somebody else/],
		[400, 'error_bad_request', /request was refused/],
	])('takes %i %s for final', async (status, code, message) => {
		seller().shop.inject('order.get', { type: 'answer', status, body: { error: code, message: 'x' } });
		expect(said(await run(['a']))).toMatchObject({
			message: expect.stringMatching(message),
			httpCode: String(status),
			data: data(code),
		});
		expect(seller().shop.requests).toHaveLength(1);
	});

	it('asks again after a failure of the moment', async () => {
		const { uuid } = seller().shop.add();
		seller().shop.inject('order.get', { type: 'answer', status: 502, body: '<html>' });
		seller().shop.inject('order.get', { type: 'drop', phase: 'before' });
		expect(jsonOf(await run([uuid]))).toHaveLength(1);
		expect(seller().shop.requests).toHaveLength(3);
	});

	it.each([
		['a page', '<html>'],
		['nothing', ''],
		['something else', { message: 'accepted' }],
		['a list', []],
	])('says so when the answer is %s', async (_, body) => {
		seller().shop.inject('order.get', { type: 'answer', body });
		expect(said(await run(['a']))).toMatchObject({
			message: expect.stringContaining('cannot be used'),
			description: expect.stringContaining('Base URL'),
		});
	});

	it('takes odd fields for missing ones, and no link that is not https', async () => {
		const body = {
			uuid: 'a',
			status: 'paid',
			amount: 'much',
			currency: 7,
			title: [],
			paymentUrl: 'javascript:alert(1)',
			webappPaymentUrl: 'http://t.me/x',
			customerId: 7,
		};
		seller().shop.inject('order.get', { type: 'answer', body });
		expect(jsonOf(await run(['a']))).toEqual([
			expect.objectContaining({
				...{ orderId: 'a', state: 'completed', price: null, currency: null, title: null },
				...{ paymentUrl: null, webappPaymentUrl: null, customerId: '7' },
			}),
		]);
	});

	it.each(hostileIds.map(titled))('ID %s is refused before anything is sent', async (_, id) => {
		const done = await run([id]);
		expect(said(done)).toMatchObject({
			message: expect.stringMatching(/^Order ID: /),
			data: data('INVALID_PARAMETER'),
		});
		expect(done.error!.message.length).toBeLessThan(200);
		expect(seller().shop.requests).toEqual([]);
	});

	it('goes on with Continue On Fail', async () => {
		const { uuid } = seller().shop.add();
		const done = await run(['nobody', uuid, '../x'], {}, { onError: 'continueErrorOutput' });
		expect(jsonOf(done)).toMatchObject([{ orderId: uuid }]);
		expect(jsonOf(done, 'Node', 1).map(({ details }) => (details as IDataObject).code)).toEqual([
			'error_not_found',
			'INVALID_PARAMETER',
		]);
	});
});
