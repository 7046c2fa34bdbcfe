import type { Order } from '../../shared/domain/order';
import type { ReadOperation } from '../../shared/node/operation';
import { simplifyProperty } from '../../shared/node/properties';
import { getOrder } from '../api';

export const getOneOrder: ReadOperation<Order> = {
	resource: 'order',
	operation: 'get',
	displayName: 'Get',
	action: 'Get order',
	description: 'Get an order and how far it is',
	properties: [
		{
			displayName: 'Order ID',
			name: 'orderId',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. 202607050001',
			description: 'ID the order got when it was created. Orders of another API key are not shown.',
		},
		simplifyProperty,
	],
	async read(item) {
		const reference = { orderType: '', orderId: item.text('orderId') };
		const { data, raw } = await getOrder(await item.api(), reference);
		return item.flag('simplify', true) ? data : raw;
	},
};
