import type { Provider } from '../shared/node/operation';
import { connection, DISPLAY_NAME, NAME } from './connection';
import { cancelOneSubscription } from './operations/order.cancelSubscription';
import { createOneOrder } from './operations/order.create';
import { getOneOrder } from './operations/order.get';
import { getAllOrders } from './operations/order.getAll';
import { refundOneOrder } from './operations/order.refund';
import { getOnePhysicalOrder } from './operations/physicalOrder.get';
import { getAllPhysicalOrders } from './operations/physicalOrder.getAll';
import { getOneProduct } from './operations/product.get';
import { getAllProducts } from './operations/product.getAll';
import { cancelOnePurchase } from './operations/purchase.cancel';
import { getOrder } from './shop';

export const provider: Provider = {
	name: NAME,
	displayName: DISPLAY_NAME,
	connection,
	// The first one is the default, which saved workflows leave out.
	resources: [
		{ name: 'Product', value: 'product' },
		{ name: 'Purchase', value: 'purchase' },
		{ name: 'Order', value: 'order' },
		{ name: 'Physical Order', value: 'physicalOrder' },
	],
	operations: [
		getOneProduct,
		getAllProducts,
		cancelOnePurchase,
		createOneOrder,
		getOneOrder,
		getAllOrders,
		cancelOneSubscription,
		refundOneOrder,
		getOnePhysicalOrder,
		getAllPhysicalOrders,
	],
	orders: { types: [], lookUpEvery: [5, 30], get: getOrder },
};
