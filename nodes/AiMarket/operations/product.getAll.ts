import type { Product } from '../../shared/domain/product';
import type { ReadOperation } from '../../shared/node/operation';
import { hintAtNothing } from '../../shared/node/output';
import { listProperties, simplifyProperty } from '../../shared/node/properties';
import { getProducts } from '../api';

export const getAllProducts: ReadOperation<Product> = {
	resource: 'product',
	operation: 'getAll',
	displayName: 'Get Many',
	action: 'Get many products',
	description: 'Get the catalog with its prices and what is in stock',
	properties: [
		...listProperties,
		simplifyProperty,
		{
			displayName: 'Filters',
			name: 'filters',
			type: 'collection',
			placeholder: 'Add filter',
			default: {},
			options: [
				{
					displayName: 'In Stock Only',
					name: 'inStockOnly',
					type: 'boolean',
					default: true,
					description: 'Whether to leave out products that cannot be bought now',
				},
			],
		},
	],
	async read(item) {
		const limit = item.limit();
		const inStockOnly = item.flag('filters.inStockOnly');
		const simplify = item.flag('simplify', true);
		const products = await getProducts(await item.api());
		const wanted = products.filter(({ data }) => !inStockOnly || data.inStock !== false);
		if (wanted.length === 0 && inStockOnly) hintAtNothing(item.context, { 'In Stock Only': 'on' });
		return wanted.slice(0, limit).map(({ raw, data }) => (simplify ? data : raw));
	},
};
