import { gamesDropRow } from '../../support/samples';
import type { INodeParameters } from 'n8n-workflow';
import { jsonOf } from '../../support/harness';
import { answer, type Fault } from '../../support/sandboxFaults';
import { useGamesDrop } from '../support/gamesDrop';
import { hintsOf, links } from '../support/providerNode';

const { run, injectFault, requests, bodies, searchProducts } = useGamesDrop();

describe('product: getAll', () => {
	const getAll = (more: INodeParameters = {}) => ({ resource: 'product', operation: 'getAll', ...more });

	it('gives products as all providers have them', async () => {
		const done = await run(getAll());
		expect(jsonOf(done)).toHaveLength(50);
		expect(jsonOf(done)[0]).toEqual({
			provider: 'gamesDrop',
			productId: '101',
			name: 'PUBG Mobile – 60 UC',
			type: null,
			quantity: 1,
			unit: 'piece',
			price: 0.99,
			unitPrice: 0.99,
			currency: 'USD',
			inStock: true,
			requires: null,
		});
		expect(await bodies('product.getAll')).toEqual([{ limit: 50, page: 1 }]);
	});

	it('tells the category that was asked for, and what an order requires where GamesDrop says it', async () => {
		const rows = [
			{ offerGroupId: 1, isRequiredGameUserId: true, isRequiredGameServerId: true },
			{ offerGroupId: 2, isRequiredGameUserId: false, category: 'Gift Cards' },
			{ offerGroupId: 3 },
		];
		await injectFault('product.getAll', answer({ count: 3, rows }));
		const products = jsonOf(await run(getAll({ filters: { category: 'Top Up' } })));
		expect(products.map(({ type, requires }) => [type, requires])).toEqual([
			['Top Up', ['gameUserId', 'gameServerId']],
			['Gift Cards', []],
			['Top Up', null],
		]);
	});

	it('gives the rows untouched when they are not simplified', async () => {
		const done = await run(getAll({ simplify: false, limit: 1 }));
		expect(jsonOf(done)).toEqual([gamesDropRow]);
	});

	it('knows how many Telegram Stars a product delivers', async () => {
		const done = await run(getAll({ filters: { search: ' Telegram Stars ' } }));
		expect(
			jsonOf(done).map(({ quantity, unit, price, unitPrice }) => [quantity, unit, price, unitPrice]),
		).toEqual([
			[50, 'star', 0.39, 0.0078],
			[100, 'star', 0.77, 0.0077],
			[500, 'star', 3.83, 0.00766],
			[1000, 'star', 7.65, 0.00765],
		]);
		expect(await bodies('product.getAll')).toEqual([{ limit: 50, page: 1, search: 'Telegram Stars' }]);
	});

	it('gives all 12,000, none lost or doubled, in three requests', async () => {
		const done = await run(getAll({ returnAll: true }));
		const ids = jsonOf(done).map(({ productId }) => productId);
		expect(ids).toHaveLength(12_000);
		expect(new Set(ids).size).toBe(12_000);
		expect(done.output('Node').every(({ pairedItem }) => (pairedItem as { item: number }).item === 0)).toBe(
			true,
		);
		expect(await bodies('product.getAll')).toEqual([1, 2, 3].map((page) => ({ limit: 5_000, page })));
	});

	it.each([
		[1, [1]],
		[5_000, [5_000]],
		[5_001, [2_501, 2_501]],
		[11_000, [3_667, 3_667, 3_667]],
	])('asks for no more than %s need', async (limit, sizes) => {
		expect(jsonOf(await run(getAll({ limit })))).toHaveLength(limit);
		expect((await bodies('product.getAll')).map((body) => body.limit)).toEqual(sizes);
	});

	it('filters by category and search, for each item', async () => {
		const done = await run(
			getAll({ limit: 3, filters: { category: '={{ $json.category }}', search: '={{ $json.search }}' } }),
			[{ category: 'Gift Cards', search: 'steam' }, { category: 'TOP_UP' }],
		);
		expect(links(done)).toEqual([0, 0, 0, 1, 1, 1].map((item) => ({ item })));
		expect(jsonOf(done)[0]!.name).toMatch(/steam/i);
		expect(await bodies('product.getAll')).toEqual(
			expect.arrayContaining([
				{ limit: 3, page: 1, search: 'steam', category: 'Gift Cards' },
				{ limit: 3, page: 1, category: 'TOP_UP' },
			]),
		);
	});

	it('gives nothing where nothing is found', async () => {
		const done = await run(getAll({ filters: { search: 'no such thing' } }));
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual([]);
		expect(hintsOf(done)).toEqual(['No product matches Search "no such thing".']);
	});

	it('says nothing of filters where there are none', async () => {
		await injectFault('product.getAll', answer({ count: 0, rows: [] }));
		const done = await run(getAll());
		expect([jsonOf(done), hintsOf(done)]).toEqual([[], []]);
	});

	describe('page by page', () => {
		const page = (ids: number[], count?: number) =>
			answer({
				...(count === undefined ? {} : { count }),
				rows: ids.map((offerGroupId) => ({ offerGroupId })),
			});
		const paged = async (...pages: Array<Fault>) => {
			for (const [index, what] of pages.entries())
				await injectFault('product.getAll', what, { match: { fields: { page: index + 1 } }, times: -1 });
			const ids = jsonOf(await run(getAll({ limit: 4 }))).map(({ productId }) => productId);
			return [ids, (await requests('product.getAll')).length];
		};

		it('ends with an empty page', async () => {
			expect(await paged(page([], 9))).toEqual([[], 1]);
		});
		it('ends with a short page where no total is given', async () => {
			expect(await paged(page([1, 2]))).toEqual([['1', '2'], 1]);
		});
		it('ends when all there are have come', async () => {
			expect(await paged(page([1, 2], 2))).toEqual([['1', '2'], 1]);
		});
		it('continues after a short page when the total says so', async () => {
			expect(await paged(page([1, 2], 3), page([3], 3))).toEqual([['1', '2', '3'], 2]);
		});
		it('ends when a page repeats itself', async () => {
			expect(await paged(page([1, 2], 1_250), page([1, 2], 1_250))).toEqual([['1', '2'], 2]);
		});
		it('takes a row once that has moved to the next page', async () => {
			expect(await paged(page([1, 2], 3), page([2, 3], 3))).toEqual([['1', '2', '3'], 2]);
		});
	});

	it('reads the document’s sample, and keys in snake_case', async () => {
		const sample = { productId: 5, productName: 'PUBG Mobile', offerGroupId: 101, offerGroupName: '60 UC' };
		await injectFault(
			'product.getAll',
			answer({
				count: 1250,
				rows: [
					{ ...sample, price: 0.99, currency: 'USD', inStock: true },
					{
						product_name: 'Netflix',
						offer_group_id: '102',
						offer_group_name: '1 Month',
						price: '4.20',
						currency: 'eur',
						in_stock: false,
					},
					{ offerGroupId: 103 },
				],
			}),
		);
		const done = await run(getAll({ limit: 3 }));
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({ productId: '101', name: 'PUBG Mobile – 60 UC', price: 0.99, inStock: true }),
			expect.objectContaining({
				productId: '102',
				name: 'Netflix – 1 Month',
				price: 4.2,
				currency: 'EUR',
				inStock: false,
			}),
			expect.objectContaining({ productId: '103', name: '103', price: null, currency: null, inStock: null }),
		]);
	});

	it.each([['<b>x</b>'], ['../?#%\'"\\'], ['原神 🎮'], ['y'.repeat(5_000)]])(
		'sends what it is given as it is',
		async (search) => {
			const done = await run(getAll({ filters: { search, category: search } }));
			expect(done.error).toBeUndefined();
			expect(await bodies('product.getAll')).toEqual([{ limit: 50, page: 1, search, category: search }]);
		},
	);

	it('refuses a search that is no text', async () => {
		const done = await run(getAll({ filters: { search: '={{ [1] }}' } }));
		expect(done.error?.message).toBe('Search: expected text, got "[1]"');
		expect(await requests()).toEqual([]);
	});
});

describe('the list of products in the editor', () => {
	it('opens with the first page of GamesDrop', async () => {
		const first = await searchProducts();
		expect([first.results.length, first.paginationToken]).toEqual([50, '2']);
		const second = await searchProducts('', '2');
		expect(second.results[0]!.value).not.toBe(first.results[0]!.value);
		expect(await bodies('product.getAll')).toEqual([1, 2].map((page) => ({ limit: 50, page })));
	});

	it('pages what it finds', async () => {
		const first = await searchProducts(' genshin ');
		expect([first.results.length, first.paginationToken]).toEqual([50, '2']);
		const second = await searchProducts(' genshin ', '2');
		expect(second.results[0]!.value).not.toBe(first.results[0]!.value);
	});

	it('shows names, prices and what an order needs, and ends', async () => {
		expect(await searchProducts('telegram stars')).toEqual({
			results: [
				['1101', '50 Stars (0.39 USD)'],
				['1102', '100 Stars (0.77 USD)'],
				['1103', '500 Stars (3.83 USD)'],
				['1104', '1000 Stars (7.65 USD)'],
			].map(([value, name]) => ({ name: `Telegram Stars – ${name}, needs Game User ID`, value })),
		});
	});

	it('finds whatever it shows: words in any order, the ID, any dash, the name as shown', async () => {
		const [shown] = (await searchProducts('26002')).results;
		expect(shown).toMatchObject({ value: 26_002 + '' });
		const brand = shown!.name.split(' ').slice(0, 2).join(' ');
		const asked = [
			shown!.name,
			shown!.name.replace('–', '-'),
			shown!.name.replace('–', '—'),
			`${shown!.name.split(' – ')[1]!} ${brand}`.toUpperCase(),
			`26002 ${brand}`,
		];
		for (const filter of asked) {
			const values = (await searchProducts(filter)).results.map(({ value }) => value);
			expect([filter, values]).toEqual([filter, expect.arrayContaining(['26002'])]);
			if (filter.startsWith('Steam')) expect(values[0]).toBe('26002');
		}
		const steam = (await searchProducts('steam 10')).results;
		expect(steam).not.toEqual([]);
		for (const { name, value } of steam) expect(`${name} ${value}`).toMatch(/steam.*10|10.*steam/i);
		expect((await searchProducts('no such thing')).results).toEqual([]);
		// The catalog is read once, however much is typed.
		expect(await bodies('product.getAll')).toEqual([1, 2, 3].map((page) => ({ limit: 5_000, page })));
	});

	it('says why it is empty', async () => {
		await injectFault('product.getAll', { type: 'refuse', code: 'INVALID_TOKEN' });
		await expect(searchProducts()).rejects.toThrow('GamesDrop: Invalid authorization token');
	});
});
