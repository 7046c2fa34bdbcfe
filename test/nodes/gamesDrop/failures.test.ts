import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { jsonOf } from '../../support/harness';
import { answer } from '../../support/sandboxFaults';
import { GIFT, offer, order, PLAYER, stars, TOP_UP, useGamesDrop } from '../support/gamesDrop';
import { detailsOf, links } from '../support/providerNode';

const { account, useAccount, harness, run, buy, injectFault, charges, requests, details, itemDetails } =
	useGamesDrop();

describe('refusals', () => {
	const documented: Array<[code: string, httpCode: string, message: string, description: RegExp]> = [
		['INVALID_TOKEN', '401', 'Invalid authorization token', /enter the token of your store/],
		['OFFER_NOT_FOUND', '404', 'Product not found or no access', /Choose the product from the list again/],
		['OUT_OF_STOCK', '409', 'Offer is out of stock', /Order again later/],
		['WRONG_PRICE', '400', 'Incorrect product price', /Price Mode "Latest"/],
		['ORDER_NOT_FOUND', '404', 'Order not found', /Check the ID/],
		['ORDER_NOT_PROCESSING', '409', 'Order is not yet processing', /Wait until/],
		['ORDER_NOT_COMPLETED', '409', 'Order is not yet completed', /up to 60 minutes/],
		['ORDER_ALREADY_CANCELED', '409', 'Order is already canceled', /another Transaction ID/],
		['ORDER_ALREADY_REFUNDED', '409', 'Order is already refunded', /another Transaction ID/],
		['INVALID_REQUEST_BODY', '400', 'Invalid request format', /top-ups need Game User ID/],
		['INSUFFICIENT_BALANCE', '402', 'Insufficient account balance', /kept in USD/],
	];

	it.each(documented)('is an error for the user: %s', async (code, httpCode, message, description) => {
		await injectFault('order.create', { type: 'refuse', code });
		const done = await buy({ transactionId: 't' });
		expect(done.error?.message).toBe(`GamesDrop: ${message} (key t)`);
		expect(done.error?.description).toMatch(description);
		expect(done.error?.httpCode).toBe(httpCode);
		expect(done.error?.context?.itemIndex).toBe(0);
		expect(detailsOf(done)).toEqual(details(code));
		expect(await requests('order.create')).toHaveLength(1);
	});

	it.each(['SERVICE_UNAVAILABLE', 'BALANCE_UNAVAILABLE'])(
		'may have been bought all the same with a 5xx: %s',
		async (code) => {
			await injectFault('order.create', { type: 'refuse', code });
			const done = await buy({ transactionId: 't', options: { requestTimeout: 1 } });
			expect(detailsOf(done)).toEqual(details(code, 'unknown'));
			expect(done.error?.httpCode).toBe('503');
		},
	);

	it.each(['SERVICE_UNAVAILABLE', 'BALANCE_UNAVAILABLE'])('is refused with a clear no: %s', async (code) => {
		await injectFault('order.create', answer({ code, message: 'Later' }, 409));
		const done = await buy({ transactionId: 't' });
		expect(done.error?.message).toBe('GamesDrop: Later (key t)');
		expect(done.error?.description).toBe('Try again later.');
		expect(detailsOf(done)).toEqual(details(code));
	});

	it.each([
		[
			'error.code',
			{ error: { code: 'WRONG_PRICE', message: 'Price moved' } },
			400,
			'WRONG_PRICE',
			'Price moved',
		],
		[
			'error',
			{ error: 'WRONG_PRICE' },
			400,
			'WRONG_PRICE',
			'the confirmed price is not the price of the product any more',
		],
		[
			'code in small letters',
			{ code: 'wrong_price' },
			400,
			'WRONG_PRICE',
			'the confirmed price is not the price of the product any more',
		],
		[
			'message alone',
			{ message: 'WRONG_PRICE' },
			400,
			'WRONG_PRICE',
			'the confirmed price is not the price of the product any more',
		],
		[
			'NestJS',
			{
				statusCode: 400,
				message: ['price must be a number', 'offerId must be a number'],
				error: 'Bad Request',
			},
			400,
			'Bad Request',
			'price must be a number; offerId must be a number',
		],
		[
			'NestJS with a code',
			{ statusCode: 404, message: 'OFFER_NOT_FOUND', error: 'Not Found' },
			404,
			'OFFER_NOT_FOUND',
			'Not Found',
		],
		[
			'HTTP 200',
			{ code: 'INSUFFICIENT_BALANCE', message: 'Too little' },
			200,
			'INSUFFICIENT_BALANCE',
			'Too little',
		],
		[
			'HTTP 201 and a nested code',
			{ success: false, error: { code: 'OUT_OF_STOCK' } },
			201,
			'OUT_OF_STOCK',
			'the product is out of stock',
		],
		[
			'an unknown code',
			{ code: 'REGION_LOCKED', message: 'Not in your region' },
			403,
			'REGION_LOCKED',
			'Not in your region',
		],
	])('is read from %s', async (_, body, status, code, words) => {
		await injectFault('order.create', answer(body, status));
		const done = await buy({ transactionId: 't' });
		expect(done.error?.message).toBe(`GamesDrop: ${words} (key t)`);
		expect(detailsOf(done)).toEqual(details(code));
		expect(done.error?.httpCode).toBe(String(status));
	});

	it.each([
		[401, /enter the token of your store/],
		[422, /Check the values of the node/],
		[429, /Wait a little/],
	])('comes with advice for HTTP %s where its code is new', async (status, description) => {
		await injectFault('order.create', answer({ code: 'NEW', message: 'No' }, status));
		const done = await buy({ transactionId: 't' });
		expect(done.error?.message).toBe('GamesDrop: No (key t)');
		expect(done.error?.description).toMatch(description);
		expect(detailsOf(done)).toEqual(details('NEW'));
	});

	it('is explained by its status where nothing can be read', async () => {
		await injectFault('order.create', answer('<html>Forbidden</html>', 403));
		const done = await buy({ transactionId: 't' });
		expect(done.error?.message).toBe("A web page answered instead of GamesDrop's API (HTTP 403) (key t)");
		expect(detailsOf(done)).toEqual(details(null));
	});

	it.each(documented)('is reported for reads as well: %s', async (code, httpCode, message) => {
		await injectFault('product.get', { type: 'refuse', code });
		const done = await run({ resource: 'product', operation: 'get', productId: offer(GIFT) });
		expect(done.error?.message).toBe(`GamesDrop: ${message}`);
		expect(done.error?.httpCode).toBe(httpCode);
		expect(detailsOf(done)).toEqual(details(code));
	});

	it.each(['SERVICE_UNAVAILABLE', 'BALANCE_UNAVAILABLE', 'RATE_LIMITED'])(
		'is requested a second time where that helps: %s',
		async (code) => {
			await injectFault('product.get', { type: 'refuse', code });
			const done = await run({ resource: 'product', operation: 'get', productId: offer(GIFT) });
			expect(jsonOf(done)).toHaveLength(1);
			expect(await requests('product.get')).toHaveLength(2);
		},
	);

	it('never shows the token or a key', async () => {
		await injectFault(
			'order.create',
			answer({ code: 'INVALID_TOKEN', message: `Token ${account.key} is not valid` }, 401),
		);
		const done = await buy();
		expect(JSON.stringify([done.error, done.error?.message, done.error?.description])).not.toContain(
			account.key,
		);
	});

	it('comes from the provider itself: unknown, hidden, sold out, poor, incomplete', async () => {
		await useAccount({ balance: 0.5 });
		expect(detailsOf(await buy({ productId: offer(4) }))).toMatchObject({ code: 'OFFER_NOT_FOUND' });
		expect(detailsOf(await buy())).toMatchObject({ code: 'INSUFFICIENT_BALANCE' });
		await harness.sandbox.client.changeProduct({ provider: 'gamesDrop', productId: '101', available: false });
		expect(detailsOf(await buy())).toMatchObject({ code: 'OUT_OF_STOCK' });
		expect((await run(stars({ gameUserId: '@igoryan34' }))).error?.message).toMatch(/^GamesDrop: /);
		expect(detailsOf(await buy({ productId: offer(TOP_UP) }))).toMatchObject({
			code: 'INVALID_REQUEST_BODY',
		});
		harness.credentials.gamesDropApi = { ...harness.credentials.gamesDropApi, token: 'wrong' };
		expect(detailsOf(await buy())).toMatchObject({ code: 'INVALID_TOKEN' });
		expect(await charges()).toEqual([]);
	});
});

describe('items that fail', () => {
	const failed = {
		error: 'GamesDrop: Product not found or no access',
		details: itemDetails('OFFER_NOT_FOUND', /^Choose the product from the list again/),
	};
	const unplaced = { ...failed, error: `${failed.error} (key t-4)` };
	const bad = { id: 4 };
	const runs: Array<[string, IDataObject[]]> = [
		['the first item', [bad, { id: 101 }]],
		['a later item', [{ id: 101 }, bad, { id: 999 }]],
	];
	const buying = order({ productId: '={{ $json.id }}', transactionId: '={{ "t-" + $json.id }}' });
	const reading: INodeParameters = { resource: 'product', operation: 'get', productId: '={{ $json.id }}' };

	it.each(runs)('is an item of its own with Continue On Fail: %s', async (_, items) => {
		for (const [parameters, item] of [
			[buying, unplaced],
			[reading, failed],
		] as const) {
			const done = await run(parameters, items, { onError: 'continueRegularOutput' });
			expect(done.error).toBeUndefined();
			expect(links(done)).toEqual(items.map((_item, index) => ({ item: index })));
			expect(jsonOf(done)).toEqual(
				items.map(({ id }) => (id === bad.id ? item : expect.objectContaining({ productId: String(id) }))),
			);
		}
		expect(await charges()).toHaveLength(items.length - 1);
	});

	it.each(runs)('goes to the error output: %s', async (_, items) => {
		for (const [parameters, item] of [
			[buying, unplaced],
			[reading, failed],
		] as const) {
			const done = await run(parameters, items, { onError: 'continueErrorOutput' });
			// n8n puts the fields of the input item beside it.
			expect(jsonOf(done, 'Node', 1)).toEqual([{ ...bad, ...item }]);
			expect(links(done, 1)).toEqual([{ item: items.indexOf(bad) }]);
			expect(jsonOf(done).map(({ productId }) => productId)).toEqual(
				items.filter((one) => one !== bad).map(({ id }) => String(id)),
			);
			expect(links(done)).toEqual(items.flatMap((one, index) => (one === bad ? [] : [{ item: index }])));
		}
	});

	it('stops the run otherwise, naming what was bought before', async () => {
		const done = await run(buying, [{ id: 101 }, bad, { id: 999 }]);
		expect(done.error?.context?.itemIndex).toBe(1);
		expect(detailsOf(done)).toEqual({
			...details('OFFER_NOT_FOUND'),
			placed: [{ item: 0, orderId: expect.stringMatching(/^\d+$/), key: 't-101' }],
		});
		expect(await charges()).toHaveLength(1);
	});

	it.each([
		[
			'product: getAll',
			{ resource: 'product', operation: 'getAll', limit: '={{ $json.limit }}' },
			{ limit: 0 },
			{ limit: 1 },
		],
		[
			'product: getServers',
			{ resource: 'product', operation: 'getServers', productId: '={{ $json.id }}' },
			{ id: 'x' },
			{ id: TOP_UP },
		],
		[
			'player: validate',
			{ resource: 'player', operation: 'validate', productId: offer(TOP_UP), gameUserId: '={{ $json.id }}' },
			{ id: '' },
			{ id: PLAYER },
		],
		[
			'telegramUser: get',
			{ resource: 'telegramUser', operation: 'get', username: '={{ $json.id }}' },
			{ id: '' },
			{ id: 'igoryan34' },
		],
		[
			'transaction: getAll',
			{ resource: 'transaction', operation: 'getAll', limit: '={{ $json.limit }}' },
			{ limit: 'x' },
			{ limit: 1 },
		],
		[
			'order: get',
			{ resource: 'order', operation: 'get', lookUpBy: 'transactionId', transactionId: '={{ $json.id }}' },
			{ id: 'nope' },
			{ id: 'there' },
		],
	])('works for %s', async (name, parameters, wrong, right) => {
		if (name === 'order: get') await buy({ transactionId: 'there' });
		if (name === 'product: getServers')
			await injectFault('product.getServers', answer({ Europe: 'eu' }), { times: -1 });
		for (const items of [
			[wrong, right],
			[right, wrong],
		] as IDataObject[][]) {
			const done = await run(parameters as INodeParameters, items, { onError: 'continueErrorOutput' });
			const at = items.indexOf(wrong as IDataObject);
			expect(links(done, 1)).toEqual([{ item: at }]);
			expect(jsonOf(done, 'Node', 1)).toEqual([
				expect.objectContaining({
					error: expect.any(String),
					details: expect.objectContaining({ provider: 'gamesDrop', outcome: 'rejected' }),
				}),
			]);
			expect(links(done)).toEqual([{ item: 1 - at }]);
		}
	});
});
