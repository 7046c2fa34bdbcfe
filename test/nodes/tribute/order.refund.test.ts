import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import {
	data,
	hostileIds,
	jsonOf,
	links,
	retrying,
	said,
	titled,
	useSeller,
	type Effect,
} from '../support/tributeOrders';

const seller = useSeller();

const refund: INodeParameters = { resource: 'order', operation: 'refund', orderId: '={{ $json.id }}' };
const run = async (ids: unknown[], parameters: INodeParameters = {}, more?: Partial<INode>) =>
	await seller().run(
		{ ...refund, ...parameters },
		ids.map((id) => ({ id }) as IDataObject),
		more,
	);
const paid = (payments = 1) => seller().shop.add({ status: 'paid' }, payments);
const asked = () => seller().shop.asked('order.refund');
const transactions = (rows: unknown, nextFrom: unknown = '') =>
	seller().shop.inject('order.getTransactions', { type: 'answer', body: { transactions: rows, nextFrom } });

/** Refused before anything was asked for, for what was seen. */
const refused = (words: RegExp) => ({
	message: expect.stringMatching(words),
	description: expect.stringContaining('Nothing was refunded'),
	data: data('NOT_REFUNDABLE'),
});

describe('order: refund', () => {
	it('gives the one payment of each order back, after reading it', async () => {
		const orders = [paid(), paid(), paid()];
		const done = await run(orders.map(({ uuid }) => uuid));
		const expected = orders.map(({ uuid, transactions: [payment] }) => ({
			uuid,
			transactionId: payment!.id,
		}));
		expect(jsonOf(done)).toEqual(
			expected.map(({ uuid, transactionId }) => ({
				success: true,
				orderId: uuid,
				transactionId: String(transactionId),
				status: 'initiated',
				alreadyRefunded: false,
				message: expect.stringContaining('has begun'),
			})),
		);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
		expect(seller().shop.refunds).toEqual(expected);
		expect(seller().shop.requests.map(({ method, path, body }) => [method, path, body])).toEqual(
			expected.flatMap(({ uuid, transactionId }) => [
				['GET', `/tribute/api/v1/shop/orders/${uuid}/transactions`, undefined],
				['POST', `/tribute/api/v1/shop/orders/${uuid}/transactions/${transactionId}/refund`, undefined],
			]),
		);
	});

	it('finds the payment among other transactions, on any page', async () => {
		seller().shop.pageSize = 2;
		const order = seller().shop.add({ status: 'paid' });
		order.transactions.length = 0;
		for (let count = 0; count < 5; count++) seller().shop.pay(order, { type: 'shop_order_fee' });
		const payment = seller().shop.pay(order);
		expect(jsonOf(await run([order.uuid]))).toMatchObject([{ transactionId: String(payment.id) }]);
		expect(
			seller()
				.shop.asked('order.getTransactions')
				.map(({ query }) => query),
		).toEqual([{}, { startFrom: '2' }, { startFrom: '4' }]);
	});

	it('takes a payment that is refunded already for done, and asks for nothing', async () => {
		const order = paid();
		order.transactions[0]!.isRefunded = true;
		expect(jsonOf(await run([order.uuid]))).toMatchObject([
			{ success: true, alreadyRefunded: true, message: expect.stringContaining('Nothing was refunded now') },
		]);
		expect(asked()).toEqual([]);
	});

	it('takes a repeat that Tribute calls refunded already for that refund', async () => {
		const order = paid();
		const body = { error: 'error_already_refunded', message: 'already refunded' };
		seller().shop.inject('order.refund', { type: 'answer', status: 400, body });
		expect(jsonOf(await run([order.uuid]))).toMatchObject([{ success: true, alreadyRefunded: true }]);
	});

	it('gives nothing back twice over executions', async () => {
		const { uuid } = paid();
		for (let execution = 0; execution < 3; execution++) await run([uuid]);
		expect(seller().shop.refunds).toHaveLength(1);
		expect(asked()).toHaveLength(1);
	});
});

describe('what is not one unambiguous payment', () => {
	it('is no payment', async () => {
		const { uuid } = seller().shop.add();
		expect(said(await run([uuid]))).toMatchObject(refused(/has no payment to refund \(no transaction\)/));
	});

	it('is several payments, whichever of them was refunded', async () => {
		const order = paid(2);
		const [one, other] = order.transactions.map(({ id }) => id);
		expect(said(await run([order.uuid]))).toMatchObject(
			refused(new RegExp(`2 payments.*shop_order_sell ${one}; shop_order_sell ${other}`)),
		);
		order.transactions[0]!.isRefunded = true;
		expect(said(await run([order.uuid]))).toMatchObject(
			refused(new RegExp(`2 payments.*${one}, refunded; shop_order_sell ${other}`)),
		);
	});

	it('is a payment that Tribute says cannot be refunded', async () => {
		const order = paid();
		order.transactions[0]!.isRefundable = false;
		expect(said(await run([order.uuid]))).toMatchObject(refused(/cannot be refunded/));
	});

	it.each(['shop_order_refund', 'CHARGEBACK', 'dispute_opened'])('stands beside %s', async (type) => {
		const order = paid();
		seller().shop.pay(order, { type });
		expect(said(await run([order.uuid]))).toMatchObject(refused(new RegExp(`refunded already.*${type}`)));
	});

	it('is of another type', async () => {
		const order = seller().shop.add({ status: 'paid' }, 0);
		seller().shop.pay(order, { type: 'subscription_sell' });
		expect(said(await run([order.uuid]))).toMatchObject(refused(/no payment.*subscription_sell/));
	});

	it('is a list that does not end', async () => {
		const page = (id: number) => [{ id, type: 'shop_order_fee' }];
		for (let id = 1; id <= 30; id++) transactions(page(id), String(id));
		expect(said(await run([paid().uuid]))).toMatchObject(refused(/cannot be read to the end/));
		expect(seller().shop.asked('order.getTransactions')).toHaveLength(20);
	});

	it('is a page that comes again and again', async () => {
		for (let count = 0; count < 5; count++) transactions([{ id: 1, type: 'shop_order_sell' }], '1');
		expect(said(await run([paid().uuid]))).toMatchObject(refused(/cannot be read to the end/));
	});

	it.each([
		['a flag that cannot be read', [{ id: 1, type: 'shop_order_sell', isRefunded: 'yes' }]],
		['a type that cannot be read', [{ id: 1, type: 7 }]],
		['a payment without an ID', [{ type: 'shop_order_sell' }]],
		['no list', undefined],
		['something else', 'none'],
	])('is %s', async (_, rows) => {
		transactions(rows);
		expect(said(await run([paid().uuid]))).toMatchObject({
			message: expect.stringContaining('cannot be used'),
			data: data(null),
		});
	});

	it('is a list that cannot be read', async () => {
		const body = { error: 'error_internal', message: 'x' };
		seller().shop.inject('order.getTransactions', { type: 'answer', status: 500, body }, { times: -1 });
		expect(said(await run([paid().uuid]))).toMatchObject({ data: data('error_internal') });
	}, 60_000);

	afterEach(() => {
		expect(asked()).toEqual([]);
		expect(seller().shop.refunds).toEqual([]);
	});
});

describe('the payment alone counts', () => {
	it.each([
		['an empty last page with a cursor', [{ id: 1, type: 'shop_order_sell' }], '1'],
		['flags that are missing', [{ id: 1, type: 'shop_order_sell' }], null],
		['a cursor that is a number', [{ id: '1', type: 'shop_order_sell' }], 1],
	])('with %s', async (_, rows, nextFrom) => {
		transactions(rows, nextFrom);
		transactions([], '1');
		const body = { success: true, status: 'initiated' };
		seller().shop.inject('order.refund', { type: 'answer', body });
		expect(jsonOf(await run(['u']))).toMatchObject([{ success: true, transactionId: '1' }]);
	});
});

describe('refusals', () => {
	it.each([
		[400, 'error_order_not_paid', /order is not paid/],
		[400, 'error_not_refundable', /cannot be refunded/],
		[400, 'error_transaction_mismatch', /request was refused/],
		[401, 'error_unauthorized', /API key was not accepted/],
		[403, 'no_access', /belongs to somebody else/],
		[404, 'error_not_found', /no such order/],
		[429, 'error_too_many_requests', /too many requests/],
	])('%i %s, asked once', async (status, code, words) => {
		const body = { error: code, message: 'in their words' };
		seller().shop.inject('order.refund', { type: 'answer', status, body }, { times: -1 });
		expect(said(await run([paid().uuid]))).toMatchObject({
			message: expect.stringMatching(words),
			httpCode: String(status),
			data: data(code),
		});
		expect(asked()).toHaveLength(1);
	});

	it('takes success:false for one', async () => {
		const body = { success: false, message: 'window is over' };
		seller().shop.inject('order.refund', { type: 'answer', body });
		expect(said(await run([paid().uuid]))).toMatchObject({
			message: 'Tribute: it was not done (window is over)',
			data: data(null),
		});
	});
});

const lost: Array<[string, Effect, string | null]> = [
	['a dropped connection', { type: 'drop', phase: 'after' }, null],
	['no answer', { type: 'hang', phase: 'after' }, null],
	['a late answer', { type: 'late', ms: 2_000, phase: 'after' }, null],
	[
		'HTTP 500',
		{ type: 'instead', status: 500, body: { error: 'error_refund_failed' }, phase: 'after' },
		'error_refund_failed',
	],
	['HTTP 502', { type: 'instead', status: 502, body: '<html>', phase: 'after' }, null],
	['a page', { type: 'instead', body: '<html>', phase: 'after' }, null],
	['nothing', { type: 'instead', body: '', phase: 'after' }, null],
	['something else', { type: 'instead', body: { message: 'accepted' }, phase: 'after' }, null],
];

describe('an answer that is lost', () => {
	it.each(lost)('(%s): the transaction says that it is refunded', async (_, effect) => {
		seller().shop.inject('order.refund', effect, { times: -1 });
		const done = await run([paid().uuid], { options: { requestTimeout: 1 } }, retrying);
		expect(jsonOf(done)).toMatchObject([{ success: true, status: null, alreadyRefunded: false }]);
		expect(seller().shop.refunds).toHaveLength(1);
		expect(asked()).toHaveLength(1);
	});

	it.each(lost)('(%s): unknown where it does not, and never asked again', async (_, effect, code) => {
		seller().shop.inject('order.refund', { ...effect, phase: 'before' } as Effect, { times: -1 });
		const order = paid();
		const done = await run([order.uuid], { options: { requestTimeout: 1 } }, retrying);
		expect(said(done)).toMatchObject({
			message: expect.stringMatching(/outcome of this purchase is unknown.*Creator Dashboard/),
			description: expect.stringContaining(`transaction ${order.transactions[0]!.id}`),
			data: data(code, 'unknown'),
		});
		expect(asked()).toHaveLength(1);
	});
});

describe('what n8n repeats', () => {
	it('gives nothing back twice over the tries of Retry On Fail', async () => {
		const orders = [paid(), paid(), paid()];
		seller().shop.inject('order.refund', { type: 'answer', status: 429, body: {} }, { skip: 1 });
		const done = await run(
			orders.map(({ uuid }) => uuid),
			{},
			retrying,
		);
		expect(jsonOf(done)).toHaveLength(3);
		expect(seller().shop.refunds.map(({ uuid }) => uuid)).toEqual(orders.map(({ uuid }) => uuid));
		expect(asked()).toHaveLength(4);
	});

	it('names what was refunded before a failure', async () => {
		const [good, bad] = [paid(), seller().shop.add()];
		const done = await run([good.uuid, bad.uuid]);
		expect(done.error?.context).toMatchObject({
			itemIndex: 1,
			data: { placed: [{ item: 0, orderId: good.uuid, key: null }] },
		});
	});

	it.each(['continueRegularOutput', 'continueErrorOutput'] as const)('goes on with %s', async (onError) => {
		const orders = [paid(), paid(2), paid()];
		const done = await run(
			orders.map(({ uuid }) => uuid),
			{},
			{ onError },
		);
		const errors = onError === 'continueErrorOutput' ? jsonOf(done, 'Node', 1) : [jsonOf(done)[1]];
		expect(errors).toEqual([
			expect.objectContaining({
				error: expect.stringContaining('2 payments'),
				details: expect.objectContaining(data('NOT_REFUNDABLE')),
			}),
		]);
		expect(seller().shop.refunds.map(({ uuid }) => uuid)).toEqual([orders[0]!.uuid, orders[2]!.uuid]);
	});

	it('is checked for all items before the first is refunded', async () => {
		const { uuid } = paid();
		expect((await run([uuid, '../x'])).error?.context).toMatchObject({ itemIndex: 1 });
		expect(seller().shop.requests).toEqual([]);
	});
});

describe('hostile input', () => {
	it.each(hostileIds.map(titled))('ID %s is refused before anything is sent', async (_, id) => {
		const done = await run([id]);
		expect(said(done)).toMatchObject({
			message: expect.stringMatching(/^Order ID: /),
			data: data('INVALID_PARAMETER'),
		});
		expect(done.error!.message.length).toBeLessThan(200);
		expect(seller().shop.requests).toEqual([]);
	});

	it('of Tribute cannot lead the request elsewhere', async () => {
		transactions([{ id: '../../../products/purchases/1/cancel?', type: 'shop_order_sell' }]);
		const done = await run(['u']);
		expect(done.error).toBeDefined();
		expect(seller().shop.requests.map(({ path }) => path)).not.toContainEqual(
			expect.stringContaining('/products/purchases/1/cancel'),
		);
	});
});

describe("as an AI agent's tool", () => {
	const tool = { ...refund, orderId: "={{ $fromAI('id', '', 'string') }}" };

	it('refunds nothing unless a person allowed it', async () => {
		const { uuid } = paid();
		expect(JSON.stringify(await seller().ask(tool, { id: uuid }))).toContain('may not move money');
		expect(seller().shop.requests).toEqual([]);
	});

	it('refunds once for equal calls in one message', async () => {
		const { uuid } = paid();
		await seller().ask({ ...tool, allowAgentPurchases: true }, { id: uuid }, 3);
		expect(seller().shop.refunds).toHaveLength(1);
		expect(asked()).toHaveLength(1);
	});
});
