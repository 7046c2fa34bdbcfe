import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import type { Balance } from '../shared/domain/balance';
import { perUnit } from '../shared/domain/money';
import type { Order } from '../shared/domain/order';
import { starsInName, type Product } from '../shared/domain/product';
import { ProviderError, withFigures } from '../shared/errors/providerError';
import type { Api } from '../shared/http/api';
import type { Answer, Connection, Refusal } from '../shared/http/connection';
import { amount, optional, text, type Parsed } from '../shared/http/schemas';

/**
 * AI-Market sells codes from its stock. An order is delivered in its own answer and cannot be looked up later:
 * only the same Idempotency-Key brings it back, for 24 hours.
 * Source: https://docs.ai-market.store. Prices are in USDT.
 */
export const NAME = 'aiMarket';
export const DISPLAY_NAME = 'AI-Market';
export const CURRENCY = 'USDT';
export const MOST_UNITS = 10;
/** How long the provider knows an idempotency key. */
export const HOURS_OF_A_KEY = 24;

const BALANCE = '/api/v1/balance';
const PRODUCTS = '/api/v1/products';
const PURCHASE = '/api/v1/purchase';

/** A code may be text, or an object of its parts: that becomes JSON. Nothing delivered is left out. */
const codesOf = (delivered: unknown): string[] => {
	if (delivered === undefined || delivered === null || delivered === '') return [];
	if (Array.isArray(delivered)) return delivered.flatMap(codesOf);
	return [typeof delivered === 'object' ? JSON.stringify(delivered) : String(delivered)];
};

const balance = z.object({ balance: amount, currency: optional(z.string()) });
const product = z.object({
	id: text,
	name: optional(text),
	price: optional(amount),
	stock: optional(amount),
	in_stock: optional(z.boolean()),
});
const catalog = z.object({ products: z.array(product) });
const purchase = z
	.object({
		order_id: optional(text),
		codes: z.unknown().transform(codesOf),
		balance_remaining: optional(amount),
	})
	.refine(
		({ order_id: orderId, codes }) => orderId !== null || codes.length > 0,
		'neither an order nor codes',
	);
const failure = z.object({
	success: z.unknown(),
	code: optional(text),
	error: optional(text),
	required: optional(amount),
	available: optional(amount),
	retry_after_seconds: optional(amount),
});

/** What each code means, for answers without words of their own, and what to do. */
const ERRORS: Record<string, [meaning: string, advice: string]> = {
	NO_KEY: [
		'the API key is missing',
		'Open the credential and enter the key from the AI-Market bot: API → Generate.',
	],
	INVALID_KEY: [
		'the API key is unknown or revoked',
		'Open the credential and enter the current key from the AI-Market bot: API → Generate. It starts with mk_.',
	],
	VALIDATION: [
		'the request does not fit',
		`Check Product and Quantity: an order is for 1 to ${MOST_UNITS} units of one product.`,
	],
	INSUFFICIENT_BALANCE: [
		'the wallet holds too little',
		'Nothing was ordered. Top up the wallet in the AI-Market bot, then run the workflow again.',
	],
	FORBIDDEN: ['the account is suspended', 'Ask the support of AI-Market, in its Telegram bot, why.'],
	PRODUCT_NOT_FOUND: [
		'the product is unknown',
		'Nothing was ordered. Choose a product from the list again: it may have been taken off. IDs keep their leading zeros.',
	],
	OUT_OF_STOCK: ['not enough in stock', 'Nothing was ordered. Lower Quantity, or order again later.'],
	RATE_LIMITED: [
		'too many requests',
		'AI-Market takes 20 requests a minute for one key. Wait a minute, then run the workflow again with fewer items at once.',
	],
};

/** What to do about a code that is none of these. */
const adviceFor = (status: number): string => {
	if (status === 401 || status === 403) return ERRORS.INVALID_KEY![1];
	if (status === 429) return ERRORS.RATE_LIMITED![1];
	return status >= 500 ? 'Try again later.' : 'Check the values of the node.';
};

function refusal({ status, body }: Answer): Refusal | undefined {
	const said = failure.safeParse(body);
	if (!said.success) return undefined;
	const { success, code, error, required, available, retry_after_seconds: seconds } = said.data;
	const nothingSaid = code === null && error === null;
	const isNo =
		status >= 400 ? !nothingSaid : success === false || (success !== true && code !== null && error !== null);
	if (!isNo) return undefined;
	const [meaning, advice] = ERRORS[code ?? ''] ?? [code, adviceFor(status)];
	const figures = [
		...(required === null ? [] : [`${required} ${CURRENCY} needed`]),
		...(available === null ? [] : [`${available} ${CURRENCY} in the wallet`]),
	];
	return {
		code,
		message: withFigures(`${DISPLAY_NAME}: ${error ?? meaning ?? 'it said no and gave no reason'}`, figures),
		description: advice,
		...(seconds === null ? {} : { retryAfter: seconds * 1_000 }),
	};
}

export const connection: Connection = {
	provider: NAME,
	displayName: DISPLAY_NAME,
	credential: 'aiMarketApi',
	rate: { requests: 20, per: 60_000 },
	check: 'your orders and your wallet in the Telegram bot of AI-Market',
	refusal,
};

export async function getBalance(api: Api): Promise<Parsed<Balance>> {
	const { raw, data } = await api.read({ method: 'GET', path: BALANCE }, balance);
	return {
		raw,
		data: {
			provider: NAME,
			available: data.balance,
			locked: null,
			total: data.balance,
			currency: data.currency?.toUpperCase() || CURRENCY,
		},
	};
}

/** The whole catalog: the provider does not page it. */
export async function getProducts(api: Api): Promise<Array<Parsed<Product>>> {
	const { raw, data } = await api.read({ method: 'GET', path: PRODUCTS }, catalog);
	const untouched = raw.products as IDataObject[];
	return data.products.map((entry, index) => ({ raw: untouched[index]!, data: toProduct(entry) }));
}

function toProduct({ id, name, price, stock, in_stock: inStock }: z.output<typeof product>): Product {
	const stars = starsInName(name ?? '');
	return {
		provider: NAME,
		productId: id,
		name: name ?? id,
		type: null,
		quantity: stars ?? 1,
		unit: stars === null ? 'piece' : 'star',
		price,
		unitPrice: perUnit(price, stars ?? 1),
		currency: CURRENCY,
		inStock: stock === null && inStock === null ? null : inStock !== false && (stock === null || stock > 0),
	};
}

export interface NewOrder {
	productId: string;
	quantity: number;
}

/** An order, delivered in its own answer. */
export interface DeliveredOrder extends Order {
	/** What is left in the wallet. */
	balanceRemaining: number | null;
}

/** Orders and pays from the wallet. Under the same key the provider gives the first order again, charged once. */
export async function createOrder(
	api: Api,
	{ productId, quantity }: NewOrder,
	key: string,
): Promise<Parsed<DeliveredOrder>> {
	const request = {
		method: 'POST' as const,
		path: PURCHASE,
		body: { product_id: productId, quantity },
		headers: { 'Idempotency-Key': key },
	};
	try {
		const { raw, data } = await api.buyIdempotently(request, purchase, isUnderWay);
		const { order_id: orderId, codes, balance_remaining: balanceRemaining } = data;
		return {
			raw,
			data: {
				provider: NAME,
				orderId,
				state: 'completed',
				status: 'success',
				productId,
				recipient: null,
				price: null,
				currency: CURRENCY,
				codes,
				message: null,
				balanceRemaining,
			},
		};
	} catch (error) {
		throw error instanceof ProviderError && error.outcome === 'unknown' ? repeatable(error, key) : error;
	}
}

/** A conflict that is none of stock: the first purchase with this key has not ended yet. */
const isUnderWay = ({ status, code }: ProviderError): boolean => status === 409 && code !== 'OUT_OF_STOCK';

/** Says how to come to an order whose answer was lost. */
const repeatable = (error: ProviderError, key: string): ProviderError =>
	error.with({
		description:
			`Check ${connection.check}. The order and its codes can be fetched without a second charge for ${HOURS_OF_A_KEY} hours: ` +
			`Order: Create with the same Product and Quantity and with Idempotency Key "${key}" gives it if it was placed, and places it only if it was not.`,
	});
