import type { Order } from '../../shared/domain/order';
import type { ReadOperation } from '../../shared/node/operation';
import { simplifyProperty } from '../../shared/node/properties';
import { getOrder, ORDER_ID, orderTypes } from '../api';
import { orderTypeProperty } from './orderType';

export const getOneOrder: ReadOperation<Order & { orderType: string }> = {
	resource: 'order',
	operation: 'get',
	displayName: 'Get',
	action: 'Get order',
	description: 'Get an order and how far it is',
	properties: [
		orderTypeProperty(
			'What was ordered. Stars and Premium orders are numbered apart: under the other type the same ID is a different order.',
		),
		{
			displayName: 'Order ID',
			name: 'orderId',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. 42',
			description: 'ID the order got when it was created. Orders of another account are not shown.',
		},
		simplifyProperty,
	],
	async read(item) {
		const orderType = item.choice('orderType', orderTypes);
		const orderId = item.text('orderId');
		if (!ORDER_ID.test(orderId)) throw item.invalid('orderId', 'expected a positive whole number');
		const { data, raw } = await getOrder(await item.api(), { orderType, orderId });
		return item.flag('simplify', true) ? { ...data, orderType } : raw;
	},
};
