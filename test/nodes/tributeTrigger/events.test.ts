import { connect } from 'node:net';
import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';
import { TributeTrigger } from '../../../nodes/Tribute/TributeTrigger.node';
import { tributeEventNames } from '../../../sandbox/catalogs/tributeEvents';
import { runs } from '../../support/full';
import {
	eventBody,
	everything,
	expectNoExecution,
	purchase,
	useTributeTrigger,
} from '../support/tributeTrigger';

const { sign, deliver, statuses, open, openWithKey, post } = useTributeTrigger();

describe('an event', () => {
	it('becomes one item', async () => {
		const trigger = await open();
		const [delivery] = await deliver(trigger, {
			name: 'new_digital_product',
			payload: { purchase_id: 78901, product_id: 2548, amount: 499, currency: 'usd' },
		});

		expect(delivery).toMatchObject({ status: 200, response: '{"status":"ok"}' });
		const sent = JSON.parse(delivery!.body) as { created_at: string; payload: IDataObject };
		expect(trigger.executions).toEqual([
			[
				{
					eventId: 'new_digital_product:78901',
					event: 'new_digital_product',
					createdAt: sent.created_at,
					orderId: null,
					purchaseId: '78901',
					productId: '2548',
					buyer: { telegramUserId: '12321321', telegramUsername: 'buyer', tributeUserId: 'T-31326' },
					amount: 4.99,
					currency: 'USD',
					payload: sent.payload,
				},
			],
		]);
	});

	it('is read in camel case too, as shops write it', async () => {
		const trigger = await open(everything);
		const payload = { uuid: 'one', status: 'paid', amount: 100050, currency: 'rub', telegramUserId: 7 };
		await post(trigger, eventBody('shopOrder', payload));
		expect(trigger.items).toEqual([
			expect.objectContaining({
				eventId: 'shop_order:one:paid',
				event: 'shop_order',
				amount: 1000.5,
				currency: 'RUB',
				purchaseId: null,
				buyer: { telegramUserId: '7', telegramUsername: null, tributeUserId: null },
			}),
		]);
	});

	it('has the total of a physical order as its amount', async () => {
		const trigger = await open(everything);
		await deliver(trigger, { name: 'physical_order_created', payload: { total: 300000, currency: 'rub' } });
		expect(trigger.items).toEqual([expect.objectContaining({ amount: 3000, currency: 'RUB' })]);
	});

	it('is null where the provider gives nothing, and has every key', async () => {
		const trigger = await open(everything);
		await post(trigger, eventBody('new_digital_product', { telegram_user_id: 0, telegram_username: '' }));
		expect(trigger.items).toEqual([
			{
				eventId: expect.stringMatching(/^new_digital_product:[0-9a-f]{64}$/) as string,
				event: 'new_digital_product',
				createdAt: '2025-03-20T01:15:58.33246Z',
				orderId: null,
				purchaseId: null,
				productId: null,
				buyer: { telegramUserId: null, telegramUsername: null, tributeUserId: null },
				amount: null,
				currency: null,
				payload: { telegram_user_id: 0, telegram_username: '' },
			},
		]);
	});

	it('keeps its payload untouched whatever is in it', async () => {
		const trigger = await open(everything);
		const name = fc.constantFrom(...tributeEventNames);
		await fc.assert(
			fc.asyncProperty(name, fc.dictionary(fc.string(), fc.jsonValue()), async (event, payload) => {
				const before = trigger.items.length;
				const body = eventBody(event, payload, { created_at: String(Math.random()) });
				expect(await post(trigger, body)).toEqual({ status: 200, body: { status: 'ok' } });
				const [item, ...others] = trigger.items.slice(before);
				expect(others).toEqual([]);
				expect(Object.keys(item!)).toEqual([
					'eventId',
					'event',
					'createdAt',
					'orderId',
					'purchaseId',
					'productId',
					'buyer',
					'amount',
					'currency',
					'payload',
				]);
				expect(JSON.stringify(item!.payload)).toBe(JSON.stringify((JSON.parse(body) as IDataObject).payload));
			}),
			runs(100, 300),
		);
		expect(trigger.thrown).toEqual([]);
	});

	it('is named in any way the provider writes names', async () => {
		const trigger = await open(everything);
		const written = fc.constantFrom(...tributeEventNames).chain((name) =>
			fc.record({
				name: fc.constant(name),
				written: fc
					.tuple(fc.constantFrom('_', '', '-', ' '), fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }))
					.map(([separator, upper]) =>
						[...name.replaceAll('_', separator)]
							.map((letter, index) => (upper[index] ? letter.toUpperCase() : letter))
							.join(''),
					),
			}),
		);
		await fc.assert(
			fc.asyncProperty(written, async ({ name, written: as }) => {
				await post(trigger, eventBody(as, { uuid: Math.random() }, { created_at: String(Math.random()) }));
				expect(trigger.items.at(-1)!.event).toBe(name);
			}),
			runs(70, 200),
		);
	});
});

describe('requests that start no execution', () => {
	it.each([
		['no JSON', 'no JSON'],
		['nothing', ''],
		['half an event', '{"name":"new_digital_product"'],
		['a list', '[]'],
		['a word', '"new_digital_product"'],
		['null', 'null'],
		['no name', '{"payload":{}}'],
		['an empty name', '{"name":"","payload":{}}'],
		['a name that is no text', '{"name":7,"payload":{}}'],
		['no payload', '{"name":"new_digital_product"}'],
		['a payload that is a list', '{"name":"new_digital_product","payload":[]}'],
		['a payload that is null', '{"name":"new_donation","payload":null}'],
	])('%s is no event: 400', async (_, rawBody) => {
		const trigger = await open(everything);
		expect(await statuses(trigger, { name: '', rawBody })).toEqual([400]);
		expectNoExecution(trigger);
	});

	it.each([
		['an event that was not chosen', eventBody('new_donation', { amount: 1 })],
		['a test request', '{"test_event":"test"}'],
		['a test request with a name', eventBody('test', {})],
		['a name nobody knows yet', eventBody('new_gift_card', { purchase_id: 1 })],
		['a name of JavaScript', eventBody('constructor', {})],
		['another', eventBody('__proto__', {})],
	])('%s is acknowledged: 200', async (_, rawBody) => {
		const trigger = await open();
		expect(await statuses(trigger, { name: '', rawBody })).toEqual([200]);
		expectNoExecution(trigger);
	});

	it('is a body that breaks off', async () => {
		const trigger = await open();
		const { port } = new URL(trigger.url);
		await new Promise<void>((done) => {
			const socket = connect(Number(port), '127.0.0.1', () => {
				socket.write('POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"name"');
				setTimeout(() => socket.destroy(), 50);
			});
			socket.on('close', () => setTimeout(done, 50));
		});
		expectNoExecution(trigger);
	});

	it('takes a choice from an expression, in either spelling', async () => {
		const trigger = await open({ events: '={{ ["newDonation"] }}' });
		await deliver(trigger, { name: 'new_donation' });
		await deliver(trigger, { name: 'new_digital_product' });
		expect(trigger.items.map(({ event }) => event)).toEqual(['new_donation']);
	});
});

describe('the ID of an event', () => {
	it.each(tributeEventNames)('of %s is the same at each delivery, and its own', async (name) => {
		const trigger = await open(everything);
		expect(await statuses(trigger, { name, count: 3 })).toEqual([200, 200, 200]);
		expect(
			await statuses(trigger, { name, count: 2, payload: { purchase_id: 1, expires_at: 'later' } }),
		).toEqual([200, 200]);
		expect(trigger.items).toHaveLength(2);
		expect(new Set(trigger.items.map(({ eventId }) => eventId)).size).toBe(2);
	});

	const same = { created_at: 'then' };
	it.each([
		['a purchase and its refund', 2, purchase(1), eventBody('digital_product_refunded', { purchase_id: 1 })],
		['a purchase reported with another time', 1, purchase(1), purchase(1, { created_at: 'now' })],
		[
			'two statuses of a refund',
			2,
			eventBody('shop_order_refunded', { uuid: 'u', transactionId: 1, status: 'initiated' }),
			eventBody('shop_order_refunded', { uuid: 'u', transactionId: 1, status: 'completed' }),
		],
		[
			'the renewals of two months, in which nothing differs',
			2,
			eventBody('shop_order_charge_success', { uuid: 'u', amount: 1 }, { created_at: 'May' }),
			eventBody('shop_order_charge_success', { uuid: 'u', amount: 1 }, { created_at: 'June' }),
		],
		[
			'the first failed renewal of two months',
			2,
			eventBody('shop_order_charge_failed', { uuid: 'u', chargeRetries: 1 }, { created_at: 'May' }),
			eventBody('shop_order_charge_failed', { uuid: 'u', chargeRetries: 1 }, { created_at: 'June' }),
		],
		[
			'a renewal that says until when',
			1,
			eventBody('shop_order_charge_success', { uuid: 'u', memberExpiresAt: 'July' }, { created_at: 'May' }),
			eventBody('shop_order_charge_success', { uuid: 'u', memberExpiresAt: 'July' }, { created_at: 'June' }),
		],
		[
			'charges of one token',
			2,
			eventBody('shop_token_charge_success', { chargeUuid: 'one', token: 't' }),
			eventBody('shop_token_charge_success', { chargeUuid: 'two', token: 't' }),
		],
		[
			'two buyers of one subscription',
			2,
			eventBody('new_subscription', {
				subscription_id: 1,
				period_id: 2,
				telegram_user_id: 3,
				expires_at: 'x',
			}),
			eventBody('new_subscription', {
				subscription_id: 1,
				period_id: 2,
				telegram_user_id: 4,
				expires_at: 'x',
			}),
		],
		['two equal donations', 2, eventBody('new_donation', {}), eventBody('new_donation', {}, same)],
		['one donation', 1, eventBody('new_donation', {}, same), eventBody('new_donation', {}, same)],
	])('tells %s', async (_, events, one, other) => {
		const trigger = await open(everything);
		await post(trigger, one);
		await post(trigger, other);
		expect(trigger.items).toHaveLength(events);
	});
});

describe('a test run in the editor', () => {
	it('shows what is delivered as often as it is, and leaves production alone', async () => {
		const trigger = await open();
		await post(trigger, purchase(1));
		const saved = trigger.saved;

		trigger.mode = 'manual';
		expect((await post(trigger, purchase(1))).status).toBe(200);
		expect((await post(trigger, purchase(2))).status).toBe(200);
		expect((await post(trigger, purchase(2))).status).toBe(200);
		expect((await post(trigger, purchase(3), sign('something else'))).status).toBe(401);
		expect(trigger.executions).toHaveLength(4);
		expect(trigger.saved).toBe(saved);

		trigger.mode = 'webhook';
		await post(trigger, purchase(1));
		await post(trigger, purchase(2));
		expect(trigger.executions).toHaveLength(5);
	});
});

describe('the node', () => {
	it('cannot be activated without an API key', async () => {
		expect(await (await open()).register()).toBe(true);
		await expect((await openWithKey(' ')).register()).rejects.toThrow(
			'The Tribute credential has no API key',
		);
		await expect((await open({}, {})).register()).rejects.toThrow('credentials');
	});

	it('offers every event the provider has, by names for people', () => {
		const { properties } = new TributeTrigger().description;
		const { options, default: chosen } = properties.find(({ name }) => name === 'events')!;
		const offered = options as Array<{ name: string; value: string }>;
		expect(offered.map(({ value }) => value).sort()).toEqual([...tributeEventNames].sort());
		expect(offered.map(({ name }) => name)).toEqual(offered.map(({ name }) => name).sort());
		for (const { name } of offered) expect(name).toMatch(/^([A-Z][a-z]+ ?)+$/);
		expect(chosen).toEqual(['new_digital_product', 'digital_product_refunded']);
	});
});
