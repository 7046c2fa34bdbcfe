import type { INodeProperties } from 'n8n-workflow';
import type { Item } from '../../shared/node/item';
import { ORDER_ID } from '../shop';

export const orderIdProperty: INodeProperties = {
	displayName: 'Order ID',
	name: 'orderId',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. 0f5c1c5e-7d1c-4a8e-9f2b-000000000001',
	description: 'ID the order got when it was created; the orderId in an event of the Tribute Trigger',
};

export function orderIdOf(item: Item): string {
	const orderId = item.text('orderId');
	if (!ORDER_ID.test(orderId))
		throw item.invalid('orderId', 'expected an ID of letters, digits and hyphens, as Tribute gives it');
	return orderId;
}
