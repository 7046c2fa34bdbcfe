import type { Product } from '../../shared/domain/product';
import type { ReadOperation } from '../../shared/node/operation';
import { listProperties, simplifyProperty } from '../../shared/node/properties';
import { getProducts } from '../api';

export const getAllProducts: ReadOperation<Product> = {
	resource: 'product',
	operation: 'getAll',
	displayName: 'Get Many',
	action: 'Get many products',
	description: 'Get the catalog with its prices',
	properties: [
		{
			displayName: 'Group',
			name: 'group',
			type: 'options',
			options: [
				{ name: 'All', value: 'all' },
				{ name: 'Gifts', value: 'gifts' },
				{ name: 'Premium', value: 'premium' },
				{ name: 'Stars', value: 'stars' },
			],
			default: 'all',
			description:
				'Which products to get. Custom Stars, of which you choose the number, are among the Stars.',
		},
		...listProperties,
		simplifyProperty,
	],
	async read(item) {
		const group = item.choice('group', ['all', 'premium', 'stars', 'gifts']);
		const limit = item.limit();
		const simplify = item.flag('simplify', true);
		const products = await getProducts(await item.api(), group);
		return products.slice(0, limit).map(({ raw, data }) => (simplify ? data : raw));
	},
};
