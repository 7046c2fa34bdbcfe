import type { Provider } from '../shared/node/operation';
import { connection, DISPLAY_NAME, NAME } from './api';
import { getOneProduct } from './operations/product.get';
import { getAllProducts } from './operations/product.getAll';
import { cancelOnePurchase } from './operations/purchase.cancel';

export const provider: Provider = {
	name: NAME,
	displayName: DISPLAY_NAME,
	connection,
	resources: [
		{ name: 'Product', value: 'product' },
		{ name: 'Purchase', value: 'purchase' },
	],
	operations: [getOneProduct, getAllProducts, cancelOnePurchase],
};
