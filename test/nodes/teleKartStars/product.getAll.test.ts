import { jsonOf } from '../../support/harness';
import { useTeleKartStars } from '../support/teleKartStars';
import { links } from '../support/providerNode';

const { run, answerWith, requests, searchProducts, sent } = useTeleKartStars();

describe('product: getAll', () => {
	const products = { resource: 'product', operation: 'getAll', group: 'all', returnAll: true };
	const row = { provider: 'teleKartStars', currency: 'USD', inStock: null };

	it('normalises the documented samples', async () => {
		await answerWith('product.getAll', {
			ok: true,
			data: {
				premium: [
					{
						id: 'premium_3m',
						type: 'premium',
						title: 'Telegram Premium 3 Months',
						duration_months: 3,
						price_usd: 13.49,
					},
				],
				stars: [
					{ id: 'stars_1000', type: 'stars', title: '1000 Telegram Stars', stars: 1000, price_usd: 16.5 },
				],
				gifts: [
					{
						id: 'gift_h_heart',
						type: 'gift',
						source: 'standard',
						title: 'Heart',
						stars: 15,
						price_usd: 0.26,
					},
				],
			},
		});
		await answerWith('product.getAll', {
			ok: true,
			data: {
				stars: [
					{ id: 'stars_50', type: 'stars', title: '50 Telegram Stars', stars: 50, price_usd: 0.83 },
					{
						id: 'stars_custom',
						type: 'stars',
						title: 'Custom Telegram Stars',
						price_note: 'Send stars in the order body. Price = stars * current star rate.',
						star_rate_usd: 0.0165,
					},
				],
			},
		});
		expect(jsonOf(await run(products))).toEqual([
			{
				...row,
				productId: 'premium_3m',
				name: 'Telegram Premium 3 Months',
				type: 'premium',
				quantity: 3,
				unit: 'month',
				price: 13.49,
				unitPrice: 4.496666667,
			},
			{
				...row,
				productId: 'stars_1000',
				name: '1000 Telegram Stars',
				type: 'stars',
				quantity: 1000,
				unit: 'star',
				price: 16.5,
				unitPrice: 0.0165,
			},
			{
				...row,
				productId: 'stars_50',
				name: '50 Telegram Stars',
				type: 'stars',
				quantity: 50,
				unit: 'star',
				price: 0.83,
				unitPrice: 0.0166,
			},
			{
				...row,
				productId: 'stars_custom',
				name: 'Custom Telegram Stars',
				type: 'stars',
				quantity: null,
				unit: 'star',
				price: null,
				unitPrice: 0.0165,
			},
			{
				...row,
				productId: 'gift_h_heart',
				name: 'Heart',
				type: 'gift',
				quantity: 1,
				unit: 'piece',
				price: 0.26,
				unitPrice: 0.26,
			},
		]);
	});

	it.each([
		// The document has no path for Premium alone.
		['premium', ['premium'], ''],
		['stars', ['stars'], '/stars'],
		['gifts', ['gift'], '/gifts'],
	])('gives the group %s only, by a path of the document', async (group, types, below) => {
		const found = jsonOf(await run({ ...products, group }));
		expect(new Set(found.map(({ type }) => type))).toEqual(new Set(types));
		expect((await sent()).map(([, path]) => path)).toEqual([`/telekart-stars/api/v1/products${below}`]);
	});

	it('has custom Stars among all and among Stars', async () => {
		for (const group of ['all', 'stars']) {
			const ids = jsonOf(await run({ ...products, group })).map(({ productId }) => productId);
			expect(ids).toContain('stars_custom');
			expect(new Set(ids).size).toBe(ids.length);
		}
	});

	it('stops at the limit, links the items, and leaves rows untouched without Simplify', async () => {
		const done = await run({ ...products, returnAll: false, limit: 2, simplify: false }, [{}, {}]);
		expect(jsonOf(done)).toHaveLength(4);
		expect(links(done)).toEqual([0, 0, 1, 1].map((item) => ({ item })));
		expect(jsonOf(done)[0]).toMatchObject({ id: 'premium_3m', price_usd: 13.49 });
	});

	it('searches the list in the editor by name and ID, asking for the catalog once', async () => {
		const search = async (filter?: string) => (await searchProducts(filter)).results;
		expect(await search('CUSTOM telegram')).toEqual([
			{ name: 'Custom Telegram Stars (0.0165 USD per star)', value: 'stars_custom' },
		]);
		expect((await search('premium_3m')).map(({ name }) => name)).toEqual([
			'Telegram Premium 3 Months (13.49 USD)',
		]);
		expect((await search()).length).toBeGreaterThan(10);
		expect(await requests()).toHaveLength(2);
	});
});
