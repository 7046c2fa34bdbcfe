import type { ReadOperation } from '../../shared/node/operation';
import { listProperties } from '../../shared/node/properties';
import { orderConnection } from '../connection';
import { getPhysicalOrders, type PhysicalOrder } from '../physicalOrders';

export const getAllPhysicalOrders: ReadOperation<PhysicalOrder> = {
	resource: 'physicalOrder',
	operation: 'getAll',
	displayName: 'Get Many',
	action: 'Get many physical orders',
	description: 'Get the orders of your physical products. Amounts are as Tribute gives them.',
	connection: orderConnection,
	properties: listProperties,
	async read(item) {
		const limit = item.limit();
		return await getPhysicalOrders(await item.api(), limit);
	},
};
