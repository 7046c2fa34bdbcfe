import type { TributeProduct, TributePurchase } from './tribute';

/** What an event's payload is made from. `number` is new for each event, so that no two are equal. */
interface Context {
	number: number;
	now: string;
	product: TributeProduct;
	purchase: TributePurchase;
}

type Payload = (context: Context) => Record<string, unknown>;

const hoursLater = (now: string, hours: number) =>
	new Date(Date.parse(now) + hours * 3_600_000).toISOString();

/** Creator payloads name their buyer three ways; `user_id` is deprecated. */
const buyer = ({ purchase }: Context) => ({
	user_id: 31326,
	trb_user_id: 'T-31326',
	telegram_user_id: purchase.telegramUserId,
	telegram_username: purchase.telegramUsername,
});

const digitalPurchase: Payload = (context) => ({
	product_id: context.product.id,
	product_name: context.product.name,
	amount: context.product.amount,
	currency: context.product.currency,
	...buyer(context),
	purchase_id: context.purchase.id,
	transaction_id: 234567 + context.purchase.id,
	purchase_created_at: context.purchase.createdAt,
});

const subscription: Payload = (context) => ({
	subscription_name: 'Support my art 🌟',
	subscription_id: 1646,
	period_id: 1547 + context.number,
	period: 'monthly',
	type: 'regular',
	price: 1000,
	amount: 700,
	currency: 'eur',
	...buyer(context),
	channel_id: 614,
	channel_name: 'lbs',
	expires_at: hoursLater(context.now, 30 * 24),
});

const donation: Payload = (context) => ({
	donation_request_id: 123 + context.number,
	donation_name: 'Buy me a coffee',
	message: 'Thank you for your work!',
	period: 'once',
	amount: 500,
	currency: 'usd',
	anonymously: false,
	web_app_link: 'https://t.me/tribute_bot/app?startapp=d123',
	...buyer(context),
});

const physicalOrder =
	(status: string): Payload =>
	(context) => ({
		order_id: 5000 + context.number,
		status,
		products: [{ id: 2555, name: 'Enamel Pin', price: 1199, quantity: 1 }],
		total: 1199,
		currency: 'usd',
		shipping_address: '221B Baker Street, London',
		...(status === 'shipped' && { tracking_number: `RB${context.number}GB` }),
		created_at: context.now,
		updated_at: context.now,
		...buyer(context),
	});

/** Shop payloads, unlike the creators', are in camel case. */
const shopOrder: Payload = ({ number }) => ({
	uuid: `0f5c1c5e-7d1c-4a8e-9f2b-${String(number).padStart(12, '0')}`,
	shopId: 17,
	amount: 100000,
	currency: 'rub',
	fee: 10000,
	status: 'paid',
	email: 'buyer@example.com',
	isRecurrent: false,
	customerId: `customer-${number}`,
});

const recurrent: Payload = (context) => ({ ...shopOrder(context), isRecurrent: true, period: 'monthly' });

const token: Payload = (context) => ({
	...shopOrder(context),
	token: `token-${context.number}`,
	reference: `reference-${context.number}`,
});

const failure = { errorCode: 'insufficient_funds', errorMessage: 'Insufficient funds' };

const payloads: Record<string, Payload> = {
	new_subscription: subscription,
	renewed_subscription: subscription,
	cancelled_subscription: (context) => ({ ...subscription(context), cancel_reason: 'Too expensive' }),
	new_donation: donation,
	recurrent_donation: (context) => ({ ...donation(context), period: 'monthly' }),
	cancelled_donation: (context) => ({ ...donation(context), period: 'monthly' }),
	new_digital_product: digitalPurchase,
	digital_product_refunded: (context) => ({
		...digitalPurchase(context),
		refund_reason: 'telegram_refund',
		refunded_at: context.now,
	}),
	physical_order_created: physicalOrder('pending'),
	physical_order_shipped: physicalOrder('shipped'),
	physical_order_canceled: physicalOrder('canceled'),
	shop_order: shopOrder,
	shop_order_payment_received: shopOrder,
	shop_order_payment_failed: (context) => ({ ...shopOrder(context), status: 'failed', ...failure }),
	shop_order_charge_success: recurrent,
	shop_order_charge_failed: (context) => ({ ...recurrent(context), status: 'failed', chargeRetries: 1 }),
	shop_order_cancelled: (context) => ({ ...recurrent(context), cancelReason: 'cancelled_by_seller' }),
	shop_order_refunded: (context) => ({
		...shopOrder(context),
		transactionId: 90000 + context.number,
		status: 'completed',
		refundedAt: context.now,
	}),
	shop_token_charge_success: (context) => ({ ...token(context), status: 'success' }),
	shop_token_charge_failed: (context) => ({ ...token(context), status: 'failed', ...failure }),
	shop_order_prepaid: shopOrder,
};

export const tributeEventNames: readonly string[] = Object.keys(payloads);

/** The payload of an event of this name; an empty one for a name the provider does not have. */
export const tributePayload = (name: string, context: Context): Record<string, unknown> =>
	payloads[name]?.(context) ?? {};
