import { monotonic } from '../async/monotonic';
import type { ProviderError } from '../errors/providerError';
import type { Api } from '../http/api';
import { OLDEST_QUOTE } from '../http/retryPolicy';
import type { Item } from '../node/item';
import type { PurchaseOperation, Quote } from '../node/operation';

/** A quote and when it was read, in the time of `monotonic`. */
export interface ReadQuote extends Quote {
	readAt: number;
}

export const isOutdated = ({ readAt }: ReadQuote): boolean => monotonic() - readAt > OLDEST_QUOTE;

/**
 * Reads what the order costs now and holds it against Max Price.
 * @throws ProviderError with code `MAX_PRICE_EXCEEDED` or `PRICE_UNKNOWN`; nothing was sent then
 */
export async function quoteBelow(
	item: Item,
	api: Api,
	quote: NonNullable<PurchaseOperation['quote']>,
	plan: unknown,
	{
		maxPrice,
		isPriceNeeded,
		maxAge,
	}: { maxPrice: number | undefined; isPriceNeeded: boolean; maxAge: number },
): Promise<ReadQuote> {
	const readAt = monotonic();
	const { price, currency } = await quote.read(item, api, plan, maxAge);
	if (price === null && (isPriceNeeded || maxPrice !== undefined)) throw priceUnknown(item);
	if (maxPrice !== undefined && price !== null && price > maxPrice) {
		const unit = currency ?? '';
		throw item.refuse(
			'MAX_PRICE_EXCEEDED',
			`The order would cost ${price} ${unit}, above the Max Price of ${maxPrice} ${unit}`.trim(),
			'Nothing was ordered. Raise Max Price if the price is fine for you, or choose another product.',
		);
	}
	return { price, currency, readAt };
}

const priceUnknown = (item: Item): ProviderError =>
	item.refuse(
		'PRICE_UNKNOWN',
		'The price of the product cannot be read, so it cannot be held against a ceiling',
		'Nothing was ordered. Check that the product is in the catalog, or remove Max Price and Spending Limit.',
	);
