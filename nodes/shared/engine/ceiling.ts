import type { Item } from './item';
import type { ProviderError } from './errors';

/** A ceiling for one order, when the user set one. */
export const maxPriceOf = (item: Item): number | undefined => item.number('options.maxPrice', { min: 0 });

/**
 * Refuses an order above its ceiling, or whose price cannot be read.
 * @param total decimal amount in `currency`, for all units and targets; null when the provider names none
 * @throws ProviderError with code `MAX_PRICE_EXCEEDED` or `PRICE_UNKNOWN`; nothing was sent then
 */
export function holdCeiling(
	item: Item,
	ceiling: number | undefined,
	total: number | null,
	currency: string | null,
): void {
	if (ceiling === undefined) return;
	if (total === null) throw priceUnknown(item);
	if (total <= ceiling) return;
	const of = currency ?? '';
	throw item.refuse(
		'MAX_PRICE_EXCEEDED',
		`The order would cost ${total} ${of}, above the Max Price of ${ceiling} ${of}`.trim(),
		'Nothing was ordered. Raise Max Price if the price is fine for you, or choose another product.',
	);
}

export const priceUnknown = (item: Item): ProviderError =>
	item.refuse(
		'PRICE_UNKNOWN',
		'The price of the product cannot be read, so Max Price cannot be kept',
		'Nothing was ordered. Check that the product is in the catalog, or remove Max Price.',
	);
