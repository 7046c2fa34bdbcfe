import type { Provider } from '../shared/node/operation';
import { connection, DISPLAY_NAME, getBalance, getProducts, NAME } from './api';
import { getWalletBalance } from './operations/balance.get';
import { createOneOrder } from './operations/order.create';
import { getAllProducts } from './operations/product.getAll';

/** Orders are delivered in the answer and the API cannot look one up, so `orders` is absent. */
export const provider: Provider = {
	name: NAME,
	displayName: DISPLAY_NAME,
	connection,
	resources: [
		{ name: 'Balance', value: 'balance' },
		{ name: 'Order', value: 'order' },
		{ name: 'Product', value: 'product' },
	],
	operations: [getWalletBalance, createOneOrder, getAllProducts],
	catalog: {
		isSearchable: false,
		getProducts: async (api) => ({
			products: (await getProducts(api)).map(({ data }) => data),
			isStable: true,
		}),
		getBalance,
	},
};
