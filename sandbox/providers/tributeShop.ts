import { randomUUID } from 'node:crypto';

import type { Account } from '../accounts';
import { isPhysicalStatus, type TributePhysicalOrder } from '../catalogs/tributePhysicalOrders';
import type { OrderView } from '../orders';
import { isRecord, ok, type Call, type KeyedRoute, type Refuse, type Reply, type World } from '../provider';

/*
 * A seller's shop at Tribute: payment links, what was paid, refunds, and physical orders. Where nothing is known (see
 * the shared notes on Tribute's orders): `shop_order_prepaid` alone announces the status prepaid; a failed order can
 * still be paid; a transaction is refunded when its refund is completed, and until then a second refund is refused as
 * already refunded; transactions come oldest first, 20 a page, with refunds among them (`shop_order_refund`); amounts
 * are 100 to 300,000 smallest units, 10,000 to 30,000,000 for roubles.
 */

export interface TributeShop {
	id: number;
	userId: number;
	name: string;
	link: string;
	callbackUrl: string | null;
	recurrent: boolean;
	onlyStars: boolean;
	tokenCharging: boolean;
	status: 0 | 1;
}

export interface ShopOrder {
	uuid: string;
	shopId: number;
	/** In the smallest unit. */
	amount: number;
	currency: string;
	title: string;
	description: string;
	/** `pending`, `prepaid`, `paid` or `failed`, or any word set by hand. */
	status: string;
	successUrl: string | null;
	failUrl: string | null;
	period: string;
	createdAt: number;
	email?: string;
	comment?: string;
	customerId?: string;
	starsAmount?: number;
	memberStatus?: 'active' | 'cancelled';
	memberExpiresAt?: number;
	/** Failed renewals in a row. */
	chargeRetries: number;
	transactions: Transaction[];
	/** Of its place among the charges. */
	chargeId: number;
	/** Fields set by hand, added to every answer about this order. */
	extra: Record<string, unknown>;
}

interface Transaction {
	id: number;
	type: 'shop_order_sell' | 'shop_order_refund';
	/** In the smallest unit. */
	amount: number;
	currency: string;
	createdAt: number;
	isRecurring: boolean;
	/** When the refund that was asked for is completed. */
	refundedAt?: number;
}

/** What a buyer, a bank or time does to an order. */
export const shopOrderEvents = [
	'prepaid',
	'paid',
	'failed',
	'renewed',
	'renewalFailed',
	'refundCompleted',
] as const;
export type ShopOrderEvent = (typeof shopOrderEvents)[number];

/** The part of a Tribute account that is a shop. */
export interface ShopAccount extends Account {
	readonly shops: TributeShop[];
	readonly shopOrders: Map<string, ShopOrder>;
	readonly physicalOrders: TributePhysicalOrder[];
	/** How long a refund takes; null: until it is completed by hand. */
	readonly refundMs: number | null;
}

export interface ShopSurroundings<A extends ShopAccount> {
	world: World;
	refuse: Refuse;
	accounts(): Iterable<A>;
	/** Delivers an event of this order to the account's webhook, where it has one. */
	announce(account: A, name: string, payload: Record<string, unknown>): void;
	/** Numbers that go on. */
	state: { lastShopTransaction: number };
}

const currencies = ['rub', 'eur', 'usd'];
const periodDays: Record<string, number> = {
	onetime: 0,
	weekly: 7,
	monthly: 30,
	quarterly: 91,
	halfyearly: 182,
	yearly: 365,
};
const TRANSACTIONS_A_PAGE = 20;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Longer than any test or demo. */
const BY_HAND = 1000 * 365 * DAY_MS;

export function tributeShop<A extends ShopAccount>(surroundings: ShopSurroundings<A>) {
	const { refuse, announce, state } = surroundings;
	const { clock, charges } = surroundings.world;
	const badRequest = (message: string) => refuse('error_bad_request', { message });
	const notFound = (what: string) => refuse('error_not_found', { message: `${what} not found` });

	function shopOf(account: A, shopId: unknown): TributeShop {
		if (shopId !== undefined && !isWhole(Number(shopId))) throw badRequest('shopId is invalid');
		const active = account.shops.filter(({ status }) => status === 1);
		const shop = active.find(({ id }) => shopId === undefined || id === Number(shopId));
		if (!shop) throw notFound('shop');
		return shop;
	}

	function create({ account, body }: Call<A>): Reply {
		if (!isRecord(body)) throw badRequest('body must be an object');
		const shop = shopOf(account, body.shopId);
		const fields = readOrder(body, shop, refuse);
		const uuid = randomUUID();
		const { id: chargeId } = charges.charge({
			provider: 'tribute',
			account: account.name,
			operation: 'order.create',
			orderId: uuid,
			productId: fields.title,
			recipient: fields.customerId ?? fields.email ?? null,
			quantity: 1,
			// A payment link takes nothing from the seller.
			amount: 0,
			currency: fields.currency.toUpperCase(),
			key: fields.comment ?? null,
		});
		const order: ShopOrder = {
			...fields,
			uuid,
			shopId: shop.id,
			status: 'pending',
			createdAt: clock.now(),
			chargeRetries: 0,
			transactions: [],
			chargeId,
			extra: {},
		};
		account.shopOrders.set(uuid, order);
		return ok(view(account, order));
	}

	function view({ shops }: A, order: ShopOrder): Record<string, unknown> {
		const onlyStars = shops.find(({ id }) => id === order.shopId)?.onlyStars ?? false;
		return {
			uuid: order.uuid,
			shopId: order.shopId,
			amount: order.amount,
			currency: order.currency,
			title: order.title,
			description: order.description,
			status: order.status,
			successUrl: order.successUrl ?? '',
			failUrl: order.failUrl ?? '',
			paymentUrl: onlyStars ? null : `https://web.tribute.tg/shop/pay/${order.uuid}`,
			webappPaymentUrl: `https://t.me/tribute/app?startapp=o${order.uuid.replaceAll('-', '')}`,
			createdAt: iso(order.createdAt),
			period: order.period,
			email: order.email,
			comment: order.comment,
			customerId: order.customerId,
			starsAmount: order.starsAmount,
			memberStatus: order.memberStatus,
			memberExpiresAt: order.memberExpiresAt === undefined ? undefined : iso(order.memberExpiresAt),
			...order.extra,
		};
	}

	function orderOf({ account, params }: Call<A>): ShopOrder {
		const uuid = params.uuid!;
		const order = account.shopOrders.get(uuid);
		if (order) return order;
		const foreign = [...surroundings.accounts()].some(({ shopOrders }) => shopOrders.has(uuid));
		throw foreign ? refuse('no_access') : notFound('order');
	}

	function list({ account, query }: Call<A>): Reply {
		shopOf(account, query.shopId);
		const { dateFrom = '', dateTo = '9999-12-31' } = query;
		for (const [name, date] of Object.entries({ dateFrom, dateTo })) {
			if (date && (!/^\d{4}-\d\d-\d\d$/.test(date) || Number.isNaN(Date.parse(date)))) {
				throw badRequest(`${name} must be yyyy-mm-dd`);
			}
		}
		const found = [...account.shopOrders.values()].reverse().filter((order) => {
			const day = iso(order.createdAt).slice(0, 10);
			const ofShop = query.shopId === undefined || order.shopId === Number(query.shopId);
			return ofShop && day >= dateFrom && day <= dateTo;
		});
		return ok(found.map((order) => view(account, order)));
	}

	const isRefunded = ({ refundedAt }: Transaction): boolean =>
		refundedAt !== undefined && refundedAt <= clock.now();

	function transactions(call: Call<A>): Reply {
		const order = orderOf(call);
		const { startFrom = '' } = call.query;
		if (!/^\d*$/.test(startFrom)) throw badRequest('startFrom is invalid');
		const start = Number(startFrom);
		const end = start + TRANSACTIONS_A_PAGE;
		return ok({
			transactions: order.transactions.slice(start, end).map((one) => ({
				id: one.id,
				type: one.type,
				objectId: order.shopId,
				amount: one.amount / 100,
				currency: one.currency,
				createdAt: Math.floor(one.createdAt / 1000),
				serviceFee: fee(one.amount) / 100,
				total: (one.amount - fee(one.amount)) / 100,
				paymentMethod: 'bank_card',
				isRefunded: isRefunded(one),
				isRefundable: one.type === 'shop_order_sell' && one.refundedAt === undefined,
				isRecurring: one.isRecurring,
			})),
			nextFrom: end < order.transactions.length ? String(end) : '',
		});
	}

	function refund(call: Call<A>): Reply {
		const { account, params } = call;
		const order = orderOf(call);
		const id = Number(params.transactionId);
		const transaction = order.transactions.find((one) => one.id === id);
		if (!transaction) {
			const others = [...account.shopOrders.values()].flatMap((other) => other.transactions);
			throw others.some((one) => one.id === id)
				? refuse('error_transaction_mismatch')
				: notFound('transaction');
		}
		if (order.status !== 'paid') throw refuse('error_order_not_paid');
		if (transaction.type !== 'shop_order_sell') throw refuse('error_not_refundable');
		if (transaction.refundedAt !== undefined) throw refuse('error_already_refunded');

		transaction.refundedAt = clock.now() + (account.refundMs ?? BY_HAND);
		charges.refund({
			provider: 'tribute',
			account: account.name,
			operation: 'order.refund',
			orderId: order.uuid,
			amount: transaction.amount / 100,
			currency: transaction.currency.toUpperCase(),
			chargeId: order.chargeId,
		});
		announceRefund(account, order, transaction, 'initiated');
		if (account.refundMs !== null) void completeRefund(account, order, transaction);
		return ok({ success: true, message: 'refund initiated', status: 'initiated' });
	}

	function announceRefund(account: A, order: ShopOrder, transaction: Transaction, status: string): void {
		announce(account, 'shop_order_refunded', {
			...payload(order),
			transactionId: transaction.id,
			status,
			refundedAt: status === 'completed' ? iso(clock.now()) : undefined,
		});
	}

	/** Waits until the refund is due. */
	async function completeRefund(account: A, order: ShopOrder, transaction: Transaction): Promise<void> {
		while (!isRefunded(transaction)) await clock.waitUntil(transaction.refundedAt ?? 0);
		order.transactions.push({
			id: ++state.lastShopTransaction,
			type: 'shop_order_refund',
			amount: transaction.amount,
			currency: transaction.currency,
			createdAt: clock.now(),
			isRecurring: transaction.isRecurring,
		});
		announceRefund(account, order, transaction, 'completed');
	}

	function cancel(call: Call<A>): Reply {
		const order = orderOf(call);
		if (order.memberStatus === undefined) throw notFound('recurring order');
		if (order.memberStatus === 'cancelled') throw refuse('error_already_cancelled');
		end(call.account, order, 'cancelled_by_seller');
		return ok({ success: true, message: 'recurring order cancelled' });
	}

	function end(account: A, order: ShopOrder, cancelReason: string): void {
		order.memberStatus = 'cancelled';
		announce(account, 'shop_order_cancelled', { ...payload(order), cancelReason });
	}

	/** What every event of an order says. */
	const payload = (order: ShopOrder) => ({
		uuid: order.uuid,
		shopId: order.shopId,
		amount: order.amount,
		currency: order.currency,
		fee: fee(order.amount),
		status: 'paid',
		isRecurrent: order.period !== 'onetime',
		period: order.period === 'onetime' ? undefined : order.period,
		email: order.email,
		customerId: order.customerId,
		starsAmount: order.starsAmount,
		memberStatus: order.memberStatus,
		memberExpiresAt: order.memberExpiresAt === undefined ? undefined : iso(order.memberExpiresAt),
	});

	function receive(account: A, order: ShopOrder, name: string): void {
		const days = periodDays[order.period] ?? 0;
		order.status = 'paid';
		order.chargeRetries = 0;
		if (days > 0) {
			order.memberStatus = 'active';
			order.memberExpiresAt = Math.max(order.memberExpiresAt ?? 0, clock.now()) + days * DAY_MS;
		}
		order.transactions.push({
			id: ++state.lastShopTransaction,
			type: 'shop_order_sell',
			amount: order.amount,
			currency: order.currency,
			createdAt: clock.now(),
			isRecurring: days > 0,
		});
		announce(account, name, payload(order));
	}

	const failure = { errorCode: 'insufficient_funds', errorMessage: 'Insufficient funds' };

	const events: Record<ShopOrderEvent, (account: A, order: ShopOrder) => void> = {
		prepaid(account, order) {
			expectUnpaid(order);
			order.status = 'prepaid';
			announce(account, 'shop_order_prepaid', { ...payload(order), status: 'prepaid' });
		},
		paid(account, order) {
			expectUnpaid(order);
			receive(account, order, 'shop_order');
		},
		failed(account, order) {
			expectUnpaid(order);
			order.status = 'failed';
			announce(account, 'shop_order_payment_failed', { ...payload(order), status: 'failed', ...failure });
		},
		renewed(account, order) {
			expectActive(order);
			receive(account, order, 'shop_order_charge_success');
		},
		renewalFailed(account, order) {
			expectActive(order);
			const chargeRetries = ++order.chargeRetries;
			announce(account, 'shop_order_charge_failed', { ...payload(order), status: 'failed', chargeRetries });
			if (chargeRetries === 3) end(account, order, 'charge_failed');
		},
		refundCompleted(account, order) {
			const due = order.transactions.find((one) => one.refundedAt !== undefined && !isRefunded(one));
			if (!due) throw new RangeError('No refund of this order is under way');
			due.refundedAt = clock.now();
			if (account.refundMs === null) void completeRefund(account, order, due);
			else clock.notify();
		},
	};

	function listPhysical({ account, query }: Call<A>): Reply {
		const page = Number(query.page ?? 1);
		const limit = Number(query.limit ?? 50);
		if (!isWhole(page)) throw badRequest('page is invalid');
		if (!isWhole(limit) || limit > 50) throw badRequest('limit is invalid');
		const statuses = query.status?.split(',') ?? [];
		if (!statuses.every(isPhysicalStatus)) throw badRequest('invalid status');
		const matching = account.physicalOrders
			.toReversed()
			.filter(({ status }) => statuses.length === 0 || statuses.includes(status));
		const after = matching.filter(({ id }) => !query.lastOrderId || id < Number(query.lastOrderId));
		const rows = after.slice((page - 1) * limit, page * limit);
		return ok({ rows, meta: { total: matching.length, offset: page, limit } });
	}

	function getPhysical({ account, params }: Call<A>): Reply {
		const id = Number(params.id);
		if (!isWhole(id)) throw badRequest('id is invalid');
		const order = account.physicalOrders.find((one) => one.id === id);
		if (!order) throw notFound('order');
		return ok(order);
	}

	const route = (
		method: 'GET' | 'POST',
		path: string,
		operation: string,
		handle: (call: Call<A>) => Reply,
	): KeyedRoute<A> => ({ method, path: `/api/v1${path}`, operation, handle });

	return {
		routes: [
			route('GET', '/shops', 'shop.getAll', ({ account }) =>
				ok(account.shops.filter(({ status }) => status === 1)),
			),
			route('GET', '/shop', 'shop.get', ({ account, query }) => ok(shopOf(account, query.shopId))),
			route('POST', '/shop/orders', 'order.create', create),
			route('GET', '/shop/orders', 'order.getAll', list),
			route('GET', '/shop/orders/:uuid', 'order.get', (call) => ok(view(call.account, orderOf(call)))),
			route('GET', '/shop/orders/:uuid/status', 'order.getStatus', (call) =>
				ok({ status: orderOf(call).status }),
			),
			route('GET', '/shop/orders/:uuid/transactions', 'order.getTransactions', transactions),
			route('POST', '/shop/orders/:uuid/cancel', 'order.cancelSubscription', cancel),
			route('POST', '/shop/orders/:uuid/transactions/:transactionId/refund', 'order.refund', refund),
			route('GET', '/physical/orders', 'physicalOrder.getAll', listPhysical),
			route('GET', '/physical/orders/:id', 'physicalOrder.get', getPhysical),
		],

		payload,
		view,

		/** Lets something happen to an order, with its webhooks; undefined when the account has no such order. */
		play(account: A, uuid: string, event: ShopOrderEvent): Record<string, unknown> | undefined {
			const order = account.shopOrders.get(uuid);
			if (!order) return undefined;
			events[event](account, order);
			return view(account, order);
		},

		ordersOf: ({ shopOrders }: A): OrderView[] =>
			[...shopOrders.values()].reverse().map((order) => ({
				orderId: order.uuid,
				status: order.status,
				productId: order.title,
				recipient: order.customerId ?? order.email ?? null,
				amount: order.amount / 100,
				currency: order.currency.toUpperCase(),
				createdAt: iso(order.createdAt),
			})),
	};
}

function expectUnpaid({ status }: ShopOrder): void {
	if (status === 'paid') throw new RangeError('The order is paid already');
}

function expectActive({ memberStatus }: ShopOrder): void {
	if (memberStatus !== 'active') throw new RangeError('The order is no active recurring one');
}

type OrderFields = Pick<
	ShopOrder,
	'amount' | 'currency' | 'title' | 'description' | 'successUrl' | 'failUrl' | 'period'
> &
	Partial<Pick<ShopOrder, 'email' | 'comment' | 'customerId' | 'starsAmount'>>;

/** What a new order says, or a refusal with Tribute's code for it. */
function readOrder(body: Record<string, unknown>, shop: TributeShop, refuse: Refuse): OrderFields {
	const badRequest = (message: string) => refuse('error_bad_request', { message });
	const text = (name: string): string | undefined => {
		const value = body[name];
		if (value === undefined || value === null || value === '') return undefined;
		if (typeof value !== 'string') throw badRequest(`${name} must be a string`);
		return value;
	};
	const required = (name: 'title' | 'description', max: number): string => {
		const value = text(name);
		if (value === undefined) throw refuse(`error_${name}_required`);
		if (value.length > max) throw refuse(`error_${name}_too_long`);
		return value;
	};
	const url = (name: string): string | null => {
		const value = text(name);
		if (value === undefined) return null;
		if (!URL.canParse(value) || new URL(value).protocol !== 'https:') throw refuse('error_invalid_url');
		return value;
	};

	const currency = text('currency') ?? '';
	if (!currencies.includes(currency)) throw refuse('error_invalid_currency');
	const period = text('period') ?? 'onetime';
	if (!(period in periodDays)) throw badRequest('period is invalid');
	if (period !== 'onetime' && !shop.recurrent) throw badRequest('shop does not support recurring orders');
	const { starsAmount } = body;
	if (starsAmount !== undefined && !isWhole(starsAmount)) throw badRequest('starsAmount is invalid');
	if (starsAmount !== undefined && !['onetime', 'monthly'].includes(period)) {
		throw badRequest('starsAmount is for onetime and monthly orders');
	}
	if (shop.onlyStars && starsAmount === undefined) throw badRequest('starsAmount is required in this shop');
	const { amount = starsAmount === undefined ? undefined : 0 } = body;
	if (!Number.isSafeInteger(amount)) throw badRequest('amount must be an integer');
	const [least, most] = currency === 'rub' ? [10_000, 30_000_000] : [100, 300_000];
	if (body.amount !== undefined && (amount as number) < least!) throw refuse('error_amount_too_small');
	if ((amount as number) > most!) throw refuse('error_amount_too_large');

	const email = text('email');
	if (email !== undefined && (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email) || email.length > 320)) {
		throw badRequest('email is invalid');
	}
	const customerId = text('customerId');
	if (customerId !== undefined && customerId.length > 256) throw refuse('error_customer_id_too_long');
	const comment = text('comment');
	return {
		amount: amount as number,
		currency,
		title: required('title', 100),
		description: required('description', 300),
		successUrl: url('successUrl'),
		failUrl: url('failUrl'),
		period,
		...(email !== undefined && { email }),
		...(comment !== undefined && { comment }),
		...(customerId !== undefined && { customerId }),
		...(starsAmount !== undefined && { starsAmount }),
	};
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;

const iso = (at: number): string => new Date(at).toISOString();

/** Tribute keeps a tenth. */
const fee = (amount: number): number => Math.round(amount / 10);
