import type { Order } from '../../shared/domain/order';
import { usernameIn } from '../../shared/domain/telegram';
import { echoed } from '../../shared/errors/providerError';
import type { Item } from '../../shared/node/item';
import type { PurchaseMarks, PurchaseOperation } from '../../shared/node/operation';
import { orderProperties } from '../../shared/node/orderProperties';
import {
	createOrder,
	CURRENCY,
	durations,
	FEWEST_STARS,
	orderTypes,
	productOrdered,
	type NewOrder,
} from '../api';
import { orderTypeProperty } from './orderType';

type Output = Order & PurchaseMarks & { orderType: string; orderOnceKey: string | null };

const outputOf = (order: Order, { orderType }: NewOrder, key: string): Output => ({
	...order,
	orderType,
	orderOnceKey: key || null,
});

export const createOneOrder: PurchaseOperation<NewOrder, Output> = {
	resource: 'order',
	operation: 'create',
	displayName: 'Create',
	action: 'Create order',
	description: 'Order Stars or Premium and pay from the wallet',
	isOrder: true,
	key: { path: 'options.orderOnceKey', isProviders: false },
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
		...orderProperties({
			hasOrderOnceKey: true,
			currency: CURRENCY,
			waiting: 'TG Market delivers from a queue.',
		}),
	],
	async prepare(item) {
		const orderType = item.choice('orderType', orderTypes);
		const username = accountOf(item);
		const plan: NewOrder =
			orderType === 'stars'
				? { orderType, username, amount: item.integer('amount', { min: FEWEST_STARS }) }
				: { orderType, username, duration: item.choice('duration', durations) };
		return {
			plan,
			identity: {
				orderType,
				productId: productOrdered(plan),
				quantity: plan.orderType === 'stars' ? plan.amount : 1,
				recipient: username.toLowerCase(),
			},
		};
	},
	async place(_item, api, { plan, key }) {
		const { raw, data } = await createOrder(api, plan);
		return { raw, data: outputOf(data, plan, key) };
	},
	outputOf,
};

function accountOf(item: Item): string {
	const given = item.text('username');
	const username = usernameIn(given);
	if (username === undefined) {
		throw item.invalid('username', `${echoed(given)} is not a Telegram username`);
	}
	return username;
}
