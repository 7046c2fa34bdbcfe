import type { Order } from '../../shared/domain/order';
import { LONGEST_RECIPIENT, type Item } from '../../shared/node/item';
import type { PurchaseMarks, PurchaseOperation, Quote } from '../../shared/node/operation';
import { orderProperties } from '../../shared/node/orderProperties';
import { getOffer, recipientOf, TEST_OFFER, type Customer } from '../api';
import { DISPLAY_NAME } from '../connections';
import { offerIdOf, offerProperty } from '../offer';
import { orderAndRecover } from '../recovery';

interface Plan {
	offerId: number;
	/** The price the user confirms; undefined when the latest one is to be confirmed. */
	fixedPrice: number | undefined;
	customer: Customer;
	/** Whether the transaction ID is the user's, and so may have been used before. */
	hasOwnId: boolean;
}

type Output = Order & PurchaseMarks & { transactionId: string };

const outputOf = (order: Order, _: Plan, transactionId: string): Output => ({ ...order, transactionId });

export const createOneOrder: PurchaseOperation<Plan, Output> = {
	resource: 'order',
	operation: 'create',
	displayName: 'Create',
	action: 'Create order',
	description: 'Order a key, gift card or top-up and pay from the balance',
	isOrder: true,
	key: { path: 'transactionId', isProviders: true },
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
			currency: 'the currency of the product',
			maxPrice:
				"Refuse to order when GamesDrop's price is above this. In the currency of the product, such as KZT or RUB, as Product: Get shows it.",
			waiting: 'Keys and Stars are delivered at once, top-ups take 1 to 60 minutes.',
		}),
	],
	async prepare(item) {
		const offerId = offerIdOf(item);
		const customer = customerOf(item);
		const { gameUserId, gameServerId = '', email = '' } = customer;
		return {
			plan: {
				offerId,
				fixedPrice: fixedPriceOf(item),
				customer,
				hasOwnId: item.guardText('transactionId') !== '',
			},
			identity: {
				orderType: '',
				productId: String(offerId),
				quantity: 1,
				recipient: recipientOf(customer),
				details: [gameServerId, gameUserId === undefined ? '' : email].join(' '),
			},
		};
	},
	quote: {
		isNeeded: ({ fixedPrice }) => fixedPrice === undefined,
		async read(item, api, { offerId, fixedPrice }, maxAge): Promise<Quote> {
			const offer = async () => await getOffer(api, offerId);
			// An order confirms the price of this very moment; only the check beforehand is shared.
			const { data } = Number.isFinite(maxAge)
				? await offer()
				: await item.cache.get(`offer ${offerId} ${api.account}`, offer);
			const { price, currency } = data;
			// Both count: GamesDrop charges the one it quotes, and only where it is the one confirmed.
			return { price: price === null ? null : Math.max(price, fixedPrice ?? price), currency };
		},
	},
	async place(item, api, { plan, key, quote, returnsEarlier }) {
		const { offerId, fixedPrice, customer, hasOwnId } = plan;
		const order = { offerId, price: fixedPrice ?? quote.price!, transactionId: key, customer };
		const { raw, data } = await orderAndRecover(
			api,
			order,
			{ hasOwnId, returnsEarlier },
			item.context.getExecutionCancelSignal(),
		);
		return { raw, data: outputOf({ ...data, currency: data.currency ?? quote.currency }, plan, key) };
	},
	outputOf,
};

function fixedPriceOf(item: Item): number | undefined {
	if (item.choice('priceMode', ['latest', 'fixed']) === 'latest') return undefined;
	const price = item.number('price');
	if (price === undefined || price <= 0)
		throw item.invalid('price', `expected the price ${DISPLAY_NAME} quotes, got ${price ?? 'nothing'}`);
	return price;
}

/** Only what was given: each product asks for other parts. */
function customerOf(item: Item): Customer {
	const gameUserId = item.optionalText('gameUserId', LONGEST_RECIPIENT);
	const gameServerId = item.optionalText('gameServerId', LONGEST_RECIPIENT);
	const email = item.optionalText('email', LONGEST_RECIPIENT);
	return {
		...(gameUserId === '' ? {} : { gameUserId }),
		...(gameServerId === '' ? {} : { gameServerId }),
		...(email === '' ? {} : { email }),
	};
}
