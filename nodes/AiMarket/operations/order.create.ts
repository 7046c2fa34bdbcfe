import { times } from '../../shared/domain/money';
import type { Order } from '../../shared/domain/order';
import { holdCeiling, maxPriceOf, priceUnknown } from '../../shared/engine/ceiling';
import type { Item } from '../../shared/engine/item';
import type { PurchaseOperation } from '../../shared/engine/operation';
import { orderProperties, productProperty } from '../../shared/engine/properties';
import {
	createOrder,
	CURRENCY,
	DISPLAY_NAME,
	getProducts,
	HOURS_OF_A_KEY,
	MOST_UNITS,
	NAME,
	type NewOrder,
} from '../api';

interface Plan extends NewOrder {
	/** For all units, where it was read for Max Price. */
	price: number | null;
}

type Purchased = Omit<Order, 'orderId'> & {
	/** Null where AI-Market names none. */
	orderId: string | null;
	quantity: number;
	balanceRemaining: number | null;
	idempotencyKey: string;
};

export const createOneOrder: PurchaseOperation<Plan, Purchased> = {
	resource: 'order',
	operation: 'create',
	displayName: 'Create',
	action: 'Create order',
	description: 'Buy codes and pay from the wallet',
	keyParameter: 'idempotencyKey',
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
			maxPrice: `Refuse to order when price times quantity, in ${CURRENCY}, is above this`,
			waiting: 'AI-Market delivers at once, so there is never anything to wait for.',
		}),
	],
	async prepare(item) {
		const order: NewOrder = {
			productId: item.text('productId'),
			quantity: item.integer('quantity', { min: 1, max: MOST_UNITS }),
		};
		await checkKey(item, order);
		return { ...order, price: await priceWithin(item, order) };
	},
	async place(item, { productId, quantity, price }, key) {
		const { raw, data } = await createOrder(await item.api(), { productId, quantity }, key);
		const { orderId, codes, balanceRemaining } = data;
		if (codes.length !== quantity) hintAtCount(item, orderId, codes.length, quantity);
		const order: Order = {
			provider: NAME,
			orderId: orderId ?? '',
			state: 'completed',
			status: 'success',
			productId,
			recipient: null,
			price,
			currency: CURRENCY,
			codes,
			message: null,
		};
		return {
			orderId,
			output: {
				...order,
				orderId,
				quantity,
				balanceRemaining,
				idempotencyKey: key,
			},
			raw,
			...(orderId === null ? {} : { order }),
		};
	},
};

/** The key travels in a header, and one key is one order: the provider would answer with the first one's codes. */
async function checkKey(item: Item, order: NewOrder): Promise<void> {
	const key = item.optionalText('idempotencyKey');
	if (key === '') return;
	if (!/^[ -~]{1,255}$/.test(key)) {
		throw item.invalid(
			'idempotencyKey',
			'expected at most 255 Latin letters, digits and signs, as it is sent in a header',
		);
	}
	const first = await item.run.once(`key ${key}`, async () => ({ ...order, index: item.index }));
	if (first.productId === order.productId && first.quantity === order.quantity) return;
	throw item.invalid(
		'idempotencyKey',
		`item ${first.index} has the same key for another order`,
		'Nothing was sent for this item. Give each order a key of its own: under one key AI-Market would hand out the codes of the first order again.',
	);
}

/** Price of all units, read only when there is a ceiling to hold. */
async function priceWithin(item: Item, { productId, quantity }: NewOrder): Promise<number | null> {
	const ceiling = maxPriceOf(item);
	const api = await item.api();
	if (ceiling === undefined) return null;
	const { products } = await item.run.once(`catalog ${api.account}`, async () => await getProducts(api));
	const unit = products.find((product) => product.productId === productId)?.price ?? null;
	if (unit === null) throw priceUnknown(item);
	const price = times(unit, quantity);
	holdCeiling(item, ceiling, price, CURRENCY);
	return price;
}

/** Money is spent and the codes are there: worth a look, never an error. */
function hintAtCount(item: Item, orderId: string | null, delivered: number, quantity: number): void {
	item.context.addExecutionHints?.({
		message: `${DISPLAY_NAME} delivered ${delivered} instead of ${quantity} codes in order ${orderId ?? 'without ID'} (item ${item.index}). Ask its support if one is missing.`,
		location: 'outputPane',
		type: 'warning',
	});
}
