import type { Product } from '../../shared/domain/product';
import type { ReadOperation } from '../../shared/node/operation';
import { simplifyProperty } from '../../shared/node/properties';
import { getProduct, ID } from '../api';

export const getOneProduct: ReadOperation<Product> = {
	resource: 'product',
	operation: 'get',
	displayName: 'Get',
	action: 'Get product',
	description: 'Get one of your products',
	properties: [
		{
			displayName: 'Product ID',
			name: 'productId',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. 2548',
			description: 'The number Get Many gives, or an event of the Tribute Trigger',
		},
		simplifyProperty,
	],
	async read(item) {
		const productId = item.text('productId');
		if (!ID.test(productId)) throw item.invalid('productId', 'expected a positive whole number');
		const { raw, data } = await getProduct(await item.api(), productId);
		return item.flag('simplify', true) ? data : raw;
	},
};
