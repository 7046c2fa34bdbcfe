import type { Order } from '../../shared/domain/order';
import type { ReadOperation } from '../../shared/node/operation';
import { simplifyProperty } from '../../shared/node/properties';
import { getOrder, getOrderByTransaction } from '../api';

export const getOneOrder: ReadOperation<Order> = {
	resource: 'order',
	operation: 'get',
	displayName: 'Get',
	action: 'Get order',
	description: 'Get an order, how far it is, and its key once it is delivered',
	properties: [
		{
			displayName: 'Look Up By',
			name: 'lookUpBy',
			type: 'options',
			options: [
				{ name: 'Order ID', value: 'orderId', description: 'The number GamesDrop gave the order' },
				{
					name: 'Transaction ID',
					value: 'transactionId',
					description: 'The ID the order was sent with: yours, or the one the node derived',
				},
			],
			default: 'orderId',
		},
		{
			displayName: 'Order ID',
			name: 'orderId',
			type: 'string',
			required: true,
			displayOptions: { show: { lookUpBy: ['orderId'] } },
			default: '',
			placeholder: 'e.g. 10222502',
			description: 'ID the order got when it was created. Orders of another store are not shown.',
		},
		{
			displayName: 'Transaction ID',
			name: 'transactionId',
			type: 'string',
			required: true,
			displayOptions: { show: { lookUpBy: ['transactionId'] } },
			default: '',
			placeholder: 'e.g. invoice-1042',
			description: 'ID the order was sent with. Finds an order whose answer was lost.',
		},
		simplifyProperty,
	],
	async read(item) {
		const api = await item.api();
		const simplify = item.flag('simplify', true);
		if (item.choice('lookUpBy', ['orderId', 'transactionId']) === 'orderId') {
			const { data, raw } = await getOrder(api, { orderId: item.text('orderId') });
			return simplify ? data : raw;
		}
		const { data, raw } = await getOrderByTransaction(api, item.text('transactionId'));
		return simplify ? data : raw;
	},
};
