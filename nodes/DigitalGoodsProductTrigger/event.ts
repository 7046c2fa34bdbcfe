import { createHash } from 'node:crypto';
import type { Balance } from '../shared/domain/balance';
import type { Product } from '../shared/domain/product';
import type { ProductChange } from './settings';
import type { Known } from './snapshot';

/** What a product cost before, and whether it was in stock. */
export type Previous = Pick<Known, 'price' | 'unitPrice' | 'inStock'>;

/** One item of the trigger. Keys are always present. */
export interface ProductEvent {
	/** The same for the same event of one trigger, also when a crash repeats it. */
	eventId: string;
	/** `product.priceChanged` and so on, or `balance.low`. */
	event: string;
	provider: string;
	productId: string | null;
	/** Null for a product that is new. */
	previous: Previous | null;
	/** By how many percent the price has changed, to two decimals; null where it is not known before and now. */
	change: number | null;
	product: Product | null;
	/** With `balance.low` only. */
	balance: Balance | null;
	/** ISO 8601. */
	detectedAt: string;
	/** Providers that failed in this poll, in words. */
	warnings?: string[];
}

/** What has happened to a product. */
export interface Change {
	event: ProductChange;
	previous: Known | null;
	product: Product;
}

const twoDecimals = (percent: number): number => Math.round(percent * 100) / 100;

const idOf = (parts: string[], ...facts: unknown[]): string => {
	const hash = createHash('sha256').update(JSON.stringify(facts)).digest('base64url');
	return [...parts, hash.slice(0, 10)].join(':');
};

/** @param emission tells this poll's events from all others of the trigger */
export function productEvent(
	{ event, previous, product }: Change,
	percent: number | null,
	emission: string,
): ProductEvent {
	const { provider, productId, price, unitPrice, inStock } = product;
	const before = previous && {
		price: previous.price,
		unitPrice: previous.unitPrice,
		inStock: previous.inStock,
	};
	return {
		eventId: idOf([provider, productId, event], emission, before, price, unitPrice, inStock),
		event: `product.${event}`,
		provider,
		productId,
		previous: before,
		change: percent === null ? null : twoDecimals(percent),
		product,
		balance: null,
		detectedAt: new Date().toISOString(),
	};
}

/** @param emission see {@link productEvent} */
export const balanceEvent = (balance: Balance, emission: string): ProductEvent => ({
	eventId: idOf([balance.provider, 'balance', 'low'], emission, balance.available),
	event: 'balance.low',
	provider: balance.provider,
	productId: null,
	previous: null,
	change: null,
	product: null,
	balance,
	detectedAt: new Date().toISOString(),
});
