import type { ReadOperation } from '../../shared/node/operation';
import { ID } from '../api';
import { orderConnection } from '../connection';
import { getPhysicalOrder, type PhysicalOrder } from '../physicalOrders';

export const getOnePhysicalOrder: ReadOperation<PhysicalOrder> = {
	resource: 'physicalOrder',
	operation: 'get',
	displayName: 'Get',
	action: 'Get physical order',
	description: 'Get one order of a physical product, with the address to ship it to',
	connection: orderConnection,
	properties: [
		{
			displayName: 'Order ID',
			name: 'orderId',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. 5001',
			description: 'The number Get Many gives; the orderId in an event of the Tribute Trigger',
		},
	],
	async read(item) {
		const orderId = item.text('orderId');
		if (!ID.test(orderId)) throw item.invalid('orderId', 'expected a positive whole number');
		return await getPhysicalOrder(await item.api(), orderId);
	},
};
