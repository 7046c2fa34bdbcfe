import { Account, Accounts, randomKey, type OpenedSpec } from '../accounts';
import { teleKartProducts, starRateUsd, type TeleKartProduct } from '../catalogs/teleKartStars';
import { toCents } from '../charges';
import { OrderBook, type Order } from '../orders';
import {
	bearer,
	isRecord,
	ok,
	refusals,
	Refusal,
	withRetryAfter,
	type Provider,
	type World,
} from '../provider';

/*
 * TeleKart Stars. Where the document is silent: an unknown order is 404 ORDER_NOT_FOUND, and a target, a number
 * of stars or a number of targets that cannot be served is 422 with a code of its own. One order serves all its
 * targets (`target` and `targets` together, each once) and costs the price times their number.
 */

interface TeleKartOrder extends Order {
	productId: string;
	title: string;
	targets: string[];
	price: number;
}

class TeleKartAccount extends Account {
	readonly userId = 123456789 + this.spec.index;

	constructor(
		spec: OpenedSpec,
		readonly orders: OrderBook<TeleKartOrder>,
	) {
		super(spec);
	}
}

export function teleKartStars({ clock, charges, settings }: World): Provider<TeleKartAccount> {
	const name = 'teleKartStars';
	const currency = 'USD';

	const refuse = refusals(
		{
			BAD_JSON: [400, 'Request body is not valid JSON.'],
			UNAUTHORIZED: [401, 'Missing or invalid API key.'],
			INSUFFICIENT_BALANCE: [
				402,
				'Not enough main wallet balance for this order.',
				{ balance_usd: 2.5, required_usd: 16.5 },
			],
			INVALID_PRODUCT: [422, 'Product ID is unavailable.'],
			RATE_LIMITED: [429, 'Too many requests.'],
			ORDER_NOT_FOUND: [404, 'Order was not found.'],
			INVALID_TARGET: [422, 'Target must be a Telegram username or a t.me link.'],
			TOO_MANY_TARGETS: [422, 'Maximum 50 targets.'],
			INVALID_STARS: [422, 'Stars must be a positive integer when product_id is stars_custom.'],
			NOT_FOUND: [404, 'Not found.'],
			SERVER_ERROR: [500, 'Internal server error.'],
		},
		(error, message) => ({ ok: false, error, message }),
	);

	const state = { products: teleKartProducts(), lastOrder: 0 };

	const accounts = new Accounts(
		{ key: 'tah_sandbox', balance: 1000, rate: null, ...settings.accounts[name] },
		randomKey('tah_'),
		(spec) => {
			const account: TeleKartAccount = new TeleKartAccount(
				spec,
				new OrderBook(clock, (order) => {
					if (order.status === 'cancelled') giveBack(account, order);
				}),
			);
			return account;
		},
	);

	function giveBack(account: TeleKartAccount, order: TeleKartOrder): void {
		if (order.refunded) return;
		order.refunded = true;
		account.balance = toCents(account.balance + order.price);
		charges.refund({
			provider: name,
			account: account.name,
			operation: 'order.cancel',
			orderId: order.id,
			amount: order.price,
			currency,
			chargeId: order.charge.id,
		});
	}

	const data = (content: object) => ok({ ok: true, data: content });

	const group = (type: TeleKartProduct['type'], withCustomStars: boolean) =>
		state.products
			.filter((product) => product.type === type && product.available)
			.filter((product) => withCustomStars || product.price_usd !== undefined)
			.map(({ available: _, ...listed }) => listed);

	const orderedAt = (order: TeleKartOrder) =>
		new Date(order.createdAt).toISOString().slice(0, 19).replace('T', ' ');

	const targetsOf = (order: TeleKartOrder) => ({
		target_accounts: order.targets.join(', '),
		target_link: order.targets.map((target) => `https://t.me/${target.slice(1)}`).join(', '),
	});

	const statusView = (order: TeleKartOrder) => ({
		order_id: order.id,
		product_name: order.productId,
		price_usd: order.price,
		status: order.status,
		...targetsOf(order),
		created_at: orderedAt(order),
		...order.extra,
	});

	return {
		name,
		title: 'TeleKart Stars',
		currency,
		prefix: '/telekart-stars',
		accounts,
		state,
		refuse,
		tellsRetryDelay: false,

		authenticate(headers) {
			const account = accounts.withKey(bearer(headers) ?? '');
			if (!account || account.suspended) throw refuse('UNAUTHORIZED');
			return account;
		},
		rateLimited: (seconds) => withRetryAfter(refuse('RATE_LIMITED'), seconds),
		unreadableBody: () => refuse('BAD_JSON'),
		unknownPath: () => refuse('NOT_FOUND'),
		serverError: () => refuse('SERVER_ERROR'),
		credentials: (account, origin) => ({ apiKey: account.key, baseUrl: `${origin}/telekart-stars` }),

		routes: [
			{
				method: 'GET',
				path: '/api/v1/products',
				operation: 'product.getAll',
				open: true,
				handle: () =>
					data({ premium: group('premium', true), stars: group('stars', false), gifts: group('gift', true) }),
			},
			{
				method: 'GET',
				path: '/api/v1/products/premium',
				operation: 'product.getAll',
				open: true,
				handle: () => data({ premium: group('premium', true) }),
			},
			{
				method: 'GET',
				path: '/api/v1/products/stars',
				operation: 'product.getAll',
				open: true,
				handle: () => data({ stars: group('stars', true) }),
			},
			{
				method: 'GET',
				path: '/api/v1/products/gifts',
				operation: 'product.getAll',
				open: true,
				handle: () => data({ gifts: group('gift', true) }),
			},
			{
				method: 'GET',
				path: '/api/v1/balance',
				operation: 'balance.get',
				handle({ account }) {
					account.orders.advanceAll();
					return data({ user_id: account.userId, balance_usd: account.balance });
				},
			},
			{
				method: 'POST',
				path: '/api/v1/orders',
				operation: 'order.create',
				handle({ account, body }) {
					if (!isRecord(body)) throw refuse('BAD_JSON');
					const product = state.products.find(({ id, available }) => available && id === body.product_id);
					if (!product) throw refuse('INVALID_PRODUCT');
					const targets = readTargets(body, refuse);
					const price = toCents(priceOf(product, body.stars, refuse) * targets.length);

					account.orders.advanceAll();
					if (price > account.balance) {
						throw refuse('INSUFFICIENT_BALANCE', { balance_usd: account.balance, required_usd: price });
					}
					account.balance = toCents(account.balance - price);

					const createdAt = clock.now();
					const day = new Date(createdAt).toISOString().slice(0, 10).replaceAll('-', '');
					const id = day + String(++state.lastOrder).padStart(4, '0');
					const order = account.orders.add({
						id,
						createdAt,
						status: 'pending',
						timeline: account.timeline ?? settings.timelines.teleKartStars,
						productId: product.id,
						title: product.price_usd === undefined ? `${String(body.stars)} Telegram Stars` : product.title,
						targets,
						price,
						refunded: false,
						extra: {},
						charge: charges.charge({
							provider: name,
							account: account.name,
							operation: 'order.create',
							orderId: id,
							productId: product.id,
							recipient: targets.join(', '),
							quantity: targets.length,
							amount: price,
							currency,
							key: null,
						}),
					});

					return data({
						order_id: id,
						user_id: account.userId,
						product_id: product.id,
						product_name: product.id,
						title: order.title,
						quantity: targets.length,
						...targetsOf(order),
						price_usd: price,
						status: order.status,
					});
				},
			},
			{
				method: 'GET',
				path: '/api/v1/orders/:orderId',
				operation: 'order.get',
				handle({ account, params }) {
					const order = account.orders.get(params.orderId!);
					if (!order) throw refuse('ORDER_NOT_FOUND');
					return data(statusView(order));
				},
			},
		],

		ordersOf: ({ orders }) => orders.views(),
		changeOrder(account, orderId, _type, change) {
			const order = account.orders.change(orderId, change);
			return order && statusView(order);
		},
		changeProduct(productId, { price, available }) {
			const product = state.products.find(({ id }) => id === productId);
			if (!product) return undefined;
			if (available !== undefined) product.available = available;
			if (price !== undefined && product.price_usd === undefined) product.star_rate_usd = price;
			else if (price !== undefined) product.price_usd = price;
			return product;
		},
		restock() {
			state.products = teleKartProducts();
		},
	};
}

type RefuseOne = (code: string) => Refusal;

function priceOf(product: TeleKartProduct, stars: unknown, refuse: RefuseOne): number {
	if (product.price_usd !== undefined) return product.price_usd;
	if (typeof stars !== 'number' || !Number.isInteger(stars) || stars < 1) throw refuse('INVALID_STARS');
	return toCents(stars * (product.star_rate_usd ?? starRateUsd));
}

function readTargets(body: Record<string, unknown>, refuse: RefuseOne): string[] {
	const { target, targets = [] } = body;
	if (!Array.isArray(targets)) throw refuse('INVALID_TARGET');
	const accounts = new Map<string, string>();
	for (const one of [target, ...(targets as unknown[])]) {
		const username = typeof one === 'string' ? usernameOf(one) : undefined;
		if (!username) throw refuse('INVALID_TARGET');
		const known = username.toLowerCase();
		if (!accounts.has(known)) accounts.set(known, `@${username}`);
	}
	if (accounts.size > 50 || targets.length > 50) throw refuse('TOO_MANY_TARGETS');
	return [...accounts.values()];
}

/** `@name`, `name` or a link to t.me; not an invitation, a private chat or a sticker set. */
function usernameOf(target: string): string | undefined {
	return /^(?:@|(?:https?:\/\/)?t\.me\/)?([a-z]\w{3,31})\/?$/i.exec(target.trim())?.[1];
}
