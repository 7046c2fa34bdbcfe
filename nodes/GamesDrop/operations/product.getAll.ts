import type { Product } from '../../shared/domain/product';
import type { ReadOperation } from '../../shared/node/operation';
import { listProperties, simplifyProperty } from '../../shared/node/properties';
import { getOffers } from '../api';

export const getAllProducts: ReadOperation<Product> = {
	resource: 'product',
	operation: 'getAll',
	displayName: 'Get Many',
	action: 'Get many products',
	description: 'Get the catalog with your prices and what is in stock',
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
					displayName: 'Category',
					name: 'category',
					type: 'string',
					default: '',
					placeholder: 'e.g. Top Up',
					description: 'Only products of this category, such as Top Up or Gift Cards',
				},
				{
					displayName: 'Search',
					name: 'search',
					type: 'string',
					default: '',
					placeholder: 'e.g. genshin',
					description: 'Only products with this in their name',
				},
			],
		},
	],
	async read(item) {
		const limit = item.limit();
		const simplify = item.flag('simplify', true);
		const filter = {
			search: item.optionalText('filters.search'),
			category: item.optionalText('filters.category'),
		};
		const offers = await getOffers(await item.api(), filter, limit);
		return offers.map(({ raw, data }) => (simplify ? data : raw));
	},
};
