import { TgMarket } from '../../../nodes/TgMarket/TgMarket.node';
import type { INodeParameters } from 'n8n-workflow';
import { jsonOf } from '../../support/harness';
import { ordered, premium, someId, stars, useTgMarket } from '../support/tgMarket';
import { links } from '../support/providerNode';

const { harness, buy, injectFault, answerWith, charges, requests, callAsTool } = useTgMarket();

describe('order: create', () => {
	const COMPLETES_SOON = [
		{ afterMs: 0, status: 'pending' },
		{ afterMs: 300, status: 'processing' },
		{ afterMs: 1_000, status: 'completed' },
	];

	it('orders Stars for each item, once, and links the items', async () => {
		const done = await buy(stars, ['target', '@second', 'https://t.me/third']);
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual([
			ordered,
			{ ...ordered, recipient: 'second' },
			{ ...ordered, recipient: 'third' },
		]);
		expect(new Set(jsonOf(done).map(({ orderId }) => orderId)).size).toBe(3);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
		expect(await charges()).toEqual(
			['target', 'second', 'third'].map((recipient) =>
				expect.objectContaining({ recipient, productId: 'stars', quantity: 100, amount: 1.2 }),
			),
		);
	});

	it('sends the documented request, and never asks the provider to wait', async () => {
		await buy({ ...stars, options: { waitForCompletion: true, waitTimeout: 0 } });
		await buy(premium);
		const sent = (await requests()).map(({ method, path, body }) => [method, path, JSON.parse(body)]);
		expect(sent).toEqual([
			['POST', '/tg-market/api/v2/stars', { username: 'target', amount: 100 }],
			['POST', '/tg-market/api/v2/premium', { username: 'target', duration: 3 }],
		]);
	});

	it.each([
		[3, 12],
		[6, 16],
		[12, 29],
	])('orders Premium for %i months', async (duration, price) => {
		const [order] = jsonOf(await buy({ ...premium, duration }));
		expect(order).toMatchObject({
			state: 'pending',
			productId: `premium_${duration}`,
			recipient: 'target',
			price,
			message: null,
			orderType: 'premium',
		});
	});

	it('reads every way of writing an account', async () => {
		const ways = [
			'target',
			'@target',
			' @target ',
			't.me/target',
			'https://t.me/target/',
			'http://www.t.me/target?start=1',
			'https://telegram.me/target#x',
			'HTTPS://T.ME/target',
		];
		expect(jsonOf(await buy(stars, ways)).map(({ recipient }) => recipient)).toEqual(
			ways.map(() => 'target'),
		);
	});

	it('gives the untouched answer without Simplify', async () => {
		expect(jsonOf(await buy({ ...stars, simplify: false }))).toEqual([
			{
				ok: true,
				order_id: expect.any(Number),
				username: 'target',
				amount: 100,
				price_usd: 1.2,
				status: 'pending',
				message: 'Order queued...',
			},
		]);
	});

	it('takes the documented samples', async () => {
		await answerWith('order.create', {
			ok: true,
			order_id: 42,
			username: 'target',
			amount: 100,
			price_usd: 1.2,
			status: 'pending',
			message: 'Order queued...',
		});
		expect(jsonOf(await buy())).toEqual([ordered]);
		await answerWith('order.create', {
			ok: true,
			order_id: 42,
			status: 'completed',
			provider_order_id: 'abc123',
			error_message: null,
		});
		expect(jsonOf(await buy())).toEqual([
			{ ...ordered, state: 'completed', status: 'completed', price: null, message: null },
		]);
		await answerWith('order.create', {
			ok: true,
			order_id: 15,
			username: 'target',
			duration_months: 3,
			price_usd: 12.0,
			status: 'pending',
		});
		expect(jsonOf(await buy(premium))).toEqual([
			{
				...ordered,
				orderId: '15',
				productId: 'premium_3',
				price: 12,
				message: null,
				orderType: 'premium',
			},
		]);
	});

	it('takes an order that failed at once as an order, not as a refusal', async () => {
		const failed = { order_id: 42, status: 'failed', error_message: 'User not found in Telegram' };
		for (const ok of [true, false]) {
			await answerWith('order.create', { ok, ...failed });
			const done = await buy();
			expect(done.error).toBeUndefined();
			expect(jsonOf(done)[0]).toMatchObject({
				orderId: '42',
				state: 'failed',
				status: 'failed',
				message: 'User not found in Telegram',
			});
		}
	});

	it('waits until the order is final', async () => {
		await harness.sandbox.client.changeSettings({
			timelines: { tgMarket: COMPLETES_SOON },
		});
		const done = await buy({ ...premium, options: { waitForCompletion: true, waitTimeout: 20 } }, [
			'first',
			'second',
		]);
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({
				orderId: expect.any(String),
				state: 'completed',
				recipient: 'first',
				price: 12,
				productId: 'premium_3',
				orderType: 'premium',
				orderOnceKey: null,
			}),
			expect.objectContaining({ state: 'completed', recipient: 'second' }),
		]);
		expect(await charges()).toHaveLength(2);
	});

	it('gives the order in its present state when the time is over', async () => {
		await harness.sandbox.client.changeSettings({
			timelines: { tgMarket: [{ afterMs: 0, status: 'pending' }] },
		});
		const start = Date.now();
		const done = await buy({ ...stars, options: { waitForCompletion: true, waitTimeout: 1 } });
		expect(Date.now() - start).toBeGreaterThan(900);
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)[0]).toMatchObject({ state: 'pending', status: 'pending', price: 1.2 });
	});

	it('goes on waiting when a look-up fails', async () => {
		await harness.sandbox.client.changeSettings({ timelines: { tgMarket: COMPLETES_SOON } });
		await injectFault('order.get', { type: 'error', status: 502 });
		const done = await buy({ ...stars, options: { waitForCompletion: true, waitTimeout: 20 } });
		expect(jsonOf(done)[0]).toMatchObject({ state: 'completed', orderId: someId });
	});

	it('keeps to 10 requests a second', async () => {
		const to = Array.from({ length: 25 }, (_, index) => `account_${index}`);
		const done = await buy(stars, to);
		expect(jsonOf(done)).toHaveLength(25);
		const { counters } = await harness.sandbox.client.requests({ provider: 'tgMarket' });
		expect(counters['tgMarket/order.create']!.statuses).toEqual({ 200: 25 });
	});

	it('offers a key to order once and no ceiling, since no price is known before', () => {
		const { properties } = new TgMarket().description;
		const options = properties.find(
			({ name, displayOptions }) => name === 'options' && displayOptions?.show?.operation?.includes('create'),
		)?.options;
		const names = options?.map(({ name }) => name);
		expect(names).toEqual(expect.arrayContaining(['orderOnceKey', 'waitForCompletion', 'waitTimeout']));
		expect(names).not.toContain('maxPrice');
	});
});

describe("as an AI agent's tool", () => {
	const ask = async (parameters: INodeParameters) =>
		await callAsTool(
			{ ...stars, username: "={{ $fromAI('to', '', 'string') }}", ...parameters },
			{ to: 'target' },
		);

	it('buys nothing unless a person allowed it', async () => {
		await ask({});
		expect(await requests()).toEqual([]);
	});

	it('buys when it may, without a ceiling, since none can be kept', async () => {
		await ask({ allowAgentPurchases: true });
		expect(await charges()).toHaveLength(1);
	});
});
