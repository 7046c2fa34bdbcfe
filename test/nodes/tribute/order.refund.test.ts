import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import type { Fault } from '../../support/sandboxFaults';
import { errorOf, jsonOf } from '../../support/harness';
import { toolModes } from '../../support/workflows';
import { links, titled } from '../support/providerNode';
import { NO_IDS, retrying, useTributeShop } from '../support/tributeShop';

const shop = useTributeShop();
const { details } = shop;

const refund: INodeParameters = { resource: 'order', operation: 'refund', orderId: '={{ $json.id }}' };
const run = async (ids: unknown[], parameters: INodeParameters = {}, more?: Partial<INode>) =>
	await shop.run(
		{ ...refund, ...parameters },
		ids.map((id) => ({ id }) as IDataObject),
		more,
	);
const paid = async (payments = 1) => (await shop.addPaidOrder(payments)).uuid;
const asked = async () => await shop.requests('order.refund');
const refunded = async () => (await shop.refunds()).map(({ orderId }) => orderId);
/** What Tribute answers when it is asked for transactions. */
const transactions = async (rows: unknown, nextFrom: unknown = '') =>
	await shop.answerWith('order.getTransactions', { transactions: rows, nextFrom });
const sell = { id: 1, type: 'shop_order_sell', isRefunded: false, isRefundable: true };

/** Refused for what was seen, before anything was asked for. */
const refusedFor = (words: RegExp) => ({
	message: expect.stringMatching(words),
	description: expect.stringContaining('Nothing was refunded'),
	data: details('NOT_REFUNDABLE'),
});

describe('order: refund', () => {
	it('gives the one payment of each order back, after reading it', async () => {
		const uuids = [await paid(), await paid(), await paid()];
		const payments = await Promise.all(uuids.map(async (uuid) => (await shop.transactionsOf(uuid))[0]!.id));
		const done = await run(uuids);
		expect(jsonOf(done)).toEqual(
			uuids.map((orderId, index) => ({
				success: true,
				orderId,
				transactionId: String(payments[index]),
				status: 'initiated',
				alreadyRefunded: false,
				message: expect.stringContaining('has begun'),
			})),
		);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
		expect(await refunded()).toEqual(uuids);
		expect(await shop.refunds()).toMatchObject([{ amount: 1000, currency: 'RUB' }, {}, {}]);
		expect((await shop.requests()).map(({ method, path, body }) => [method, path, body])).toEqual(
			uuids.flatMap((uuid, index) => [
				['GET', `/tribute/api/v1/shop/orders/${uuid}/transactions`, ''],
				['POST', `/tribute/api/v1/shop/orders/${uuid}/transactions/${payments[index]}/refund`, ''],
			]),
		);
	});

	it('finds the payment among other transactions, on any page', async () => {
		const uuid = await paid();
		const [payment] = await shop.transactionsOf(uuid);
		await transactions([{ id: 7, type: 'shop_order_fee' }], '20');
		await transactions([{ id: 8, type: null }], 40);
		await transactions([payment]);
		expect(jsonOf(await run([uuid]))).toMatchObject([{ transactionId: String(payment!.id) }]);
		expect((await shop.requests('order.getTransactions')).map(({ query }) => query)).toEqual([
			{},
			{ startFrom: '20' },
			{ startFrom: '40' },
		]);
	});

	it('takes a payment that is refunded already for done, and asks for nothing', async () => {
		await shop.useAccount({ refundMs: 0 });
		const uuid = await paid();
		await run([uuid]);
		for (let execution = 0; execution < 3; execution++)
			expect(jsonOf(await run([uuid]))).toMatchObject([
				{
					success: true,
					alreadyRefunded: true,
					message: expect.stringContaining('Nothing was refunded now'),
				},
			]);
		expect(await refunded()).toEqual([uuid]);
		expect(await asked()).toHaveLength(1);
	});

	it('takes a repeat that Tribute calls refunded already for that refund', async () => {
		await shop.injectFault('order.refund', { type: 'refuse', code: 'error_already_refunded' });
		expect(jsonOf(await run([await paid()]))).toMatchObject([{ success: true, alreadyRefunded: true }]);
	});

	it('asks for none while one is under way', async () => {
		await shop.useAccount({ refundMs: null });
		const uuid = await paid();
		await run([uuid]);
		expect(errorOf(await run([uuid]))).toMatchObject(refusedFor(/may be under way/));
		expect(await asked()).toHaveLength(1);
	});

	it.each([
		['an empty last page with a cursor', [sell], '1'],
		['flags that are missing', [{ id: 1, type: 'shop_order_sell' }], null],
		['a cursor that is a number', [{ ...sell, id: '1' }], 1],
	])('takes %s', async (_, rows, nextFrom) => {
		await transactions(rows, nextFrom);
		await transactions([], '1');
		await shop.answerWith('order.refund', { success: true, status: 'initiated' });
		expect(jsonOf(await run(['u']))).toMatchObject([{ success: true, transactionId: '1' }]);
	});
});

describe('what is not one unambiguous payment', () => {
	it('is no payment', async () => {
		const { uuid } = await shop.addOrder();
		expect(errorOf(await run([uuid]))).toMatchObject(
			refusedFor(/has no payment to refund \(no transaction\)/),
		);
	});

	it('is several payments, whichever of them was refunded', async () => {
		const uuid = await paid(2);
		const [one, other] = (await shop.transactionsOf(uuid)).map(({ id }) => id);
		expect(errorOf(await run([uuid]))).toMatchObject(
			refusedFor(new RegExp(`2 payments.*shop_order_sell ${one}; shop_order_sell ${other}`)),
		);
		await transactions([
			{ ...sell, isRefunded: true },
			{ ...sell, id: 2 },
		]);
		expect(errorOf(await run([uuid]))).toMatchObject(
			refusedFor(/2 payments.*shop_order_sell 1, refunded; shop_order_sell 2/),
		);
	});

	it('is a payment that Tribute says cannot be refunded', async () => {
		await transactions([{ ...sell, isRefundable: false }]);
		expect(errorOf(await run(['u']))).toMatchObject(refusedFor(/shop_order_sell 1/));
	});

	it.each(['shop_order_refund', 'CHARGEBACK', 'dispute_opened'])('stands beside %s', async (type) => {
		await transactions([sell, { id: 2, type }]);
		expect(errorOf(await run(['u']))).toMatchObject(refusedFor(new RegExp(`refunded already.*${type}`)));
	});

	it('is of another type', async () => {
		await transactions([{ ...sell, type: 'subscription_sell' }]);
		expect(errorOf(await run(['u']))).toMatchObject(refusedFor(/no payment.*subscription_sell/));
	});

	it('is in a list that does not end', async () => {
		for (let id = 1; id <= 30; id++) await transactions([{ id, type: 'shop_order_fee' }], String(id));
		expect(errorOf(await run(['u']))).toMatchObject(refusedFor(/cannot be read to the end/));
		expect(await shop.requests('order.getTransactions')).toHaveLength(20);
	});

	it('is on a page that comes again and again', async () => {
		for (let count = 0; count < 5; count++) await transactions([sell], '1');
		expect(errorOf(await run(['u']))).toMatchObject(refusedFor(/cannot be read to the end/));
	});

	it.each([
		['a flag that cannot be read', [{ ...sell, isRefunded: 'yes' }]],
		['a type that cannot be read', [{ ...sell, type: 7 }]],
		['a payment without an ID', [{ type: 'shop_order_sell' }]],
		['no list', undefined],
		['something else', 'none'],
	])('is %s', async (_, rows) => {
		await transactions(rows);
		expect(errorOf(await run(['u']))).toMatchObject({
			message: expect.stringContaining('cannot be used'),
			data: details(null),
		});
	});

	it('is a list that cannot be read', async () => {
		await shop.injectFault('order.getTransactions', { type: 'error', status: 500 }, { times: -1 });
		expect(errorOf(await run(['u']))).toMatchObject({ data: details('error_internal') });
	}, 60_000);

	afterEach(async () => {
		expect(await asked()).toEqual([]);
		expect(await shop.refunds()).toEqual([]);
	});
});

describe('refusals', () => {
	it.each([
		['error_order_not_paid', 400, /order is not paid/],
		['error_not_refundable', 400, /cannot be refunded/],
		['error_transaction_mismatch', 400, /request was refused/],
		['error_unauthorized', 401, /API key was not accepted/],
		['no_access', 403, /belongs to somebody else/],
		['error_not_found', 404, /no such order/],
		['error_too_many_requests', 429, /too many requests/],
	])('%s (%i), asked once', async (code, status, words) => {
		await shop.injectFault('order.refund', { type: 'refuse', code }, { times: -1 });
		expect(errorOf(await run([await paid()]))).toMatchObject({
			message: expect.stringMatching(words),
			httpCode: String(status),
			data: details(code),
		});
		expect(await asked()).toHaveLength(1);
	});

	it('takes success:false for one', async () => {
		await shop.answerWith('order.refund', { success: false, message: 'window is over' });
		expect(errorOf(await run([await paid()]))).toMatchObject({
			message: 'Tribute: it was not done (window is over)',
			data: details(null),
		});
	});
});

const lost: Array<[string, Fault, string | null]> = [
	['a dropped connection', { type: 'drop', phase: 'after' }, null],
	['no answer', { type: 'hang', phase: 'after' }, null],
	['a late answer', { type: 'latency', ms: 2_000, phase: 'after' }, null],
	['HTTP 500', { type: 'error', status: 500, phase: 'after' }, 'error_internal'],
	['HTTP 502', { type: 'error', status: 502, phase: 'after' }, null],
	['a page', { type: 'unreadable', kind: 'html' }, null],
	['half an answer', { type: 'unreadable', kind: 'truncated' }, null],
	['nothing', { type: 'unreadable', kind: 'empty' }, null],
	['something else', { type: 'unreadable', kind: 'wrongShape' }, null],
];

describe('an answer that is lost', () => {
	it.each(lost)('(%s): the transaction says that it is refunded', async (_, fault) => {
		await shop.useAccount({ refundMs: 0 });
		await shop.injectFault('order.refund', fault, { times: -1 });
		const done = await run([await paid()], { options: { requestTimeout: 1 } }, retrying);
		expect(jsonOf(done)).toMatchObject([{ success: true, status: null, alreadyRefunded: false }]);
		expect(await shop.refunds()).toHaveLength(1);
		expect(await asked()).toHaveLength(1);
	});

	it.each(lost)(
		'(%s): unknown where it does not say so, and never asked for again',
		async (_, fault, code) => {
			await shop.useAccount({ refundMs: null });
			await shop.injectFault('order.refund', fault, { times: -1 });
			const uuid = await paid();
			const [payment] = await shop.transactionsOf(uuid);
			const done = await run([uuid], { options: { requestTimeout: 1 } }, retrying);
			expect(errorOf(done)).toMatchObject({
				message: expect.stringMatching(/outcome of this purchase is unknown.*Creator Dashboard/),
				description: expect.stringContaining(`transaction ${payment!.id}`),
				data: details(code, 'unknown'),
			});
			expect(await shop.refunds()).toHaveLength(1);
			expect(await asked()).toHaveLength(1);
		},
	);

	it('is unknown too when the request never arrived', async () => {
		await shop.injectFault('order.refund', { type: 'drop' }, { times: -1 });
		expect(errorOf(await run([await paid()], {}, retrying)).data).toEqual(details(null, 'unknown'));
		expect(await asked()).toHaveLength(1);
	});
});

describe('what n8n repeats', () => {
	it('gives nothing back twice over the tries of Retry On Fail', async () => {
		const uuids = [await paid(), await paid(), await paid()];
		await shop.injectFault('order.refund', { type: 'refuse', code: 'error_too_many_requests' }, { skip: 1 });
		expect(jsonOf(await run(uuids, {}, retrying))).toHaveLength(3);
		expect(await refunded()).toEqual(uuids);
		expect(await asked()).toHaveLength(4);
	});

	it('names what was refunded before a failure', async () => {
		const good = await paid();
		const bad = await shop.addOrder();
		const done = await run([good, bad.uuid]);
		expect(done.error?.context).toMatchObject({
			itemIndex: 1,
			data: { placed: [{ item: 0, orderId: good, key: null }] },
		});
	});

	it.each(['continueRegularOutput', 'continueErrorOutput'] as const)('goes on with %s', async (onError) => {
		const uuids = [await paid(), await paid(2), await paid()];
		const done = await run(uuids, {}, { onError });
		const errors = onError === 'continueErrorOutput' ? jsonOf(done, 'Node', 1) : [jsonOf(done)[1]];
		expect(errors).toMatchObject([
			{ error: expect.stringContaining('2 payments'), details: details('NOT_REFUNDABLE') },
		]);
		expect(await refunded()).toEqual([uuids[0], uuids[2]]);
	});

	it('is checked for all items before the first is refunded', async () => {
		expect((await run([await paid(), '../x'])).error?.context).toMatchObject({ itemIndex: 1 });
		expect(await shop.requests()).toEqual([]);
	});
});

describe('hostile input', () => {
	it.each(NO_IDS.map(titled))('refuses the ID %s before anything is sent', async (_, id) => {
		const error = errorOf(await run([id]));
		expect(error).toMatchObject({
			message: expect.stringMatching(/^Order ID: /),
			data: details('INVALID_PARAMETER'),
		});
		expect(error.message.length).toBeLessThan(200);
		expect(await shop.requests()).toEqual([]);
	});

	it("in Tribute's answer leads no request elsewhere", async () => {
		await transactions([{ ...sell, id: '../../../../products/purchases/12345/cancel?' }]);
		expect((await run(['u'])).error).toBeDefined();
		expect(await shop.requests('purchase.cancel')).toEqual([]);
		expect(await shop.refunds()).toEqual([]);
	});
});

describe.each(toolModes)("as an AI agent's tool (%s)", (mode) => {
	const tool = { ...refund, orderId: "={{ $fromAI('id', '', 'string') }}" };

	it('refunds nothing unless a person allowed it', async () => {
		const answers = await shop.callAsTool(tool, { id: await paid() }, 1, mode);
		expect(JSON.stringify(answers)).toContain('may not move money');
		expect(await shop.requests()).toEqual([]);
	});

	it('refunds once for equal calls in one message', async () => {
		const allowed = { ...tool, allowAgentPurchases: true };
		const answers = await shop.callAsTool(allowed, { id: await paid() }, 3, mode);
		expect(answers).toHaveLength(3);
		expect(await shop.refunds()).toHaveLength(1);
		expect(await asked()).toHaveLength(1);
	});

	it('says that the outcome is unknown, and asks for nothing more', async () => {
		await shop.injectFault('order.refund', { type: 'drop', phase: 'after' }, { times: -1 });
		const allowed = { ...tool, allowAgentPurchases: true };
		const answers = await shop.callAsTool(allowed, { id: await paid() }, 2, mode);
		expect(JSON.stringify(answers)).toContain('outcome of this purchase is unknown');
		expect(await asked()).toHaveLength(1);
	});
});
