import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import type { ControlInput } from '../../sandbox/control';
import { credentialsFor, jsonOf, startBed, type Bed } from '../support/bed';
import type { Finished } from '../support/engine';
import { node } from '../support/nodes';

let bed: Bed;
beforeAll(async () => {
	bed = await startBed();
});
afterAll(async () => await bed.close());
beforeEach(async () => await bed.sandbox.client.reset());

/** Of the seller the sandbox has from the start: 260 products, and purchases paid with Stars, by card, by wallet. */
const FIRST_PRODUCT = 2548;
const PRODUCTS = 260;
const PAID_WITH_STARS = [12345, 12346, 12347];
const PAID_BY_CARD = 12353;

const list = { resource: 'product', operation: 'getAll' };
const get = { resource: 'product', operation: 'get', productId: '={{ $json.id }}' };
const cancel = { resource: 'purchase', operation: 'cancel', purchaseId: '={{ $json.id }}' };

const run = async (parameters: INodeParameters, items?: IDataObject[], more?: Partial<INode>) =>
	await bed.runNode('tribute', parameters, items, more);
const cancelAll = async (ids: unknown[] = [12345], more?: Partial<INode>, parameters: INodeParameters = {}) =>
	await run(
		{ ...cancel, ...parameters },
		ids.map((id) => ({ id }) as IDataObject),
		more,
	);

type Fault = ControlInput['fault']['fault'];
/** Switches on a fault, for one request unless told otherwise. */
const strike = async (operation: string, fault: Fault, more: Partial<ControlInput['fault']> = {}) =>
	await bed.sandbox.client.addFault({ provider: 'tribute', operation, fault, ...more });
/** Makes the provider answer with exactly this. */
const answer = async (
	operation: string,
	body: unknown,
	status = 200,
	more: Partial<ControlInput['fault']> = {},
) => await strike(operation, { type: 'refuse', status, body }, more);

const refunds = async () => (await bed.sandbox.client.charges({ provider: 'tribute' })).refunds;
const requests = async () => (await bed.sandbox.client.requests({ provider: 'tribute' })).requests;
/** The page, size and other parameters of each request for a list. */
const pages = async () =>
	(await requests()).map(({ path }) => Object.fromEntries(new URL(path, 'http://x').searchParams));

/** Another seller, whose products and purchases are out of reach. */
async function seller(products: number): Promise<Partial<INode>> {
	const name = `seller of ${products}`;
	const { credentials } = await bed.sandbox.client.createAccount({ provider: 'tribute', name, products });
	bed.credentials[name] = credentials;
	return { credentials: { tributeApi: { id: name, name } } };
}

/** What a failed run says, in the parts users and workflows see. */
const said = ({ error }: Finished) => ({
	message: error?.message,
	description: (error as { description?: string } | undefined)?.description,
	httpCode: error?.httpCode,
	data: error?.context?.data,
});
const data = (code: string | null, outcome: 'rejected' | 'unknown' = 'rejected') => ({
	provider: 'tribute',
	code,
	outcome,
});
const links = (done: Finished, output = 0) => done.output('Node', output).map(({ pairedItem }) => pairedItem);
const idsOf = (done: Finished) => jsonOf(done).map(({ productId }) => Number(productId));
const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

/** The document's own sample. */
const sample = {
	id: 2548,
	type: 'digital',
	name: 'VPN Access - 1 Month',
	description: 'High-speed VPN service with unlimited bandwidth and 50+ server locations worldwide',
	amount: 499,
	currency: 'usd',
	starsAmount: 100,
	starsAmountEnabled: true,
	status: 'approved',
	isCustom: false,
	acceptCards: true,
	acceptWalletPay: false,
	protectContent: true,
	created: '2025-08-25T10:30:00Z',
	updated: '2025-08-25T10:30:00Z',
	pendingOrders: 3,
	imageUrl: 'https://cdn.example.com/image.jpg',
	link: 'https://t.me/tribute_bot/app?startapp=pf6',
	webLink: 'https://web.tribute.tg/p/f6',
};
const simple = {
	provider: 'tribute',
	productId: '2548',
	name: 'VPN Access - 1 Month',
	type: 'digital',
	quantity: 1,
	unit: 'piece',
	price: 4.99,
	unitPrice: 4.99,
	currency: 'USD',
	inStock: null,
};

describe('product: getAll', () => {
	it('gives all products, none lost or doubled, in as few pages as there are', async () => {
		const done = await run({ ...list, returnAll: true });
		expect(idsOf(done)).toEqual(range(FIRST_PRODUCT, PRODUCTS));
		expect(jsonOf(done)[0]).toEqual(simple);
		expect(await pages()).toEqual(['1', '2', '3'].map((page) => ({ page, size: '100', desc: 'false' })));
		const [request] = await requests();
		expect(request!.headers['api-key']).toBe('tribute-sandbox');
	});

	it('links all items of a list to the item that asked for it', async () => {
		const done = await run({ ...list, limit: 2 }, [{}, {}]);
		expect(links(done)).toEqual([0, 0, 1, 1].map((item) => ({ item })));
	});

	it.each([
		[1, [1]],
		[50, [50]],
		[100, [100]],
		[101, [51, 51]],
		[150, [75, 75]],
		[250, [84, 84, 84]],
		[260, [87, 87, 87]],
		[1_000, [100, 100, 100]],
	])('asks for no more than %i needs', async (limit, sizes) => {
		const done = await run({ ...list, limit });
		expect(idsOf(done)).toEqual(range(FIRST_PRODUCT, Math.min(limit, PRODUCTS)));
		expect((await pages()).map(({ page, size }) => [page, size])).toEqual(
			sizes.map((size, index) => [String(index + 1), String(size)]),
		);
	});

	it('takes 50 when nothing is said', async () => {
		expect(jsonOf(await run(list))).toHaveLength(50);
	});

	it.each([
		[0, 1],
		[1, 1],
		[99, 1],
		[100, 1],
		[101, 2],
		[200, 2],
	])('%i products are through after %i requests', async (products, count) => {
		const done = await run({ ...list, returnAll: true }, [{}], await seller(products));
		expect(done.error).toBeUndefined();
		expect(new Set(idsOf(done)).size).toBe(products);
		expect(jsonOf(done)).toHaveLength(products);
		expect(await requests()).toHaveLength(count);
	});

	it.each(['digital', 'custom', 'physical'])('filters for %s products', async (type) => {
		const done = await run({ ...list, returnAll: true, filters: { type } });
		const types = jsonOf(done).map((product) => product.type);
		expect(types.length).toBeGreaterThan(20);
		expect(new Set(types)).toEqual(new Set([type]));
		expect((await pages())[0]).toMatchObject({ type });
	});

	it('gives the newest first', async () => {
		const done = await run({ ...list, limit: 120, options: { descending: true } });
		expect(idsOf(done)).toEqual(range(FIRST_PRODUCT + PRODUCTS - 120, 120).reverse());
	});

	it('turns minor units into decimals, in upper case currencies', async () => {
		const done = await run({ ...list, limit: 3 });
		expect(jsonOf(done).map(({ price, currency }) => [price, currency])).toEqual([
			[4.99, 'USD'],
			[5.99, 'EUR'],
			[629.1, 'RUB'],
		]);
	});

	it("gives the provider's own objects without Simplify", async () => {
		const done = await run({ ...list, limit: 1, simplify: false });
		expect(jsonOf(done)[0]).toMatchObject({ id: 2548, amount: 499, currency: 'usd', starsAmount: 100 });
	});

	it('takes the documented sample, and products with less than that', async () => {
		const rows = [
			sample,
			{ id: '7' },
			{ id: 8, name: null, amount: '1050', currency: 'Eur', type: 'new one' },
		];
		const body = { rows, meta: { total: 3, offset: 1, limit: 1 } };
		await answer('product.getAll', body);
		const nothing = { name: '7', type: null, price: null, unitPrice: null, currency: null };
		expect(jsonOf(await run(list))).toEqual([
			simple,
			{ ...simple, ...nothing, productId: '7' },
			{
				...simple,
				productId: '8',
				name: '8',
				type: 'new one',
				price: 10.5,
				unitPrice: 10.5,
				currency: 'EUR',
			},
		]);
		await answer('product.getAll', body);
		expect(jsonOf(await run({ ...list, simplify: false }))).toEqual(rows);
	});

	it.each([
		['rows that are null', { rows: null, meta: null }],
		['no rows', { rows: [] }],
		['nothing at all', {}],
	])('takes %s for an empty list', async (_, body) => {
		await answer('product.getAll', body);
		const done = await run({ ...list, returnAll: true });
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual([]);
		expect(await requests()).toHaveLength(1);
	});

	describe('ends', () => {
		const page = (from: number, count: number, total?: number) => ({
			rows: range(from, count).map((id) => ({ id })),
			...(total === undefined ? {} : { meta: { total } }),
		});

		it('when the same page comes again', async () => {
			await answer('product.getAll', page(1, 100), 200, { times: -1 });
			expect(idsOf(await run({ ...list, returnAll: true }))).toEqual(range(1, 100));
			expect(await requests()).toHaveLength(2);
		});

		it('when a page is not full', async () => {
			await answer('product.getAll', page(1, 100));
			await answer('product.getAll', page(101, 40));
			expect(idsOf(await run({ ...list, returnAll: true }))).toEqual(range(1, 140));
			expect(await requests()).toHaveLength(2);
		});

		it('when a page is empty', async () => {
			await answer('product.getAll', page(1, 100));
			await answer('product.getAll', page(1, 0));
			expect(idsOf(await run({ ...list, returnAll: true }))).toEqual(range(1, 100));
			expect(await requests()).toHaveLength(2);
		});

		it('when the total is reached', async () => {
			await answer('product.getAll', page(1, 100, 100));
			expect(idsOf(await run({ ...list, returnAll: true }))).toEqual(range(1, 100));
			expect(await requests()).toHaveLength(1);
		});

		it('with every product once when one was added meanwhile', async () => {
			// Newest first: the last of page 1 has moved to the top of page 2.
			await answer('product.getAll', page(1, 100));
			await answer('product.getAll', page(100, 100));
			await answer('product.getAll', page(200, 1));
			expect(idsOf(await run({ ...list, returnAll: true }))).toEqual(range(1, 200));
		});

		it('with as many as wanted when one was added meanwhile', async () => {
			await answer('product.getAll', page(1, 75));
			await answer('product.getAll', page(75, 75));
			await answer('product.getAll', page(150, 75));
			expect(idsOf(await run({ ...list, limit: 150 }))).toEqual(range(1, 150));
		});
	});

	it('gives no half a list when a page fails for good', async () => {
		await answer('product.getAll', { error: 'no_access', message: 'access denied' }, 403, { skip: 1 });
		const done = await run({ ...list, returnAll: true });
		expect(said(done)).toMatchObject({ httpCode: '403', data: data('no_access') });
		expect(jsonOf(done)).toEqual([]);
	});

	it('asks again for a page that failed for a moment', async () => {
		await strike('product.getAll', { type: 'error', status: 502 }, { skip: 1 });
		await strike('product.getAll', { type: 'drop' }, { skip: 2 });
		expect(idsOf(await run({ ...list, returnAll: true }))).toEqual(range(FIRST_PRODUCT, PRODUCTS));
	});
});

describe('product: get', () => {
	it('gives one product for each item', async () => {
		const done = await run(get, [{ id: '2548' }, { id: 2549 }, { id: ' 2550 ' }]);
		expect(jsonOf(done)).toEqual([
			simple,
			expect.objectContaining({ productId: '2549', currency: 'EUR' }),
			expect.objectContaining({ productId: '2550', currency: 'RUB' }),
		]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
	});

	it('takes the documented sample, and leaves it untouched without Simplify', async () => {
		await answer('product.get', sample);
		expect(jsonOf(await run(get, [{ id: 2548 }]))).toEqual([simple]);
		await answer('product.get', sample);
		expect(jsonOf(await run({ ...get, simplify: false }, [{ id: 2548 }]))).toEqual([sample]);
	});

	it("does not show another seller's", async () => {
		const theirs = await run({ ...list, limit: 1 }, [{}], await seller(5));
		expect(said(await run(get, [{ id: idsOf(theirs)[0] }]))).toEqual({
			message: 'Tribute: this belongs to somebody else (access denied, code no_access)',
			description: expect.stringContaining('API key of the account that sells the product'),
			httpCode: '403',
			data: data('no_access'),
		});
	});

	it.each([
		['a page', { type: 'unreadable', kind: 'html', phase: 'before' }],
		['nothing', { type: 'unreadable', kind: 'empty', phase: 'before' }],
		['something else', { type: 'unreadable', kind: 'wrongShape', phase: 'before' }],
	] as Array<[string, Fault]>)('says so when the answer is %s', async (_, fault) => {
		await strike('product.get', fault);
		expect(said(await run(get, [{ id: 2548 }]))).toMatchObject({
			message: expect.stringContaining('cannot be used'),
			description: expect.stringContaining('Base URL'),
			data: data(null),
		});
	});
});

describe('purchase: cancel', () => {
	it('gives the Stars back, once for each item', async () => {
		const done = await cancelAll(PAID_WITH_STARS);
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual(
			PAID_WITH_STARS.map((purchaseId) => ({
				success: true,
				purchaseId,
				message: 'purchase cancelled and payment refunded',
			})),
		);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
		expect((await refunds()).map(({ orderId }) => Number(orderId))).toEqual(PAID_WITH_STARS);
		expect((await requests()).map(({ method, path, body }) => [method, path, body])).toEqual(
			PAID_WITH_STARS.map((id) => ['POST', `/tribute/api/v1/products/purchases/${id}/cancel`, '']),
		);
	});

	it('takes an ID that is text', async () => {
		expect(jsonOf(await cancelAll(['12345']))).toHaveLength(1);
	});

	it.each([
		['paid by card', PAID_BY_CARD, 400, 'only purchases paid with Telegram Stars can be cancelled'],
		['nobody made', 999_999, 404, 'not found'],
	])('refuses a purchase %s', async (_, id, status, words) => {
		expect(said(await cancelAll([id]))).toMatchObject({
			message: expect.stringContaining(words),
			description: expect.stringMatching(/Telegram Stars|Tribute Trigger/),
			httpCode: String(status),
			data: { provider: 'tribute', outcome: 'rejected' },
		});
		expect(await refunds()).toEqual([]);
	});

	it('refuses a purchase that is cancelled already', async () => {
		await cancelAll();
		expect(said(await cancelAll())).toMatchObject({ httpCode: '400', data: data('error_bad_request') });
		expect(await refunds()).toHaveLength(1);
	});

	it("refuses another seller's purchase", async () => {
		const theirs = await run({ ...list, limit: 1 }, [{}], await seller(5));
		// Products and purchases of a seller are counted on by the same step.
		const purchase = idsOf(theirs)[0]! - FIRST_PRODUCT + PAID_WITH_STARS[0]!;
		expect(said(await cancelAll([purchase]))).toMatchObject({
			message:
				'Tribute: this belongs to somebody else (not the owner of this purchase, code error_not_permitted)',
			httpCode: '403',
			data: data('error_not_permitted'),
		});
	});

	it('takes success:false for the refusal it is', async () => {
		await answer('purchase.cancel', { success: false, purchaseId: 12345, message: 'refund window is over' });
		expect(said(await cancelAll())).toEqual({
			message: 'Tribute: the purchase was not cancelled (refund window is over)',
			description: expect.stringContaining('only when it was paid with Telegram Stars'),
			httpCode: '200',
			data: data(null),
		});
	});

	const faults: Array<[string, Fault, string | null]> = [
		['a dropped connection', { type: 'drop', phase: 'after' }, null],
		['no answer at all', { type: 'hang', phase: 'after' }, null],
		['an answer that comes too late', { type: 'latency', ms: 2_000, phase: 'after' }, null],
		['HTTP 500', { type: 'error', status: 500, phase: 'after' }, 'error_internal'],
		['HTTP 502', { type: 'error', status: 502, phase: 'after' }, null],
		['HTTP 504', { type: 'error', status: 504, phase: 'after' }, null],
		['a page instead of an answer', { type: 'unreadable', kind: 'html' }, null],
		['half an answer', { type: 'unreadable', kind: 'truncated' }, null],
		['an empty answer', { type: 'unreadable', kind: 'empty' }, null],
		['an answer to something else', { type: 'unreadable', kind: 'wrongShape' }, null],
	];
	it.each(faults)('%s: unknown, and cancelled once', async (_, fault, code) => {
		await strike('purchase.cancel', fault, { times: -1 });
		const done = await cancelAll(
			[12345],
			{ retryOnFail: true, maxTries: 3, waitBetweenTries: 1 },
			{ options: { requestTimeout: 1 } },
		);
		expect(said(done)).toMatchObject({
			message: expect.stringMatching(/outcome of this purchase is unknown.*Creator Dashboard/),
			data: data(code, 'unknown'),
		});
		expect(await refunds()).toHaveLength(1);
		expect(await requests()).toHaveLength(1);
	});

	it('cancels none twice over the tries of Retry On Fail', async () => {
		await strike('purchase.cancel', { type: 'refuse', code: 'error_too_many_requests' }, { skip: 1 });
		const done = await cancelAll(PAID_WITH_STARS, { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 });
		expect(jsonOf(done)).toHaveLength(3);
		expect((await refunds()).map(({ orderId }) => Number(orderId))).toEqual(PAID_WITH_STARS);
		expect(await requests()).toHaveLength(4);
	});

	it('names what was cancelled before the failure', async () => {
		const done = await cancelAll([12345, 999_999, 12347]);
		expect(done.error?.context).toMatchObject({
			itemIndex: 1,
			data: { ...data('error_not_found'), placed: [{ item: 0, orderId: '12345', key: null }] },
		});
		expect(await refunds()).toHaveLength(1);
	});
});

describe('Continue On Fail', () => {
	const unknownId = 999_999;
	const refused = { error: expect.stringContaining('no such'), details: data('error_not_found') };

	it.each([
		['first', 0, [unknownId, 12345, 12346]],
		['later', 1, [12345, unknownId, 12346]],
	])('gives the %s item its error and cancels the others', async (_, bad, ids) => {
		const done = await cancelAll(ids, { onError: 'continueRegularOutput' });
		expect(done.error).toBeUndefined();
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
		expect(jsonOf(done)[bad]).toEqual(refused);
		expect((await refunds()).map(({ orderId }) => orderId)).toEqual(['12345', '12346']);
	});

	it.each([
		['first', 0, [unknownId, 12345, 12346]],
		['later', 2, [12345, 12346, unknownId]],
	])('sends the %s item to the error output', async (_, bad, ids) => {
		const done = await cancelAll(ids, { onError: 'continueErrorOutput' });
		expect(jsonOf(done, 'Node', 1)).toEqual([{ id: unknownId, ...refused }]);
		expect(links(done, 1)).toEqual([{ item: bad }]);
		expect(links(done)).toEqual([0, 1, 2].filter((item) => item !== bad).map((item) => ({ item })));
		expect(jsonOf(done, 'Errors')).toHaveLength(1);
		expect(jsonOf(done, 'Rest')).toHaveLength(2);
	});

	it.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'works for products (%s)',
		async (onError) => {
			const done = await run(get, [{ id: unknownId }, { id: 2548 }, { id: '../2549' }], { onError });
			const errors =
				onError === 'continueErrorOutput' ? jsonOf(done, 'Node', 1) : [0, 2].map((i) => jsonOf(done)[i]);
			expect(errors).toEqual([
				expect.objectContaining({ details: data('error_not_found') }),
				expect.objectContaining({ details: data('INVALID_PARAMETER') }),
			]);
			expect(links(done)).toEqual(
				(onError === 'continueErrorOutput' ? [1] : [0, 1, 2]).map((item) => ({ item })),
			);
		},
	);

	it('works for lists', async () => {
		await answer('product.getAll', { error: 'error_bad_request', message: 'type is invalid' }, 400);
		const done = await run(
			{ ...list, limit: '={{ $json.limit }}' as unknown as number },
			[{ limit: 0 }, { limit: 2 }, { limit: 2 }],
			{ onError: 'continueRegularOutput' },
		);
		const errors = jsonOf(done).filter((json) => 'error' in json);
		expect(errors.map(({ details }) => (details as IDataObject).code)).toEqual(
			expect.arrayContaining(['INVALID_PARAMETER', 'error_bad_request']),
		);
		expect(jsonOf(done)).toHaveLength(4);
	});
});

describe('refusals', () => {
	const meanings: Array<[string, number, RegExp]> = [
		['error_bad_request', 400, /the request was refused/],
		['error_unauthorized', 401, /the API key was not accepted/],
		['no_access', 403, /this belongs to somebody else/],
		['error_not_permitted', 403, /this belongs to somebody else/],
		['error_not_found', 404, /there is no such product or purchase/],
	];
	const operations: Array<[string, INodeParameters]> = [
		['product.getAll', list],
		['product.get', get],
		['purchase.cancel', cancel],
	];
	const cases = operations.flatMap(([operation, parameters]) =>
		meanings.map(([code, status, message]) => [operation, code, status, message, parameters] as const),
	);

	it.each(cases)('%s: %s', async (operation, code, status, message, parameters) => {
		await strike(operation, { type: 'refuse', code });
		const failed = said(await run(parameters, [{ id: 2548 }]));
		expect(failed).toEqual({
			message: expect.stringMatching(message),
			description: expect.stringMatching(/\w{3}/),
			httpCode: String(status),
			data: data(code),
		});
		expect(failed.message).toContain(code);
		expect(await requests()).toHaveLength(1);
		expect(await refunds()).toEqual([]);
	});

	it.each(cases)('%s: %s, told the newer way', async (operation, code, status, message, parameters) => {
		await answer(operation, { requestId: 'b4f1', code, message: 'in their words' }, status);
		const failed = said(await run(parameters, [{ id: 2548 }]));
		expect(failed).toMatchObject({ httpCode: String(status), data: data(code) });
		expect(failed.message).toMatch(message);
		expect(failed.message).toContain('in their words');
	});

	it('understands a status without any words', async () => {
		for (const [status, message] of [
			[401, 'the API key was not accepted (HTTP 401)'],
			[422, 'the request was refused (HTTP 422)'],
		] as const) {
			await answer('product.get', '<html>', status);
			expect(said(await run(get, [{ id: 2548 }]))).toMatchObject({
				message: `Tribute: ${message}`,
				data: data(null),
			});
		}
	});

	it('gives up on a provider that is down, and says so', async () => {
		await strike('product.get', { type: 'refuse', code: 'error_internal' }, { times: -1 });
		const done = await run(get, [{ id: 2548 }]);
		expect(said(done)).toEqual({
			message: 'Tribute: not available right now (internal error, code error_internal)',
			description: expect.stringContaining('later'),
			httpCode: '500',
			data: data('error_internal'),
		});
	}, 60_000);

	it('shows no key, whatever the provider echoes', async () => {
		await answer('product.get', { error: 'error_unauthorized', message: 'key tribute-sandbox is bad' }, 401);
		const failed = JSON.stringify(said(await run(get, [{ id: 2548 }])));
		expect(failed).toContain('key *** is bad');
		expect(failed).not.toContain('tribute-sandbox');
	});

	it('says how to get on when the key is wrong', async () => {
		bed.credentials.wrong = { ...bed.credentials.tributeApi!, apiKey: 'of-somebody-else' };
		const done = await run(get, [{ id: 2548 }], {
			credentials: { tributeApi: { id: 'wrong', name: 'wrong' } },
		});
		expect(said(done)).toMatchObject({
			description: expect.stringContaining('Creator Dashboard → Settings → API Keys'),
			httpCode: '401',
			data: data('error_unauthorized'),
		});
	});
});

describe('hostile input', () => {
	const titled = (value: unknown): [string, unknown] => [JSON.stringify(value).slice(0, 40), value];
	const ids: unknown[] = [
		'',
		'  ',
		'0',
		'-1',
		'1.5',
		'02548',
		'abc',
		'..',
		'.',
		'../products',
		'2548/../2549',
		'2548?x=1',
		'2548#x',
		'%32548',
		'２５４８',
		'<img src=x onerror=alert(1)>',
		'9'.repeat(10_000),
		{ id: 2548 },
		[2548],
		true,
		null,
		2 ** 53,
	];

	it.each(ids.map(titled))('ID %s is refused before anything is sent', async (_, id) => {
		for (const [parameters, label] of [
			[get, 'Product ID'],
			[cancel, 'Purchase ID'],
		] as const) {
			const done = await run(parameters, [{ id: id as string }]);
			expect(said(done)).toMatchObject({
				message: expect.stringMatching(new RegExp(`^${label}: `)),
				data: data('INVALID_PARAMETER'),
			});
			expect(done.error!.message.length).toBeLessThan(200);
		}
		expect(await requests()).toEqual([]);
	});

	it.each([
		['Type', { ...list, filters: { type: '={{ "virtual" }}' } }],
		['Type', { ...list, filters: { type: '={{ ({ a: 1 }) }}' } }],
		['Descending', { ...list, options: { descending: '={{ "maybe" }}' } }],
		['Limit', { ...list, limit: '={{ "many" }}' }],
		['Limit', { ...list, limit: 0 }],
		['Limit', { ...list, limit: 1.5 }],
		['Return All', { ...list, returnAll: '={{ "all" }}' }],
		['Simplify', { ...list, simplify: '={{ "no" }}' }],
		['Request Timeout', { ...cancel, purchaseId: '12345', options: { requestTimeout: 0 } }],
	])('%s out of range is refused before anything is cancelled', async (label, parameters) => {
		const done = await run(parameters as INodeParameters);
		expect(said(done)).toMatchObject({
			message: expect.stringMatching(new RegExp(`^${label}: `)),
			data: data('INVALID_PARAMETER'),
		});
		expect(await refunds()).toEqual([]);
	});

	it('checks every item before the first is cancelled', async () => {
		const done = await cancelAll([12345, '../12346']);
		expect(done.error?.context).toMatchObject({ itemIndex: 1 });
		expect(await requests()).toEqual([]);
	});
});

describe("as an AI agent's tool", () => {
	const ask = async (parameters: INodeParameters) =>
		await bed.run({
			nodes: [
				node('Start', 'items', { items: [{}] as unknown as string }),
				node('Agent', 'agent', {
					calls: [{ tool: 'Refund', input: { id: '12345' }, id: 'call-1' }] as unknown as string,
				}),
				node(
					'Refund',
					'tributeTool',
					{ ...cancel, purchaseId: "={{ $fromAI('id', '', 'string') }}", ...parameters },
					credentialsFor('tribute'),
				),
			],
			connections: {
				Start: { main: [[{ node: 'Agent', type: 'main', index: 0 }]] },
				Refund: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
			},
		});

	it('cancels nothing unless a person allowed it', async () => {
		await ask({});
		expect(await requests()).toEqual([]);
	});

	it('cancels when it may', async () => {
		await ask({ allowAgentPurchases: true });
		expect(await refunds()).toHaveLength(1);
	});
});
