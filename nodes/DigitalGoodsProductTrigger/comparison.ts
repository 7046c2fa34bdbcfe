import { times } from '../shared/domain/money';
import type { Product } from '../shared/domain/product';
import type { Change } from './event';
import { FEW, READINGS_UNTIL_REMOVED, SHORTEST_SHARE, SHORT_UNTIL_BELIEVED } from './limits';
import type { CatalogInFull } from './readings';
import type { Known, Snapshot } from './snapshot';

/**
 * What has happened to the products since the last reading, and what is remembered from now on.
 * @param before what is remembered; undefined where the catalog is read for the first time
 * @param now epoch milliseconds
 */
export function compare(
	before: Snapshot | undefined,
	reading: CatalogInFull,
	now: number,
): { after: Snapshot; changes: Change[] } {
	// With another filter, what is new in the reading is not new in the catalog.
	const isBaseline = before?.filter !== reading.filter;
	const products = new Map(before?.products);
	const seen = new Set<string>();
	const changes: Change[] = [];
	for (const product of reading.products) {
		const { productId } = product;
		if (seen.has(productId)) continue;
		seen.add(productId);
		const previous = products.get(productId);
		products.set(productId, remembered(product, previous));
		if (previous !== undefined) changes.push(...differences(previous, product));
		else if (!isBaseline) changes.push({ event: 'added', previous: null, product });
	}

	const isShort = !isBaseline && isMuchShorter(reading.listed, before.listed);
	// A clock that was set back begins the time anew.
	const shortSince = isShort ? Math.min(before.shortSince ?? now, now) : undefined;
	const isBelieved = shortSince === undefined || now - shortSince >= SHORT_UNTIL_BELIEVED;
	const isComplete = reading.isComplete && isBelieved;
	if (isComplete) changes.push(...countMissing(products, seen, isBaseline, reading.provider));

	const after = {
		filter: isBaseline && !isComplete ? '' : reading.filter,
		listed: isComplete ? reading.listed : (before?.listed ?? 0),
		...(isComplete || !isShort ? {} : { shortSince }),
		products,
	};
	return { after, changes };
}

const isMuchShorter = (listed: number, before: number): boolean =>
	listed < before * SHORTEST_SHARE && before - listed > FEW;

/** A price or stock that a provider leaves out for once is taken to be what it was. */
const remembered = (product: Product, previous: Known | undefined): Known => ({
	price: product.price ?? previous?.price ?? null,
	unitPrice: product.unitPrice ?? previous?.unitPrice ?? null,
	currency: product.currency ?? previous?.currency ?? null,
	inStock: product.inStock ?? previous?.inStock ?? null,
	missing: 0,
});

/** Counts the readings without a product, and lets go of those that have been missing for long enough. */
function countMissing(
	products: Map<string, Known>,
	seen: ReadonlySet<string>,
	isBaseline: boolean,
	provider: string,
): Change[] {
	const changes: Change[] = [];
	for (const [productId, known] of products) {
		if (seen.has(productId)) continue;
		const missing = (isBaseline ? -READINGS_UNTIL_REMOVED : known.missing) + 1;
		if (missing !== 0 && missing < READINGS_UNTIL_REMOVED) {
			products.set(productId, { ...known, missing });
			continue;
		}
		products.delete(productId);
		const last = { name: productId, type: null, quantity: null, unit: null };
		const { missing: _, ...facts } = known;
		if (missing > 0)
			changes.push({
				event: 'removed',
				previous: known,
				product: { provider, productId, ...last, ...facts },
			});
	}
	return changes;
}

function differences(previous: Known, product: Product): Change[] {
	const changes: Change[] = [];
	if (hasOtherPrice(previous, product)) changes.push({ event: 'priceChanged', previous, product });
	if (previous.inStock === false && product.inStock) changes.push({ event: 'inStock', previous, product });
	if (previous.inStock && product.inStock === false) changes.push({ event: 'outOfStock', previous, product });
	return changes;
}

type Priced = Pick<Product, 'price' | 'unitPrice' | 'currency'>;

/** What counts as the price: where the buyer chooses the number of units, that of one unit. */
const priceOf = ({ price, unitPrice }: Priced): number | null => price ?? unitPrice;

/** Whether a known price differs from what was known before. */
function hasOtherPrice(previous: Priced, product: Priced): boolean {
	const [before, now] = [priceOf(previous), priceOf(product)];
	if (now === null || (previous.price !== null && product.price === null)) return false;
	return now !== before || isOtherCurrency(previous, product);
}

const isOtherCurrency = (previous: Priced, product: Priced): boolean =>
	previous.currency !== null && product.currency !== null && previous.currency !== product.currency;

/** By how many percent a price has changed; null where that cannot be said. */
export function percentOf({ event, previous, product }: Change): number | null {
	if (previous === null || event === 'removed' || isOtherCurrency(previous, product)) return null;
	const [before, now] = [priceOf(previous), priceOf(product)];
	const areOfOneKind = (previous.price === null) === (product.price === null);
	if (before === null || now === null || before === 0 || !areOfOneKind) return null;
	return times((now - before) / before, 100);
}
