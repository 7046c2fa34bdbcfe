export type Unit = 'star' | 'month' | 'piece';

/** Anything a provider offers. Keys are always present; unknown is null. */
export interface Product {
	/** The provider's node name, e.g. `teleKartStars`. */
	provider: string;
	productId: string;
	name: string;
	/** The provider's own word for the kind of product. */
	type: string | null;
	/** How many units one purchase delivers. */
	quantity: number | null;
	unit: Unit | null;
	/** Decimal amount in `currency`. */
	price: number | null;
	/** Price of one unit; for custom Stars the rate. */
	unitPrice: number | null;
	/** Upper case, e.g. `USD`. */
	currency: string | null;
	inStock: boolean | null;
}

const STARS = /(\d+)\s*(?:telegram\s+)?stars\b/i;

/** Telegram Stars in a product whose name says so ("100 Stars"), or null: only the name tells at some providers. */
export function starsInName(name: string): number | null {
	if (!/telegram/i.test(name)) return null;
	const digits = STARS.exec(name.replace(/(?<=\d)[ ,.](?=\d{3}\b)/g, ''))?.[1];
	return digits === undefined ? null : Number(digits);
}
