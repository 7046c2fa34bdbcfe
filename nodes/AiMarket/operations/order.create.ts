import { times } from '../../shared/domain/money';
import type { Order } from '../../shared/domain/order';
import { LONGEST_KEY, type Item } from '../../shared/node/item';
import type { PurchaseMarks, PurchaseOperation } from '../../shared/node/operation';
import { orderProperties } from '../../shared/node/orderProperties';
import { productProperty } from '../../shared/node/properties';
import {
	createOrder,
	CURRENCY,
	DISPLAY_NAME,
	getProducts,
	HOURS_OF_A_KEY,
	MOST_UNITS,
	type DeliveredOrder,
	type NewOrder,
} from '../api';

type Output = Order &
	PurchaseMarks & { quantity: number; balanceRemaining: number | null; idempotencyKey: string };

/** A key is asked for again well before the provider forgets it and would buy anew. */
const HOURS_OF_A_RECALL = 20;

const outputOf = (order: Order | DeliveredOrder, { quantity }: NewOrder, key: string): Output => ({
	balanceRemaining: null,
	...order,
	quantity,
	idempotencyKey: key,
});

export const createOneOrder: PurchaseOperation<NewOrder, Output> = {
	resource: 'order',
	operation: 'create',
	displayName: 'Create',
	action: 'Create order',
	description: 'Buy codes and pay from the wallet',
	isOrder: true,
	key: { path: 'idempotencyKey', isProviders: true },
	properties: [
		productProperty('e.g. 002', 'What to buy. An ID is text: its leading zeros count, so "002" is not "2".'),
		{
			displayName: 'Quantity',
			name: 'quantity',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: MOST_UNITS },
			default: 1,
			description: `How many units to buy, each with a code of its own. At most ${MOST_UNITS}.`,
		},
		{
			displayName: 'Idempotency Key',
			name: 'idempotencyKey',
			type: 'string',
			default: '',
			placeholder: 'e.g. {{ $json.invoiceId }}',
			description: `Buys once: for ${HOURS_OF_A_KEY} hours AI-Market answers the same key with the same order and charges nothing more; after that, the key buys again. Best is your own order number, which holds across executions. When empty, the node derives a key that stays the same while it tries again within this execution; it stands in the output and in errors.`,
		},
		...orderProperties({
			currency: CURRENCY,
			maxPrice: `Refuse to order when price times quantity, in ${CURRENCY}, is above this`,
			waiting: 'AI-Market delivers at once, so there is never anything to wait for.',
		}),
	],
	async prepare(item) {
		const plan: NewOrder = {
			productId: item.text('productId'),
			quantity: item.integer('quantity', { min: 1, max: MOST_UNITS }),
		};
		await checkKey(item, plan);
		return { plan, identity: { orderType: '', ...plan, recipient: null } };
	},
	quote: {
		isNeeded: () => false,
		async read(item, api, { productId, quantity }, maxAge) {
			const catalog = async () => await getProducts(api);
			const products = await item.cache.get(`catalog ${api.account}`, catalog, maxAge);
			const price = products.find(({ data }) => data.productId === productId)?.data.price ?? null;
			return { price: price === null ? null : times(price, quantity), currency: CURRENCY };
		},
	},
	async place(item, api, { plan, key, quote }) {
		const { raw, data } = await createOrder(api, plan, key);
		const { codes, orderId } = data;
		if (codes.length !== plan.quantity) hintAtCount(item, orderId, codes.length, plan.quantity);
		return { raw, data: outputOf({ ...data, price: quote.price }, plan, key) };
	},
	outputOf,
	recall: {
		hours: HOURS_OF_A_RECALL,
		async read(api, plan, key) {
			const { raw, data } = await createOrder(api, plan, key);
			return { raw, data: outputOf(data, plan, key) };
		},
	},
};

/** The key travels in a header, and one key is one order: the provider would answer with the first one's codes. */
async function checkKey(item: Item, order: NewOrder): Promise<void> {
	const key = item.guardText('idempotencyKey', LONGEST_KEY);
	if (key === '') return;
	if (!/^[ -~]{1,255}$/.test(key)) {
		throw item.invalid(
			'idempotencyKey',
			'expected at most 255 Latin letters, digits and signs, as it is sent in a header',
		);
	}
	const first = await item.cache.get(`key ${key}`, async () => ({ ...order, index: item.index }));
	if (first.productId === order.productId && first.quantity === order.quantity) return;
	throw item.invalid(
		'idempotencyKey',
		`item ${first.index} has the same key for another order`,
		'Nothing was sent for this item. Give each order a key of its own: under one key AI-Market would hand out the codes of the first order again.',
	);
}

/** Money is spent and the codes are there: worth a look, never an error. */
function hintAtCount(item: Item, orderId: string | null, delivered: number, quantity: number): void {
	item.context.addExecutionHints?.({
		message: `${DISPLAY_NAME} delivered ${delivered} instead of ${quantity} codes in order ${orderId ?? 'without ID'} (item ${item.index}). Ask its support if one is missing.`,
		location: 'outputPane',
		type: 'warning',
	});
}
