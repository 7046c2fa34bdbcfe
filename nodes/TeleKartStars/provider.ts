import type { Provider } from '../shared/node/operation';
import { connection, DISPLAY_NAME, getBalance, getOrder, getProducts, NAME } from './api';
import { getWalletBalance } from './operations/balance.get';
import { createOneOrder } from './operations/order.create';
import { getOneOrder } from './operations/order.get';
import { getAllProducts } from './operations/product.getAll';

export const provider: Provider = {
	name: NAME,
	displayName: DISPLAY_NAME,
	connection,
	resources: [
		{ name: 'Balance', value: 'balance' },
		{ name: 'Order', value: 'order' },
		{ name: 'Product', value: 'product' },
	],
	operations: [getWalletBalance, createOneOrder, getOneOrder, getAllProducts],
	orders: { types: [], lookUpEvery: [10, 60], get: getOrder },
	catalog: {
		isSearchable: false,
		getProducts: async (api) => ({
			products: (await getProducts(api, 'all')).map(({ data }) => data),
			isStable: true,
		}),
		getBalance,
	},
};
