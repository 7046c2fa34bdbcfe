import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { Account, Accounts, randomKey } from '../accounts';
import { aiMarketProducts } from '../catalogs/aiMarket';
import { toCents } from '../charges';
import { isRecord, ok, refusals, Reply, type Provider, type World } from '../provider';

/*
 * AI-Market. Where the document is silent: only a purchase that succeeded is kept under its Idempotency-Key, and
 * it is given back whatever the repeated body says; a key whose first purchase is still under way is refused
 * with 409 REQUEST_IN_PROGRESS; X-RateLimit-Reset is in Unix seconds.
 */

const dayMs = 24 * 60 * 60 * 1000;

class AiMarketAccount extends Account {
	/** What purchases answered, by their Idempotency-Key. */
	readonly results = new Map<string, { at: number; reply: Reply }>();
	readonly underWay = new Set<string>();

	/** A purchase under way ends with the process. */
	override snapshot(): Record<string, unknown> {
		const { underWay: _, ...state } = super.snapshot();
		return state;
	}
}

export function aiMarket({ clock, charges, settings }: World): Provider<AiMarketAccount> {
	const name = 'aiMarket';
	const currency = 'USDT';

	const refuse = refusals(
		{
			NO_KEY: [401, 'X-API-Key header is missing'],
			INVALID_KEY: [401, 'API key is invalid or revoked'],
			VALIDATION: [400, 'product_id must be a string and quantity an integer from 1 to 10'],
			INSUFFICIENT_BALANCE: [402, 'Wallet balance is too low', { required: 16, available: 2.5 }],
			FORBIDDEN: [403, 'Account is suspended'],
			PRODUCT_NOT_FOUND: [404, 'Unknown product id'],
			OUT_OF_STOCK: [409, 'Not enough stock'],
			RATE_LIMITED: [429, 'Too many requests'],
			REQUEST_IN_PROGRESS: [409, 'A purchase with this Idempotency-Key is still in progress'],
			NOT_FOUND: [404, 'Not found'],
			INTERNAL: [500, 'Internal server error'],
		},
		(code, error) => ({ success: false, code, error }),
	);

	const state = { products: aiMarketProducts(), lastOrder: 100_000, lastCode: 0 };

	const accounts = new Accounts(
		{ key: 'mk_sandbox', balance: 1000, rate: { limit: 20, windowMs: 60_000 }, ...settings.accounts[name] },
		randomKey('mk_'),
		(spec) => new AiMarketAccount(spec),
	);

	function newCode(productId: string): string {
		const number = String(++state.lastCode).padStart(6, '0');
		const rest = createHash('sha256')
			.update(`${productId} ${number}`)
			.digest('hex')
			.slice(0, 8)
			.toUpperCase();
		return `AIM${productId}-${number}-${rest.slice(0, 4)}-${rest.slice(4)}`;
	}

	function earlier(account: AiMarketAccount, key: string): Reply | undefined {
		const result = account.results.get(key);
		if (!result) return undefined;
		if (clock.now() - result.at < dayMs) return result.reply;
		account.results.delete(key);
		return undefined;
	}

	function purchase(account: AiMarketAccount, body: unknown, key: string | undefined): Reply {
		if (!isRecord(body)) throw refuse('VALIDATION');
		const { product_id: productId, quantity } = body;
		if (typeof productId !== 'string' || !productId) throw refuse('VALIDATION');
		if (typeof quantity !== 'number' || !Number.isInteger(quantity) || quantity < 1 || quantity > 10) {
			throw refuse('VALIDATION', { error: 'quantity must be an integer from 1 to 10' });
		}
		const product = state.products.get(productId);
		if (!product) throw refuse('PRODUCT_NOT_FOUND');
		if (product.stock < quantity) throw refuse('OUT_OF_STOCK');
		const required = toCents(product.price * quantity);
		if (required > account.balance) {
			throw refuse('INSUFFICIENT_BALANCE', { required, available: account.balance });
		}

		product.stock -= quantity;
		account.balance = toCents(account.balance - required);
		const orderId = `AM-${++state.lastOrder}`;
		charges.charge({
			provider: name,
			account: account.name,
			operation: 'order.create',
			orderId,
			productId,
			recipient: null,
			quantity,
			amount: required,
			currency,
			key: key ?? null,
		});
		return ok({
			success: true,
			order_id: orderId,
			codes: Array.from({ length: quantity }, () => newCode(productId)),
			balance_remaining: account.balance,
		});
	}

	return {
		name,
		title: 'AI-Market',
		currency,
		prefix: '/ai-market',
		accounts,
		state,
		refuse,
		tellsRetryDelay: true,

		authenticate(headers) {
			const key = headers['x-api-key'];
			if (typeof key !== 'string' || !key) throw refuse('NO_KEY');
			const account = accounts.withKey(key);
			if (!account) throw refuse('INVALID_KEY');
			if (account.suspended) throw refuse('FORBIDDEN');
			return account;
		},
		rateLimited: (seconds) =>
			refuse('RATE_LIMITED', seconds === undefined ? {} : { retry_after_seconds: seconds }),
		unreadableBody: () => refuse('VALIDATION', { error: 'Request body is not valid JSON' }),
		unknownPath: () => refuse('NOT_FOUND'),
		serverError: () => refuse('INTERNAL'),
		headers(account): Record<string, string> {
			if (!account.rate) return {};
			const { remaining, freeAt } = account.allowance(clock.now());
			return {
				'x-ratelimit-remaining': String(remaining),
				'x-ratelimit-reset': String(Math.ceil(freeAt / 1000)),
			};
		},
		credentials: (account, origin) => ({ apiKey: account.key, baseUrl: `${origin}/ai-market` }),

		routes: [
			{
				method: 'GET',
				path: '/api/v1/balance',
				operation: 'balance.get',
				handle: ({ account }) => ok({ balance: account.balance, currency }),
			},
			{
				method: 'GET',
				path: '/api/v1/products',
				operation: 'product.getAll',
				handle: () =>
					ok({
						products: [...state.products.values()].map((product) => ({
							...product,
							in_stock: product.stock > 0,
						})),
					}),
			},
			{
				method: 'POST',
				path: '/api/v1/purchase',
				operation: 'order.create',
				hold({ account, headers }) {
					const key = idempotencyKey(headers);
					if (!key) return () => {};
					if (account.underWay.has(key)) throw refuse('REQUEST_IN_PROGRESS');
					account.underWay.add(key);
					return () => account.underWay.delete(key);
				},
				handle({ account, headers, body }) {
					const key = idempotencyKey(headers);
					const original = key && earlier(account, key);
					if (original) return original;
					const reply = purchase(account, body, key);
					if (key) account.results.set(key, { at: clock.now(), reply });
					return reply;
				},
			},
		],

		changeProduct(productId, { price, stock, available }) {
			const product = state.products.get(productId);
			if (!product) return undefined;
			if (price !== undefined) product.price = price;
			if (stock !== undefined) product.stock = stock;
			if (available === false) product.stock = 0;
			return product;
		},
		restock() {
			state.products = aiMarketProducts();
		},
	};
}

const idempotencyKey = (headers: IncomingHttpHeaders): string | undefined => {
	const key = headers['idempotency-key'];
	return typeof key === 'string' && key ? key : undefined;
};
