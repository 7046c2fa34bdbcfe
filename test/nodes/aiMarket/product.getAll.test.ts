import type { INodeParameters } from 'n8n-workflow';
import { jsonOf } from '../../support/harness';
import { answer } from '../../support/sandboxFaults';
import { useAiMarket } from '../support/aiMarket';
import { links } from '../support/providerNode';

const { run, injectFault, searchProducts } = useAiMarket();

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
		await injectFault(
			'product.getAll',
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
		await injectFault('product.getAll', answer({ products: [] }));
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
	it('shows names, prices and what is sold out', async () => {
		const { results, paginationToken } = await searchProducts();
		expect(paginationToken).toBeUndefined();
		expect(results).toHaveLength(40);
		expect(results[0]).toEqual({ name: 'ChatGPT Plus 1 Month (16 USDT)', value: '001' });
		expect(results[8]?.name).toBe('Google One 2 TB 12 Months (42 USDT), out of stock');
	});

	it('finds names and IDs', async () => {
		expect((await searchProducts('gemini')).results.map(({ value }) => value)).toEqual(['007', '008']);
		expect((await searchProducts('040')).results.map(({ value }) => value)).toEqual(['040']);
		expect((await searchProducts('<script>')).results).toEqual([]);
	});

	it('says why it is empty', async () => {
		await injectFault('product.getAll', { type: 'refuse', code: 'INVALID_KEY' });
		await expect(searchProducts()).rejects.toThrow('AI-Market: API key is invalid or revoked');
	});
});
