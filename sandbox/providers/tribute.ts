import { createHmac } from 'node:crypto';

import { Account, Accounts, randomKey, type OpenedSpec } from '../accounts';
import {
	isTributeType,
	tributeProducts,
	tributePurchases,
	type TributeProduct,
	type TributePurchase,
} from '../catalogs/tribute';
import { tributePayload } from '../catalogs/tributeEvents';
import { tributePhysicalOrders, type TributePhysicalOrder } from '../catalogs/tributePhysicalOrders';
import { ok, refusals, Reply, withRetryAfter, type Call, type Provider, type World } from '../provider';
import {
	tributeShop,
	type ShopAccount,
	type ShopOrder,
	type ShopOrderEvent,
	type TributeShop,
} from './tributeShop';

/*
 * Tribute. An account is a creator with products and purchases of their own; another creator's are 403. Where the
 * document is silent: `meta.offset` is the page number and `meta.limit` the page size; a purchase that was not paid
 * with Stars, or is refunded already, is 400. A purchase announced by a new_digital_product webhook can be cancelled.
 * `tributeShop.ts` holds the shop: payment links, refunds and physical orders.
 */

type SignatureEncoding = 'hex' | 'base64';

class TributeAccount extends Account implements ShopAccount {
	readonly products: TributeProduct[];
	readonly purchases: Map<number, TributePurchase>;
	readonly shops: TributeShop[];
	readonly shopOrders = new Map<string, ShopOrder>();
	readonly physicalOrders: TributePhysicalOrder[];
	readonly refundMs: number | null;
	webhookUrl: string | null;
	signatureEncoding: SignatureEncoding;

	constructor(spec: OpenedSpec) {
		super(spec);
		this.refundMs = spec.refundMs === undefined ? 1000 : spec.refundMs;
		this.signatureEncoding = spec.signatureEncoding ?? 'hex';
		this.physicalOrders = tributePhysicalOrders(5000 + spec.index * 10_000);
		this.shops = Array.from({ length: spec.shops ?? 1 }, (_, index) => ({
			id: 17 + spec.index * 100 + index,
			userId: 31326 + spec.index,
			name: `Shop ${index + 1}`,
			link: `shop-${spec.index}-${index + 1}`,
			callbackUrl: spec.webhookUrl ?? null,
			recurrent: spec.recurrent ?? true,
			onlyStars: spec.onlyStars ?? false,
			tokenCharging: false,
			status: 1,
		}));
		// Ids are the provider's, not the creator's: each creator has a range.
		this.products = tributeProducts(2548 + spec.index * 10_000, spec.products ?? 260);
		const purchases = tributePurchases(12345 + spec.index * 10_000, this.products);
		this.purchases = new Map(purchases.map((purchase) => [purchase.id, purchase]));
		this.webhookUrl = spec.webhookUrl ?? null;
	}
}

/** One webhook to deliver. */
export interface TributeWebhook {
	/** Where to; the account's own webhook URL by default. */
	url?: string;
	name: string;
	/** Laid over the realistic payload of this name. */
	payload?: Record<string, unknown>;
	/** How often the same event is delivered, as after failures: only `sent_at` and the signature change. */
	count?: number;
	signWith?: 'right' | 'wrong' | 'none' | 'malformed';
	/** How the signature is written; the account's way by default. */
	encoding?: SignatureEncoding;
	/** Sent as it is, instead of an event. */
	rawBody?: string;
	/** Bytes to make the body larger by. */
	pad?: number;
	/** How the purchase of a new_digital_product was paid. */
	paidWith?: TributePurchase['paidWith'];
}

export interface Delivery {
	url: string;
	/** What was sent, and the signature with it. */
	body: string;
	signature: string | null;
	/** What came back; status 0 when nothing did. */
	status: number;
	response: string;
}

export interface TributeProvider extends Provider<TributeAccount> {
	/** Delivers an event of the account of this name. */
	deliver(account: string, webhook: TributeWebhook): Promise<Delivery[]>;
	/** What was delivered by itself: after refunds and what happened to shop orders. */
	readonly deliveries: Delivery[];
	/** Lets something happen to a shop order; gives the order as it is shown. */
	play(account: string, orderId: string, event: ShopOrderEvent): Record<string, unknown>;
}

export function tribute({ clock, charges, settings }: World): TributeProvider {
	const name = 'tribute';

	const refuse = refusals(
		{
			error_bad_request: [400, 'bad request'],
			error_unauthorized: [401, 'invalid api key'],
			no_access: [403, 'access denied'],
			error_not_permitted: [403, 'not the owner of this purchase'],
			error_not_found: [404, 'not found'],
			error_shop_inactive: [400, 'shop is not active'],
			error_invalid_currency: [400, 'currency must be rub, eur or usd'],
			error_amount_too_small: [400, 'amount is too small'],
			error_amount_too_large: [400, 'amount is too large'],
			error_title_required: [400, 'title is required'],
			error_title_too_long: [400, 'title is longer than 100 characters'],
			error_description_required: [400, 'description is required'],
			error_description_too_long: [400, 'description is longer than 300 characters'],
			error_invalid_url: [400, 'url is invalid'],
			error_customer_id_too_long: [400, 'customerId is longer than 256 characters'],
			error_order_not_paid: [400, 'order is not paid'],
			error_not_refundable: [400, 'transaction cannot be refunded'],
			error_transaction_mismatch: [400, 'transaction is of another order'],
			error_already_refunded: [400, 'transaction is already refunded'],
			error_already_cancelled: [400, 'order is already cancelled'],
			error_refund_failed: [500, 'refund processing failed'],
			error_too_many_requests: [429, 'too many requests'],
			error_internal: [500, 'internal error'],
		},
		(error, message) => ({ error, message }),
	);
	const badRequest = (message: string) => refuse('error_bad_request', { message });

	const state = { lastEvent: 0, lastPurchase: 5_000_000, lastShopTransaction: 90_000 };
	const deliveries: Delivery[] = [];

	const accounts = new Accounts(
		{ key: 'tribute-sandbox', balance: 0, rate: null, ...settings.accounts[name] },
		randomKey('tribute-'),
		(spec) => new TributeAccount(spec),
	);

	const shop = tributeShop<TributeAccount>({
		world: { clock, charges, settings },
		refuse,
		accounts: () => accounts.all(),
		announce: (account, event, payload) => announce(account, { name: event, payload }),
		state,
	});

	/** Delivers an event in its own time, where the account has a webhook. */
	function announce(account: TributeAccount, webhook: TributeWebhook): void {
		if (!account.webhookUrl) return;
		void deliver(account, webhook).then((sent) => deliveries.push(...sent));
	}

	function named(accountName: string): TributeAccount {
		const account = accounts.named(accountName);
		if (!account) throw new RangeError(`${name} has no account "${accountName}"`);
		return account;
	}

	function whole(
		text: string | undefined,
		field: string,
		fallback: number,
		max = Number.MAX_SAFE_INTEGER,
	): number {
		if (text === undefined) return fallback;
		const number = Number(text);
		if (!/^\d+$/.test(text) || number < 1 || number > max) throw badRequest(`${field} is invalid`);
		return number;
	}

	function listProducts({ account, query }: Call<TributeAccount>): Reply {
		const page = whole(query.page, 'page', 1);
		const size = whole(query.size, 'size', 20, 100);
		const { type, desc = 'false' } = query;
		if (type !== undefined && !isTributeType(type)) throw badRequest('type is invalid');
		if (desc !== 'true' && desc !== 'false') throw badRequest('desc is invalid');

		const matching = account.products.filter((product) => type === undefined || product.type === type);
		if (desc === 'true') matching.reverse();
		const rows = matching.slice((page - 1) * size, page * size);
		return ok({ rows, meta: { total: matching.length, offset: page, limit: size } });
	}

	function ofAnother(account: TributeAccount, owns: (other: TributeAccount) => boolean): boolean {
		return [...accounts.all()].some((other) => other !== account && owns(other));
	}

	function getProduct({ account, params }: Call<TributeAccount>): Reply {
		const id = whole(params.id, 'id', 0);
		const has = ({ products }: TributeAccount) => products.some((product) => product.id === id);
		if (!has(account)) throw refuse(ofAnother(account, has) ? 'no_access' : 'error_not_found');
		return ok(account.products.find((product) => product.id === id));
	}

	function cancel({ account, params }: Call<TributeAccount>): Reply {
		const id = whole(params.purchaseId, 'purchaseId', 0);
		const purchase = account.purchases.get(id);
		if (!purchase) {
			const foreign = ofAnother(account, ({ purchases }) => purchases.has(id));
			throw refuse(foreign ? 'error_not_permitted' : 'error_not_found');
		}
		if (purchase.paidWith !== 'stars')
			throw badRequest('only purchases paid with Telegram Stars can be cancelled');
		if (purchase.refunded) throw badRequest('purchase is already cancelled');

		purchase.refunded = true;
		const product = account.products.find(({ id: productId }) => productId === purchase.productId);
		charges.refund({
			provider: name,
			account: account.name,
			operation: 'purchase.cancel',
			orderId: String(id),
			amount: product?.starsAmount ?? 100,
			currency: 'XTR',
			chargeId: null,
		});
		const payload = { purchase_id: id, refund_reason: 'Cancel product purchase from public API' };
		announce(account, { name: 'digital_product_refunded', payload });
		return ok({ success: true, purchaseId: id, message: 'purchase cancelled and payment refunded' });
	}

	/** The purchase an event speaks of; one it announces is made. */
	function purchaseOf(
		account: TributeAccount,
		{ name: event, payload, paidWith }: TributeWebhook,
	): TributePurchase {
		const wanted = payload?.purchase_id;
		const id = typeof wanted === 'number' ? wanted : ++state.lastPurchase;
		const known = account.purchases.get(id);
		if (known) return known;
		const product = account.products.find((one) => one.id === payload?.product_id) ?? account.products[0];
		const purchase: TributePurchase = {
			id,
			productId: product?.id ?? 0,
			paidWith: paidWith ?? 'stars',
			telegramUserId: 12321321,
			telegramUsername: 'buyer',
			createdAt: new Date(clock.now()).toISOString(),
			refunded: false,
		};
		if (event === 'new_digital_product') account.purchases.set(id, purchase);
		return purchase;
	}

	function eventBody(account: TributeAccount, webhook: TributeWebhook): (attempt: number) => string {
		const now = new Date(clock.now()).toISOString();
		const purchase = purchaseOf(account, webhook);
		const product =
			account.products.find(({ id }) => id === purchase.productId) ??
			tributeProducts(purchase.productId, 1)[0]!;
		const order = account.shopOrders.get(String(webhook.payload?.uuid));
		const payload = {
			...tributePayload(webhook.name, { number: ++state.lastEvent, now, product, purchase }),
			...(order && shop.payload(order)),
			...webhook.payload,
			...(webhook.pad && { padding: 'x'.repeat(webhook.pad) }),
		};
		return (attempt) => {
			// Nanoseconds, and never the same twice.
			const sentAt = new Date(clock.now()).toISOString().replace('Z', `${String(attempt).padStart(6, '0')}Z`);
			return JSON.stringify({ name: webhook.name, created_at: now, sent_at: sentAt, payload });
		};
	}

	async function deliver(account: TributeAccount, webhook: TributeWebhook): Promise<Delivery[]> {
		const url = webhook.url ?? account.webhookUrl;
		if (!url) throw new Error('There is no URL to deliver to: neither here nor on the account');
		const { rawBody } = webhook;
		const bodyOf = rawBody === undefined ? eventBody(account, webhook) : () => rawBody;
		const sent: Delivery[] = [];
		for (let attempt = 1; attempt <= (webhook.count ?? 1); attempt++) {
			const body = bodyOf(attempt);
			sent.push(await post(url, body, signature(account, body, webhook)));
		}
		return sent;
	}

	return {
		name,
		title: 'Tribute',
		prefix: '/tribute',
		accounts,
		state,
		refuse,
		tellsRetryDelay: false,

		authenticate(headers) {
			const key = headers['api-key'];
			const account = typeof key === 'string' ? accounts.withKey(key) : undefined;
			if (!account || account.suspended) throw refuse('error_unauthorized');
			return account;
		},
		rateLimited: (seconds) => withRetryAfter(refuse('error_too_many_requests'), seconds),
		unreadableBody: () => badRequest('body is not valid JSON'),
		unknownPath: () => refuse('error_not_found'),
		serverError: () => refuse('error_internal'),
		credentials: (account, origin) => ({ apiKey: account.key, baseUrl: `${origin}/tribute` }),

		routes: [
			{ method: 'GET', path: '/api/v1/products', operation: 'product.getAll', handle: listProducts },
			{ method: 'GET', path: '/api/v1/products/:id', operation: 'product.get', handle: getProduct },
			{
				method: 'POST',
				path: '/api/v1/products/purchases/:purchaseId/cancel',
				operation: 'purchase.cancel',
				handle: cancel,
			},
			...shop.routes,
		],

		ordersOf: shop.ordersOf,
		changeOrder(account, orderId, _type, { status, extra }) {
			const order = account.shopOrders.get(orderId);
			if (!order) return undefined;
			if (status !== undefined) order.status = status;
			order.extra = { ...order.extra, ...extra };
			return shop.view(account, order);
		},

		deliver: async (account, webhook) => await deliver(named(account), webhook),
		deliveries,
		play(account, orderId, event) {
			const order = shop.play(named(account), orderId, event);
			if (!order) throw new RangeError(`${name} has no order ${orderId}`);
			return order;
		},
	};
}

function signature(
	{ key, signatureEncoding }: TributeAccount,
	body: string,
	{ signWith = 'right', encoding = signatureEncoding }: TributeWebhook,
): string | null {
	if (signWith === 'none') return null;
	if (signWith === 'malformed') return 'not a signature';
	const secret = signWith === 'right' ? key : `${key} of somebody else`;
	return createHmac('sha256', secret).update(body).digest(encoding);
}

async function post(url: string, body: string, signed: string | null): Promise<Delivery> {
	const headers = {
		'content-type': 'application/json',
		...(signed !== null && { 'trbt-signature': signed }),
	};
	const sent = { url, body, signature: signed };
	try {
		const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual' });
		return { ...sent, status: answer.status, response: await answer.text() };
	} catch (error) {
		return { ...sent, status: 0, response: String(error) };
	}
}
