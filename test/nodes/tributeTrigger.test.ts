import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import fc from 'fast-check';
import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import { TributeApi } from '../../credentials/TributeApi.credentials';
import { TributeTrigger } from '../../nodes/Tribute/TributeTrigger.node';
import { tributeEventNames } from '../../sandbox/catalogs/tributeEvents';
import type { ControlInput } from '../../sandbox/control';
import { startSandbox, type Sandbox } from '../../sandbox/server';
import type { Host } from '../support/engine';
import { Webhooks } from '../support/webhooks';

let sandbox: Sandbox;
let host: Host;
let key: string;
const opened: Webhooks[] = [];

beforeAll(async () => {
	sandbox = await startSandbox();
	key = sandbox.providers.tribute.apiKey;
	host = {
		nodes: [TributeTrigger],
		credentialTypes: [TributeApi],
		credentials: { tributeApi: { ...sandbox.providers.tribute } },
	};
});
afterEach(async () => await Promise.all(opened.splice(0).map(async (trigger) => await trigger.close())));
afterAll(async () => await sandbox.close());

const credentials = { tributeApi: { id: 'tributeApi', name: 'Tribute' } };

async function open(
	parameters: INodeParameters = {},
	more: Partial<INode> = { credentials },
	on: Host = host,
): Promise<Webhooks> {
	const trigger = await Webhooks.open(on, 'tributeTrigger', parameters, more);
	opened.push(trigger);
	return trigger;
}

const deliver = async (trigger: Webhooks, webhook: ControlInput['webhook']) =>
	await sandbox.client.deliverTributeWebhook({ url: trigger.url, ...webhook });
const statuses = async (trigger: Webhooks, webhook: ControlInput['webhook']) =>
	(await deliver(trigger, webhook)).map(({ status }) => status);

const sign = (body: string | Uint8Array, secret = key) =>
	createHmac('sha256', secret).update(body).digest('hex');

/** Sends bytes as they are. */
async function post(trigger: Webhooks, body: string | Uint8Array, signature: string | null = sign(body)) {
	const response = await fetch(trigger.url, {
		method: 'POST',
		body,
		headers: {
			'content-type': 'application/json',
			...(signature === null ? {} : { 'trbt-signature': signature }),
		},
	});
	return { status: response.status, body: (await response.json()) as unknown };
}

const eventBody = (name: string, payload: unknown, more: object = {}) =>
	JSON.stringify({
		name,
		created_at: '2025-03-20T01:15:58.33246Z',
		sent_at: String(Math.random()),
		payload,
		...more,
	});
const purchase = (id: number, more: object = {}) =>
	eventBody('new_digital_product', {
		product_id: 456,
		purchase_id: id,
		amount: 500,
		currency: 'usd',
		...more,
	});

const everything = { events: [...tributeEventNames] };
const nothingRan = (trigger: Webhooks) => {
	expect(trigger.executions).toEqual([]);
	expect(trigger.thrown).toEqual([]);
};

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

	it('says null where the provider says nothing, and keeps every key', async () => {
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
			{ numRuns: 300 },
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
			{ numRuns: 200 },
		);
	});
});

describe('the signature', () => {
	it.each(['wrong', 'none', 'malformed'] as const)('%s is answered with 401', async (signWith) => {
		const trigger = await open();
		expect(await statuses(trigger, { name: 'new_digital_product', signWith })).toEqual([401]);
		expect(await statuses(trigger, { name: '', rawBody: 'no event either', signWith })).toEqual([401]);
		nothingRan(trigger);
	});

	it.each([
		['in upper case', (hex: string) => hex.toUpperCase()],
		['behind "sha256="', (hex: string) => `sha256=${hex}`],
		['in white space', (hex: string) => ` ${hex} `],
	])('%s is accepted', async (_, write) => {
		const trigger = await open();
		expect((await post(trigger, purchase(1), write(sign(purchase(1))))).status).toBe(401);
		const body = purchase(1);
		expect((await post(trigger, body, write(sign(body)))).status).toBe(200);
		expect(trigger.items).toHaveLength(1);
	});

	it('holds for any bytes, and nothing but an event runs', async () => {
		const trigger = await open(everything);
		await fc.assert(
			fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
				expect((await post(trigger, bytes)).status).toBe(400);
				expect((await post(trigger, bytes, sign(bytes, 'another key'))).status).toBe(401);
			}),
			{ numRuns: 200 },
		);
		nothingRan(trigger);
	});

	it('never throws at any JSON, and answers 200 or 400 to what is signed', async () => {
		const trigger = await open(everything);
		const names = fc.oneof(fc.constantFrom(...tributeEventNames), fc.string(), fc.jsonValue());
		const bodies = fc.oneof(
			fc.json(),
			fc
				.record({ name: names, created_at: fc.jsonValue(), payload: fc.jsonValue() }, { requiredKeys: [] })
				.map((event) => JSON.stringify(event)),
		);
		await fc.assert(
			fc.asyncProperty(bodies, async (body) => {
				expect([200, 400]).toContain((await post(trigger, body)).status);
			}),
			{ numRuns: 300 },
		);
		expect(trigger.thrown).toEqual([]);
	});

	it('fails when one byte of body or signature differs', async () => {
		const trigger = await open(everything);
		const change = fc.record({ where: fc.nat(), by: fc.integer({ min: 1, max: 255 }), inBody: fc.boolean() });
		await fc.assert(
			fc.asyncProperty(change, async ({ where, by, inBody }) => {
				const body = Buffer.from(purchase(1));
				const signature = sign(body);
				if (inBody) {
					body[where % body.length]! ^= by;
					expect((await post(trigger, body, signature)).status).toBe(401);
				} else {
					const at = where % signature.length;
					const other = ((parseInt(signature[at]!, 16) + 1 + (by % 15)) % 16).toString(16);
					const forged = signature.slice(0, at) + other + signature.slice(at + 1);
					expect((await post(trigger, body, forged)).status).toBe(401);
				}
			}),
			{ numRuns: 300 },
		);
		nothingRan(trigger);
	});

	it('fails when anything is in its header but itself', async () => {
		const trigger = await open();
		const printable = fc.string({
			unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)),
		});
		await fc.assert(
			fc.asyncProperty(printable, fc.constantFrom('', ',', ' '), async (text, separator) => {
				const body = purchase(1);
				expect((await post(trigger, body, text)).status).toBe(401);
				fc.pre(text.trim() !== '' && text.trim() !== 'sha256=');
				expect((await post(trigger, body, text + separator + sign(body))).status).toBe(401);
			}),
			{ numRuns: 200 },
		);
		nothingRan(trigger);
	});

	it('is that of the key as it was issued, however it was pasted', async () => {
		for (const apiKey of [` ${key}\n`, `Bearer ${key}`, `\u200b${key}`]) {
			const trigger = await open({}, { credentials }, { ...host, credentials: { tributeApi: { apiKey } } });
			expect(await statuses(trigger, { name: 'new_digital_product' })).toEqual([200]);
			expect(trigger.items).toHaveLength(1);
		}
	});

	it('is asked for even where there is no key to check it with', async () => {
		for (const apiKey of ['', ' ', 'Bearer ', undefined]) {
			const trigger = await open(
				{},
				{ credentials },
				{
					...host,
					credentials: { tributeApi: { apiKey } as IDataObject as Record<string, string> },
				},
			);
			const body = purchase(1);
			expect((await post(trigger, body, sign(body, ''))).status).toBe(401);
			expect((await post(trigger, body, sign(body, 'undefined'))).status).toBe(401);
			expect((await post(trigger, body, null)).status).toBe(401);
			nothingRan(trigger);
		}
		const without = await open({}, {});
		const body = purchase(1);
		for (const signature of [sign(body), sign(body, ''), null]) {
			expect((await post(without, body, signature)).status).toBe(401);
		}
		nothingRan(without);
	});
});

describe('what runs nothing', () => {
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
		nothingRan(trigger);
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
		nothingRan(trigger);
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
		nothingRan(trigger);
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

const after = async (ms: number) => await new Promise<void>((done) => setTimeout(done, ms));

describe('each event runs once', () => {
	it('however often it is delivered, one after the other', async () => {
		const trigger = await open();
		expect(await statuses(trigger, { name: 'new_digital_product', count: 20 })).toEqual(
			new Array<number>(20).fill(200),
		);
		expect(trigger.executions).toHaveLength(1);
	});

	it('when it is delivered a hundred times at the same moment', async () => {
		const trigger = await open();
		trigger.creating = async () => await after(20);
		const answers = await Promise.all(
			Array.from({ length: 100 }, async () => await post(trigger, purchase(1))),
		);
		expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
		expect(trigger.executions).toHaveLength(1);
	});

	it('in any order of deliveries, executions and writes', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 25 }),
				fc.infiniteStream(fc.nat({ max: 4 })),
				async (ids, delays) => {
					const trigger = await open();
					const wait = async () => await after(delays.next().value ?? 0);
					trigger.creating = wait;
					const answers = await Promise.all(
						ids.map(async (id) => {
							await wait();
							return (await post(trigger, purchase(id))).status;
						}),
					);
					expect(new Set(answers)).toEqual(new Set([200]));
					expect(trigger.items.map(({ purchaseId }) => Number(purchaseId)).sort()).toEqual(
						[...new Set(ids)].sort(),
					);

					trigger.restart();
					for (const id of ids) await post(trigger, purchase(id));
					expect(trigger.executions).toHaveLength(new Set(ids).size);
					await trigger.close();
					opened.splice(opened.indexOf(trigger), 1);
				},
			),
			{ numRuns: 40 },
		);
	}, 60_000);

	it('after a restart', async () => {
		const trigger = await open();
		await Promise.all(Array.from({ length: 50 }, async (_, id) => await post(trigger, purchase(id + 1))));
		trigger.restart();
		for (let id = 1; id <= 50; id++) expect((await post(trigger, purchase(id))).status).toBe(200);
		expect(trigger.executions).toHaveLength(50);
		await post(trigger, purchase(51));
		trigger.restart();
		for (let id = 1; id <= 51; id++) await post(trigger, purchase(id));
		expect(trigger.executions).toHaveLength(51);
	});

	it('although somebody else writes older static data back', async () => {
		const trigger = await open();
		await post(trigger, purchase(1));
		trigger.saved = null;
		await post(trigger, purchase(1));
		expect(trigger.executions).toHaveLength(1);

		await post(trigger, purchase(2));
		trigger.restart();
		await post(trigger, purchase(1));
		expect(trigger.executions).toHaveLength(2);
	});

	it('whatever is in the static data', async () => {
		for (const delivered of ['text', 7, null, { a: 1 }, [null, 1, {}]]) {
			const trigger = await open();
			trigger.saved = JSON.stringify({ 'node:Trigger': { delivered } });
			expect(await statuses(trigger, { name: 'new_digital_product', count: 2 })).toEqual([200, 200]);
			expect(trigger.executions).toHaveLength(1);
		}
	});

	it('apart from another trigger that gets the same events', async () => {
		const [one, other] = [await open(), await open()];
		await post(one, purchase(1));
		await post(other, purchase(1));
		expect(one.executions).toHaveLength(1);
		expect(other.executions).toHaveLength(1);
	});

	it('with no more than 5,000 events in the static data, the newest', async () => {
		const trigger = await open();
		const marks = Array.from({ length: 6_000 }, (_, index) => `mark ${index}`);
		trigger.saved = JSON.stringify({ 'node:Trigger': { delivered: marks } });
		await post(trigger, purchase(1));
		const { delivered } = (JSON.parse(trigger.saved) as Record<string, { delivered: string[] }>)[
			'node:Trigger'
		]!;
		expect(delivered).toHaveLength(5_000);
		expect(delivered.slice(0, -1)).toEqual(marks.slice(-4_999));
		await post(trigger, purchase(1));
		expect(trigger.executions).toHaveLength(1);
	});
});

describe('no event is lost', () => {
	it('when n8n fails to create the execution: it runs when it is delivered again', async () => {
		const trigger = await open();
		let failures = 3;
		trigger.creating = () => {
			if (failures-- > 0) throw new Error('no database');
		};
		const seen: number[] = [];
		for (let delivery = 0; delivery < 6; delivery++) seen.push((await post(trigger, purchase(1))).status);
		expect(seen).toEqual([500, 500, 500, 200, 200, 200]);
		expect(trigger.executions).toHaveLength(1);
	});

	it('when the first of many at the same moment fails', async () => {
		const trigger = await open();
		let failures = 3;
		trigger.creating = async () => {
			await after(10);
			if (failures-- > 0) throw new Error('no database');
		};
		const answers = await Promise.all(
			Array.from({ length: 20 }, async () => await post(trigger, purchase(1))),
		);
		expect(answers.map(({ status }) => status).filter((status) => status === 500)).toHaveLength(3);
		expect(trigger.executions).toHaveLength(1);
	});

	it('when another is remembered while its own execution fails', async () => {
		const trigger = await open();
		let fail = true;
		trigger.creating = async ([item]) => {
			if (item!.purchaseId !== '1' || !fail) return;
			await after(50);
			throw new Error('no database');
		};
		const failing = post(trigger, purchase(1));
		await after(10);
		expect((await post(trigger, purchase(2))).status).toBe(200);
		expect((await failing).status).toBe(500);
		fail = false;
		trigger.restart();
		expect((await post(trigger, purchase(1))).status).toBe(200);
		expect(trigger.items.map(({ purchaseId }) => purchaseId)).toEqual(['2', '1']);
	});

	it.each([
		['before the execution', 1],
		// The one moment in which an event runs twice.
		['before it is remembered', 2],
		['before the answer', 1],
	] as const)('when n8n dies %s', async (moment, executions) => {
		const trigger = await open();
		await post(trigger, purchase(1));
		trigger.dieAt(moment);
		await expect(post(trigger, purchase(2))).rejects.toThrow();
		trigger.restart();
		for (const id of [1, 2, 1, 2]) expect((await post(trigger, purchase(id))).status).toBe(200);
		expect(trigger.items.filter(({ purchaseId }) => purchaseId === '2')).toHaveLength(executions);
		expect(trigger.items.filter(({ purchaseId }) => purchaseId === '1')).toHaveLength(1);
	});

	/** Delivers, and gives up before the answer. */
	const giveUp = async (trigger: Webhooks, body: string) => {
		const sender = new AbortController();
		const sent = fetch(trigger.url, {
			method: 'POST',
			body,
			headers: { 'trbt-signature': sign(body) },
			signal: sender.signal,
		}).catch(() => undefined);
		await after(50);
		sender.abort();
		await sent;
		await after(20);
	};

	it('when its sender gives up and n8n finishes it later', async () => {
		const trigger = await open();
		let create = () => {};
		trigger.creating = async () => await new Promise<void>((done) => (create = done));
		await giveUp(trigger, purchase(1));
		expect((await post(trigger, purchase(1))).status).toBe(503);
		create();
		await after(20);
		expect((await post(trigger, purchase(1))).status).toBe(200);
		expect(trigger.executions).toHaveLength(1);
	});

	it('when its sender gives up and n8n fails later', async () => {
		const trigger = await open();
		let fail = () => {};
		trigger.creating = async () => await new Promise<void>((_, failed) => (fail = () => failed(new Error())));
		await giveUp(trigger, purchase(1));
		expect((await post(trigger, purchase(1))).status).toBe(503);
		fail();
		await after(20);
		trigger.creating = () => {};
		expect((await post(trigger, purchase(1))).status).toBe(200);
		expect(trigger.executions).toHaveLength(1);
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
		await expect(
			(await open({}, { credentials }, { ...host, credentials: { tributeApi: { apiKey: ' ' } } })).register(),
		).rejects.toThrow('The Tribute credential has no API key');
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
