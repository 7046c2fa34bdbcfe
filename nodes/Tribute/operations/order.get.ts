import type { ReadOperation } from '../../shared/node/operation';
import { simplifyProperty } from '../../shared/node/properties';
import { orderConnection } from '../connection';
import { getOrder, type ShopOrder } from '../shop';
import { orderIdOf, orderIdProperty } from './orderId';

export const getOneOrder: ReadOperation<ShopOrder> = {
	resource: 'order',
	operation: 'get',
	displayName: 'Get',
	action: 'Get order',
	description:
		'Get an order of your shop and whether it is paid. Refunds are not part of it; the Tribute Trigger reports them.',
	connection: orderConnection,
	properties: [orderIdProperty, simplifyProperty],
	async read(item) {
		const orderId = orderIdOf(item);
		const { raw, data } = await getOrder(await item.api(), { orderId });
		return item.flag('simplify', true) ? data : raw;
	},
};
