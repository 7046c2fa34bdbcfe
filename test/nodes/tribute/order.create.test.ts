import fc from 'fast-check';
import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import { fromMinorUnits, toMinorUnits } from '../../../nodes/Tribute/money';
import { errorOf, jsonOf } from '../../support/harness';
import { toolModes } from '../../support/workflows';
import { links, titled } from '../support/providerNode';
import { retrying, useTributeShop } from '../support/tributeShop';

const shop = useTributeShop();
const { details } = shop;

const create: INodeParameters = {
	resource: 'order',
	operation: 'create',
	title: 'Guitar course',
	description: 'Twelve lessons',
	amount: 12.34,
	currency: 'USD',
};
const run = async (parameters: INodeParameters = {}, items?: IDataObject[], more?: Partial<INode>) =>
	await shop.run({ ...create, ...parameters }, items, more);
const bodies = async () => await shop.bodies('order.create');

describe('order: create', () => {
	it('makes a payment link, and shows the order and its links', async () => {
		const done = await run();
		expect(done.error).toBeUndefined();
		const made = await shop.made();
		expect(made).toHaveLength(1);
		const order = await shop.shown(made[0]!);
		expect(jsonOf(done)).toEqual([
			{
				provider: 'tribute',
				orderId: order.uuid,
				state: 'pending',
				status: 'pending',
				productId: null,
				recipient: null,
				price: 12.34,
				currency: 'USD',
				codes: [],
				message: null,
				paymentUrl: `https://web.tribute.tg/shop/pay/${order.uuid}`,
				webappPaymentUrl: expect.stringContaining('https://t.me/tribute/app'),
				title: 'Guitar course',
				comment: null,
				customerId: null,
				period: 'onetime',
				memberStatus: null,
				memberExpiresAt: null,
				createdAt: order.createdAt,
			},
		]);
		expect(await bodies()).toEqual([
			{
				title: 'Guitar course',
				description: 'Twelve lessons',
				amount: 1234,
				currency: 'usd',
				period: 'onetime',
				comment: expect.stringMatching(/^n8n-[0-9a-f]{32}$/),
			},
		]);
		const [request] = await shop.requests();
		expect(request).toMatchObject({ method: 'POST', path: '/tribute/api/v1/shop/orders' });
		expect(request!.headers['api-key']).toBe(shop.account.key);
	});

	it('sends every option', async () => {
		const { shopId } = await shop.addOrder();
		const options = {
			successUrl: 'https://example.com/thanks',
			failUrl: 'https://t.me/shop_bot',
			email: 'buyer@example.com',
			comment: 'Invoice 1042',
			customerId: 'chat 7',
			period: 'monthly',
			starsAmount: 500,
		};
		const done = await run({ options: { ...options, shopId: String(shopId) } });
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({
				comment: 'Invoice 1042',
				customerId: 'chat 7',
				recipient: 'chat 7',
				period: 'monthly',
			}),
		]);
		expect(await bodies()).toEqual([
			{
				title: 'Guitar course',
				description: 'Twelve lessons',
				amount: 1234,
				currency: 'usd',
				...options,
				comment: expect.stringMatching(/^Invoice 1042 n8n-[0-9a-f]{32}$/),
				shopId,
			},
		]);
	});

	it('makes one link for each item, equal ones too', async () => {
		const done = await run({}, [{}, {}, {}]);
		expect(jsonOf(done).map(({ orderId }) => orderId)).toEqual(await shop.made());
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
		expect(new Set((await bodies()).map(({ comment }) => comment)).size).toBe(3);
	});

	it("gives the provider's own object without Simplify", async () => {
		const [raw] = jsonOf(await run({ simplify: false }));
		expect(raw).toEqual(await shop.shown(raw!.uuid as string));
	});

	it.each([
		['the links alone, as older versions do', { uuid: 'u-1', paymentUrl: 'https://web.tribute.tg/x' }, 201],
		['an amount as text', { uuid: 'u-1', paymentUrl: 'https://web.tribute.tg/x', amount: '1234' }, 200],
	])('takes an answer that holds %s', async (_, body, status) => {
		await shop.answerWith('order.create', body, status);
		expect(jsonOf(await run({ options: { customerId: 'c' } }))).toEqual([
			expect.objectContaining({
				orderId: 'u-1',
				state: 'pending',
				price: 12.34,
				currency: 'USD',
				title: 'Guitar course',
				customerId: 'c',
				paymentUrl: 'https://web.tribute.tg/x',
				webappPaymentUrl: null,
			}),
		]);
	});

	it('takes a shop for Stars alone, whose orders have no page in the browser', async () => {
		await shop.useAccount({ onlyStars: true });
		expect(jsonOf(await run({ options: { starsAmount: 100 } }))).toMatchObject([
			{ paymentUrl: null, webappPaymentUrl: expect.stringContaining('https://t.me/') },
		]);
	});

	it.each([
		['amount', { amount: 1 }, 'amount 0.01 instead of 12.34'],
		['currency', { currency: 'rub' }, 'currency RUB instead of USD'],
		['shop', { shopId: 18 }, 'shop 18 instead of 17'],
	])('warns when the order has another %s than asked for, and gives it', async (_, other, words) => {
		const order = {
			uuid: 'u',
			paymentUrl: 'https://web.tribute.tg/x',
			amount: 1234,
			currency: 'usd',
			shopId: 17,
		};
		await shop.answerWith('order.create', { ...order, ...other });
		const done = await run({ options: { shopId: '17' } });
		expect(jsonOf(done)).toHaveLength(1);
		const [hint] = done.data.resultData.runData.Node![0]!.hints ?? [];
		expect(hint).toMatchObject({ type: 'warning', message: expect.stringContaining(words) });
	});
});

describe('the amount', () => {
	it.each([
		[12.34, 'USD', 1234],
		[12.34, 'usd', 1234],
		[4.35, 'EUR', 435],
		[199.99, 'RUB', 19_999],
		[1.1 + 2.2, 'USD', 330],
		[1000, 'RUB', 100_000],
		['12.30', 'USD', 1230],
		[500, 'JPY', 500],
		[1.234, 'KWD', 1234],
	])('of %s %s is sent as %i', async (amount, currency, minor) => {
		await run({ amount, currency: `={{ "${currency}" }}` });
		expect(await bodies()).toMatchObject([{ amount: minor, currency: currency.toLowerCase() }]);
	});

	it('is what it was, for any number of the smallest unit', () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 1, max: 2 ** 42 }),
				fc.constantFrom('usd', 'RUB', 'jpy', 'kwd', 'xyz'),
				(minor, currency) => {
					expect(toMinorUnits(fromMinorUnits(minor, currency), currency)).toBe(minor);
				},
			),
		);
	});

	it('is never rounded, however many decimal places it has', () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 2 ** 32 }), fc.integer({ min: 1, max: 9 }), (cents, tenths) => {
				expect(
					toMinorUnits(Number(`${cents / 100 - (cents % 100) / 100}.12${tenths}`), 'usd'),
				).toBeUndefined();
			}),
		);
	});

	it.each([
		[12.345, 'USD'],
		[0.001, 'USD'],
		[0.5, 'JPY'],
		[0, 'USD'],
		[-5, 'USD'],
		[1e300, 'USD'],
		['', 'USD'],
		['12,34', 'USD'],
		['abc', 'USD'],
		[NaN, 'USD'],
		[true, 'USD'],
		[[12], 'USD'],
		[{}, 'USD'],
	])('of %j %s is refused before anything is sent', async (amount, currency) => {
		const done = await run({ amount: '={{ $json.amount }}', currency: `={{ "${currency}" }}` }, [
			{ amount } as IDataObject,
		]);
		expect(errorOf(done)).toMatchObject({
			message: expect.stringMatching(/^Amount: /),
			data: details('INVALID_PARAMETER'),
		});
		expect(await shop.requests()).toEqual([]);
	});
});

describe('what is refused before anything is sent', () => {
	const long = (length: number) => 'x'.repeat(length);
	it.each([
		['Title', { title: '={{ $json.nothing }}' }],
		['Title', { title: long(101) }],
		['Title', { title: '={{ ({}) }}' }],
		['Description', { description: ' ' }],
		['Description', { description: long(301) }],
		['Currency', { currency: '' }],
		['Currency', { currency: '={{ "dollar" }}' }],
		['Currency', { currency: '={{ "us$" }}' }],
		['Success URL', { options: { successUrl: 'example.com' } }],
		['Success URL', { options: { successUrl: 'javascript:alert(1)' } }],
		['Fail URL', { options: { failUrl: 'file:///etc/passwd' } }],
		['Fail URL', { options: { failUrl: `https://example.com/${long(2_100)}` } }],
		['Email', { options: { email: 'nobody' } }],
		['Email', { options: { email: 'a b@example.com' } }],
		['Email', { options: { email: `${long(320)}@example.com` } }],
		['Comment', { options: { comment: long(256) } }],
		['Customer ID', { options: { customerId: long(257) } }],
		['Customer ID', { options: { customerId: '={{ [1] }}' } }],
		['Shop ID', { options: { shopId: '' } }],
		['Shop ID', { options: { shopId: '={{ $json.nothing }}' } }],
		['Shop ID', { options: { shopId: 'undefined' } }],
		['Shop ID', { options: { shopId: '1.5' } }],
		['Shop ID', { options: { shopId: '-1' } }],
		['Shop ID', { options: { shopId: '9007199254740993' } }],
		['Period', { options: { period: 'daily' } }],
		['Period', { options: { period: '={{ $json.nothing }}' } }],
		['Stars Amount', { options: { starsAmount: 0 } }],
		['Stars Amount', { options: { starsAmount: 1.5 } }],
		['Stars Amount', { options: { starsAmount: '={{ $json.nothing }}' } }],
		['Stars Amount', { options: { starsAmount: 10, period: 'weekly' } }],
		['Request Timeout', { options: { requestTimeout: 0 } }],
		['Simplify', { simplify: '={{ "no" }}' }],
	] as Array<[string, INodeParameters]>)('%s of %j', async (label, parameters) => {
		const error = errorOf(await run(parameters));
		expect(error).toMatchObject({
			message: expect.stringMatching(new RegExp(`^${label}: `)),
			data: details('INVALID_PARAMETER'),
		});
		expect(error.message.length).toBeLessThan(300);
		expect(await shop.requests()).toEqual([]);
	});

	it('is any item, before the first link is made', async () => {
		const done = await run({ amount: '={{ $json.amount }}' }, [{ amount: 5 }, { amount: -1 }]);
		expect(done.error?.context).toMatchObject({ itemIndex: 1 });
		expect(await shop.requests()).toEqual([]);
	});

	it.each(
		['🎸'.repeat(50), 'Ünïcödé', '<b>x</b>', '"; DROP TABLE orders', '{{ $json }}', '\u202e\u0000x'].map(
			titled,
		),
	)('is no title like %s, which is sent as it is', async (_, title) => {
		await run({ title: '={{ $json.title }}' }, [{ title: title as string }]);
		expect(await bodies()).toMatchObject([{ title }]);
	});
});

describe('refusals', () => {
	it.each([
		['error_shop_inactive', 400, /shop is not active/],
		['error_invalid_currency', 400, /does not take this currency/],
		['error_amount_too_small', 400, /amount is too small/],
		['error_amount_too_large', 400, /amount is too large/],
		['error_invalid_url', 400, /URL was refused/],
		['error_title_too_long', 400, /the request was refused/],
		['error_unauthorized', 401, /API key was not accepted/],
		['no_access', 403, /belongs to somebody else/],
		['error_not_found', 404, /no such order or shop/],
		['error_too_many_requests', 429, /too many requests/],
	])('%s (%i) says what is wrong, and is sent once', async (code, status, words) => {
		await shop.injectFault('order.create', { type: 'refuse', code }, { times: -1 });
		const error = errorOf(await run());
		expect(error).toEqual({
			message: expect.stringMatching(words),
			description: expect.stringMatching(/\w{3}/),
			httpCode: String(status),
			data: details(code),
		});
		expect(error.message).toContain(`code ${code}`);
		expect(await shop.requests()).toHaveLength(1);
	});

	it.each([
		['an amount', { amount: 0.5 }, 'error_amount_too_small'],
		['a URL', { options: { successUrl: 'http://example.com' } }, 'error_invalid_url'],
		['a shop', { options: { shopId: '99999' } }, 'error_not_found'],
	])('are for %s that Tribute does not take', async (_, parameters, code) => {
		expect(errorOf(await run(parameters))).toMatchObject({ data: details(code) });
		expect(await shop.made()).toEqual([]);
	});

	it('shows no key that comes back', async () => {
		await shop.answerWith('order.create', { error: 'x', message: `key ${shop.account.key} is bad` }, 401);
		expect(JSON.stringify(errorOf(await run()))).not.toContain(shop.account.key);
	});

	it('tells a page of something in between from Tribute', async () => {
		await shop.answerWith('order.create', '<!doctype html><title>Just a moment</title>', 403);
		expect(errorOf(await run())).toMatchObject({
			message: expect.stringContaining('A web page answered instead of Tribute'),
			description: expect.stringContaining('The key is not the cause'),
		});
	});
});

describe('an answer that is lost', () => {
	it.each([
		['a dropped connection', { type: 'drop', phase: 'after' }],
		['no answer', { type: 'hang', phase: 'after' }],
		['a late answer', { type: 'latency', ms: 3_000, phase: 'after' }],
		['HTTP 500', { type: 'error', status: 500, phase: 'after' }],
		['HTTP 502', { type: 'error', status: 502, phase: 'after' }],
		['HTTP 504', { type: 'error', status: 504, phase: 'after' }],
		['a page', { type: 'unreadable', kind: 'html' }],
		['half an answer', { type: 'unreadable', kind: 'truncated' }],
		['nothing', { type: 'unreadable', kind: 'empty' }],
		['something else', { type: 'unreadable', kind: 'wrongShape' }],
	] as Array<[string, Parameters<typeof shop.injectFault>[1]]>)(
		'(%s): the order is found by its comment, and made once',
		async (_, fault) => {
			const other = await shop.addOrder({ comment: 'mine', amount: 1234, currency: 'usd' });
			await shop.injectFault('order.create', fault, { times: -1 });
			const done = await run({ options: { comment: 'mine', requestTimeout: 2 } }, [{}], retrying);
			expect(done.error).toBeUndefined();
			const [, made, ...more] = await shop.made();
			expect(more).toEqual([]);
			expect(jsonOf(done)).toEqual([
				expect.objectContaining({
					orderId: made,
					comment: 'mine',
					price: 12.34,
					paymentUrl: `https://web.tribute.tg/shop/pay/${made}`,
				}),
			]);
			expect(made).not.toBe(other.uuid);
			expect(await shop.requests('order.create')).toHaveLength(1);
		},
	);

	it('is looked for in the days around it, and in the chosen shop', async () => {
		const { shopId } = await shop.addOrder();
		await shop.injectFault('order.create', { type: 'drop', phase: 'after' });
		await run({ options: { shopId: String(shopId) } });
		const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
		expect((await shop.requests('order.getAll'))[0]!.query).toEqual({
			dateFrom: day(-1),
			dateTo: day(1),
			shopId: String(shopId),
		});
	});

	it('is looked for once more while it may still appear', async () => {
		await shop.injectFault('order.create', { type: 'drop', phase: 'after' });
		await shop.answerWith('order.getAll', []);
		expect(jsonOf(await run())).toHaveLength(1);
		expect(await shop.requests('order.getAll')).toHaveLength(2);
	});

	/** Sent once, whatever n8n repeats, and the person learns how to find the order. */
	async function expectUnknown(parameters: INodeParameters = {}): Promise<void> {
		const done = await run({ options: { requestTimeout: 2 }, ...parameters }, [{}], retrying);
		const [sent, ...more] = await bodies();
		expect(more).toEqual([]);
		const error = errorOf(done);
		expect(error).toMatchObject({
			message: expect.stringMatching(/outcome of this purchase is unknown.*Creator Dashboard/),
			data: details(null, 'unknown'),
		});
		for (const text of [error.message, error.description]) expect(text).toContain(String(sent!.comment));
	}

	it('ends unknown when the request never arrived', async () => {
		await shop.injectFault('order.create', { type: 'drop' }, { times: -1 });
		await expectUnknown();
	});

	it('ends unknown when the list cannot be read', async () => {
		await shop.injectFault('order.create', { type: 'drop', phase: 'after' }, { times: -1 });
		await shop.injectFault('order.getAll', { type: 'error', status: 500 }, { times: -1 });
		await expectUnknown();
	});

	it.each([
		['HTTP 408', {}, 408],
		['an order without a link', { uuid: 'u', paymentUrl: null }, 200],
		['a link that is none', { uuid: 'u', paymentUrl: 'javascript:alert(1)' }, 200],
		['an order without an ID', { paymentUrl: 'https://web.tribute.tg/x' }, 200],
	])('ends unknown after %s that the list knows nothing of', async (_, body, status) => {
		await shop.answerWith('order.create', body, status, { times: -1 });
		await expectUnknown();
	});

	it('takes no order of somebody else for it', async () => {
		await shop.addOrder({ comment: 'n8n-0123456789abcdef0123456789abcdef', amount: 1234, currency: 'usd' });
		await shop.addOrder({ amount: 1234, currency: 'usd' });
		await shop.injectFault('order.create', { type: 'drop' });
		await expectUnknown();
	});

	it('gives one link where something on the way sent the request twice', async () => {
		await shop.injectFault('order.create', { type: 'double' });
		const [order] = jsonOf(await run());
		expect(await shop.made()).toContain(order!.orderId);
	});
});

describe('what n8n repeats', () => {
	it('makes no second link over the tries of Retry On Fail', async () => {
		await shop.injectFault('order.create', { type: 'refuse', code: 'error_too_many_requests' }, { skip: 2 });
		const done = await run({}, [{}, {}, {}, {}], retrying);
		expect(jsonOf(done).map(({ orderId }) => orderId)).toEqual(await shop.made());
		expect(await shop.made()).toHaveLength(4);
		expect(await shop.requests('order.create')).toHaveLength(5);
	});

	it('names the links that were made before a failure', async () => {
		await shop.injectFault('order.create', { type: 'refuse', code: 'error_too_many_requests' }, { skip: 1 });
		const done = await run({}, [{}, {}]);
		const [orderId] = await shop.made();
		expect(done.error?.context).toMatchObject({
			itemIndex: 1,
			data: { placed: [{ item: 0, orderId, key: null }] },
		});
	});

	it.each(['continueRegularOutput', 'continueErrorOutput'] as const)('goes on with %s', async (onError) => {
		const items = [{ amount: 5 }, { amount: 0 }, { amount: 6 }];
		const done = await run({ amount: '={{ $json.amount }}' }, items, { onError });
		const errors = onError === 'continueErrorOutput' ? jsonOf(done, 'Node', 1) : [jsonOf(done)[1]];
		expect(errors).toMatchObject([
			{ error: expect.stringMatching(/^Amount: /), details: details('INVALID_PARAMETER') },
		]);
		expect((await bodies()).map(({ amount }) => amount)).toEqual([500, 600]);
	});
});

describe('Track Completion', () => {
	const credentials = {
		tributeApi: { id: 'tributeApi', name: 'Tribute' },
		orderTrackingApi: { id: 'orderTrackingApi', name: 'n8n' },
	};
	const track = async (parameters: INodeParameters = {}, more: Partial<INode> = {}) => {
		shop.harness.credentials.orderTrackingApi = { ...shop.harness.sandbox.n8n };
		return await run({ trackCompletion: true, ...parameters }, [{}], { credentials, ...more });
	};
	const rows = async () => {
		const tables = await shop.harness.sandbox.client.dataTables();
		return tables.map(({ name, rows: inTable }) => ({ name, rows: inTable }));
	};

	it('keeps the order in the ledger, with what its events carry', async () => {
		const done = await track({ reference: 'chat 7', options: { tableName: 'links', customerId: 'chat 7' } });
		const [orderId] = await shop.made();
		expect(jsonOf(done)).toMatchObject([{ orderId, tracked: true }]);
		expect(await rows()).toMatchObject([
			{
				name: 'links',
				rows: [
					{
						...{ provider: 'tribute', orderId, state: 'pending', status: 'pending' },
						...{ reference: 'chat 7', recipient: 'chat 7', price: 12.34, currency: 'USD' },
					},
				],
			},
		]);
	});

	it('makes no link that it cannot write down', async () => {
		await shop.harness.sandbox.client.addFault({
			provider: 'n8n',
			operation: 'row.insert',
			fault: { type: 'refuse', status: 403, body: { message: 'no' } },
			times: -1,
		});
		expect(errorOf(await track()).data).toEqual(details('LEDGER_UNAVAILABLE'));
		expect(await shop.requests()).toEqual([]);
	});

	it('says of a lost answer that nobody knows', async () => {
		await shop.injectFault('order.create', { type: 'drop' }, { times: -1 });
		expect(errorOf(await track({ options: { tableName: 'lost' } }, retrying)).data).toEqual(
			details(null, 'unknown'),
		);
		const [sent] = await bodies();
		const [table] = await rows();
		expect(table!.rows).toMatchObject([
			{ state: 'unconfirmed', message: expect.stringContaining(String(sent!.comment)) },
		]);
	});
});

describe.each(toolModes)("as an AI agent's tool (%s)", (mode) => {
	const tool = { ...create, amount: "={{ $fromAI('amount', '', 'number') }}" };
	const allowed = { ...tool, allowAgentPurchases: true };

	it('makes no link unless a person allowed it', async () => {
		const answers = await shop.callAsTool(tool, { amount: 5 }, 1, mode);
		expect(JSON.stringify(answers)).toContain('may not move money');
		expect(await shop.requests()).toEqual([]);
	});

	it('makes one link for two equal calls in one message', async () => {
		await shop.callAsTool(allowed, { amount: 5 }, 2, mode);
		expect(await shop.made()).toHaveLength(1);
	});

	it('lets no model choose how the order is tracked', async () => {
		const parameters = {
			...allowed,
			trackCompletion: true,
			options: { tableName: "={{ $fromAI('table', '', 'string') }}" },
		};
		const answers = await shop.callAsTool(parameters, { amount: 5, table: 'x' }, 1, mode);
		expect(JSON.stringify(answers)).toContain('An AI model may not choose');
		expect(await shop.requests()).toEqual([]);
	});
});
