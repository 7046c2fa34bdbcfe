import type { Provider } from '../shared/node/operation';
import { findOrderByTransaction, getBalance, getOrder } from './api';
import { readCatalog } from './catalog';
import { connection, DISPLAY_NAME, NAME } from './connections';
import { getAccountBalance } from './operations/balance.get';
import { createOneOrder } from './operations/order.create';
import { getOneOrder } from './operations/order.get';
import { validateOnePlayer } from './operations/player.validate';
import { getOneProduct } from './operations/product.get';
import { getAllProducts } from './operations/product.getAll';
import { getServersOfProduct } from './operations/product.getServers';
import { getOneTelegramUser } from './operations/telegramUser.get';
import { getAllTransactions } from './operations/transaction.getAll';

export const provider: Provider = {
	name: NAME,
	displayName: DISPLAY_NAME,
	connection,
	resources: [
		{ name: 'Balance', value: 'balance' },
		{ name: 'Order', value: 'order' },
		{ name: 'Player', value: 'player' },
		{ name: 'Product', value: 'product' },
		{ name: 'Telegram User', value: 'telegramUser' },
		{ name: 'Transaction', value: 'transaction' },
	],
	operations: [
		getAccountBalance,
		createOneOrder,
		getOneOrder,
		validateOnePlayer,
		getOneProduct,
		getAllProducts,
		getServersOfProduct,
		getOneTelegramUser,
		getAllTransactions,
	],
	orders: { types: [], lookUpEvery: [2, 10], get: getOrder, getByKey: findOrderByTransaction },
	catalog: { isSearchable: true, getProducts: readCatalog, getBalance },
};
