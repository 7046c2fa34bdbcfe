/**
 * Each answer as the providers document it. The keys are the whole list of permitted requests: no other is sent.
 * Nothing here buys; a test compares this list with the sandbox's charges.
 */
import type { Documented } from './fields';

type Requests = Readonly<Record<string, Documented>>;

const teleKartPremium = (list: string): Documented => ({
	[`${list}[].id`]: 'text',
	[`${list}[].type`]: ['premium'],
	[`${list}[].title`]: 'text',
	[`${list}[].duration_months`]: 'number',
	[`${list}[].price_usd`]: 'number',
});
/** Custom Stars have a rate instead of a price and a number. */
const teleKartStars = (list: string, custom: '' | '?'): Documented => ({
	[`${list}[].id`]: 'text',
	[`${list}[].type`]: ['stars'],
	[`${list}[].title`]: 'text',
	[`${list}[].stars`]: `number${custom}`,
	[`${list}[].price_usd`]: `number${custom}`,
	...(custom === '' ? {} : { [`${list}[].price_note`]: 'text?', [`${list}[].star_rate_usd`]: 'number?' }),
});
const teleKartGifts = (list: string): Documented => ({
	[`${list}[].id`]: 'text',
	[`${list}[].type`]: ['gift'],
	[`${list}[].source`]: ['standard', 'custom'],
	[`${list}[].title`]: 'text',
	[`${list}[].stars`]: 'number',
	[`${list}[].price_usd`]: 'number',
});
const ok: Documented = { ok: 'boolean' };

export const teleKartStarsRequests = {
	'GET /api/v1/products': {
		...ok,
		...teleKartPremium('data.premium'),
		...teleKartStars('data.stars', ''),
		...teleKartGifts('data.gifts'),
	},
	'GET /api/v1/products/premium': { ...ok, ...teleKartPremium('data.premium') },
	'GET /api/v1/products/stars': { ...ok, ...teleKartStars('data.stars', '?') },
	'GET /api/v1/products/gifts': { ...ok, ...teleKartGifts('data.gifts') },
	'GET /api/v1/balance': { ...ok, 'data.user_id': 'number', 'data.balance_usd': 'number' },
	'GET /api/v1/orders/{id}': {
		...ok,
		'data.order_id': 'text',
		'data.product_name': 'text',
		'data.price_usd': 'number',
		'data.status': 'text',
		'data.target_accounts': 'text',
		'data.target_link': 'text',
		'data.created_at': 'text',
	},
} satisfies Requests;

/** The document shows an order only as it is when it is placed. */
const tgMarketOrder: Documented = {
	...ok,
	order_id: 'number',
	username: 'text?',
	price_usd: 'number?',
	status: 'text',
	message: 'text?',
	provider_order_id: 'text?',
	error_message: 'text?',
};

export const tgMarketRequests = {
	'GET /api/v2/balance': { ...ok, balance_usd: 'number', locked_usd: 'number', available_usd: 'number' },
	'GET /api/v2/order/{id}': { ...tgMarketOrder, amount: 'number?' },
	'GET /api/v2/premium_order/{id}': { ...tgMarketOrder, duration_months: 'number?' },
} satisfies Requests;

const tributeProduct = (prefix: string): Documented =>
	Object.fromEntries(
		Object.entries({
			id: 'number',
			type: ['digital', 'custom', 'physical'],
			name: 'text',
			description: 'text?',
			amount: 'number',
			currency: ['usd', 'eur', 'rub'],
			starsAmount: 'number?',
			starsAmountEnabled: 'boolean?',
			status: 'text',
			isCustom: 'boolean',
			acceptCards: 'boolean',
			acceptWalletPay: 'boolean',
			protectContent: 'boolean',
			created: 'text',
			updated: 'text',
			pendingOrders: 'number?',
			imageUrl: 'text?',
			link: 'text',
			webLink: 'text',
		}).map(([name, type]) => [prefix + name, type]),
	);

const tributeShopOrder = (prefix: string): Documented =>
	Object.fromEntries(
		Object.entries({
			uuid: 'text',
			shopId: 'number',
			amount: 'number',
			currency: ['usd', 'eur', 'rub'],
			title: 'text',
			description: 'text',
			status: ['pending', 'prepaid', 'paid', 'failed'],
			successUrl: 'text',
			failUrl: 'text',
			// Null in shops that take Stars alone.
			paymentUrl: 'text?',
			webappPaymentUrl: 'text?',
			createdAt: 'text',
			period: ['onetime', 'weekly', 'monthly', 'quarterly', 'halfyearly', 'yearly'],
			email: 'text?',
			comment: 'text?',
			customerId: 'text?',
			starsAmount: 'number?',
			memberStatus: ['active', 'cancelled', ''],
			memberExpiresAt: 'text?',
		}).map(([name, type]) => [prefix + name, type]),
	);

const tributePhysicalOrder = (prefix: string): Documented =>
	Object.fromEntries(
		Object.entries({
			id: 'number',
			status: ['pending', 'shipped', 'delivered', 'canceled', 'refunded'],
			created: 'text',
			fullName: 'text',
			email: 'text',
			phone: 'text',
			telegramID: 'number',
			'address.countryIso2': 'text',
			'address.countryIso3': 'text',
			locality: 'text',
			fullAddress: 'text',
			customerNote: 'text',
			'items[].id': 'number',
			'items[].price': 'number',
			'items[].quantity': 'number',
			'items[].currency': 'text',
			'items[].name': 'text',
			'items[].attributes.*': 'text?',
			deliveryCost: 'number',
			currency: 'text',
		}).map(([name, type]) => [prefix + name, type]),
	);

export const tributeRequests = {
	'GET /api/v1/products': {
		...tributeProduct('rows[].'),
		'meta.total': 'number',
		'meta.offset': 'number',
		'meta.limit': 'number',
	},
	'GET /api/v1/products/{id}': tributeProduct(''),
	'GET /api/v1/shop/orders': tributeShopOrder('[].'),
	'GET /api/v1/shop/orders/{uuid}': tributeShopOrder(''),
	// Asked only when the order itself cannot be read.
	'GET /api/v1/shop/orders/{uuid}/status': { status: ['pending', 'prepaid', 'paid', 'failed'] },
	'GET /api/v1/shop/orders/{uuid}/transactions': {
		'transactions[].id': 'number',
		'transactions[].type': 'text',
		'transactions[].objectId': 'number?',
		'transactions[].amount': 'number',
		'transactions[].currency': 'text',
		'transactions[].createdAt': 'number',
		'transactions[].serviceFee': 'number?',
		'transactions[].total': 'number',
		'transactions[].paymentMethod': 'text?',
		'transactions[].isRefunded': 'boolean?',
		'transactions[].isRefundable': 'boolean?',
		'transactions[].isRecurring': 'boolean?',
		nextFrom: 'text',
	},
	'GET /api/v1/physical/orders': {
		...tributePhysicalOrder('rows[].'),
		'meta.total': 'number',
		'meta.offset': 'number',
		'meta.limit': 'number',
	},
	'GET /api/v1/physical/orders/{id}': tributePhysicalOrder(''),
} satisfies Requests;

export const aiMarketRequests = {
	'GET /api/v1/balance': { balance: 'number', currency: ['USDT'] },
	'GET /api/v1/products': {
		'products[].id': 'text',
		'products[].name': 'text',
		'products[].price': 'number',
		'products[].stock': 'number',
		'products[].in_stock': 'boolean',
	},
} satisfies Requests;

const balanceProfiles = ['FIAT', 'USDT', 'MIXED'] as const;
const gamesDropBalance: Documented = {
	balance: 'number',
	draftBalance: 'number',
	isPostpaid: 'boolean',
	balanceProfile: balanceProfiles,
	'currency.id': 'number',
	'currency.code': ['USD'],
	partnerId: 'number',
};

export const gamesDropRequests = {
	'GET /api/v1/offers/balance': gamesDropBalance,
	// Sent only when the first answers 404.
	'GET /api/v1/balance': gamesDropBalance,
	'POST /api/v1/offers/sync': {
		count: 'number',
		'rows[].productId': 'number',
		'rows[].productName': 'text',
		'rows[].offerGroupId': 'number',
		'rows[].offerGroupName': 'text',
		'rows[].price': 'number',
		'rows[].currency': 'text',
		'rows[].inStock': 'boolean',
		'rows[].isRequiredGameUserId': 'boolean?',
		'rows[].isRequiredGameServerId': 'boolean?',
	},
	'POST /api/v1/offers/find-one': {
		offerId: 'number',
		productName: 'text',
		offerName: 'text',
		count: 'number',
		price: 'number',
		currency: 'text',
		settlementMethod: balanceProfiles,
		balanceProfile: balanceProfiles,
		isSettlementCompatible: 'boolean',
		isReturnDataForCustomer: 'boolean',
	},
	'POST /api/v1/offers/servers': { '*': 'text?' },
	'POST /api/v1/offers/check-game-data': { status: ['VALID', 'INVALID'], gameUserLogin: 'text?' },
	// Cancelled and failed orders leave most of it out.
	'POST /api/v1/offers/order-status': {
		orderId: 'number',
		count: 'number?',
		price: 'number?',
		currency: 'text?',
		offerId: 'number?',
		productName: 'text?',
		offerName: 'text?',
		status: 'text',
		isReturnDataForCustomer: 'boolean?',
		isRequiredGameUserId: 'boolean?',
		isRequiredGameServerId: 'boolean?',
		key: 'text?',
		message: 'text?',
		'fulfillmentData.telegram_user_id': 'number?',
		'fulfillmentData.stars_amount': 'number?',
		'fulfillmentData.transaction_id': 'text?',
		'fulfillmentData.delivery_status': 'text?',
		'fulfillmentData.error_message': 'text?',
		createdAt: 'text',
	},
	'POST /api/aggregator/a6/telegram/user-info': {
		valid: 'boolean',
		username: 'text',
		'userInfo.id': 'number?',
		'userInfo.first_name': 'text',
		'userInfo.username': 'text',
		'userInfo.photo_url': 'text?',
		message: 'text',
	},
} satisfies Requests;

export const gamesDropDashboardRequests = {
	'GET /api/v1/balance/transactions': {
		'transactions[].id': 'number',
		'transactions[].amount': 'number',
		'transactions[].type': ['DEPOSIT', 'PURCHASE', 'REFUND'],
		'transactions[].description': 'text',
		'transactions[].balanceAfter': 'number',
		'transactions[].createdAt': 'text',
		total: 'number',
	},
} satisfies Requests;
