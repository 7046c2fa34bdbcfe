import { tributeProduct } from '../../support/samples';
import { errorOf, jsonOf } from '../../support/harness';
import { FIRST_PRODUCT, getProducts, idsOf, PRODUCTS, simple, useTribute } from '../support/tribute';
import { links } from '../support/providerNode';

const { run, injectFault, answerWith, requests, details, seller } = useTribute();

describe('product: getAll', () => {
	const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);
	/** The page, size and other parameters of each request for a list. */
	const pages = async () =>
		(await requests()).map(({ path }) => Object.fromEntries(new URL(path, 'http://x').searchParams));

	it('gives all products, none lost or doubled, in as few pages as there are', async () => {
		const done = await run({ ...getProducts, returnAll: true });
		expect(idsOf(done)).toEqual(range(FIRST_PRODUCT, PRODUCTS));
		expect(jsonOf(done)[0]).toEqual(simple);
		expect(await pages()).toEqual(['1', '2', '3'].map((page) => ({ page, size: '100', desc: 'false' })));
		const [request] = await requests();
		expect(request!.headers['api-key']).toBe('tribute-sandbox');
	});

	it('links all items of a list to the item that asked for it', async () => {
		const done = await run({ ...getProducts, limit: 2 }, [{}, {}]);
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
		const done = await run({ ...getProducts, limit });
		expect(idsOf(done)).toEqual(range(FIRST_PRODUCT, Math.min(limit, PRODUCTS)));
		expect((await pages()).map(({ page, size }) => [page, size])).toEqual(
			sizes.map((size, index) => [String(index + 1), String(size)]),
		);
	});

	it('takes 50 when nothing is said', async () => {
		expect(jsonOf(await run(getProducts))).toHaveLength(50);
	});

	it.each([
		[0, 1],
		[1, 1],
		[99, 1],
		[100, 1],
		[101, 2],
		[200, 2],
	])('%i products are through after %i requests', async (products, count) => {
		const done = await run({ ...getProducts, returnAll: true }, [{}], await seller(products));
		expect(done.error).toBeUndefined();
		expect(new Set(idsOf(done)).size).toBe(products);
		expect(jsonOf(done)).toHaveLength(products);
		expect(await requests()).toHaveLength(count);
	});

	it.each(['digital', 'custom', 'physical'])('filters for %s products', async (type) => {
		const done = await run({ ...getProducts, returnAll: true, filters: { type } });
		const types = jsonOf(done).map((product) => product.type);
		expect(types.length).toBeGreaterThan(20);
		expect(new Set(types)).toEqual(new Set([type]));
		expect((await pages())[0]).toMatchObject({ type });
	});

	it('gives the newest first', async () => {
		const done = await run({ ...getProducts, limit: 120, options: { descending: true } });
		expect(idsOf(done)).toEqual(range(FIRST_PRODUCT + PRODUCTS - 120, 120).reverse());
	});

	it('converts minor units to decimals, in upper case currencies', async () => {
		const done = await run({ ...getProducts, limit: 3 });
		expect(jsonOf(done).map(({ price, currency }) => [price, currency])).toEqual([
			[4.99, 'USD'],
			[5.99, 'EUR'],
			[629.1, 'RUB'],
		]);
	});

	it("gives the provider's own objects without Simplify", async () => {
		const done = await run({ ...getProducts, limit: 1, simplify: false });
		expect(jsonOf(done)[0]).toMatchObject({ id: 2548, amount: 499, currency: 'usd', starsAmount: 100 });
	});

	it('takes the documented sample, and products with less than that', async () => {
		const rows = [
			tributeProduct,
			{ id: '7' },
			{ id: 8, name: null, amount: '1050', currency: 'Eur', type: 'new one' },
		];
		const body = { rows, meta: { total: 3, offset: 1, limit: 1 } };
		await answerWith('product.getAll', body);
		const nothing = { name: '7', type: null, price: null, unitPrice: null, currency: null };
		expect(jsonOf(await run(getProducts))).toEqual([
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
		await answerWith('product.getAll', body);
		expect(jsonOf(await run({ ...getProducts, simplify: false }))).toEqual(rows);
	});

	it.each([
		['rows that are null', { rows: null, meta: null }],
		['no rows', { rows: [] }],
		['nothing at all', {}],
	])('takes %s for an empty list', async (_, body) => {
		await answerWith('product.getAll', body);
		const done = await run({ ...getProducts, returnAll: true });
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual([]);
		expect(await requests()).toHaveLength(1);
	});

	describe('ends', () => {
		const page = (from: number, count: number, total?: number) => ({
			rows: range(from, count).map((id) => ({ id })),
			...(total === undefined ? {} : { meta: { total } }),
		});

		it('when a page repeats', async () => {
			await answerWith('product.getAll', page(1, 100), 200, { times: -1 });
			expect(idsOf(await run({ ...getProducts, returnAll: true }))).toEqual(range(1, 100));
			expect(await requests()).toHaveLength(2);
		});

		it('when a page is not full', async () => {
			await answerWith('product.getAll', page(1, 100));
			await answerWith('product.getAll', page(101, 40));
			expect(idsOf(await run({ ...getProducts, returnAll: true }))).toEqual(range(1, 140));
			expect(await requests()).toHaveLength(2);
		});

		it('when a page is empty', async () => {
			await answerWith('product.getAll', page(1, 100));
			await answerWith('product.getAll', page(1, 0));
			expect(idsOf(await run({ ...getProducts, returnAll: true }))).toEqual(range(1, 100));
			expect(await requests()).toHaveLength(2);
		});

		it('when the total is reached', async () => {
			await answerWith('product.getAll', page(1, 100, 100));
			expect(idsOf(await run({ ...getProducts, returnAll: true }))).toEqual(range(1, 100));
			expect(await requests()).toHaveLength(1);
		});

		it('with every product once when one was added meanwhile', async () => {
			// Newest first: the last of page 1 has moved to the top of page 2.
			await answerWith('product.getAll', page(1, 100));
			await answerWith('product.getAll', page(100, 100));
			await answerWith('product.getAll', page(200, 1));
			expect(idsOf(await run({ ...getProducts, returnAll: true }))).toEqual(range(1, 200));
		});

		it('with as many as wanted when one was added meanwhile', async () => {
			await answerWith('product.getAll', page(1, 75));
			await answerWith('product.getAll', page(75, 75));
			await answerWith('product.getAll', page(150, 75));
			expect(idsOf(await run({ ...getProducts, limit: 150 }))).toEqual(range(1, 150));
		});
	});

	it('gives no partial list when a page fails for good', async () => {
		await answerWith('product.getAll', { error: 'no_access', message: 'access denied' }, 403, { skip: 1 });
		const done = await run({ ...getProducts, returnAll: true });
		expect(errorOf(done)).toMatchObject({ httpCode: '403', data: details('no_access') });
		expect(jsonOf(done)).toEqual([]);
	});

	it('repeats the request for a page after a temporary fault', async () => {
		await injectFault('product.getAll', { type: 'error', status: 502 }, { skip: 1 });
		await injectFault('product.getAll', { type: 'drop' }, { skip: 2 });
		expect(idsOf(await run({ ...getProducts, returnAll: true }))).toEqual(range(FIRST_PRODUCT, PRODUCTS));
	});
});
