import { jsonOf } from '../../support/harness';
import { answer } from '../../support/sandboxFaults';
import { useAiMarket } from '../support/aiMarket';
import { detailsOf, links } from '../support/providerNode';

const { account, useAccount, harness, run, buy, injectFault, charges, requests, details, itemDetails } =
	useAiMarket();

describe('refusals', () => {
	const documented: Array<[code: string, httpCode: string, message: string, description: RegExp]> = [
		['NO_KEY', '401', 'AI-Market: X-API-Key header is missing', /enter the key from the AI-Market bot/],
		['INVALID_KEY', '401', 'AI-Market: API key is invalid or revoked', /enter the current key/],
		[
			'VALIDATION',
			'400',
			'AI-Market: product_id must be a string and quantity an integer from 1 to 10',
			/1 to 10 units/,
		],
		[
			'INSUFFICIENT_BALANCE',
			'402',
			'AI-Market: Wallet balance is too low (16 USDT needed, 2.5 USDT in the wallet)',
			/Top up the wallet/,
		],
		['FORBIDDEN', '403', 'AI-Market: Account is suspended', /support/],
		['PRODUCT_NOT_FOUND', '404', 'AI-Market: Unknown product id', /Choose a product from the list/],
		['OUT_OF_STOCK', '409', 'AI-Market: Not enough stock', /Lower Quantity/],
	];

	it.each(documented)('is an error for the user: %s', async (code, httpCode, message, description) => {
		await injectFault('order.create', { type: 'refuse', code });
		const done = await buy({ idempotencyKey: 'k1' });
		expect(done.error?.message).toBe(`${message} (key k1)`);
		expect(done.error?.description).toMatch(description);
		expect(done.error?.httpCode).toBe(httpCode);
		expect(done.error?.context?.itemIndex).toBe(0);
		expect(detailsOf(done)).toEqual(details(code));
		expect(await requests('order.create')).toHaveLength(1);
		expect(await charges()).toEqual([]);
	});

	it('is an error for the user: RATE_LIMITED', async () => {
		await injectFault('order.create', { type: 'rateLimit', retryAfterSeconds: 41 });
		const done = await buy({ idempotencyKey: 'k1', options: { requestTimeout: 1 } });
		expect(done.error?.message).toBe('AI-Market: Too many requests (retry after 41 s) (key k1)');
		expect(done.error?.description).toMatch(/20 requests a minute/);
		expect(done.error?.httpCode).toBe('429');
		expect(detailsOf(done)).toEqual(details('RATE_LIMITED'));
		expect(await charges()).toEqual([]);
	});

	it.each(documented)('has words of ours when it comes without: %s', async (code, httpCode) => {
		await injectFault('order.create', answer({ code }, Number(httpCode)));
		const done = await buy();
		expect(done.error?.message).toMatch(/^AI-Market: (?!null|undefined)[a-z ]/i);
		expect(done.error?.message).not.toContain(code);
		expect(detailsOf(done)).toMatchObject({ code, outcome: 'rejected' });
	});

	it.each([
		['success: false', { success: false, code: 'OUT_OF_STOCK', error: 'Not enough stock' }, 'OUT_OF_STOCK'],
		['a code and an error', { code: 'FORBIDDEN', error: 'Account is suspended' }, 'FORBIDDEN'],
		['success: false alone', { success: false }, null],
	])('is a refusal with HTTP 200 as well: %s', async (_, body, code) => {
		await injectFault('order.create', answer(body));
		const done = await buy();
		expect(detailsOf(done)).toEqual(details(code));
		expect(done.error?.message).toMatch(/^AI-Market: /);
		expect(await requests('order.create')).toHaveLength(1);
	});

	it.each([
		[403, /enter the current key/],
		[422, /Check the values of the node/],
	])('comes with advice for HTTP %s where its code is new', async (status, description) => {
		await injectFault('order.create', answer({ code: 'NEW', error: 'No' }, status));
		expect((await buy()).error?.description).toMatch(description);
	});

	it("shows the provider's text where its code is unknown", async () => {
		await injectFault('order.create', answer({ code: 'CARD_DECLINED', error: 'Try another card' }, 422));
		const done = await buy({ idempotencyKey: 'k' });
		expect(done.error?.message).toBe('AI-Market: Try another card (key k)');
		expect(detailsOf(done)).toMatchObject({ code: 'CARD_DECLINED', outcome: 'rejected' });
	});

	it('never shows the API key', async () => {
		await injectFault(
			'order.create',
			answer({ code: 'INVALID_KEY', error: `Key ${account.key} is revoked` }, 401),
		);
		const done = await buy();
		expect(JSON.stringify([done.error, done.error?.message, done.error?.description])).not.toContain(
			account.key,
		);
	});

	it('comes from the provider itself: suspended, poor, sold out', async () => {
		await useAccount({ suspended: true });
		expect(detailsOf(await buy())).toMatchObject({ code: 'FORBIDDEN' });
		await useAccount({ balance: 10 });
		const poor = await buy({ quantity: 3 });
		expect(poor.error?.message).toMatch(/\(13.5 USDT needed, 10 USDT in the wallet\)/);
		expect(detailsOf(await buy({ productId: '009' }))).toMatchObject({ code: 'OUT_OF_STOCK' });
		harness.credentials.aiMarketApi = { ...account.credentials, apiKey: 'mk_wrong' };
		expect(detailsOf(await buy())).toMatchObject({ code: 'INVALID_KEY' });
		expect(await charges()).toEqual([]);
	});
});

describe('items that fail', () => {
	const failed = {
		error: 'AI-Market: Unknown product id (key k-nope)',
		details: itemDetails('PRODUCT_NOT_FOUND', /^Nothing was ordered\. Choose a product/),
	};
	const parameters = { productId: '={{ $json.id }}', idempotencyKey: '={{ "k-" + $json.id }}' };
	const bad = { id: 'nope' };
	const good = { id: '002' };

	it.each([
		['the first item', [bad, good], [0, 1]],
		['a later item', [good, bad, { id: '005' }], [1, 0]],
	])('is an item of its own with Continue On Fail: %s', async (_, items) => {
		const done = await buy(parameters, items, { onError: 'continueRegularOutput' });
		expect(done.error).toBeUndefined();
		expect(links(done)).toEqual(items.map((_item, item) => ({ item })));
		expect(jsonOf(done)).toEqual(
			items.map(({ id }) =>
				id === 'nope' ? failed : expect.objectContaining({ productId: id, codes: [expect.any(String)] }),
			),
		);
		expect(await charges()).toHaveLength(items.length - 1);
	});

	it.each([
		['the first item', [bad, good]],
		['a later item', [good, bad, { id: '005' }]],
	])('goes to the error output: %s', async (_, items) => {
		const done = await buy(parameters, items, { onError: 'continueErrorOutput' });
		// n8n puts the fields of the input item beside it.
		expect(jsonOf(done, 'Node', 1)).toEqual([{ ...bad, ...failed }]);
		expect(links(done, 1)).toEqual([{ item: items.indexOf(bad) }]);
		expect(jsonOf(done).map(({ productId }) => productId)).toEqual(
			items.filter((item) => item !== bad).map(({ id }) => id),
		);
		expect(links(done)).toEqual(items.flatMap((item, index) => (item === bad ? [] : [{ item: index }])));
	});

	it('stops the run otherwise, naming what was bought before', async () => {
		const done = await buy(parameters, [good, bad, { id: '005' }]);
		expect(done.error?.context?.itemIndex).toBe(1);
		expect(detailsOf(done)).toEqual({
			...details('PRODUCT_NOT_FOUND'),
			placed: [{ item: 0, orderId: expect.stringMatching(/^AM-/), key: 'k-002' }],
		});
		expect(done.error?.description).toMatch(/do not repeat these: item 0: order AM-\d+ \(key k-002\)/);
		expect(await charges()).toHaveLength(1);
	});

	it('is reported in the same way for reads', async () => {
		await injectFault('balance.get', { type: 'refuse', code: 'FORBIDDEN' }, { skip: 1, times: -1 });
		const done = await run({ resource: 'balance', operation: 'get' }, [{}, {}], {
			onError: 'continueErrorOutput',
		});
		expect(jsonOf(done)).toHaveLength(1);
		expect(jsonOf(done, 'Node', 1)).toEqual([
			{
				error: 'AI-Market: Account is suspended',
				details: itemDetails('FORBIDDEN', /^Ask the support of AI-Market/),
			},
		]);
	});
});
