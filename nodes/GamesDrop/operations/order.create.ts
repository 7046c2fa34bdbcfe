import type { Order } from '../../shared/domain/order';
import type { Product } from '../../shared/domain/product';
import { holdCeiling, maxPriceOf } from '../../shared/engine/ceiling';
import { ProviderError } from '../../shared/engine/errors';
import type { Item } from '../../shared/engine/item';
import type { PurchaseOperation } from '../../shared/engine/operation';
import { orderProperties } from '../../shared/engine/properties';
import { getOffer, TEST_OFFER, type Customer } from '../api';
import { DISPLAY_NAME } from '../connections';
import { offerIdOf, offerProperty } from '../offer';
import { orderAndRecover } from '../recovery';

interface Plan {
	offerId: number;
	/** The price the user confirms; undefined when the latest one is to be confirmed. */
	fixedPrice: number | undefined;
	customer: Customer;
	ceiling: number | undefined;
	/** What the price is in, where the product was quoted beforehand. */
	currency: string | null;
}

export const createOneOrder: PurchaseOperation<Plan, Order & { transactionId: string }> = {
	resource: 'order',
	operation: 'create',
	displayName: 'Create',
	action: 'Create order',
	description: 'Order a key, gift card or top-up and pay from the balance',
	keyParameter: 'transactionId',
	properties: [
		offerProperty(
			`What to order, one unit of it. Ordering ${TEST_OFFER} costs nothing: try your workflow with it.`,
		),
		{
			displayName: 'Price Mode',
			name: 'priceMode',
			type: 'options',
			options: [
				{
					name: 'Latest',
					value: 'latest',
					description: 'Confirm the price GamesDrop quotes at that moment. Set Max Price to keep a ceiling.',
				},
				{
					name: 'Fixed',
					value: 'fixed',
					description: 'Confirm the price entered here. At any other price the order is refused.',
				},
			],
			default: 'latest',
			description: 'Which price the order confirms: GamesDrop takes it only at the price of the moment',
		},
		{
			displayName: 'Price',
			name: 'price',
			type: 'number',
			typeOptions: { minValue: 0 },
			required: true,
			displayOptions: { show: { priceMode: ['fixed'] } },
			default: 0,
			placeholder: 'e.g. 23.09',
			description:
				'The GamesDrop price of the product, exactly as Product: Get shows it and in that currency. Not the price you sell at.',
		},
		{
			displayName: 'Transaction ID',
			name: 'transactionId',
			type: 'string',
			default: '',
			placeholder: 'e.g. {{ $json.invoiceId }}',
			description:
				'Buys once: GamesDrop never takes a second order with the same ID, and the order can be looked up by it. Best is your own order number, which holds across executions. When empty, the node derives one for this execution; it stands in the output and in errors. After a cancelled or failed order, a new order needs a new ID.',
		},
		{
			displayName: 'Game User ID',
			name: 'gameUserId',
			type: 'string',
			default: '',
			placeholder: 'e.g. 52357322414',
			description:
				'Player who receives a top-up. For Telegram Stars the numeric Telegram user ID, never a username: Telegram User: Get finds it.',
		},
		{
			displayName: 'Game Server ID',
			name: 'gameServerId',
			type: 'string',
			default: '',
			placeholder: 'e.g. os_euro',
			description: 'Server the player is on, for games that have them. Product: Get Servers lists them.',
		},
		{
			displayName: 'Email',
			name: 'email',
			type: 'string',
			default: '',
			placeholder: 'e.g. name@example.com',
			description: 'Email address of your customer, passed on to GamesDrop',
		},
		...orderProperties({
			maxPrice:
				"Refuse to order when GamesDrop's price is above this. In the currency of the product, such as KZT or RUB, as Product: Get shows it.",
			waiting: 'Keys and Stars are delivered at once, top-ups take 1 to 60 minutes.',
		}),
	],
	async prepare(item) {
		const plan: Plan = {
			offerId: offerIdOf(item),
			fixedPrice: fixedPriceOf(item),
			customer: customerOf(item),
			ceiling: maxPriceOf(item),
			currency: null,
		};
		const api = await item.api();
		if (plan.ceiling === undefined) return plan;
		const { offerId } = plan;
		const { data: quote } = await item.run.once(
			`offer ${offerId} ${api.account}`,
			async () => await getOffer(api, offerId),
		);
		plan.currency = quote.currency;
		priceWithin(item, plan, quote);
		if (plan.fixedPrice !== undefined) holdCeiling(item, plan.ceiling, plan.fixedPrice, quote.currency);
		return plan;
	},
	async place(item, plan, transactionId) {
		const { offerId, fixedPrice, customer } = plan;
		let { currency } = plan;
		let price = fixedPrice;
		if (price === undefined) {
			const quote = await quoteNow(item, offerId);
			price = priceWithin(item, plan, quote);
			currency = quote.currency;
		}
		const { raw, data } = await orderAndRecover(
			await item.api(),
			{ offerId, price, transactionId, customer },
			item.context.getExecutionCancelSignal(),
		);
		const order: Order = {
			...data,
			productId: data.productId ?? String(offerId),
			recipient: data.recipient ?? customer.gameUserId ?? customer.email ?? null,
			price: data.price ?? price,
			currency: data.currency ?? currency,
		};
		return {
			orderId: order.orderId,
			output: { ...order, transactionId },
			raw,
			order,
		};
	},
};

/** The price GamesDrop quotes at this moment. Whatever goes wrong here, nothing was ordered. */
async function quoteNow(item: Item, offerId: number): Promise<Product> {
	try {
		return (await getOffer(await item.api(), offerId)).data;
	} catch (error) {
		throw error instanceof ProviderError
			? error
			: item.refuse(
					'PRICE_UNKNOWN',
					'The order was stopped before its price was read',
					'Nothing was ordered. Run the workflow again.',
				);
	}
}

/** The quoted price, when there is one and it keeps the ceiling. */
function priceWithin(item: Item, { ceiling }: Plan, { price, currency }: Product): number {
	if (price === null) {
		throw item.refuse(
			'PRICE_UNKNOWN',
			`${DISPLAY_NAME} quotes no price for this product`,
			'Nothing was ordered. Look at the product with Product: Get, or choose another one.',
		);
	}
	holdCeiling(item, ceiling, price, currency);
	return price;
}

function fixedPriceOf(item: Item): number | undefined {
	if (item.choice('priceMode', ['latest', 'fixed']) === 'latest') return undefined;
	const price = item.number('price');
	if (price === undefined || price <= 0)
		throw item.invalid('price', `expected the price ${DISPLAY_NAME} quotes, got ${price ?? 'nothing'}`);
	return price;
}

/** Only what was given: each product asks for other parts. */
function customerOf(item: Item): Customer {
	const gameUserId = item.optionalText('gameUserId');
	const gameServerId = item.optionalText('gameServerId');
	const email = item.optionalText('email');
	return {
		...(gameUserId === '' ? {} : { gameUserId }),
		...(gameServerId === '' ? {} : { gameServerId }),
		...(email === '' ? {} : { email }),
	};
}
