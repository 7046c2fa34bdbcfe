import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { jsonOf } from '../../support/harness';
import { answer } from '../../support/sandboxFaults';
import { CODE, DERIVED_KEY, useAiMarket } from '../support/aiMarket';
import { detailsOf, hintsOf, links } from '../support/providerNode';

const { account, useAccount, harness, buy, injectFault, charges, requests, details } = useAiMarket();

describe('order: create', () => {
	it('buys, gives the codes and reports what was sent', async () => {
		const done = await buy({ quantity: 2, idempotencyKey: 'order-001' });
		expect(jsonOf(done)).toEqual([
			{
				provider: 'aiMarket',
				orderId: expect.stringMatching(/^AM-\d+$/),
				state: 'completed',
				status: 'success',
				productId: '002',
				recipient: null,
				price: null,
				currency: 'USDT',
				codes: [expect.stringMatching(CODE), expect.stringMatching(CODE)],
				message: null,
				quantity: 2,
				balanceRemaining: 991,
				idempotencyKey: 'order-001',
			},
		]);
		const [sent, ...more] = await requests('order.create');
		expect(more).toEqual([]);
		expect(sent).toMatchObject({ method: 'POST', path: '/ai-market/api/v1/purchase' });
		expect(JSON.parse(sent!.body)).toEqual({ product_id: '002', quantity: 2 });
		expect(sent!.headers).toMatchObject({
			'x-api-key': account.key,
			'idempotency-key': 'order-001',
			'content-type': 'application/json',
		});
		expect(await charges()).toEqual([
			expect.objectContaining({ productId: '002', quantity: 2, amount: 9, key: 'order-001' }),
		]);
	});

	it('gives the answer untouched when it is not simplified', async () => {
		const done = await buy({ simplify: false });
		expect(jsonOf(done)).toEqual([
			{
				success: true,
				order_id: expect.any(String),
				codes: [expect.stringMatching(CODE)],
				balance_remaining: 995.5,
			},
		]);
	});

	it('buys once per item, with a key of its own, and links the items', async () => {
		const done = await buy({ productId: '={{ $json.id }}' }, [{ id: '002' }, { id: '005' }, { id: '002' }]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
		expect(jsonOf(done).map(({ productId }) => productId)).toEqual(['002', '005', '002']);
		const keys = jsonOf(done).map(({ idempotencyKey }) => idempotencyKey);
		expect(new Set(keys).size).toBe(3);
		for (const key of keys) expect(key).toMatch(DERIVED_KEY);
		expect((await charges()).map(({ productId, key }) => [productId, key])).toEqual([
			['002', keys[0]],
			['005', keys[1]],
			['002', keys[2]],
		]);
	});

	it('takes the product from the list, as text and as a number, and keeps leading zeros', async () => {
		const chosen = { __rl: true, mode: 'list', value: '002', cachedResultName: 'ChatGPT' };
		expect(jsonOf(await buy({ productId: chosen }))[0]).toMatchObject({ productId: '002' });
		expect(jsonOf(await buy({ productId: ' 002 ' }))[0]).toMatchObject({ productId: '002' });
		const { error } = await buy({ productId: '={{ 2 }}' });
		expect(error?.message).toMatch(/^AI-Market: Unknown product id/);
		const bodies = (await requests('order.create')).map(
			({ body }) => (JSON.parse(body) as IDataObject).product_id,
		);
		expect(bodies).toEqual(['002', '002', '2']);
	});

	it('buys once under one key, whatever comes in between', async () => {
		const first = await buy({ idempotencyKey: 'invoice-7' });
		const repeated = await buy({ idempotencyKey: 'invoice-7' });
		expect(jsonOf(repeated)).toEqual(jsonOf(first));
		expect(await charges()).toHaveLength(1);
		await harness.sandbox.client.advanceClock(24 * 3_600_000);
		await buy({ idempotencyKey: 'invoice-7' });
		expect(await charges()).toHaveLength(2);
	});

	it('takes the key from a number and without the white space around it', async () => {
		const done = await buy({ idempotencyKey: '={{ $json.invoice }}' }, [
			{ invoice: 1042 },
			{ invoice: ' 1043 ' },
		]);
		expect(jsonOf(done).map(({ idempotencyKey }) => idempotencyKey)).toEqual(['1042', '1043']);
	});

	it('refuses one key for two orders of a run, before anything is bought', async () => {
		const done = await buy({ productId: '={{ $json.id }}', idempotencyKey: 'same' }, [
			{ id: '002' },
			{ id: '005' },
		]);
		expect(done.error?.message).toBe('Idempotency Key: item 0 has the same key for another order');
		expect(detailsOf(done)).toEqual(details('INVALID_PARAMETER'));
		expect(await charges()).toEqual([]);
	});

	it('gives the order twice when the same one is asked for twice under one key', async () => {
		const [first, second] = jsonOf(await buy({ idempotencyKey: 'same' }, [{}, {}]));
		expect(second).toEqual(first);
		expect(await charges()).toHaveLength(1);
	});

	it('keeps what it bought over the tries of Retry On Fail', async () => {
		await injectFault(
			'order.create',
			answer({ success: false, code: 'FORBIDDEN', error: 'Account is suspended' }, 403),
			{
				match: { fields: { product_id: '005' } },
			},
		);
		const done = await buy({ productId: '={{ $json.id }}' }, [{ id: '002' }, { id: '005' }, { id: '007' }], {
			retryOnFail: true,
			maxTries: 3,
			waitBetweenTries: 1,
		});
		expect(done.error).toBeUndefined();
		expect(jsonOf(done).map(({ productId }) => productId)).toEqual(['002', '005', '007']);
		expect((await charges()).map(({ productId }) => productId)).toEqual(['002', '005', '007']);
	});

	it('does not wait, as there is nothing to wait for', async () => {
		const started = Date.now();
		const done = await buy({ options: { waitForCompletion: true, waitTimeout: 30 } });
		expect(jsonOf(done)[0]).toMatchObject({ state: 'completed' });
		expect(Date.now() - started).toBeLessThan(5_000);
	});

	it('waits while the rate limit of the account is used up', async () => {
		await useAccount({ rate: { limit: 2, windowMs: 1_500 } });
		const done = await buy({}, [{}, {}, {}]);
		expect(jsonOf(done)).toHaveLength(3);
		expect(await charges()).toHaveLength(3);
		expect((await requests('order.create')).map(({ status }) => status)).toEqual([200, 200, 429, 200]);
	});
});

describe('codes', () => {
	it.each([
		['one code as text', 'K-1', ['K-1']],
		['numbers', [123456, 7], ['123456', '7']],
		['objects', [{ login: 'a', password: 'b' }], ['{"login":"a","password":"b"}']],
		['an object', { code: 'K-1' }, ['{"code":"K-1"}']],
		['gaps', ['K-1', null, ''], ['K-1']],
	])('is a list of codes: %s', async (_, codes, expected) => {
		await injectFault(
			'order.create',
			answer({ success: true, order_id: 5, codes, balance_remaining: '1.5' }),
		);
		const done = await buy({ quantity: expected.length });
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({ orderId: '5', codes: expected, state: 'completed', balanceRemaining: 1.5 }),
		]);
		expect(hintsOf(done)).toEqual([]);
	});

	it('is handed on without an order ID too', async () => {
		await injectFault('order.create', answer({ success: true, codes: ['K-1'] }));
		const done = await buy({ simplify: true });
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({ orderId: null, codes: ['K-1'], balanceRemaining: null }),
		]);
	});

	it.each([
		[
			3,
			['K-1', 'K-2'],
			'AI-Market delivered 2 instead of 3 codes in order AM-9 (item 1). Ask its support if one is missing.',
		],
		[
			1,
			['K-1', 'K-2'],
			'AI-Market delivered 2 instead of 1 codes in order AM-9 (item 1). Ask its support if one is missing.',
		],
		[
			1,
			undefined,
			'AI-Market delivered 0 instead of 1 codes in order AM-9 (item 1). Ask its support if one is missing.',
		],
	])('is no failure when %s codes were asked for and %j came', async (quantity, codes, hint) => {
		await injectFault('order.create', answer({ success: true, order_id: 'AM-9', codes }), { skip: 1 });
		const done = await buy({ quantity }, [{}, {}]);
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)[1]).toMatchObject({ orderId: 'AM-9', state: 'completed', codes: codes ?? [] });
		expect(hintsOf(done)).toEqual([hint]);
	});
});

describe('Max Price', () => {
	const below = (maxPrice: unknown) => ({ options: { maxPrice } as INodeParameters });

	it('lets an order through that costs as much, and gives its price', async () => {
		const done = await buy({ quantity: 3, ...below(13.5) });
		expect(jsonOf(done)[0]).toMatchObject({ price: 13.5, quantity: 3 });
		expect(await charges()).toEqual([expect.objectContaining({ amount: 13.5 })]);
	});

	it.each([
		['one unit', 1, 4.49, 'The order would cost 4.5 USDT, above the Max Price of 4.49 USDT'],
		['all units together', 3, 13.49, 'The order would cost 13.5 USDT, above the Max Price of 13.49 USDT'],
		['nothing at all', 1, 0, 'The order would cost 4.5 USDT, above the Max Price of 0 USDT'],
		[
			'text from an expression',
			1,
			'={{ "4" }}',
			'The order would cost 4.5 USDT, above the Max Price of 4 USDT',
		],
	])('refuses before ordering: %s', async (_, quantity, maxPrice, message) => {
		const done = await buy({ quantity, ...below(maxPrice) });
		expect(done.error?.message).toBe(message);
		expect(detailsOf(done)).toEqual(details('MAX_PRICE_EXCEEDED'));
		expect(await requests('order.create')).toEqual([]);
	});

	it.each([
		['a product that is not listed', async () => {}, 'nope'],
		[
			'a product without a price',
			async () => {
				await injectFault(
					'product.getAll',
					answer({ products: [{ id: '002', name: 'Codes', price: null }] }),
				);
			},
			'002',
		],
	])('refuses when no price can be read: %s', async (_, arrange, productId) => {
		await arrange();
		const done = await buy({ productId, ...below(1_000) });
		expect(detailsOf(done)).toEqual(details('PRICE_UNKNOWN'));
		expect(await requests('order.create')).toEqual([]);
	});

	it('buys nothing when the catalog cannot be read', async () => {
		await injectFault('product.getAll', { type: 'refuse', code: 'FORBIDDEN' });
		const done = await buy(below(1_000));
		expect(detailsOf(done)).toEqual(details('FORBIDDEN'));
		expect(await requests('order.create')).toEqual([]);
	});

	it('reads the catalog once for the check and after each purchase, and not at all without a ceiling', async () => {
		await buy(below(20), [{}, {}, {}]);
		const inOrder = (await requests()).map(({ operation }) => operation);
		const [read, order] = ['product.getAll', 'order.create'];
		expect(inOrder).toEqual([read, order, read, order, read, order]);
		await buy();
		expect(await requests('product.getAll')).toHaveLength(3);
	});

	it('checks every item before it buys the first', async () => {
		const done = await buy({ quantity: '={{ $json.units }}', ...below(10) }, [{ units: 1 }, { units: 9 }]);
		expect(done.error?.context?.itemIndex).toBe(1);
		expect(await charges()).toEqual([]);
	});
});

describe('input', () => {
	it.each([
		['Quantity: expected a whole number from 1 to 10, got 0', { quantity: 0 }],
		['Quantity: expected a whole number from 1 to 10, got 11', { quantity: 11 }],
		['Quantity: expected a whole number, got "1.5"', { quantity: 1.5 }],
		['Quantity: expected a number, got "two"', { quantity: 'two' }],
		['Quantity: is empty', { quantity: '' }],
		['Quantity: expected a number, got "[1]"', { quantity: '={{ [1] }}' }],
		['Product: is empty', { productId: '={{ " " }}' }],
		['Product: is empty', { productId: '={{ $json.missing }}' }],
		['Product: expected text, got "{"id":1}"', { productId: '={{ {id: 1} }}' }],
		['Product: expected text, got "true"', { productId: '={{ true }}' }],
		[
			'Idempotency Key: expected at most 255 Latin letters, digits and signs, as it is sent in a header',
			{ idempotencyKey: 'ключ' },
		],
		[
			'Idempotency Key: expected at most 255 Latin letters, digits and signs, as it is sent in a header',
			{ idempotencyKey: '={{ "a\\r\\nX-Evil: 1" }}' },
		],
		[
			'Idempotency Key: expected at most 255 Latin letters, digits and signs, as it is sent in a header',
			{ idempotencyKey: 'k'.repeat(256) },
		],
		['Max Price: expected a number of at least 0, got -1', { options: { maxPrice: -1 } }],
		['Request Timeout: expected a number of at least 1, got 0', { options: { requestTimeout: 0 } }],
	])('is refused before anything is sent: %s', async (message, parameters) => {
		const done = await buy(parameters as INodeParameters);
		expect(done.error?.message).toBe(message);
		expect(detailsOf(done)).toEqual(details('INVALID_PARAMETER'));
		expect((await harness.sandbox.client.requests({ provider: 'aiMarket' })).requests).toEqual([]);
	});

	it.each([
		['markup', '<script>alert(1)</script>'],
		['a path', '../../balance?x=1#%2e'],
		['letters of all kinds', '名前 🎮'],
		['quotes', "'; DROP TABLE products; --"],
		['20,000 letters', 'x'.repeat(20_000)],
	])('arrives as it is: %s', async (_, value) => {
		const done = await buy({ productId: { __rl: true, mode: 'id', value } });
		expect(detailsOf(done)).toMatchObject({ code: 'PRODUCT_NOT_FOUND', outcome: 'rejected' });
		const [sent] = await requests('order.create');
		expect(JSON.parse(sent!.body)).toEqual({ product_id: value, quantity: 1 });
		expect(sent!.path).toBe('/ai-market/api/v1/purchase');
	});

	it('may be any printable key', async () => {
		const key = `a b/..?#%"'${'k'.repeat(200)}`;
		expect(jsonOf(await buy({ idempotencyKey: key }))[0]).toMatchObject({ idempotencyKey: key });
		expect(await charges()).toEqual([expect.objectContaining({ key })]);
	});
});
