import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import { errorOf, jsonOf } from '../../support/harness';
import { links, titled } from '../support/providerNode';
import { NO_IDS, useTributeShop } from '../support/tributeShop';

const shop = useTributeShop();
const { details } = shop;

const get: INodeParameters = { resource: 'order', operation: 'get', orderId: '={{ $json.id }}' };
const run = async (ids: unknown[], parameters: INodeParameters = {}, more?: Partial<INode>) =>
	await shop.run(
		{ ...get, ...parameters },
		ids.map((id) => ({ id }) as IDataObject),
		more,
	);

describe('order: get', () => {
	it('gives an order as it stands', async () => {
		const order = await shop.addOrder(
			{
				amount: 100_050,
				customerId: 'chat 7',
				comment: 'Invoice 1042 n8n-0123456789abcdef0123456789abcdef',
				period: 'monthly',
			},
			{ events: ['paid'] },
		);
		expect(jsonOf(await run([order.uuid]))).toEqual([
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
				title: 'Guitar course',
				comment: 'Invoice 1042',
				customerId: 'chat 7',
				period: 'monthly',
				memberStatus: 'active',
				memberExpiresAt: order.memberExpiresAt,
				createdAt: order.createdAt,
			},
		]);
		expect(await shop.requests()).toMatchObject([
			{ method: 'GET', path: `/tribute/api/v1/shop/orders/${order.uuid}` },
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
		const { uuid } = await shop.addOrder({}, { status });
		expect(jsonOf(await run([uuid]))).toEqual([expect.objectContaining({ state, status, message })]);
	});

	it('says of a refunded order no more than that it was paid', async () => {
		await shop.useAccount({ refundMs: 0 });
		const { uuid } = await shop.addPaidOrder();
		await shop.run({ resource: 'order', operation: 'refund', orderId: uuid });
		expect(await shop.refunds()).toHaveLength(1);
		const [simple] = jsonOf(await run([uuid]));
		expect(simple).toMatchObject({ state: 'completed', status: 'paid' });
		expect(JSON.stringify(simple)).not.toMatch(/refund/i);
	});

	it('gives one order for each item', async () => {
		const uuids = await shop.addOrders(2);
		const done = await run(uuids);
		expect(jsonOf(done).map(({ orderId }) => orderId)).toEqual(uuids);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }]);
	});

	it("gives the provider's own object without Simplify", async () => {
		const order = await shop.addOrder({ comment: 'mine' });
		expect(jsonOf(await run([order.uuid], { simplify: false }))).toEqual([order]);
	});

	it("does not show another seller's", async () => {
		const { uuid } = await shop.addOrder();
		await shop.useAccount();
		expect(errorOf(await run([uuid]))).toMatchObject({
			message: expect.stringContaining('belongs to somebody else'),
			httpCode: '403',
			data: details('no_access'),
		});
	});

	describe('where the account knows the status alone', () => {
		it('gives that, and says so', async () => {
			const { uuid } = await shop.addOrder({}, { events: ['paid'] });
			await shop.injectFault('order.get', { type: 'refuse', code: 'error_not_found' }, { times: -1 });
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
			const { uuid } = await shop.addOrder();
			await shop.answerWith('order.get', '', 405);
			expect(jsonOf(await run([uuid]))).toMatchObject([{ state: 'pending' }]);
		});

		it('finds no order that neither way has', async () => {
			expect(errorOf(await run(['nobody-made-it']))).toEqual({
				message: 'Tribute: there is no such order',
				description: expect.stringContaining('Order ID'),
				httpCode: '404',
				data: details('error_not_found'),
			});
		});
	});

	it.each([
		['error_unauthorized', 401, /API key was not accepted/],
		['no_access', 403, /belongs to somebody else/],
		['error_bad_request', 400, /request was refused/],
	])('takes %s (%i) for final', async (code, status, message) => {
		await shop.injectFault('order.get', { type: 'refuse', code });
		expect(errorOf(await run(['a']))).toMatchObject({
			message: expect.stringMatching(message),
			httpCode: String(status),
			data: details(code),
		});
		expect(await shop.requests()).toHaveLength(1);
	});

	it('asks once more after a failure of the moment', async () => {
		const { uuid } = await shop.addOrder();
		await shop.injectFault('order.get', { type: 'error', status: 502 });
		await shop.injectFault('order.get', { type: 'drop' });
		expect(jsonOf(await run([uuid]))).toHaveLength(1);
		expect(await shop.requests()).toHaveLength(3);
	});

	it.each([
		['a page', '<html>'],
		['nothing', ''],
		['something else', { message: 'accepted' }],
		['a list', []],
	])('says so when the answer is %s', async (_, body) => {
		await shop.answerWith('order.get', body);
		expect(errorOf(await run(['a']))).toMatchObject({
			message: expect.stringContaining('cannot be used'),
			description: expect.stringContaining('Base URL'),
		});
	});

	it('takes odd fields for missing ones, and no link that is not https', async () => {
		await shop.answerWith('order.get', {
			uuid: 'a',
			status: 'paid',
			amount: 'much',
			currency: 7,
			title: [],
			paymentUrl: 'javascript:alert(1)',
			webappPaymentUrl: 'http://t.me/x',
			customerId: 7,
		});
		expect(jsonOf(await run(['a']))).toEqual([
			expect.objectContaining({
				...{ orderId: 'a', state: 'completed', price: null, currency: null, title: null },
				...{ paymentUrl: null, webappPaymentUrl: null, customerId: '7' },
			}),
		]);
	});

	it.each(NO_IDS.map(titled))('refuses the ID %s before anything is sent', async (_, id) => {
		const error = errorOf(await run([id]));
		expect(error).toMatchObject({
			message: expect.stringMatching(/^Order ID: /),
			data: details('INVALID_PARAMETER'),
		});
		expect(error.message.length).toBeLessThan(200);
		expect(await shop.requests()).toEqual([]);
	});

	it('goes on with Continue On Fail', async () => {
		const { uuid } = await shop.addOrder();
		const done = await run(['nobody', uuid, '../x'], {}, { onError: 'continueErrorOutput' });
		expect(jsonOf(done)).toMatchObject([{ orderId: uuid }]);
		expect(jsonOf(done, 'Node', 1)).toMatchObject([
			{ details: details('error_not_found') },
			{ details: details('INVALID_PARAMETER') },
		]);
	});
});
