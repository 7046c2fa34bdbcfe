import type { Order } from '../../shared/domain/order';
import { usernameIn } from '../../shared/domain/telegram';
import { holdCeiling, maxPriceOf, priceUnknown } from '../../shared/engine/ceiling';
import type { Item } from '../../shared/engine/item';
import type { PurchaseOperation } from '../../shared/engine/operation';
import { orderProperties, productProperty } from '../../shared/engine/properties';
import { createOrder, CUSTOM_STARS, getProducts, MOST_TARGETS, totalOf, type NewOrder } from '../api';

export const createOneOrder: PurchaseOperation<NewOrder, Order & { orderOnceKey: string | null }> = {
	resource: 'order',
	operation: 'create',
	displayName: 'Create',
	action: 'Create order',
	description: 'Order Premium, Stars or a gift and pay from the wallet',
	once: true,
	properties: [
		productProperty(
			'e.g. stars_1000',
			'What to order. People at TeleKart Stars deliver it, which can take a while.',
		),
		{
			displayName: 'Target',
			name: 'target',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. @username',
			description: 'Telegram username or t.me link of the account that receives it',
		},
		{
			displayName: 'Stars',
			name: 'stars',
			type: 'number',
			typeOptions: { minValue: 1 },
			displayOptions: { show: { productId: [CUSTOM_STARS] } },
			default: 50,
			description: `How many Stars to send. Used for the product Custom Telegram Stars (${CUSTOM_STARS}) only.`,
		},
		...orderProperties({
			once: true,
			maxPrice:
				'Refuse to order when the total for all targets, in USD, is above this. For custom Stars the total is rate times Stars, rounded up to cents.',
			waiting: 'People deliver these orders, so it may take hours: prefer Track Completion.',
			own: [
				{
					displayName: 'More Targets',
					name: 'targets',
					type: 'string',
					default: '',
					placeholder: 'e.g. @second, @third',
					description: `Further accounts that each receive the product, separated by commas. At most ${MOST_TARGETS} with Target. Each one is paid for.`,
				},
			],
		}),
	],
	async prepare(item) {
		const order = orderOf(item);
		const ceiling = maxPriceOf(item);
		if (ceiling === undefined) return order;
		const api = await item.api();
		const { products } = await item.run.once(
			`catalog ${api.account}`,
			async () => await getProducts(api, 'all'),
		);
		const product = products.find(({ productId }) => productId === order.productId);
		if (product === undefined) throw priceUnknown(item);
		holdCeiling(item, ceiling, totalOf(product, order.stars, order.targets?.length ?? 1), product.currency);
		return order;
	},
	async place(item, order, key) {
		const { raw, data } = await createOrder(await item.api(), order);
		return {
			orderId: data.orderId,
			output: {
				...data,
				orderOnceKey: key || null,
			},
			raw,
			order: data,
		};
	},
};

function orderOf(item: Item): NewOrder {
	const productId = item.text('productId');
	const target = account(item, 'target', item.text('target'));
	const more = item.value('options.targets');
	const named = Array.isArray(more) ? more.map(String) : item.optionalText('options.targets').split(/[,\s]+/);
	const others = named
		.filter((name) => name.trim() !== '')
		.map((name) => account(item, 'options.targets', name));
	const targets = [...new Map([target, ...others].map((name) => [name.toLowerCase(), name])).values()];
	if (targets.length > MOST_TARGETS) {
		throw item.invalid(
			'options.targets',
			`at most ${MOST_TARGETS} accounts with Target, got ${targets.length}`,
		);
	}
	return {
		productId,
		target,
		...(targets.length > 1 ? { targets } : {}),
		...(productId === CUSTOM_STARS ? { stars: item.integer('stars', { min: 1 }) } : {}),
	};
}

function account(item: Item, path: string, name: string): string {
	const known = usernameIn(name);
	if (known === undefined)
		throw item.invalid(path, `"${name.slice(0, 60)}" is no Telegram username or t.me link of an account`);
	return `@${known}`;
}
