import type { Product } from '../../shared/domain/product';
import type { ReadOperation } from '../../shared/node/operation';
import { simplifyProperty } from '../../shared/node/properties';
import { getOffer } from '../api';
import { offerIdOf, offerProperty } from '../offer';

export const getOneProduct: ReadOperation<Product> = {
	resource: 'product',
	operation: 'get',
	displayName: 'Get',
	action: 'Get product',
	description: 'Get a product and what it costs now',
	properties: [offerProperty('Product to get.'), simplifyProperty],
	async read(item) {
		const { raw, data } = await getOffer(await item.api(), offerIdOf(item));
		return item.flag('simplify', true) ? data : raw;
	},
};
