import { provider } from '../../../nodes/TgMarket/provider';
import { errorOf, jsonOf } from '../../support/harness';
import type { Fault } from '../../support/sandboxFaults';
import { getOrder, ordered, premium, useTgMarket } from '../support/tgMarket';
import { links } from '../support/providerNode';

const { harness, run, buy, injectFault, answerWith, requests, details } = useTgMarket();

describe('order: get', () => {
	/** An order of each type. */
	let id: string;
	let premiumId: string;
	beforeEach(async () => {
		id = jsonOf(await buy())[0]!.orderId as string;
		premiumId = jsonOf(await buy(premium))[0]!.orderId as string;
	});

	it('gives the order and its state', async () => {
		await harness.sandbox.client.changeOrder({
			provider: 'tgMarket',
			orderType: 'premium',
			orderId: premiumId,
			status: 'completed',
		});
		const done = await run({ ...getOrder, orderType: '={{ $json.type }}' }, [
			{ type: 'premium', id: premiumId },
			{ type: 'stars', id: Number(id) },
		]);
		expect(jsonOf(done)).toEqual([
			{
				provider: 'tgMarket',
				orderId: premiumId,
				state: 'completed',
				status: 'completed',
				productId: 'premium_3',
				recipient: 'target',
				price: 12,
				currency: 'USD',
				codes: [],
				message: null,
				orderType: 'premium',
			},
			expect.objectContaining({ orderId: id, productId: 'stars', price: 1.2, orderType: 'stars' }),
		]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }]);
	});

	it('never searches the orders of the other type', async () => {
		expect(id).not.toBe(premiumId);
		const done = await run({ ...getOrder, orderType: 'premium' }, [{ id }]);
		expect(errorOf(done)).toEqual({
			message: 'TG Market: there is no such order (order_not_found)',
			description: expect.stringContaining('Stars and Premium orders are numbered apart'),
			httpCode: '404',
			data: details('order_not_found'),
		});
		const lookUps = (await requests()).filter(({ operation }) => operation === 'order.get');
		expect(lookUps.map(({ path }) => path)).toEqual([`/tg-market/api/v2/premium_order/${id}`]);
	});

	it('gives the untouched answer without Simplify', async () => {
		const done = await run({ ...getOrder, simplify: false }, [{ id }]);
		expect(jsonOf(done)).toEqual([
			{
				ok: true,
				order_id: Number(id),
				username: 'target',
				amount: 100,
				price_usd: 1.2,
				status: expect.any(String),
				provider_order_id: null,
				error_message: null,
			},
		]);
	});

	it.each([
		['pending', 'pending'],
		['processing', 'processing'],
		['completed', 'completed'],
		['COMPLETED', 'completed'],
		['failed', 'failed'],
		['error', 'failed'],
		['cancelled', 'cancelled'],
		['refunded', 'refunded'],
		['on_hold', 'unknown'],
		['success', 'unknown'],
		['constructor', 'unknown'],
	])('reads %s as %s', async (status, state) => {
		await harness.sandbox.client.changeOrder({ provider: 'tgMarket', orderId: id, status });
		expect(jsonOf(await run(getOrder, [{ id }]))[0]).toMatchObject({ state, status });
	});

	it('says why an order failed', async () => {
		await harness.sandbox.client.changeOrder({ provider: 'tgMarket', orderId: id, status: 'failed' });
		expect(jsonOf(await run(getOrder, [{ id }]))[0]).toMatchObject({
			message: 'Delivery failed, funds returned',
		});
	});

	it('makes do with little, since the answer is not documented', async () => {
		const { orderOnceKey: _, ...shape } = ordered;
		const bare = { ...shape, orderId: id, recipient: null, price: null };
		for (const body of [
			{ status: 'completed' },
			{ ok: true, order: { status: 'completed' } },
			{ ok: true, data: { order_id: Number(id), status: 'completed' } },
		]) {
			await answerWith('order.get', body);
			expect(jsonOf(await run(getOrder, [{ id }]))[0]).toEqual({
				...bare,
				state: 'completed',
				status: 'completed',
				message: null,
			});
		}
		await answerWith('order.get', { ok: true, order_id: 15, duration: 6 });
		expect(jsonOf(await run({ ...getOrder, orderType: 'premium' }, [{ id: '15' }]))[0]).toMatchObject({
			state: 'unknown',
			status: null,
			productId: 'premium_6',
		});
	});

	it.each([
		['a page', { type: 'unreadable', kind: 'html', phase: 'before' }],
		['nothing', { type: 'unreadable', kind: 'empty', phase: 'before' }],
		['something else', { type: 'unreadable', kind: 'wrongShape', phase: 'before' }],
	] as Array<[string, Fault]>)('says so when the answer is %s', async (_, fault) => {
		await injectFault('order.get', fault);
		expect(errorOf(await run(getOrder, [{ id }]))).toMatchObject({
			message: expect.stringContaining('cannot be used'),
			description: expect.stringContaining('Base URL'),
			data: details(null),
		});
	});

	it('repeats the request after a temporary fault', async () => {
		await injectFault('order.get', { type: 'error', status: 503 });
		await injectFault('order.get', { type: 'drop' });
		expect(jsonOf(await run(getOrder, [{ id }]))[0]).toMatchObject({ orderId: id });
	});

	it('looks up many orders side by side, and keeps their order', async () => {
		await harness.sandbox.client.changeAccount({ provider: 'tgMarket', rate: null });
		const ids = Array.from({ length: 15 }, (_, index) => ({ id: index % 2 === 0 ? id : Number(id) }));
		const done = await run(getOrder, ids);
		expect(links(done)).toEqual(ids.map((_, item) => ({ item })));
	});

	it('refuses what a hand-written row may hold', async () => {
		for (const [orderType, orderId] of [
			['', '42'],
			['gifts', '42'],
			['stars', '..'],
			['stars', ''],
		] as const) {
			await expect(provider.orders!.get(undefined as never, { orderType, orderId })).rejects.toMatchObject({
				code: 'INVALID_PARAMETER',
				outcome: 'rejected',
			});
		}
	});
});
