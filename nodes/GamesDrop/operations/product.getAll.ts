import type { ReadOperation } from '../../shared/node/operation';
import { hintAtNothing } from '../../shared/node/output';
import { listProperties, simplifyProperty } from '../../shared/node/properties';
import { getOffers, type Offer } from '../api';

export const getAllProducts: ReadOperation<Offer> = {
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
					type: 'options',
					// GamesDrop names these two and may have more: an expression gives any other.
					options: [
						{ name: 'Any', value: '' },
						{ name: 'Gift Cards', value: 'Gift Cards' },
						{ name: 'Top Up', value: 'Top Up' },
					],
					default: '',
					description: 'Only products of this category. An expression can name any other.',
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
		if (offers.length === 0)
			hintAtNothing(item.context, { Category: filter.category, Search: filter.search });
		return offers.map(({ raw, data }) => (simplify ? data : raw));
	},
};
