import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import { ceilToCents, perUnit, times } from '../shared/domain/money';
import type { Balance } from '../shared/domain/balance';
import { stateOf, type Order, type OrderReference, type OrderState } from '../shared/domain/order';
import type { Product, Unit } from '../shared/domain/product';
import { ProviderError, withFigures } from '../shared/errors/providerError';
import type { Api } from '../shared/http/api';
import type { Answer, Connection, Refusal } from '../shared/http/connection';
import { amount, optional, segment, text, type Parsed } from '../shared/http/schemas';

/**
 * TeleKart Stars sells Telegram Premium, Stars and gifts; people deliver the orders.
 * Source: https://api.telekartstar.com (document "TeleKart Stars API", version 1.0). Prices are in USD.
 */
export const NAME = 'teleKartStars';
export const DISPLAY_NAME = 'TeleKart Stars';
export const CURRENCY = 'USD';
/** The product whose number of Stars the buyer chooses. */
export const CUSTOM_STARS = 'stars_custom';
export const MOST_TARGETS = 50;

const PRODUCTS = '/api/v1/products';
const BALANCE = '/api/v1/balance';
const ORDERS = '/api/v1/orders';

/** An admin marks an order as delivered, or cancels and refunds it. */
const STATES: Record<string, OrderState> = {
	pending: 'pending',
	confirmed: 'completed',
	cancelled: 'cancelled',
};

const product = z.object({
	id: text,
	type: optional(z.string()),
	title: optional(z.string()),
	stars: optional(amount),
	duration_months: optional(amount),
	price_usd: optional(amount),
	star_rate_usd: optional(amount),
});
const group = z.array(product).nullish();
const catalog = z.object({ data: z.object({ premium: group, stars: group, gifts: group }) });
const balance = z.object({ data: z.object({ balance_usd: amount }) });
const order = z.object({
	data: z.object({
		order_id: text,
		product_id: optional(text),
		product_name: optional(text),
		target_accounts: optional(z.union([text, z.array(text).transform((targets) => targets.join(', '))])),
		price_usd: optional(amount),
		status: optional(z.string()),
	}),
});
const failure = z.object({
	ok: z.unknown(),
	error: optional(text),
	message: optional(text),
	balance_usd: optional(amount),
	required_usd: optional(amount),
});

const ADVICE: Record<string, string> = {
	BAD_JSON:
		'Check the values of the node; if they are right, please report this to the maintainers of this package.',
	UNAUTHORIZED:
		'Open the credential and enter the key from the Telegram bot (API Docs, then API Key). It starts with tah_.',
	INSUFFICIENT_BALANCE:
		'Nothing was ordered. Top up the wallet in the Telegram bot, then run the workflow again.',
	INVALID_PRODUCT: 'Nothing was ordered. Choose a product from the list again: it may have been taken off.',
	RATE_LIMITED: 'Wait a little before sending more. A purchase is not sent again by itself.',
};

function refusal({ status, body }: Answer): Refusal | undefined {
	const said = failure.safeParse(body);
	if (!said.success || (status < 400 && said.data.ok !== false)) return undefined;
	const { error: code, message, balance_usd, required_usd } = said.data;
	if (code === null && message === null) return undefined;
	const figures = [
		...(balance_usd === null ? [] : [`${balance_usd} USD in the wallet`]),
		...(required_usd === null ? [] : [`${required_usd} USD needed`]),
	];
	return {
		code,
		message: withFigures(`TeleKart Stars: ${message ?? code}`, figures),
		description: ADVICE[code ?? ''] ?? 'Check the values of the node.',
	};
}

export const connection: Connection = {
	provider: NAME,
	displayName: DISPLAY_NAME,
	credential: 'teleKartStarsApi',
	check: 'your orders and your wallet in the Telegram bot of TeleKart Stars',
	refusal,
};

export type Group = 'all' | 'premium' | 'stars' | 'gifts';

/** The documented paths that list each group. Custom Stars are listed under `/products/stars` only. */
const PATHS: Record<Group, string[]> = {
	all: [PRODUCTS, `${PRODUCTS}/stars`],
	premium: [PRODUCTS],
	stars: [`${PRODUCTS}/stars`],
	gifts: [`${PRODUCTS}/gifts`],
};

/** The catalog of one group, or of all. */
export async function getProducts(api: Api, wanted: Group): Promise<Array<Parsed<Product>>> {
	const paths = PATHS[wanted];
	const answers = await Promise.all(
		paths.map(async (path) => await api.read({ method: 'GET', path }, catalog)),
	);
	const groups = wanted === 'all' ? (['premium', 'stars', 'gifts'] as const) : [wanted];
	const listed = new Map<string, Parsed<Product>>();
	for (const name of groups) {
		for (const { raw, data } of answers) {
			const untouched = (raw.data as Record<string, IDataObject[]>)[name];
			data.data[name]?.forEach((entry, index) =>
				listed.set(entry.id, { raw: untouched![index]!, data: toProduct(entry) }),
			);
		}
	}
	return [...listed.values()];
}

function toProduct(entry: z.output<typeof product>): Product {
	const { id, type, title, stars, duration_months: months, price_usd: price, star_rate_usd: rate } = entry;
	const [quantity, unit]: [number | null, Unit] =
		type === 'stars' ? [stars, 'star'] : type === 'premium' ? [months, 'month'] : [1, 'piece'];
	return {
		provider: NAME,
		productId: id,
		name: title ?? id,
		type,
		quantity,
		unit,
		price,
		unitPrice: rate ?? perUnit(price, quantity),
		currency: CURRENCY,
		inStock: null,
	};
}

/** What an order costs: the price, or rate times Stars rounded up to cents, for every target. */
export function totalOf(
	{ price, unitPrice, productId }: Product,
	stars: number | undefined,
	targets: number,
): number | null {
	const each =
		productId === CUSTOM_STARS
			? unitPrice === null || stars === undefined
				? null
				: ceilToCents(times(unitPrice, stars))
			: price;
	return each === null ? null : times(each, targets);
}

export async function getBalance(api: Api): Promise<Parsed<Balance>> {
	const { raw, data } = await api.read({ method: 'GET', path: BALANCE }, balance);
	const available = data.data.balance_usd;
	return { raw, data: { provider: NAME, available, locked: null, total: available, currency: CURRENCY } };
}

export interface NewOrder {
	productId: string;
	/** The first account; with `targets`, the first of them. */
	target: string;
	/** All accounts, when there are several. */
	targets?: string[];
	/** For custom Stars only. */
	stars?: number;
}

/** Orders and pays from the wallet. The provider knows no idempotency: a repeat is a second order. */
export async function createOrder(
	api: Api,
	{ productId, target, targets, stars }: NewOrder,
): Promise<Parsed<Order>> {
	const body = {
		product_id: productId,
		target,
		...(targets === undefined ? {} : { targets }),
		...(stars === undefined ? {} : { stars }),
	};
	const { raw, data } = await api.buy({ method: 'POST', path: ORDERS, body }, order);
	const placed = toOrder(data);
	return {
		raw: unwrapped(raw),
		data: {
			...placed,
			productId: placed.productId ?? productId,
			recipient: placed.recipient ?? (targets ?? [target]).join(', '),
		},
	};
}

export async function getOrder(api: Api, { orderId }: OrderReference): Promise<Parsed<Order>> {
	// The one text that encoding does not keep from leaving the path of the orders.
	if (/^\.{1,2}$/.test(orderId)) throw noSuchOrder(orderId);
	const notFound = 'Check the order ID: orders of another API key are not shown.';
	const request = { method: 'GET', path: `${ORDERS}/${segment(orderId)}`, notFound } as const;
	const { raw, data } = await api.read(request, order);
	return { data: toOrder(data), raw: unwrapped(raw) };
}

const noSuchOrder = (orderId: string): ProviderError =>
	new ProviderError({
		provider: NAME,
		code: 'INVALID_PARAMETER',
		message: `Order ID: "${orderId}" is not the ID of an order`,
		description: 'Nothing was sent. Enter the ID the order got when it was created.',
	});

function toOrder({ data }: z.output<typeof order>): Order {
	return {
		provider: NAME,
		orderId: data.order_id,
		state: stateOf(data.status, STATES),
		status: data.status,
		productId: data.product_id ?? data.product_name,
		recipient: data.target_accounts,
		price: data.price_usd,
		currency: CURRENCY,
		codes: [],
		message: null,
	};
}

/** The provider wraps what it says in `data`. */
export const unwrapped = (raw: IDataObject): IDataObject => raw.data as IDataObject;
