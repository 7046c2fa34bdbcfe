import { Account, Accounts, randomKey, type OpenedSpec } from '../accounts';
import { toCents } from '../charges';
import { OrderBook, type Order } from '../orders';
import {
	bearer,
	isRecord,
	ok,
	refusals,
	Reply,
	withRetryAfter,
	type Call,
	type Provider,
	type World,
} from '../provider';

/*
 * TG Market. Money is locked when an order is taken and spent when it completes. Stars and premium orders have
 * id spaces of their own that overlap. Where the document is silent: errors are {ok:false,error}; an order is
 * read back with the fields of both replies it was placed with; an amount is 50 to 1,000,000; a 408 names the
 * order (the `timeout408` fault can leave it out); body that is no JSON is 400 invalid_json.
 */

type Kind = 'stars' | 'premium';

interface TgMarketOrder extends Order {
	kind: Kind;
	/** Unique among the orders of its kind only. */
	number: number;
	username: string;
	/** Stars, or months of Premium. */
	units: number;
	price: number;
	locked: boolean;
}

class TgMarketAccount extends Account {
	/** Taken for orders that are still under way. */
	locked = 0;

	constructor(
		spec: OpenedSpec,
		readonly orders: OrderBook<TgMarketOrder>,
	) {
		super(spec);
	}
}

const finalStatuses = new Set(['completed', 'failed', 'error', 'cancelled', 'refunded']);

const failures: Record<string, string> = {
	failed: 'Delivery failed, funds returned',
	error: 'Delivery failed, funds returned',
	cancelled: 'Order was cancelled, funds returned',
	refunded: 'Funds returned',
};

export function tgMarket({ clock, charges, settings }: World): Provider<TgMarketAccount> {
	const name = 'tgMarket';
	const currency = 'USD';
	const amountRule = 'amount must be int between 50 and 1000000';
	const durationRule = 'duration must be 3, 6, or 12';

	const refuse = refusals(
		{
			missing_api_key: [401, ''],
			invalid_api_key: [401, ''],
			user_not_found: [404, ''],
			rate_limit_exceeded: [429, ''],
			username_required: [400, ''],
			[amountRule]: [400, ''],
			[durationRule]: [400, ''],
			insufficient_balance: [400, ''],
			reservation_failed: [400, ''],
			invalid_json: [400, ''],
			timeout: [408, ''],
			order_creation_failed: [500, ''],
			internal_server_error: [500, ''],
			order_not_found: [404, ''],
			not_found: [404, ''],
		},
		(error) => ({ ok: false, error }),
	);

	const startPrices = () => ({ star: 0.012, premium: { 3: 12, 6: 16, 12: 29 } as Record<number, number> });
	const state = { nextId: { stars: 42, premium: 15 }, prices: startPrices() };

	const accounts = new Accounts(
		{ key: 'sk-sandbox', balance: 1000, rate: { limit: 10, windowMs: 1000 }, ...settings.accounts[name] },
		randomKey('sk-'),
		(spec) => {
			const account: TgMarketAccount = new TgMarketAccount(
				spec,
				new OrderBook(clock, (order) => refundIfOver(account, order)),
			);
			return account;
		},
	);

	/** What becomes of the locked money once an order is over. */
	function refundIfOver(account: TgMarketAccount, order: TgMarketOrder): void {
		if (!finalStatuses.has(order.status)) return;
		const failed = order.status !== 'completed';
		if (order.locked) {
			order.locked = false;
			account.locked = toCents(account.locked - order.price);
		}
		if (failed && !order.refunded) {
			order.refunded = true;
			account.balance = toCents(account.balance + order.price);
			charges.refund({
				provider: name,
				account: account.name,
				operation: 'order.cancel',
				orderId: String(order.number),
				amount: order.price,
				currency,
				chargeId: order.charge.id,
			});
		}
	}

	const what = (order: TgMarketOrder) =>
		order.kind === 'stars' ? { amount: order.units } : { duration_months: order.units };

	const outcome = (order: TgMarketOrder) => ({
		provider_order_id: order.status === 'completed' ? `${order.kind}-${order.number}` : null,
		error_message: failures[order.status] ?? null,
	});

	const view = (order: TgMarketOrder) => ({
		ok: true,
		order_id: order.number,
		username: order.username,
		...what(order),
		price_usd: order.price,
		status: order.status,
		...outcome(order),
		...order.extra,
	});

	async function create(call: Call<TgMarketAccount>, kind: Kind): Promise<Reply> {
		const { account, body } = call;
		if (!isRecord(body)) throw refuse('invalid_json');
		const username = typeof body.username === 'string' ? body.username.trim().replace(/^@/, '') : '';
		if (!username) throw refuse('username_required');

		const units = kind === 'stars' ? body.amount : body.duration;
		if (kind === 'stars' && !isAmount(units)) throw refuse(amountRule);
		if (kind === 'premium' && (typeof units !== 'number' || !(units in state.prices.premium)))
			throw refuse(durationRule);

		const order = take(account, kind, username, units as number);
		if (call.query.wait === 'true') return await waited(account, order);
		return ok({
			ok: true,
			order_id: order.number,
			username,
			...what(order),
			price_usd: order.price,
			status: order.status,
			...(kind === 'stars' && { message: 'Order queued...' }),
		});
	}

	function take(account: TgMarketAccount, kind: Kind, username: string, units: number): TgMarketOrder {
		const price = toCents(kind === 'stars' ? units * state.prices.star : state.prices.premium[units]!);
		account.orders.advanceAll();
		if (price > account.balance) throw refuse('insufficient_balance');
		account.balance = toCents(account.balance - price);
		account.locked = toCents(account.locked + price);

		const number = state.nextId[kind]++;
		return account.orders.add({
			id: `${kind} ${number}`,
			kind,
			number,
			username,
			units,
			price,
			locked: true,
			createdAt: clock.now(),
			status: 'pending',
			timeline: account.timeline ?? settings.timelines.tgMarket,
			refunded: false,
			extra: {},
			charge: charges.charge({
				provider: name,
				account: account.name,
				operation: 'order.create',
				orderId: String(number),
				productId: kind === 'stars' ? 'stars' : `premium_${units}`,
				recipient: username,
				quantity: kind === 'stars' ? units : 1,
				amount: price,
				currency,
				key: null,
			}),
		});
	}

	async function waited(account: TgMarketAccount, order: TgMarketOrder): Promise<Reply> {
		const deadline = clock.now() + settings.waitTimeoutMs;
		while (!finalStatuses.has(order.status)) {
			if (clock.now() >= deadline) return refuse('timeout', { order_id: order.number }).reply;
			await clock.waitUntil(Math.min(account.orders.nextChange(order), deadline));
			account.orders.get(order.id);
		}
		return ok({ ok: true, order_id: order.number, status: order.status, ...outcome(order), ...order.extra });
	}

	const read = (kind: Kind) =>
		function handle({ account, params }: Call<TgMarketAccount>): Reply {
			const order = account.orders.get(`${kind} ${params.id}`);
			if (!order) throw refuse('order_not_found');
			return ok(view(order));
		};

	return {
		name,
		title: 'TG Market',
		currency,
		prefix: '/tg-market',
		accounts,
		state,
		refuse,
		tellsRetryDelay: false,

		authenticate(headers) {
			if (!headers.authorization) throw refuse('missing_api_key');
			const account = accounts.withKey(bearer(headers) ?? '');
			if (!account || account.suspended) throw refuse('invalid_api_key');
			return account;
		},
		rateLimited: (seconds) => withRetryAfter(refuse('rate_limit_exceeded'), seconds),
		unreadableBody: () => refuse('invalid_json'),
		unknownPath: () => refuse('not_found'),
		serverError: () => refuse('internal_server_error'),
		timedOut: (orderId) => refuse('timeout', orderId === undefined ? {} : { order_id: orderId }).reply,
		credentials: (account, origin) => ({ apiKey: account.key, baseUrl: `${origin}/tg-market` }),

		routes: [
			{
				method: 'GET',
				path: '/api/v2/balance',
				operation: 'balance.get',
				handle({ account }) {
					account.orders.advanceAll();
					return ok({
						ok: true,
						balance_usd: toCents(account.balance + account.locked),
						locked_usd: account.locked,
						available_usd: account.balance,
					});
				},
			},
			{
				method: 'POST',
				path: '/api/v2/stars',
				operation: 'order.create',
				handle: (call) => create(call, 'stars'),
			},
			{
				method: 'POST',
				path: '/api/v2/premium',
				operation: 'order.create',
				handle: (call) => create(call, 'premium'),
			},
			{ method: 'GET', path: '/api/v2/order/:id', operation: 'order.get', handle: read('stars') },
			{ method: 'GET', path: '/api/v2/premium_order/:id', operation: 'order.get', handle: read('premium') },
		],

		ordersOf: ({ orders }) => orders.views(),
		changeOrder(account, orderId, orderType, change) {
			const order = account.orders.change(`${orderType ?? 'stars'} ${orderId}`, change);
			return order && view(order);
		},
		/** `stars` (the price of one) and `premium_3`, `premium_6`, `premium_12`: what orders cost from now on. */
		changeProduct(productId, { price }) {
			const months = Number(/^premium_(3|6|12)$/.exec(productId)?.[1]);
			if (productId !== 'stars' && !months) return undefined;
			if (price !== undefined && months) state.prices.premium[months] = price;
			else if (price !== undefined) state.prices.star = price;
			return state.prices;
		},
		restock() {
			state.prices = startPrices();
		},
	};
}

const isAmount = (amount: unknown): boolean =>
	typeof amount === 'number' && Number.isInteger(amount) && amount >= 50 && amount <= 1_000_000;
