import fc from 'fast-check';
import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import {
	data,
	jsonOf,
	links,
	retrying,
	said,
	titled,
	useSeller,
	type Effect,
} from '../support/tributeOrders';

const seller = useSeller();

const create: INodeParameters = {
	resource: 'order',
	operation: 'create',
	title: 'Guitar course',
	description: 'Twelve lessons',
	amount: 12.34,
	currency: 'USD',
};

const run = async (parameters: INodeParameters = {}, items?: IDataObject[], more?: Partial<INode>) =>
	await seller().run({ ...create, ...parameters }, items, more);
const bodies = () =>
	seller()
		.shop.asked('order.create')
		.map(({ body }) => body as IDataObject);
const TAG = /^n8n-[0-9a-f]{32}$/;

describe('order: create', () => {
	it('makes a payment link, and shows the order and its links', async () => {
		const done = await run();
		expect(done.error).toBeUndefined();
		const [made] = seller().shop.all;
		expect(jsonOf(done)).toEqual([
			{
				provider: 'tribute',
				orderId: made!.uuid,
				state: 'pending',
				status: 'pending',
				productId: null,
				recipient: null,
				price: 12.34,
				currency: 'USD',
				codes: [],
				message: null,
				paymentUrl: made!.paymentUrl,
				webappPaymentUrl: made!.webappPaymentUrl,
				title: 'Guitar course',
				comment: null,
				customerId: null,
				period: 'onetime',
				memberStatus: null,
				memberExpiresAt: null,
				createdAt: made!.createdAt,
			},
		]);
		expect(bodies()).toEqual([
			{
				title: 'Guitar course',
				description: 'Twelve lessons',
				amount: 1234,
				currency: 'usd',
				period: 'onetime',
				comment: expect.stringMatching(TAG),
			},
		]);
		expect(seller().shop.requests[0]!.headers['api-key']).toBe(seller().shop.apiKey);
	});

	it('sends every option', async () => {
		const options = {
			successUrl: 'https://example.com/thanks',
			failUrl: 'https://t.me/shop_bot',
			email: 'buyer@example.com',
			comment: 'Invoice 1042',
			customerId: 'chat 7',
			shopId: '17',
			period: 'monthly',
			starsAmount: 500,
		};
		const done = await run({ options });
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({
				comment: 'Invoice 1042',
				customerId: 'chat 7',
				recipient: 'chat 7',
				period: 'monthly',
			}),
		]);
		expect(bodies()).toEqual([
			{
				title: 'Guitar course',
				description: 'Twelve lessons',
				amount: 1234,
				currency: 'usd',
				...options,
				comment: expect.stringMatching(/^Invoice 1042 n8n-[0-9a-f]{32}$/),
				shopId: 17,
			},
		]);
	});

	it('makes one link for each item, equal ones too', async () => {
		const done = await run({}, [{}, {}, {}]);
		expect(new Set(jsonOf(done).map(({ orderId }) => orderId)).size).toBe(3);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
		expect(new Set(bodies().map(({ comment }) => comment)).size).toBe(3);
	});

	it("gives the provider's own object without Simplify", async () => {
		const [raw] = jsonOf(await run({ simplify: false }));
		expect(raw).toMatchObject({ uuid: seller().shop.all[0]!.uuid, amount: 1234, currency: 'usd' });
	});

	it.each([
		['the links alone, as older versions do', { uuid: 'u-1', paymentUrl: 'https://web.tribute.tg/x' }, 201],
		['more than is documented', { uuid: 'u-1', paymentUrl: 'https://web.tribute.tg/x', amount: '1234' }, 200],
	])('takes an answer that holds %s', async (_, body, status) => {
		seller().shop.inject('order.create', { type: 'answer', body, status });
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
		seller().shop.overCreated = { paymentUrl: null, onlyStars: true };
		expect(jsonOf(await run())).toEqual([
			expect.objectContaining({
				paymentUrl: null,
				webappPaymentUrl: expect.stringContaining('https://t.me/'),
			}),
		]);
	});

	it.each([
		['amount', { amount: 1 }, 'amount 0.01 instead of 12.34'],
		['currency', { currency: 'rub' }, 'currency RUB instead of USD'],
		['shop', { shopId: 18 }, 'shop 18 instead of 17'],
	])('warns when the order has another %s than asked for, and gives it', async (_, over, words) => {
		seller().shop.overCreated = over;
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
		[1.1, 'RUB', 110],
		[0.1 + 0.2, 'RUB', 30],
		[1000, 'RUB', 100_000],
		['12.30', 'USD', 1230],
		[9_999_999.99, 'RUB', 999_999_999],
		[500, 'JPY', 500],
		[1.234, 'KWD', 1234],
	])('of %s %s is sent as %i', async (amount, currency, minor) => {
		await run({ amount, currency: `={{ "${currency}" }}` });
		expect(bodies()).toMatchObject([{ amount: minor, currency: currency.toLowerCase() }]);
	});

	it('is what it was, for any number of cents', async () => {
		await fc.assert(
			fc.asyncProperty(fc.integer({ min: 100, max: 2 ** 40 }), async (cents) => {
				seller().shop.reset();
				const [order] = jsonOf(await run({ amount: cents / 100 }));
				expect(bodies()).toMatchObject([{ amount: cents }]);
				expect(order!.price).toBe(cents / 100);
			}),
			{ numRuns: 50 },
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
		const done = await run({ amount: '={{ $json.amount }}', currency }, [{ amount } as IDataObject]);
		expect(said(done)).toMatchObject({
			message: expect.stringMatching(/^Amount: /),
			data: data('INVALID_PARAMETER'),
		});
		expect(seller().shop.requests).toEqual([]);
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
		const done = await run(parameters);
		expect(said(done)).toMatchObject({
			message: expect.stringMatching(new RegExp(`^${label}: `)),
			data: data('INVALID_PARAMETER'),
		});
		expect(done.error!.message.length).toBeLessThan(300);
		expect(seller().shop.requests).toEqual([]);
	});

	it('is any item, before the first link is made', async () => {
		const done = await run({ amount: '={{ $json.amount }}' }, [{ amount: 5 }, { amount: -1 }]);
		expect(done.error?.context).toMatchObject({ itemIndex: 1 });
		expect(seller().shop.requests).toEqual([]);
	});

	it.each(
		['🎸'.repeat(50), 'Ünïcödé', '<b>x</b>', '"; DROP TABLE orders', '{{ $json }}', '\u202e\u0000x'].map(
			titled,
		),
	)('is no title like %s, which is sent as it is', async (_, title) => {
		await run({ title: '={{ $json.title }}' }, [{ title: title as string }]);
		expect(bodies()).toMatchObject([{ title }]);
	});
});

describe('refusals', () => {
	it.each([
		[400, 'error_shop_inactive', /shop is not active/],
		[400, 'error_invalid_currency', /does not take this currency/],
		[400, 'error_amount_too_small', /amount is too small/],
		[400, 'error_amount_too_large', /amount is too large/],
		[400, 'error_invalid_url', /URL was refused/],
		[400, 'error_of_next_year', /the request was refused/],
		[401, 'error_unauthorized', /API key was not accepted/],
		[403, 'no_access', /belongs to somebody else/],
		[404, 'error_not_found', /no such order or shop/],
		[429, 'error_too_many_requests', /too many requests/],
	])('%i %s says what is wrong, and is sent once', async (status, code, words) => {
		const body = { error: code, message: 'in their words' };
		seller().shop.inject('order.create', { type: 'answer', status, body }, { times: -1 });
		const failed = said(await run());
		expect(failed).toEqual({
			message: expect.stringMatching(words),
			description: expect.stringMatching(/\w{3}/),
			httpCode: String(status),
			data: data(code),
		});
		expect(failed.message).toContain(`in their words, code ${code}`);
		expect(seller().shop.requests).toHaveLength(1);
	});

	it('shows no key that comes back', async () => {
		const message = `key ${seller().shop.apiKey} is bad`;
		seller().shop.inject('order.create', { type: 'answer', status: 401, body: { error: 'x', message } });
		expect(JSON.stringify(said(await run()))).not.toContain(seller().shop.apiKey);
	});

	it('tells a page of something in between from Tribute', async () => {
		const body = '<!doctype html><title>Just a moment</title>';
		seller().shop.inject('order.create', { type: 'answer', status: 403, body });
		expect(said(await run())).toMatchObject({
			message: expect.stringContaining('A web page answered instead of Tribute'),
			description: expect.stringContaining('The key is not the cause'),
		});
	});
});

/** Everything after which nobody knows whether the order was made. */
const lost: Array<[string, Effect]> = [
	['a dropped connection', { type: 'drop', phase: 'after' }],
	['no answer', { type: 'hang', phase: 'after' }],
	['a late answer', { type: 'late', ms: 3_000, phase: 'after' }],
	['HTTP 500', { type: 'instead', status: 500, body: { error: 'error_internal' }, phase: 'after' }],
	['HTTP 502', { type: 'instead', status: 502, body: '<html>Bad Gateway', phase: 'after' }],
	['HTTP 408', { type: 'instead', status: 408, body: {}, phase: 'after' }],
	['a page', { type: 'instead', body: '<html>', phase: 'after' }],
	['nothing', { type: 'instead', body: '', phase: 'after' }],
	['something else', { type: 'instead', body: { message: 'accepted' }, phase: 'after' }],
	['an order without a link', { type: 'instead', body: { uuid: 'u', paymentUrl: null }, phase: 'after' }],
	[
		'a link that is none',
		{ type: 'instead', body: { uuid: 'u', paymentUrl: 'javascript:alert(1)' }, phase: 'after' },
	],
];

describe('an answer that is lost', () => {
	it.each(lost)('(%s): the order is found by its comment, and made once', async (_, effect) => {
		seller().shop.add({ comment: 'another', createdAt: new Date().toISOString() });
		seller().shop.inject('order.create', effect, { times: -1 });
		const done = await run({ options: { comment: 'mine', requestTimeout: 2 } }, [{}], retrying);
		expect(done.error).toBeUndefined();
		const made = seller().shop.all[1]!;
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({
				orderId: made.uuid,
				comment: 'mine',
				paymentUrl: made.paymentUrl,
				price: 12.34,
			}),
		]);
		expect(seller().shop.all).toHaveLength(2);
		expect(seller().shop.asked('order.create')).toHaveLength(1);
	});

	it('is looked for in the days around it, and in the chosen shop', async () => {
		seller().shop.inject('order.create', { type: 'drop', phase: 'after' });
		await run({ options: { shopId: '17' } });
		const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
		expect(seller().shop.asked('order.getAll')[0]!.query).toEqual({
			dateFrom: day(-1),
			dateTo: day(1),
			shopId: '17',
		});
	});

	it('is looked for again while it may still appear', async () => {
		seller().shop.inject('order.create', { type: 'drop', phase: 'after' });
		seller().shop.inject('order.getAll', { type: 'answer', body: [] });
		expect(jsonOf(await run())).toHaveLength(1);
		expect(seller().shop.asked('order.getAll')).toHaveLength(2);
	});

	it.each([
		['the request never arrived', { type: 'drop', phase: 'before' } as Effect, undefined],
		['the list cannot be read', { type: 'drop', phase: 'after' } as Effect, { error: 'error_internal' }],
	])('ends unknown when %s: sent once, whatever n8n repeats', async (_, effect, list) => {
		seller().shop.inject('order.create', effect, { times: -1 });
		if (list)
			seller().shop.inject('order.getAll', { type: 'answer', status: 500, body: list }, { times: -1 });
		const done = await run({ options: { requestTimeout: 2 } }, [{}], retrying);
		const [sent] = bodies();
		expect(said(done)).toMatchObject({
			message: expect.stringMatching(/outcome of this purchase is unknown.*Creator Dashboard/),
			description: expect.stringContaining(String(sent!.comment)),
			data: data(null, 'unknown'),
		});
		expect(done.error!.message).toContain(String(sent!.comment));
		expect(seller().shop.asked('order.create')).toHaveLength(1);
	});

	it('never takes an order of somebody else for it', async () => {
		seller().shop.inject('order.create', { type: 'drop', phase: 'before' });
		seller().shop.add({ comment: 'n8n-0123456789abcdef0123456789abcdef', amount: 1234, currency: 'usd' });
		seller().shop.add({ amount: 1234, currency: 'usd' });
		const done = await run({ options: { requestTimeout: 1 } });
		expect(said(done)).toMatchObject({ data: data(null, 'unknown') });
	});

	it('gives one link where something on the way sent the request twice', async () => {
		seller().shop.inject('order.create', { type: 'double', phase: 'after' });
		const [order] = jsonOf(await run());
		expect(seller().shop.all.map(({ uuid }) => uuid)).toContain(order!.orderId);
	});
});

describe('what n8n repeats', () => {
	it('makes no second link over the tries of Retry On Fail', async () => {
		seller().shop.inject('order.create', { type: 'answer', status: 429, body: {} }, { skip: 2 });
		const done = await run({}, [{}, {}, {}, {}], retrying);
		expect(jsonOf(done)).toHaveLength(4);
		expect(seller().shop.all).toHaveLength(4);
		expect(seller().shop.asked('order.create')).toHaveLength(5);
	});

	it('names the links that were made before a failure', async () => {
		seller().shop.inject('order.create', { type: 'answer', status: 429, body: {} }, { skip: 1 });
		const done = await run({}, [{}, {}]);
		const [made] = seller().shop.all;
		expect(done.error?.context).toMatchObject({
			itemIndex: 1,
			data: { placed: [{ item: 0, orderId: made!.uuid, key: null }] },
		});
	});

	it.each(['continueRegularOutput', 'continueErrorOutput'] as const)('goes on with %s', async (onError) => {
		const done = await run({ amount: '={{ $json.amount }}' }, [{ amount: 5 }, { amount: 0 }, { amount: 6 }], {
			onError,
		});
		const errors = onError === 'continueErrorOutput' ? jsonOf(done, 'Node', 1) : [jsonOf(done)[1]];
		expect(errors).toEqual([
			expect.objectContaining({
				error: expect.stringMatching(/^Amount: /),
				details: expect.objectContaining(data('INVALID_PARAMETER')),
			}),
		]);
		expect(seller().shop.all.map(({ amount }) => amount)).toEqual([500, 600]);
	});
});

describe("as an AI agent's tool", () => {
	const tool = { ...create, amount: "={{ $fromAI('amount', '', 'number') }}" };

	it('makes no link unless a person allowed it', async () => {
		expect(JSON.stringify(await seller().ask(tool, { amount: 5 }))).toContain('may not move money');
		expect(seller().shop.requests).toEqual([]);
	});

	it('makes one link for two equal calls in one message', async () => {
		await seller().ask({ ...tool, allowAgentPurchases: true }, { amount: 5 }, 2);
		expect(seller().shop.all).toHaveLength(1);
	});

	it('lets no model choose whether the order is tracked', async () => {
		const parameters = {
			...tool,
			allowAgentPurchases: true,
			trackCompletion: true,
			options: { tableName: "={{ $fromAI('table', '', 'string') }}" },
		};
		expect(JSON.stringify(await seller().ask(parameters, { amount: 5, table: 'x' }))).toContain(
			'may not choose tableName',
		);
		expect(seller().shop.requests).toEqual([]);
	});
});
