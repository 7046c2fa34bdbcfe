import { z } from 'zod';
import type { Balance } from '../shared/domain/balance';
import { stateOf, type Order, type OrderReference, type OrderState } from '../shared/domain/order';
import type { Product } from '../shared/domain/product';
import { ProviderError, type Explanation } from '../shared/errors/providerError';
import type { Api } from '../shared/http/api';
import type { Answer, Connection, Refusal } from '../shared/http/connection';
import { amount, optional, segment, text, type Parsed } from '../shared/http/schemas';

/**
 * TG Market sells Telegram Stars and Premium from a queue. It has no catalog and quotes a price only when it
 * takes an order. Stars and Premium orders are numbered apart: the same ID can be one of each.
 * Source: https://tg-market.store (document "API", version 2). Prices are in USD.
 */
export const NAME = 'tgMarket';
export const DISPLAY_NAME = 'TG Market';
export const CURRENCY = 'USD';

const BALANCE = '/api/v2/balance';
const PATHS = {
	stars: { buy: '/api/v2/stars', order: '/api/v2/order' },
	premium: { buy: '/api/v2/premium', order: '/api/v2/premium_order' },
} as const;

export const orderTypes = ['stars', 'premium'] as const;
export type OrderType = (typeof orderTypes)[number];
/** Months of Premium that can be bought. */
export const durations = [3, 6, 12] as const;
export type Duration = (typeof durations)[number];
/** The limit is cut off in the document; the provider names it when it refuses. */
export const FEWEST_STARS = 1;
/** Orders are numbered from 1. */
export const ORDER_ID = /^[1-9]\d{0,17}$/;

const STATES: Record<string, OrderState> = {
	pending: 'pending',
	processing: 'processing',
	completed: 'completed',
	failed: 'failed',
	error: 'failed',
	cancelled: 'cancelled',
	refunded: 'refunded',
};

const words = optional(z.string().trim().min(1));
const fields = z.object({
	order_id: optional(text.refine((id) => id !== '')),
	username: optional(text),
	duration_months: optional(amount),
	duration: optional(amount),
	price_usd: optional(amount),
	status: words,
	message: words,
	error_message: words,
});
/** The document shows only the order just placed: another may come wrapped. */
const order = z.record(z.unknown()).transform(({ data, order: inner, ...rest }) => ({
	...rest,
	...(inner as object | undefined),
	...(data as object | undefined),
}));
const placedOrder = order.pipe(fields.extend({ order_id: text.refine((id) => id !== '') }));
const foundOrder = order.pipe(
	fields.refine(({ order_id, status }) => order_id !== null || status !== null, {
		message: 'neither order_id nor status',
	}),
);
const balance = z.object({
	available_usd: amount,
	locked_usd: optional(amount),
	balance_usd: optional(amount),
});

/** The document does not say under which key an error stands. */
const complaint = optional(z.union([text, z.object({ code: optional(text), message: optional(text) })]));
const failure = z.object({
	ok: z.unknown(),
	order_id: optional(text),
	error: complaint,
	code: complaint,
	message: complaint,
	detail: complaint,
	error_message: complaint,
	available_usd: optional(amount),
	balance_usd: optional(amount),
	price_usd: optional(amount),
	required_usd: optional(amount),
	retry_after: optional(amount),
});

const ENTER_KEY =
	'Open the credential and enter the key from the TG Market bot (menu → API KEY). It starts with sk-.';
/** Codes, and how prose begins that stands in their place. */
const MEANING: Record<string, Explanation> = {
	missing_api_key: { message: 'no API key arrived', description: ENTER_KEY },
	invalid_api_key: { message: 'the API key is wrong or not active', description: ENTER_KEY },
	user_not_found: {
		message: 'there is no account for this API key',
		description:
			'This is about your own account, not the recipient. Open the TG Market bot once, then copy the key again: menu → API KEY.',
	},
	rate_limit_exceeded: {
		message: 'too many requests, at most 10 a second are taken for one key',
		description:
			'Wait a moment. Something else may be using the same key. A purchase is not sent again by itself.',
	},
	username_required: {
		message: 'the recipient is missing',
		description: 'Nothing was ordered. Check the Username.',
	},
	'amount must be int': {
		message: 'this number of Stars cannot be ordered',
		description: 'Nothing was ordered. Change the Amount.',
	},
	'duration must be': {
		message: 'Premium cannot be ordered for this long',
		description: 'Nothing was ordered. Choose a Duration of 3, 6 or 12 months.',
	},
	insufficient_balance: {
		message: 'there is not enough money in the wallet',
		description:
			'Nothing was ordered. Top up in the TG Market bot, then run the workflow again. Money locked for orders under way cannot be spent.',
	},
	reservation_failed: {
		message: 'the money for the order could not be reserved',
		description:
			'Nothing was ordered. Look at the available balance (Balance: Get), then run the workflow again.',
	},
	order_not_found: {
		message: 'there is no such order',
		description:
			'Check Order ID and Order Type: Stars and Premium orders are numbered apart, and those of another account are not shown.',
	},
};

const LONGEST_WORDS = 300;
/** After these words the order may exist with its money locked, whatever HTTP status they come with. */
const MAY_EXIST = /^(timeout|order_creation_failed)\b/i;

function refusal({ status, body }: Answer): Refusal | undefined {
	const parsed = failure.safeParse(body);
	if (!parsed.success) return undefined;
	const { ok, order_id, error, code, message, detail, error_message, ...figures } = parsed.data;
	// An answer that names an order is that order, however it went.
	if (status < 400 && (ok !== false || order_id !== null)) return undefined;

	const spoken = [error, code, message, detail, error_message].flatMap((said) =>
		said === null || typeof said === 'string' ? [said] : [said.code, said.message],
	);
	const said = [...new Set(spoken.filter((one) => one !== null && one.trim() !== '') as string[])];
	if (said.length === 0) return undefined;
	const meaningOf = (one: string) =>
		Object.keys(MEANING).find((start) => one.toLowerCase().startsWith(start));
	const known = said.find((one) => meaningOf(one) !== undefined);
	const meaning = known === undefined ? undefined : MEANING[meaningOf(known)!];

	const all = [said.join(': ').slice(0, LONGEST_WORDS), ...figuresIn(figures)].join(', ');
	return {
		code: known ?? [error, code].map(codeIn).find((one) => one !== null) ?? null,
		message: `TG Market: ${meaning === undefined ? all : `${meaning.message} (${all})`}`,
		description: meaning?.description ?? 'Check the values of the node.',
		inDoubt: order_id !== null || said.some((one) => MAY_EXIST.test(one)),
		...(figures.retry_after === null ? {} : { retryAfter: figures.retry_after * 1_000 }),
	};
}

const codeIn = (said: z.output<typeof complaint>): string | null =>
	said === null || typeof said === 'string' ? said : said.code;

function figuresIn(
	figures: Pick<z.output<typeof failure>, 'available_usd' | 'balance_usd' | 'price_usd' | 'required_usd'>,
): string[] {
	const { available_usd, balance_usd, price_usd, required_usd } = figures;
	const needed = required_usd ?? price_usd;
	return [
		...(available_usd === null ? [] : [`${available_usd} USD available`]),
		...(balance_usd === null ? [] : [`${balance_usd} USD in the wallet`]),
		...(needed === null ? [] : [`${needed} USD needed`]),
	];
}

export const connection: Connection = {
	provider: NAME,
	displayName: DISPLAY_NAME,
	credential: 'tgMarketApi',
	rate: { requests: 10, per: 1_000 },
	check: 'your orders and the locked balance in the TG Market bot',
	refusal,
};

/** What can be ordered, with the fewest units where that is known. */
export const products: ReadonlyArray<Product & { minimum: number | null }> = [
	{ ...productOf('stars', 'Telegram Stars', 'star', null), minimum: FEWEST_STARS },
	...durations.map((months) => ({
		...productOf('premium', `Telegram Premium for ${months} months`, 'month', months),
		minimum: null,
	})),
];

function productOf(type: OrderType, name: string, unit: 'star' | 'month', quantity: number | null): Product {
	return {
		provider: NAME,
		productId: productIdOf(type, quantity)!,
		name,
		type,
		quantity,
		unit,
		price: null,
		unitPrice: null,
		currency: CURRENCY,
		inStock: null,
	};
}

function productIdOf(type: OrderType, months: number | null): string | null {
	if (type === 'stars') return 'stars';
	return months === null ? null : `premium_${months}`;
}

export async function getBalance(api: Api): Promise<Parsed<Balance>> {
	const { raw, data } = await api.read({ method: 'GET', path: BALANCE }, balance);
	return {
		raw,
		data: {
			provider: NAME,
			available: data.available_usd,
			locked: data.locked_usd,
			total: data.balance_usd,
			currency: CURRENCY,
		},
	};
}

export type NewOrder =
	| { orderType: 'stars'; username: string; amount: number }
	| { orderType: 'premium'; username: string; duration: Duration };

/** The product an order is for. */
export const productOrdered = (wanted: NewOrder): string =>
	productIdOf(wanted.orderType, 'duration' in wanted ? wanted.duration : null)!;

/**
 * Orders and pays from the wallet, without waiting for delivery: so an order ID always comes first.
 * The provider knows no idempotency: a repeat is a second order.
 */
export async function createOrder(api: Api, wanted: NewOrder): Promise<Parsed<Order>> {
	const { orderType, ...body } = wanted;
	const { raw, data } = await api.buy({ method: 'POST', path: PATHS[orderType].buy, body }, placedOrder);
	const placed = toOrder(data, orderType, data.order_id);
	return {
		raw,
		data: {
			...placed,
			// An order without a word for its state (a 408 that names it) is taken and waits in the queue.
			state: data.status === null ? 'pending' : placed.state,
			productId: productOrdered(wanted),
			recipient: placed.recipient ?? wanted.username,
		},
	};
}

/** Looks in the one place the type names: elsewhere the same ID is a different order. */
export async function getOrder(api: Api, { orderType, orderId }: OrderReference): Promise<Parsed<Order>> {
	const type = orderTypes.find((candidate) => candidate === orderType);
	if (type === undefined || !ORDER_ID.test(orderId)) {
		throw new ProviderError({
			provider: NAME,
			code: 'INVALID_PARAMETER',
			message: `TG Market cannot have an order of type "${orderType}" with ID "${orderId}"`.slice(
				0,
				LONGEST_WORDS,
			),
			description: `The type is one of ${orderTypes.join(', ')}, and the ID is a positive whole number.`,
		});
	}
	const path = `${PATHS[type].order}/${segment(orderId)}`;
	const { raw, data } = await api.read({ method: 'GET', path }, foundOrder);
	return { data: toOrder(data, type, orderId), raw };
}

function toOrder(entry: z.output<typeof fields>, orderType: OrderType, asked: string): Order {
	return {
		provider: NAME,
		orderId: entry.order_id ?? asked,
		state: stateOf(entry.status, STATES),
		status: entry.status,
		productId: productIdOf(orderType, entry.duration_months ?? entry.duration),
		recipient: entry.username,
		price: entry.price_usd,
		currency: CURRENCY,
		codes: [],
		message: entry.error_message ?? entry.message,
	};
}
