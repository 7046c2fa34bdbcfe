import type { Order } from '../../shared/domain/order';
import { usernameIn } from '../../shared/domain/telegram';
import { echoed } from '../../shared/errors/providerError';
import type { Item } from '../../shared/node/item';
import type { PurchaseMarks, PurchaseOperation } from '../../shared/node/operation';
import { orderProperties } from '../../shared/node/orderProperties';
import { productProperty } from '../../shared/node/properties';
import {
	createOrder,
	CURRENCY,
	CUSTOM_STARS,
	getProducts,
	MOST_TARGETS,
	totalOf,
	type NewOrder,
} from '../api';

type Output = Order & PurchaseMarks & { orderOnceKey: string | null };

const outputOf = (order: Order, _: NewOrder, key: string): Output => ({
	...order,
	orderOnceKey: key || null,
});

export const createOneOrder: PurchaseOperation<NewOrder, Output> = {
	resource: 'order',
	operation: 'create',
	displayName: 'Create',
	action: 'Create order',
	description: 'Order Premium, Stars or a gift and pay from the wallet',
	isOrder: true,
	key: { path: 'options.orderOnceKey', isProviders: false },
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
			hasOrderOnceKey: true,
			currency: CURRENCY,
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
		const plan = orderOf(item);
		const targets = plan.targets ?? [plan.target];
		return {
			plan,
			identity: {
				orderType: '',
				productId: plan.productId,
				quantity: plan.stars ?? 1,
				recipient: targets
					.map((target) => target.toLowerCase())
					.sort()
					.join(', '),
			},
		};
	},
	quote: {
		isNeeded: () => false,
		async read(item, api, { productId, stars, targets }, maxAge) {
			const catalog = async () => await getProducts(api, 'all');
			const products = await item.cache.get(`catalog ${api.account}`, catalog, maxAge);
			const product = products.find(({ data }) => data.productId === productId)?.data;
			return {
				price: product === undefined ? null : totalOf(product, stars, targets?.length ?? 1),
				currency: CURRENCY,
			};
		},
	},
	async place(_item, api, { plan, key }) {
		const { raw, data } = await createOrder(api, plan);
		return { raw, data: outputOf(data, plan, key) };
	},
	outputOf,
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
	if (known === undefined) throw item.invalid(path, `${echoed(name)} is not a Telegram username`);
	return `@${known}`;
}
