import type { INodeParameters } from 'n8n-workflow';
import { jsonOf } from '../../support/harness';
import { answer } from '../../support/sandboxFaults';
import {
	DERIVED_KEY,
	GIFT,
	offer,
	PLAYER,
	stars,
	TELEGRAM_ID,
	topUp,
	useGamesDrop,
} from '../support/gamesDrop';
import { detailsOf, links } from '../support/providerNode';

const { account, useAccount, harness, run, buy, injectFault, charges, requests, bodies, details } =
	useGamesDrop();

describe('order: create', () => {
	it('buys a key at the latest price and reports what was sent', async () => {
		const done = await buy({
			productId: offer(GIFT),
			transactionId: 'test112321124214',
			email: 'user@gmail.com',
		});
		expect(jsonOf(done)).toEqual([
			{
				provider: 'gamesDrop',
				orderId: expect.stringMatching(/^\d+$/),
				state: 'completed',
				status: 'COMPLETED',
				productId: '1001',
				recipient: 'user@gmail.com',
				price: 560.1,
				currency: 'RUB',
				codes: [expect.stringMatching(/^\d{12}$/)],
				message: null,
				transactionId: 'test112321124214',
			},
		]);
		expect((await requests()).map(({ operation }) => operation)).toEqual(['product.get', 'order.create']);
		const [sent] = await requests('order.create');
		expect(sent).toMatchObject({ method: 'POST', path: '/gamesdrop/api/v1/offers/create-order' });
		expect(sent!.headers.authorization).toBe(account.key);
		expect(sent!.body).toBe(
			'{"offerId":1001,"price":560.1,"transactionId":"test112321124214","customer":{"email":"user@gmail.com"}}',
		);
		expect(await charges()).toEqual([
			expect.objectContaining({ productId: '1001', amount: 560.1, currency: 'RUB', key: 'test112321124214' }),
		]);
	});

	it('gives the answer untouched when it is not simplified', async () => {
		expect(jsonOf(await buy({ simplify: false, transactionId: 't1' }))).toEqual([
			{
				orderId: expect.any(Number),
				count: 1,
				price: 0.99,
				currency: 'USD',
				offerId: 101,
				productName: 'PUBG Mobile',
				offerName: '60 UC',
				status: 'COMPLETED',
				isReturnDataForCustomer: true,
				key: expect.any(String),
				createdAt: expect.any(String),
			},
		]);
	});

	it('buys once per item, with a transaction ID of its own, and links the items', async () => {
		const done = await buy({ productId: '={{ $json.id }}' }, [{ id: 101 }, { id: '999' }, { id: 101 }]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
		const ids = jsonOf(done).map(({ transactionId }) => transactionId);
		expect(new Set(ids).size).toBe(3);
		for (const id of ids) expect(id).toMatch(DERIVED_KEY);
		expect((await charges()).map(({ key, amount }) => [key, amount])).toEqual([
			[ids[0], 0.99],
			[ids[1], 0],
			[ids[2], 0.99],
		]);
	});

	it('sends customers only what was given, as text, and prices untouched', async () => {
		await harness.sandbox.client.changeProduct({
			provider: 'gamesDrop',
			productId: '101',
			price: 560.1000000001,
		});
		await buy({ transactionId: 'a' });
		await buy({
			transactionId: 'b',
			gameUserId: '={{ 52357322414 }}',
			gameServerId: '={{ 7 }}',
			email: ' a@b.c ',
		});
		await harness.sandbox.client.changeProduct({ provider: 'gamesDrop', productId: '101', price: 0.1 });
		await buy({ transactionId: 'c', gameUserId: '007' });
		expect(await bodies('order.create')).toEqual([
			{ offerId: 101, price: 560.1000000001, transactionId: 'a' },
			{
				offerId: 101,
				price: 560.1000000001,
				transactionId: 'b',
				customer: { gameUserId: '52357322414', gameServerId: '7', email: 'a@b.c' },
			},
			{ offerId: 101, price: 0.1, transactionId: 'c', customer: { gameUserId: '007' } },
		]);
	});

	it('sends Telegram Stars, and takes the price that was charged', async () => {
		const done = await run(stars({ transactionId: 'tg_stars_12345', email: 'user@example.com' }));
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({
				state: 'completed',
				productId: '1102',
				recipient: TELEGRAM_ID,
				price: 0.78,
				currency: 'USD',
				codes: [],
			}),
		]);
	});

	it.each([
		['123456789', 'Failed to deliver Stars: user not found'],
		['123456790', 'Failed to deliver Stars: STARGIFT_INVALID'],
		['123456791', 'Failed to deliver Stars: bot was blocked by user'],
	])('gives an order that was cancelled as it is: %s', async (gameUserId, message) => {
		const done = await run(stars({ gameUserId }));
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({
				state: 'cancelled',
				status: 'CANCELED',
				productId: '1102',
				recipient: gameUserId,
				price: 0.77,
				currency: 'USD',
				message,
			}),
		]);
	});

	it('confirms a price of its own without asking for it', async () => {
		const done = await buy({
			productId: offer(999),
			priceMode: 'fixed',
			price: '={{ "23.09" }}',
			transactionId: 'test_123456',
		});
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({
				state: 'completed',
				price: 23.09,
				currency: 'KZT',
				codes: [expect.any(String)],
			}),
		]);
		expect((await requests()).map(({ operation }) => operation)).toEqual(['order.create']);
	});

	it('is refused at another price', async () => {
		const done = await buy({ productId: offer(999), priceMode: 'fixed', price: 23.1, transactionId: 't' });
		expect(done.error?.message).toBe('GamesDrop: Incorrect product price (key t)');
		expect(done.error?.description).toMatch(
			/Nothing was ordered.*not the one you sell at|Nothing was ordered/,
		);
		expect(detailsOf(done)).toEqual(details('WRONG_PRICE'));
		expect(await charges()).toEqual([]);
	});

	it('keeps what it bought over the tries of Retry On Fail', async () => {
		await injectFault(
			'order.create',
			{ type: 'refuse', code: 'OUT_OF_STOCK' },
			{ match: { fields: { offerId: 999 } } },
		);
		const done = await buy({ productId: '={{ $json.id }}' }, [{ id: 101 }, { id: 999 }, { id: 1001 }], {
			retryOnFail: true,
			maxTries: 3,
			waitBetweenTries: 1,
		});
		expect(done.error).toBeUndefined();
		expect((await charges()).map(({ productId }) => productId)).toEqual(['101', '999', '1001']);
		expect((await bodies('order.create')).map(({ offerId }) => offerId)).toEqual([101, 999, 999, 1001]);
	});

	it.each([
		['SUBMITTED', 'pending'],
		['PROCESSING', 'processing'],
		['COMPLETED', 'completed'],
		['completed', 'completed'],
		['CANCELED', 'cancelled'],
		['CANCELLED', 'cancelled'],
		['FAILED', 'failed'],
		['REFUND', 'refunded'],
		['Refunded', 'refunded'],
		['ON_HOLD', 'unknown'],
	])('knows the status %s', async (status, state) => {
		await injectFault('order.create', { type: 'unknownStatus', status });
		expect(jsonOf(await buy())).toEqual([expect.objectContaining({ status, state })]);
	});

	it('is completed from the parameters when the answer says little', async () => {
		await injectFault('order.create', answer({ orderId: 10228902, status: 'CANCELED', message: 'No luck' }));
		expect(jsonOf(await buy({ transactionId: 't', gameUserId: '5' }))).toEqual([
			{
				provider: 'gamesDrop',
				orderId: '10228902',
				state: 'cancelled',
				status: 'CANCELED',
				productId: '101',
				recipient: '5',
				price: 0.99,
				currency: 'USD',
				codes: [],
				message: 'No luck',
				transactionId: 't',
			},
		]);
	});

	it('reads keys in snake_case, and codes in any number', async () => {
		await injectFault(
			'order.create',
			answer({
				order_id: '7',
				status: 'COMPLETED',
				offer_id: 101,
				price: '0.99',
				currency: 'usd',
				key: ['K-1', 'K-2'],
				fulfillment_data: { telegram_user_id: 5, error_message: 'none' },
				message: 'ORDER_NOT_FOUND',
			}),
		);
		expect(jsonOf(await buy())).toEqual([
			expect.objectContaining({
				orderId: '7',
				codes: ['K-1', 'K-2'],
				recipient: '5',
				currency: 'USD',
				state: 'completed',
			}),
		]);
	});
});

describe('waiting for completion', () => {
	const timeline = [
		{ afterMs: 0, status: 'SUBMITTED' },
		{ afterMs: 500, status: 'PROCESSING' },
		{ afterMs: 1_000, status: 'COMPLETED' },
	];

	it('gives a top-up in its present state without waiting', async () => {
		const done = await run(topUp());
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({ state: 'pending', status: 'SUBMITTED', recipient: PLAYER }),
		]);
	});

	it('polls until the top-up is complete', async () => {
		await useAccount({ timeline });
		const done = await run(
			topUp({ transactionId: 't1', options: { waitForCompletion: true, waitTimeout: 10 } }),
		);
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({
				state: 'completed',
				status: 'COMPLETED',
				recipient: PLAYER,
				transactionId: 't1',
			}),
		]);
		const [{ orderId }] = jsonOf(done) as [{ orderId: string }];
		expect((await bodies('order.get'))[0]).toEqual({ orderId: Number(orderId) });
		expect(await charges()).toHaveLength(1);
	});

	it('brings what a key order delivers in the end, untouched too', async () => {
		await useAccount({ timeline });
		const done = await buy({ simplify: false, options: { waitForCompletion: true } });
		expect(jsonOf(done)).toEqual([expect.objectContaining({ status: 'COMPLETED', key: expect.any(String) })]);
	});

	it('gives a top-up that is cancelled meanwhile, which is no failure', async () => {
		await useAccount({ timeline });
		const done = await run(topUp({ gameUserId: '12', options: { waitForCompletion: true } }));
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({ state: 'cancelled', message: 'Failed to deliver top-up: player not found' }),
		]);
	});

	it('gives the order in its present state when the time is over', async () => {
		await useAccount({ timeline: [{ afterMs: 0, status: 'PROCESSING' }] });
		const done = await run(topUp({ options: { waitForCompletion: true, waitTimeout: 1 } }));
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual([expect.objectContaining({ state: 'processing' })]);
	});
});

describe('Max Price', () => {
	const below = (maxPrice: unknown, more: INodeParameters = {}) =>
		({ transactionId: 't', options: { maxPrice }, ...more }) as INodeParameters;
	const setPrice = async (price: number) =>
		await harness.sandbox.client.changeProduct({ provider: 'gamesDrop', productId: '101', price });

	it('lets an order through that costs as much', async () => {
		expect(jsonOf(await buy(below(0.99)))).toEqual([expect.objectContaining({ price: 0.99 })]);
	});

	it.each([
		['the latest price', below(0.98), 'The order would cost 0.99 USD, above the Max Price of 0.98 USD'],
		[
			'in the currency of the product',
			below(500, { productId: offer(GIFT) }),
			'The order would cost 560.1 RUB, above the Max Price of 500 RUB',
		],
		[
			'a fixed price above it',
			below(1, { priceMode: 'fixed', price: 1.01 }),
			'The order would cost 1.01 USD, above the Max Price of 1 USD',
		],
		[
			'a quote above it, whatever the fixed price',
			below(0.5, { priceMode: 'fixed', price: 0.4 }),
			'The order would cost 0.99 USD, above the Max Price of 0.5 USD',
		],
	])('refuses before ordering: %s', async (_, parameters, message) => {
		const done = await buy(parameters);
		expect(done.error?.message).toBe(message);
		expect(detailsOf(done)).toEqual(details('MAX_PRICE_EXCEEDED'));
		expect(await requests('order.create')).toEqual([]);
	});

	it('checks every item before it buys the first, and asks once for the same product', async () => {
		const done = await buy(
			below(1, { productId: '={{ $json.id }}', transactionId: '={{ "t" + $itemIndex }}' }),
			[{ id: 101 }, { id: 101 }, { id: GIFT }],
		);
		expect(done.error?.context?.itemIndex).toBe(2);
		expect(await bodies('product.get')).toEqual(
			expect.arrayContaining([{ offerId: 101 }, { offerId: GIFT }]),
		);
		expect(await requests('product.get')).toHaveLength(2);
		expect(await charges()).toEqual([]);
	});

	it('quotes a second time right before ordering, and keeps to Max Price then', async () => {
		await injectFault('product.get', answer({ offerId: 101, price: 0.5, currency: 'USD' }));
		const done = await buy(below(0.6));
		expect(done.error?.message).toBe('The order would cost 0.99 USD, above the Max Price of 0.6 USD (key t)');
		expect(detailsOf(done)).toEqual(details('MAX_PRICE_EXCEEDED'));
		expect(await requests('order.create')).toEqual([]);
	});

	it('confirms the price of that moment', async () => {
		await injectFault('product.get', answer({ offerId: 101, price: 0.5, currency: 'USD' }));
		await setPrice(0.75);
		expect(jsonOf(await buy(below(0.8)))).toEqual([expect.objectContaining({ price: 0.75 })]);
	});

	it.each([
		['with Max Price', below(1)],
		['without', { transactionId: 't' }],
	])('orders nothing when no price is quoted: %s', async (_, parameters) => {
		await injectFault('product.get', answer({ offerId: 101, productName: 'PUBG', price: null }), {
			times: -1,
		});
		const done = await buy(parameters);
		expect(detailsOf(done)).toEqual(details('PRICE_UNKNOWN'));
		expect(await requests('order.create')).toEqual([]);
	});

	it('orders nothing when the price cannot be read right before', async () => {
		await injectFault('product.get', { type: 'refuse', code: 'OFFER_NOT_FOUND' });
		const done = await buy({ transactionId: 't' });
		expect(detailsOf(done)).toEqual(details('OFFER_NOT_FOUND'));
		expect(await requests('order.create')).toEqual([]);
	});
});

describe('input', () => {
	it.each([
		['Price: expected the price GamesDrop quotes, got 0', { priceMode: 'fixed', price: 0 }],
		['Price: expected the price GamesDrop quotes, got -1', { priceMode: 'fixed', price: -1 }],
		['Price: expected the price GamesDrop quotes, got nothing', { priceMode: 'fixed', price: '={{ "" }}' }],
		['Price: expected a number, got "23,09"', { priceMode: 'fixed', price: '23,09' }],
		['Price Mode: expected one of latest, fixed, got "cheap"', { priceMode: '={{ "cheap" }}' }],
		['Product: is empty', { productId: '={{ $json.missing }}' }],
		['Product: expected text, got "{"id":1}"', { productId: '={{ {id: 1} }}' }],
		['Game User ID: expected text, got "[1]"', { gameUserId: '={{ [1] }}' }],
		['Email: expected text, got "true"', { email: '={{ true }}' }],
		['Transaction ID: expected text, got "{}"', { transactionId: '={{ ({}) }}' }],
		[
			'Transaction ID: expected at most 10000 characters, got 10001',
			{ transactionId: '={{ "x".repeat(10001) }}' },
		],
		[
			'Game User ID: expected at most 255 characters, got 1048576',
			{ gameUserId: '={{ "x".repeat(1048576) }}' },
		],
		['Game Server ID: expected at most 255 characters, got 256', { gameServerId: '={{ "x".repeat(256) }}' }],
		['Email: expected at most 255 characters, got 256', { email: '={{ "x".repeat(256) }}' }],
		['Max Price: expected a number, got "cheap"', { options: { maxPrice: 'cheap' } }],
		['Request Timeout: expected a number of at least 1, got 0', { options: { requestTimeout: 0 } }],
	])('is refused before anything is sent: %s', async (message, parameters) => {
		const done = await buy(parameters as INodeParameters);
		expect(done.error?.message).toBe(message);
		expect(detailsOf(done)).toEqual(details('INVALID_PARAMETER'));
		expect(await requests()).toEqual([]);
	});

	it.each([
		['markup', '<script>alert(1)</script>'],
		['a path', '../../balance?x=1#%2e'],
		['letters of all kinds', '名前 🎮'],
		['quotes', `'"; DROP TABLE orders; --\\`],
		['255 letters', 'x'.repeat(255)],
	])('arrives as it is: %s', async (_, text) => {
		const done = await buy({ transactionId: text, gameUserId: text, gameServerId: text, email: text });
		expect(done.error).toBeUndefined();
		expect(await bodies('order.create')).toEqual([
			{
				offerId: 101,
				price: 0.99,
				transactionId: text,
				customer: { gameUserId: text, gameServerId: text, email: text },
			},
		]);
		expect(jsonOf(done)).toEqual([expect.objectContaining({ recipient: text, transactionId: text })]);
	});
});
