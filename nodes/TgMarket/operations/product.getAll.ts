import type { ReadOperation } from '../../shared/engine/operation';
import { listProperties } from '../../shared/engine/properties';
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
