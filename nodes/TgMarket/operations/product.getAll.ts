import type { ReadOperation } from '../../shared/node/operation';
import { listProperties } from '../../shared/node/properties';
import { products } from '../api';

export const getAllProducts: ReadOperation<(typeof products)[number]> = {
	resource: 'product',
	operation: 'getAll',
	displayName: 'Get Many',
	action: 'Get many products',
	description:
		'Get what can be ordered. TG Market has no catalog and names no price before it takes an order.',
	properties: listProperties,
	async read(item) {
		return products.slice(0, item.limit()).map((product) => ({ ...product }));
	},
};
