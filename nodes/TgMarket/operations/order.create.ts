import type { Order } from '../../shared/domain/order';
import { usernameIn } from '../../shared/domain/telegram';
import type { Item } from '../../shared/engine/item';
import type { PurchaseOperation } from '../../shared/engine/operation';
import { orderProperties } from '../../shared/engine/properties';
import { createOrder, durations, FEWEST_STARS, orderTypes, type NewOrder } from '../api';
import { orderTypeProperty } from './orderType';

export const createOneOrder: PurchaseOperation<
	NewOrder,
	Order & { orderType: string; orderOnceKey: string | null }
> = {
	resource: 'order',
	operation: 'create',
	displayName: 'Create',
	action: 'Create order',
	description: 'Order Stars or Premium and pay from the wallet',
	once: true,
	properties: [
		{
			displayName:
				'TG Market names the price only when it takes the order, so no ceiling can be set. The price is in the output.',
			name: 'priceNotice',
			type: 'notice',
			default: '',
		},
		orderTypeProperty('What to order'),
		{
			displayName: 'Username',
			name: 'username',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. @username',
			description: 'Telegram username or t.me link of the account that receives it',
		},
		{
			displayName: 'Amount',
			name: 'amount',
			type: 'number',
			required: true,
			typeOptions: { minValue: FEWEST_STARS },
			displayOptions: { show: { orderType: ['stars'] } },
			default: 50,
			description: 'How many Stars to send. TG Market has a minimum of its own and names it when it refuses.',
		},
		{
			displayName: 'Duration',
			name: 'duration',
			type: 'options',
			required: true,
			displayOptions: { show: { orderType: ['premium'] } },
			options: durations.map((months) => ({ name: `${months} Months`, value: months })),
			default: 3,
			description: 'How long Premium lasts',
		},
		...orderProperties({ once: true, waiting: 'TG Market delivers from a queue.' }),
	],
	async prepare(item) {
		const orderType = item.choice('orderType', orderTypes);
		const username = accountOf(item);
		return orderType === 'stars'
			? { orderType, username, amount: item.integer('amount', { min: FEWEST_STARS }) }
			: { orderType, username, duration: item.choice('duration', durations) };
	},
	async place(item, order, key) {
		const { orderType } = order;
		const { raw, data } = await createOrder(await item.api(), order);
		return {
			orderId: data.orderId,
			output: {
				...data,
				orderType,
				orderOnceKey: key || null,
			},
			raw,
			order: data,
			orderType,
		};
	},
};

function accountOf(item: Item): string {
	const given = item.text('username');
	const username = usernameIn(given);
	if (username === undefined) {
		throw item.invalid(
			'username',
			`"${given.slice(0, 60)}" is no Telegram username or t.me link of an account`,
		);
	}
	return username;
}
