import type { Product } from '../../shared/domain/product';
import type { ReadOperation } from '../../shared/node/operation';
import { hintAtNothing } from '../../shared/node/output';
import { listProperties, simplifyProperty } from '../../shared/node/properties';
import { getProducts, productTypes } from '../api';

export const getAllProducts: ReadOperation<Product> = {
	resource: 'product',
	operation: 'getAll',
	displayName: 'Get Many',
	action: 'Get many products',
	description: 'Get the products you sell on Tribute',
	properties: [
		...listProperties,
		{
			displayName: 'Filters',
			name: 'filters',
			type: 'collection',
			placeholder: 'Add filter',
			default: {},
			options: [
				{
					displayName: 'Type',
					name: 'type',
					type: 'options',
					options: [
						{ name: 'Custom', value: 'custom' },
						{ name: 'Digital', value: 'digital' },
						{ name: 'Physical', value: 'physical' },
					],
					default: 'digital',
					description: 'Which kind of product to get',
				},
			],
		},
		simplifyProperty,
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [
				{
					displayName: 'Descending',
					name: 'descending',
					type: 'boolean',
					default: false,
					description: 'Whether to get the newest products first, that is those with the highest ID',
				},
			],
		},
	],
	async read(item) {
		const type = item.optionalText('filters.type') && item.choice('filters.type', productTypes);
		const products = await getProducts(await item.api(), {
			...(type === '' ? {} : { type }),
			descending: item.flag('options.descending'),
			limit: item.limit(),
		});
		if (products.length === 0) hintAtNothing(item.context, { Type: type });
		const simplify = item.flag('simplify', true);
		return products.map(({ raw, data }) => (simplify ? data : raw));
	},
};
