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
import { ok, refusals, Reply, withRetryAfter, type Call, type Provider, type World } from '../provider';

/*
 * Tribute. An account is a creator with products and purchases of their own; another creator's are 403. Where the
 * document is silent: `meta.offset` is the page number and `meta.limit` the page size; a purchase that was not paid
 * with Stars, or is refunded already, is 400. A purchase announced by a new_digital_product webhook can be cancelled.
 */

class TributeAccount extends Account {
	readonly products: TributeProduct[];
	readonly purchases: Map<number, TributePurchase>;
	webhookUrl: string | null;

	constructor(spec: OpenedSpec) {
		super(spec);
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
	/** What was delivered by itself after refunds. */
	readonly deliveries: Delivery[];
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
			error_too_many_requests: [429, 'too many requests'],
			error_internal: [500, 'internal error'],
		},
		(error, message) => ({ error, message }),
	);
	const badRequest = (message: string) => refuse('error_bad_request', { message });

	const state = { lastEvent: 0, lastPurchase: 5_000_000 };
	const deliveries: Delivery[] = [];

	const accounts = new Accounts(
		{ key: 'tribute-sandbox', balance: 0, rate: null, ...settings.accounts[name] },
		randomKey('tribute-'),
		(spec) => new TributeAccount(spec),
	);

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
		if (account.webhookUrl) {
			const payload = { purchase_id: id, refund_reason: 'Cancel product purchase from public API' };
			void deliver(account, { name: 'digital_product_refunded', payload }).then((sent) =>
				deliveries.push(...sent),
			);
		}
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
		const payload = {
			...tributePayload(webhook.name, { number: ++state.lastEvent, now, product, purchase }),
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
			sent.push(await post(url, body, signature(account.key, body, webhook.signWith)));
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
		],

		async deliver(accountName, webhook) {
			const account = accounts.named(accountName);
			if (!account) throw new RangeError(`${name} has no account "${accountName}"`);
			return await deliver(account, webhook);
		},
		deliveries,
	};
}

function signature(key: string, body: string, signWith: TributeWebhook['signWith'] = 'right'): string | null {
	if (signWith === 'none') return null;
	if (signWith === 'malformed') return 'not a signature';
	const secret = signWith === 'right' ? key : `${key} of somebody else`;
	return createHmac('sha256', secret).update(body).digest('hex');
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
