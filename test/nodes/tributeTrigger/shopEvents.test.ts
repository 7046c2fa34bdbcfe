import { createHmac } from 'node:crypto';
import { replaysOf } from '../../../nodes/Tribute/replays';
import { PROCESS_STATE } from '../../../nodes/shared/processState';
import {
	eventBody,
	everything,
	expectNoExecution,
	purchase,
	useTributeTrigger,
} from '../support/tributeTrigger';

const { key, deliver, statuses, open, post } = useTributeTrigger();

describe('the order of an event', () => {
	it.each([
		['a shop order', 'shop_order', { uuid: 'u-1', status: 'paid' }, 'u-1'],
		['a renewal', 'shop_order_charge_success', { uuid: 'u-1' }, 'u-1'],
		['a refund', 'shop_order_refunded', { uuid: 'u-1', transactionId: 7, status: 'completed' }, 'u-1'],
		['a physical order', 'physical_order_shipped', { order_id: 5001, status: 'pending' }, '5001'],
		['a charge of a token', 'shop_token_charge_success', { chargeUuid: 'c-1' }, null],
		['a digital product', 'new_digital_product', { purchase_id: 1 }, null],
		['a payload that says 0', 'physical_order_created', { order_id: 0 }, null],
	])('%s', async (_, name, payload, orderId) => {
		const trigger = await open(everything);
		await post(trigger, eventBody(name, payload));
		expect(trigger.items).toMatchObject([{ event: name, orderId, payload }]);
	});

	it('is in every event that the provider sends of orders', async () => {
		const trigger = await open(everything);
		await deliver(trigger, { name: 'shop_order_prepaid', payload: { uuid: 'u-1' } });
		await deliver(trigger, { name: 'shop_order', payload: { uuid: 'u-1' } });
		await deliver(trigger, { name: 'physical_order_created', payload: { order_id: 5001 } });
		expect(trigger.items.map(({ orderId }) => orderId)).toEqual(['u-1', 'u-1', '5001']);
	});
});

describe('amounts', () => {
	it.each([
		['RUB', 100_050, 1000.5],
		['usd', 1234, 12.34],
		['jpy', 500, 500],
	])('of %s are decimals', async (currency, amount, money) => {
		const trigger = await open(everything);
		await post(trigger, eventBody('shop_order', { uuid: 'u', amount, currency }));
		expect(trigger.items).toMatchObject([{ amount: money, currency: currency.toUpperCase() }]);
	});
});

describe('a signature in base64', () => {
	const signed = (body: string, secret = key()) => createHmac('sha256', secret).update(body).digest('base64');

	it('is accepted, with or without a prefix', async () => {
		const trigger = await open();
		expect(await statuses(trigger, { name: 'new_digital_product', encoding: 'base64' })).toEqual([200]);
		const body = purchase(1);
		expect((await post(trigger, body, `sha256=${signed(body)}`)).status).toBe(200);
		expect(trigger.executions).toHaveLength(2);
	});

	it('counts for its own key and body alone, letter by letter', async () => {
		const trigger = await open();
		const body = purchase(1);
		const good = signed(body);
		const other = good.slice(0, 42);
		const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
		const lastLetters = [...digits].map((letter) => `${other}${letter}=`).filter((each) => each !== good);
		const forged = [
			signed(body, 'another key'),
			signed(purchase(2)),
			good.toLowerCase(),
			good.replace('=', ''),
			`${good}=`,
			Buffer.from(good).toString('base64'),
			// Letters that decode to the same bytes are another text.
			...lastLetters,
		];
		for (const signature of forged) expect((await post(trigger, body, signature)).status).toBe(401);
		expectNoExecution(trigger);
		expect((await post(trigger, body, good)).status).toBe(200);
	});
});

describe('events that repeat within one period', () => {
	const subscription = {
		subscription_id: 1,
		period_id: 2,
		trb_user_id: 'T-1',
		expires_at: '2026-12-01T00:00:00Z',
	};
	const at = (created_at: string) => ({ created_at });

	it('a subscription cancelled, resumed and cancelled once more gives three', async () => {
		const trigger = await open(everything);
		const bodies = [
			eventBody('cancelled_subscription', subscription, at('May 1')),
			eventBody('new_subscription', subscription, at('May 2')),
			eventBody('cancelled_subscription', subscription, at('May 3')),
		];
		for (const body of [...bodies, ...bodies, bodies[0]!])
			expect((await post(trigger, body)).status).toBe(200);
		expect(trigger.items.map(({ event, createdAt }) => [event, createdAt])).toEqual([
			['cancelled_subscription', 'May 1'],
			['new_subscription', 'May 2'],
			['cancelled_subscription', 'May 3'],
		]);
		expect(new Set(trigger.items.map(({ eventId }) => eventId)).size).toBe(3);
	});

	it.each([
		['shop_order_cancelled', { uuid: 'u', cancelReason: 'cancelled_by_seller', memberExpiresAt: 'June' }],
		['shop_order_payment_failed', { uuid: 'u', errorCode: 'insufficient_funds', memberExpiresAt: 'June' }],
		['shop_order_payment_received', { uuid: 'u', amount: 100 }],
		['shop_order_prepaid', { uuid: 'u', amount: 100, status: 'prepaid' }],
		['renewed_subscription', subscription],
	])('%s is one event each time it happens', async (name, payload) => {
		const trigger = await open(everything);
		for (const time of ['May 1', 'May 3', 'May 1', 'May 3']) {
			expect((await post(trigger, eventBody(name, payload, at(time)))).status).toBe(200);
		}
		expect(trigger.items.map(({ createdAt }) => createdAt)).toEqual(['May 1', 'May 3']);
	});

	it.each([
		['shop_order', { uuid: 'u', status: 'paid' }],
		['shop_order_refunded', { uuid: 'u', transactionId: 1, status: 'completed' }],
		['shop_order_charge_failed', { uuid: 'u', chargeRetries: 1, memberExpiresAt: 'June' }],
		['shop_token_charge_success', { chargeUuid: 'c' }],
		['physical_order_shipped', { order_id: 1, status: 'pending' }],
	])('%s happens once, whatever time it names', async (name, payload) => {
		const trigger = await open(everything);
		for (const time of ['May 1', 'May 3']) await post(trigger, eventBody(name, payload, at(time)));
		expect(trigger.items).toHaveLength(1);
	});
});

it('keeps no more triggers in memory than it says', () => {
	const first = replaysOf('bounded', 'first');
	expect(replaysOf('bounded', 'first')).toBe(first);
	for (let index = 0; index < PROCESS_STATE.webhooks; index++) replaysOf('bounded', `node ${index}`);
	expect(replaysOf('bounded', 'first')).not.toBe(first);
});
