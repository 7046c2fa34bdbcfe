import { LoadOptionsContext } from 'n8n-core';
import type { IDataObject, INode, INodeListSearchResult, INodeParameters } from 'n8n-workflow';
import { AiMarket } from '../../nodes/AiMarket/AiMarket.node';
import type { AccountView, ControlInput } from '../../sandbox/control';
import { credentialsFor, jsonOf, startBed, type Bed } from '../support/bed';
import { additionalDataFor, workflowOf, type Finished } from '../support/engine';
import { node } from '../support/nodes';

let bed: Bed;
let account: AccountView;
beforeAll(async () => {
	bed = await startBed();
});
afterAll(async () => await bed.close());
beforeEach(async () => {
	await bed.sandbox.client.reset();
	await useAccount();
});

/** The pace of an account is shared in the process, so each test has an account of its own. */
async function useAccount(spec: Omit<ControlInput['newAccount'], 'provider'> = {}): Promise<void> {
	account = await bed.sandbox.client.createAccount({ provider: 'aiMarket', ...spec });
	bed.credentials.aiMarketApi = account.credentials;
}

type Fault = ControlInput['fault'];
const fault = async (what: Fault['fault'], more: Partial<Fault> = {}) =>
	await bed.sandbox.client.addFault({ provider: 'aiMarket', fault: what, ...more });
const purchaseFault = async (what: Fault['fault'], more: Partial<Fault> = {}) =>
	await fault(what, { operation: 'order.create', ...more });
/** Answers with a status and body of the test's choice. */
const answer = (body: unknown, status = 200): Fault['fault'] => ({ type: 'refuse', status, body });

const charges = async () => (await bed.sandbox.client.charges({ account: account.name })).charges;
const requests = async (operation: string) =>
	(await bed.sandbox.client.requests({ provider: 'aiMarket', operation })).requests;

const run = async (parameters: INodeParameters, items?: IDataObject[], more?: Partial<INode>) =>
	await bed.runNode('aiMarket', parameters, items, more);
const order = (parameters: INodeParameters = {}): INodeParameters => ({
	resource: 'order',
	operation: 'create',
	productId: { __rl: true, mode: 'id', value: '002' },
	...parameters,
});
const buy = async (parameters: INodeParameters = {}, items?: IDataObject[], more?: Partial<INode>) =>
	await run(order(parameters), items, more);

const links = (done: Finished, output = 0) => done.output('Node', output).map(({ pairedItem }) => pairedItem);
const dataOf = (done: Finished) => done.error?.context?.data;
const hintsOf = (done: Finished) =>
	(done.data.resultData.runData.Node?.[0]?.hints ?? []).map(({ message }) => message);

const CODE = /^AIM002-\d{6}-[0-9A-F]{4}-[0-9A-F]{4}$/;
const DERIVED_KEY = /^n8n-[0-9a-f]{32}$/;

describe('balance: get', () => {
	const get = { resource: 'balance', operation: 'get' };

	it('gives the wallet, one for each item, linked to it', async () => {
		await useAccount({ balance: 24.5 });
		const done = await run(get, [{}, {}]);
		const wallet = { provider: 'aiMarket', available: 24.5, locked: null, total: 24.5, currency: 'USDT' };
		expect(jsonOf(done)).toEqual([wallet, wallet]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }]);
	});

	it('gives the answer untouched when it is not simplified', async () => {
		const done = await run({ ...get, simplify: false });
		expect(jsonOf(done)).toEqual([{ balance: 1000, currency: 'USDT' }]);
	});

	it.each([
		[{ balance: '24.50', currency: 'usdt' }, 24.5, 'USDT'],
		[{ balance: 3 }, 3, 'USDT'],
		[{ balance: 0, currency: 'USD', extra: {} }, 0, 'USD'],
	])('reads %j', async (body, available, currency) => {
		await fault(answer(body));
		expect(jsonOf(await run(get))).toEqual([expect.objectContaining({ available, currency })]);
	});

	it('sends the key in X-API-Key and nothing else', async () => {
		await run(get);
		const [sent] = await requests('balance.get');
		expect(sent).toMatchObject({ method: 'GET', path: '/ai-market/api/v1/balance', body: '' });
		expect(sent!.headers['x-api-key']).toBe(account.key);
		expect(sent!.headers.authorization).toBeUndefined();
	});

	it.each([
		['a page instead of JSON', { type: 'unreadable', kind: 'html' } as const],
		['another shape', { type: 'unreadable', kind: 'wrongShape' } as const],
	])('says what is wrong with %s', async (_, what) => {
		await fault(what);
		const { error } = await run(get);
		expect(error?.message).toMatch(/AI-Market sent an answer that cannot be used/);
		expect(error?.description).toMatch(/Base URL/);
	});

	it.each([
		['a server fault', { type: 'error', status: 502 } as const],
		['a dropped connection', { type: 'drop' } as const],
		['a refusal to hurry', { type: 'rateLimit', retryAfterSeconds: 0 } as const],
	])('asks again after %s', async (_, what) => {
		await fault(what);
		expect(jsonOf(await run(get))).toHaveLength(1);
		expect(await requests('balance.get')).toHaveLength(2);
	});
});

describe('product: getAll', () => {
	const getAll = (more: INodeParameters = {}) => ({ resource: 'product', operation: 'getAll', ...more });

	it('gives products as all providers have them', async () => {
		const done = await run(getAll());
		expect(jsonOf(done)).toHaveLength(40);
		expect(jsonOf(done)[0]).toEqual({
			provider: 'aiMarket',
			productId: '001',
			name: 'ChatGPT Plus 1 Month',
			type: null,
			quantity: 1,
			unit: 'piece',
			price: 16,
			unitPrice: 16,
			currency: 'USDT',
			inStock: true,
		});
		expect(jsonOf(done)[8]).toMatchObject({ productId: '009', inStock: false });
	});

	it('holds the limit, for each item, and links what it gives', async () => {
		const done = await run(getAll({ limit: 2 }), [{}, {}]);
		expect(jsonOf(done).map(({ productId }) => productId)).toEqual(['001', '002', '001', '002']);
		expect(links(done)).toEqual([{ item: 0 }, { item: 0 }, { item: 1 }, { item: 1 }]);
	});

	it('leaves out what cannot be bought, before the limit counts', async () => {
		const done = await run(getAll({ limit: 9, filters: { inStockOnly: true } }));
		const ids = jsonOf(done).map(({ productId }) => productId);
		expect(ids).toHaveLength(9);
		expect(ids).not.toContain('009');
		expect(jsonOf(await run(getAll({ returnAll: true, filters: { inStockOnly: true } })))).toHaveLength(37);
	});

	it('gives the products untouched when they are not simplified', async () => {
		const done = await run(getAll({ simplify: false, limit: 1 }));
		expect(jsonOf(done)).toEqual([
			{ id: '001', name: 'ChatGPT Plus 1 Month', price: 16, stock: 120, in_stock: true },
		]);
	});

	it('reads products however little is said of them', async () => {
		await fault(
			answer({
				products: [
					{ id: 7, name: 'Telegram Stars 1 000 Stars', price: '15.50', stock: 3, in_stock: true },
					{ id: '08', stock: 5, in_stock: false },
					{ id: '09', name: '<b>名前</b> ../?#%', price: null, stock: 0, in_stock: true },
					{ id: '10', name: 'Unknown stock', in_stock: true },
					{ id: '11', price: 'call us', stock: 'many' },
				],
			}),
		);
		expect(jsonOf(await run(getAll()))).toEqual([
			expect.objectContaining({
				productId: '7',
				quantity: 1000,
				unit: 'star',
				price: 15.5,
				unitPrice: 0.0155,
			}),
			expect.objectContaining({ productId: '08', name: '08', price: null, unitPrice: null, inStock: false }),
			expect.objectContaining({ productId: '09', name: '<b>名前</b> ../?#%', inStock: false }),
			expect.objectContaining({ productId: '10', inStock: true }),
			expect.objectContaining({ productId: '11', price: null, inStock: null }),
		]);
	});

	it('gives nothing for an empty catalog', async () => {
		await fault(answer({ products: [] }));
		const done = await run(getAll());
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual([]);
	});

	it.each([[0], [-1], [1.5], ['many']])('refuses the limit %j', async (limit) => {
		const { error } = await run(getAll({ limit }));
		expect(error?.message).toMatch(/^Limit: expected a (whole )?number/);
	});
});

describe('the list of products in the editor', () => {
	async function search(filter?: string): Promise<INodeListSearchResult> {
		const saved = node('Node', 'aiMarket', order(), credentialsFor('aiMarket'));
		const workflow = workflowOf(bed, { nodes: [saved], connections: {} });
		const context = new LoadOptionsContext(
			workflow,
			saved,
			additionalDataFor(bed, '1', workflow, 'internal'),
			'',
		);
		return await new AiMarket().methods.listSearch.searchProducts.call(context, filter);
	}

	it('shows names, prices and what is sold out', async () => {
		const { results, paginationToken } = await search();
		expect(paginationToken).toBeUndefined();
		expect(results).toHaveLength(40);
		expect(results[0]).toEqual({ name: 'ChatGPT Plus 1 Month (16 USDT)', value: '001' });
		expect(results[8]?.name).toBe('Google One 2 TB 12 Months (42 USDT), out of stock');
	});

	it('finds names and IDs', async () => {
		expect((await search('gemini')).results.map(({ value }) => value)).toEqual(['007', '008']);
		expect((await search('040')).results.map(({ value }) => value)).toEqual(['040']);
		expect((await search('<script>')).results).toEqual([]);
	});

	it('says why it is empty', async () => {
		await fault({ type: 'refuse', code: 'INVALID_KEY' });
		await expect(search()).rejects.toThrow('AI-Market: API key is invalid or revoked');
	});
});

describe('order: create', () => {
	it('buys, gives the codes and says what was sent', async () => {
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
		const again = await buy({ idempotencyKey: 'invoice-7' });
		expect(jsonOf(again)).toEqual(jsonOf(first));
		expect(await charges()).toHaveLength(1);
		await bed.sandbox.client.advanceClock(24 * 3_600_000);
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
		expect(dataOf(done)).toEqual({ provider: 'aiMarket', code: 'INVALID_PARAMETER', outcome: 'rejected' });
		expect(await charges()).toEqual([]);
	});

	it('gives the order twice when the same one is asked for twice under one key', async () => {
		const [first, second] = jsonOf(await buy({ idempotencyKey: 'same' }, [{}, {}]));
		expect(second).toEqual(first);
		expect(await charges()).toHaveLength(1);
	});

	it('keeps what it bought over the tries of Retry On Fail', async () => {
		await fault(answer({ success: false, code: 'FORBIDDEN', error: 'Account is suspended' }, 403), {
			operation: 'order.create',
			match: { fields: { product_id: '005' } },
		});
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

	it('waits for its turn where the account may not send more', async () => {
		await useAccount({ rate: { limit: 2, windowMs: 1_500 } });
		const done = await buy({}, [{}, {}, {}]);
		expect(jsonOf(done)).toHaveLength(3);
		expect(await charges()).toHaveLength(3);
		expect((await requests('order.create')).map(({ status }) => status)).toEqual([200, 200, 429, 200]);
	});
});

describe('what AI-Market delivers', () => {
	it.each([
		['one code as text', 'K-1', ['K-1']],
		['numbers', [123456, 7], ['123456', '7']],
		['objects', [{ login: 'a', password: 'b' }], ['{"login":"a","password":"b"}']],
		['an object', { code: 'K-1' }, ['{"code":"K-1"}']],
		['gaps', ['K-1', null, ''], ['K-1']],
	])('is a list of codes: %s', async (_, codes, expected) => {
		await purchaseFault(answer({ success: true, order_id: 5, codes, balance_remaining: '1.5' }));
		const done = await buy({ quantity: expected.length });
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({ orderId: '5', codes: expected, state: 'completed', balanceRemaining: 1.5 }),
		]);
		expect(hintsOf(done)).toEqual([]);
	});

	it('is handed on without an order ID too', async () => {
		await purchaseFault(answer({ success: true, codes: ['K-1'] }));
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
		await purchaseFault(answer({ success: true, order_id: 'AM-9', codes }), { skip: 1 });
		const done = await buy({ quantity }, [{}, {}]);
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)[1]).toMatchObject({ orderId: 'AM-9', state: 'completed', codes: codes ?? [] });
		expect(hintsOf(done)).toEqual([hint]);
	});
});

describe('an answer that does not come', () => {
	const lost: Array<[string, Fault['fault']]> = (['before', 'after'] as const).flatMap((phase) => [
		[`a connection dropped ${phase} the purchase`, { type: 'drop', phase }],
		[`a server that hangs ${phase} the purchase`, { type: 'hang', phase }],
		...([500, 502, 503, 504] as const).map((status): [string, Fault['fault']] => [
			`HTTP ${status} ${phase} the purchase`,
			{ type: 'error', status, phase },
		]),
		...(['html', 'truncated', 'empty', 'wrongShape'] as const).map((kind): [string, Fault['fault']] => [
			`an unreadable answer (${kind}) ${phase} the purchase`,
			{ type: 'unreadable', kind, phase },
		]),
	]);

	it.each(lost)('is asked for again with the same key: %s', async (_, what) => {
		await purchaseFault(what);
		const done = await buy({ quantity: 2, options: { requestTimeout: 2 } });
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({ codes: [expect.stringMatching(CODE), expect.stringMatching(CODE)] }),
		]);
		expect(await charges()).toHaveLength(1);
		const keys = (await requests('order.create')).map(({ headers }) => headers['idempotency-key']);
		expect(keys).toHaveLength(2);
		expect(new Set(keys).size).toBe(1);
	});

	it.each([
		['a server that hangs', { type: 'hang', phase: 'after' } as const],
		['dropped connections', { type: 'drop', phase: 'after' } as const],
		['HTTP 504', { type: 'error', status: 504, phase: 'after' } as const],
	])('makes the outcome unknown in the end, and the key brings the order back: %s', async (_, what) => {
		const { id } = await purchaseFault(what, { times: -1 });
		const done = await buy({ options: { requestTimeout: 1 } }, [{}], {
			retryOnFail: true,
			maxTries: 2,
			waitBetweenTries: 1,
		});
		expect(dataOf(done)).toEqual({ provider: 'aiMarket', code: null, outcome: 'unknown' });
		expect(done.error?.message).toMatch(/^The outcome of this purchase is unknown/);
		const key = /Idempotency Key "(n8n-[0-9a-f]{32})"/.exec(done.error?.description ?? '')?.[1];
		expect(done.error?.description).toMatch(/without a second charge for 24 hours/);
		expect(done.error?.message).toContain(`(key ${key})`);
		expect(done.error?.message).not.toMatch(/AIM002/);

		await bed.sandbox.client.clearFaults({ id });
		const again = await buy({ idempotencyKey: key! });
		expect(jsonOf(again)[0]).toMatchObject({ codes: [expect.stringMatching(CODE)] });
		expect(await charges()).toHaveLength(1);
	});

	it('stays unknown when a later try is refused for something else', async () => {
		await purchaseFault({ type: 'drop', phase: 'after' });
		await purchaseFault({ type: 'refuse', code: 'INVALID_KEY' }, { times: -1 });
		const done = await buy({ options: { requestTimeout: 2 } });
		expect(dataOf(done)).toMatchObject({ outcome: 'unknown' });
		expect(await charges()).toHaveLength(1);
	});

	it('is waited for while the same key is still under way', async () => {
		await purchaseFault({ type: 'latency', ms: 700, phase: 'before' });
		const both = await Promise.all([buy({ idempotencyKey: 'twice' }), buy({ idempotencyKey: 'twice' })]);
		const [first, second] = both.map((done) => jsonOf(done)[0]);
		expect(first).toEqual(second);
		expect(first).toMatchObject({ codes: [expect.stringMatching(CODE)] });
		expect(await charges()).toHaveLength(1);
	});

	it('is unknown when the same key stays under way', async () => {
		await purchaseFault({ type: 'refuse', code: 'REQUEST_IN_PROGRESS' }, { times: -1 });
		const done = await buy({ options: { requestTimeout: 1 } });
		expect(dataOf(done)).toEqual({ provider: 'aiMarket', code: 'REQUEST_IN_PROGRESS', outcome: 'unknown' });
		expect(done.error?.httpCode).toBe('409');
		expect(done.error?.description).toMatch(/without a second charge for 24 hours/);
	});

	it('is no order when the server redirects', async () => {
		await purchaseFault({ type: 'redirect', status: 307 });
		const done = await buy({ options: { requestTimeout: 1 } });
		expect(dataOf(done)).toMatchObject({ outcome: 'rejected' });
		expect(done.error?.httpCode).toBe('307');
		expect(await charges()).toEqual([]);
	});
});

describe('what AI-Market refuses', () => {
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
		await purchaseFault({ type: 'refuse', code });
		const done = await buy({ idempotencyKey: 'k1' });
		expect(done.error?.message).toBe(`${message} (key k1)`);
		expect(done.error?.description).toMatch(description);
		expect(done.error?.httpCode).toBe(httpCode);
		expect(done.error?.context?.itemIndex).toBe(0);
		expect(dataOf(done)).toEqual({ provider: 'aiMarket', code, outcome: 'rejected' });
		expect(await requests('order.create')).toHaveLength(1);
		expect(await charges()).toEqual([]);
	});

	it('is an error for the user: RATE_LIMITED', async () => {
		await purchaseFault({ type: 'rateLimit', retryAfterSeconds: 41 });
		const done = await buy({ idempotencyKey: 'k1', options: { requestTimeout: 1 } });
		expect(done.error?.message).toBe('AI-Market: Too many requests (retry after 41 s) (key k1)');
		expect(done.error?.description).toMatch(/20 requests a minute/);
		expect(done.error?.httpCode).toBe('429');
		expect(dataOf(done)).toEqual({ provider: 'aiMarket', code: 'RATE_LIMITED', outcome: 'rejected' });
		expect(await charges()).toEqual([]);
	});

	it.each(documented)('has words of ours when it comes without: %s', async (code, httpCode) => {
		await purchaseFault(answer({ code }, Number(httpCode)));
		const done = await buy();
		expect(done.error?.message).toMatch(/^AI-Market: (?!null|undefined)[a-z ]/i);
		expect(done.error?.message).not.toContain(code);
		expect(dataOf(done)).toMatchObject({ code, outcome: 'rejected' });
	});

	it.each([
		['success: false', { success: false, code: 'OUT_OF_STOCK', error: 'Not enough stock' }, 'OUT_OF_STOCK'],
		['a code and an error', { code: 'FORBIDDEN', error: 'Account is suspended' }, 'FORBIDDEN'],
		['success: false alone', { success: false }, null],
	])('is a refusal with HTTP 200 as well: %s', async (_, body, code) => {
		await purchaseFault(answer(body));
		const done = await buy();
		expect(dataOf(done)).toEqual({ provider: 'aiMarket', code, outcome: 'rejected' });
		expect(done.error?.message).toMatch(/^AI-Market: /);
		expect(await requests('order.create')).toHaveLength(1);
	});

	it.each([
		[403, /enter the current key/],
		[422, /Check the values of the node/],
	])('comes with advice for HTTP %s where its code is new', async (status, description) => {
		await purchaseFault(answer({ code: 'NEW', error: 'No' }, status));
		expect((await buy()).error?.description).toMatch(description);
	});

	it('is told in the words of a code this package does not know', async () => {
		await purchaseFault(answer({ code: 'CARD_DECLINED', error: 'Try another card' }, 422));
		const done = await buy({ idempotencyKey: 'k' });
		expect(done.error?.message).toBe('AI-Market: Try another card (key k)');
		expect(dataOf(done)).toMatchObject({ code: 'CARD_DECLINED', outcome: 'rejected' });
	});

	it('never shows the API key', async () => {
		await purchaseFault(answer({ code: 'INVALID_KEY', error: `Key ${account.key} is revoked` }, 401));
		const done = await buy();
		expect(JSON.stringify([done.error, done.error?.message, done.error?.description])).not.toContain(
			account.key,
		);
	});

	it('comes from the provider itself: suspended, poor, sold out', async () => {
		await useAccount({ suspended: true });
		expect(dataOf(await buy())).toMatchObject({ code: 'FORBIDDEN' });
		await useAccount({ balance: 10 });
		const poor = await buy({ quantity: 3 });
		expect(poor.error?.message).toMatch(/\(13.5 USDT needed, 10 USDT in the wallet\)/);
		expect(dataOf(await buy({ productId: '009' }))).toMatchObject({ code: 'OUT_OF_STOCK' });
		bed.credentials.aiMarketApi = { ...account.credentials, apiKey: 'mk_wrong' };
		expect(dataOf(await buy())).toMatchObject({ code: 'INVALID_KEY' });
		expect(await charges()).toEqual([]);
	});
});

describe('what fails while the rest goes on', () => {
	const failed = {
		error: 'AI-Market: Unknown product id (key k-nope)',
		details: { provider: 'aiMarket', code: 'PRODUCT_NOT_FOUND', outcome: 'rejected' },
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
		expect(dataOf(done)).toEqual({
			...failed.details,
			placed: [{ item: 0, orderId: expect.stringMatching(/^AM-/), key: 'k-002' }],
		});
		expect(done.error?.description).toMatch(/do not repeat these: item 0: order AM-\d+ \(key k-002\)/);
		expect(await charges()).toHaveLength(1);
	});

	it('is told for reads in the same way', async () => {
		await fault({ type: 'refuse', code: 'FORBIDDEN' }, { operation: 'balance.get', skip: 1, times: -1 });
		const done = await run({ resource: 'balance', operation: 'get' }, [{}, {}], {
			onError: 'continueErrorOutput',
		});
		expect(jsonOf(done)).toHaveLength(1);
		expect(jsonOf(done, 'Node', 1)).toEqual([
			{
				error: 'AI-Market: Account is suspended',
				details: { provider: 'aiMarket', code: 'FORBIDDEN', outcome: 'rejected' },
			},
		]);
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
		expect(dataOf(done)).toEqual({ provider: 'aiMarket', code: 'MAX_PRICE_EXCEEDED', outcome: 'rejected' });
		expect(await requests('order.create')).toEqual([]);
	});

	it.each([
		['a product that is not listed', async () => {}, 'nope'],
		[
			'a product without a price',
			async () => {
				await fault(answer({ products: [{ id: '002', name: 'Codes', price: null }] }));
			},
			'002',
		],
	])('refuses when no price can be read: %s', async (_, arrange, productId) => {
		await arrange();
		const done = await buy({ productId, ...below(1_000) });
		expect(dataOf(done)).toEqual({ provider: 'aiMarket', code: 'PRICE_UNKNOWN', outcome: 'rejected' });
		expect(await requests('order.create')).toEqual([]);
	});

	it('buys nothing when the catalog cannot be read', async () => {
		await fault({ type: 'refuse', code: 'FORBIDDEN' }, { operation: 'product.getAll' });
		const done = await buy(below(1_000));
		expect(dataOf(done)).toEqual({ provider: 'aiMarket', code: 'FORBIDDEN', outcome: 'rejected' });
		expect(await requests('order.create')).toEqual([]);
	});

	it('asks for the catalog once for all items, and not at all without a ceiling', async () => {
		await buy(below(20), [{}, {}, {}]);
		expect(await requests('product.getAll')).toHaveLength(1);
		await buy();
		expect(await requests('product.getAll')).toHaveLength(1);
	});

	it('checks every item before it buys the first', async () => {
		const done = await buy({ quantity: '={{ $json.units }}', ...below(10) }, [{ units: 1 }, { units: 9 }]);
		expect(done.error?.context?.itemIndex).toBe(1);
		expect(await charges()).toEqual([]);
	});
});

describe('what users and expressions enter', () => {
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
		expect(dataOf(done)).toEqual({ provider: 'aiMarket', code: 'INVALID_PARAMETER', outcome: 'rejected' });
		expect((await bed.sandbox.client.requests({ provider: 'aiMarket' })).requests).toEqual([]);
	});

	it.each([
		['markup', '<script>alert(1)</script>'],
		['a path', '../../balance?x=1#%2e'],
		['letters of all kinds', '名前 🎮'],
		['quotes', "'; DROP TABLE products; --"],
		['20,000 letters', 'x'.repeat(20_000)],
	])('arrives as it is: %s', async (_, value) => {
		const done = await buy({ productId: { __rl: true, mode: 'id', value } });
		expect(dataOf(done)).toMatchObject({ code: 'PRODUCT_NOT_FOUND', outcome: 'rejected' });
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
