import { z } from 'zod';

/** What is remembered of a product: what was last told of it. */
export interface Known {
	price: number | null;
	unitPrice: number | null;
	currency: string | null;
	inStock: boolean | null;
	/**
	 * Complete readings in a row without it. Below zero and counting up: it was missing when the filter had changed,
	 * so it leaves without an event.
	 */
	missing: number;
}

/** What is remembered of a provider's catalog. */
export interface Snapshot {
	/** The filter it was read with; empty until a complete reading with the present filter. */
	filter: string;
	/** How many products the last complete reading held, before those that do not fit were left out. */
	listed: number;
	/** Since when readings have been so short that they are not believed, epoch milliseconds. */
	shortSince?: number | undefined;
	products: Map<string, Known>;
}

/*
 * Static data is saved as a whole, so 12,000 products have to be short: `id,price,unitPrice,currency,stock,missing`,
 * where a field is empty when it is as usual (the unit price the same as the price, the currency that of the product
 * before, in stock, not missing), `-` when it is unknown, and left out at the end.
 */
const UNKNOWN = '-';

const escaped = (text: string): string =>
	text.replace(/[%,;]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
const unescaped = (text: string): string =>
	text.replace(/%(..)/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));

function encoded(products: Snapshot['products']): string {
	let lastCurrency: string | null = null;
	return [...products]
		.map(([id, { price, unitPrice, currency, inStock, missing }]) => {
			const fields = [
				escaped(id),
				price ?? UNKNOWN,
				unitPrice === price ? '' : (unitPrice ?? UNKNOWN),
				currency === lastCurrency ? '' : escaped(currency ?? UNKNOWN),
				inStock === null ? UNKNOWN : inStock ? '' : '0',
				missing === 0 ? '' : missing,
			];
			lastCurrency = currency;
			return fields.join(',').replace(/,+$/, '');
		})
		.join(';');
}

function decoded(text: string): Snapshot['products'] {
	const products: Snapshot['products'] = new Map();
	let currency: string | null = null;
	for (const entry of text === '' ? [] : text.split(';')) {
		const [id = '', price = '', unitPrice = '', code = '', stock = '', missing = ''] = entry.split(',');
		if (code !== '') currency = code === UNKNOWN ? null : unescaped(code);
		products.set(unescaped(id), {
			price: numberOf(price),
			unitPrice: unitPrice === '' ? numberOf(price) : numberOf(unitPrice),
			currency,
			inStock: stock === UNKNOWN ? null : stock === '',
			missing: Number(missing),
		});
	}
	return products;
}

const numberOf = (field: string): number | null => (field === UNKNOWN ? null : Number(field));

const isReadable = ({ price, unitPrice, missing }: Known): boolean =>
	[price ?? 0, unitPrice ?? 0, missing].every(Number.isFinite);

/** A snapshot as static data keeps it. */
export const storedSnapshot = z
	.object({
		filter: z.string(),
		listed: z.number().finite(),
		shortSince: z.number().finite().optional(),
		products: z.string(),
	})
	.transform((stored): Snapshot => ({ ...stored, products: decoded(stored.products) }))
	.refine(({ products }) => [...products.values()].every(isReadable));

export type StoredSnapshot = z.input<typeof storedSnapshot>;

export const stored = (snapshot: Snapshot): StoredSnapshot => ({
	...snapshot,
	products: encoded(snapshot.products),
});
