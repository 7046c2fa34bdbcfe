/**
 * Money is a decimal number of major units (12.34, not 1234), as every shape of this package has it.
 * Nothing here rounds a price that is sent to a provider: those leave exactly as they were quoted.
 */

/** Decimal places kept while multiplying, far beyond any price, so that binary dust (16.500000000000004) goes. */
const DUST = 9;

const withoutDust = (value: number) => Number(value.toFixed(DUST));

/** `unit × count`, free of binary dust. */
export const times = (unit: number, count: number): number => withoutDust(unit * count);

/** Rounds up to cents, the way a ceiling must be compared: never below what a provider may charge. */
export const ceilToCents = (amount: number): number => Math.ceil(withoutDust(amount * 100)) / 100;

/** Price of one unit in a pack, or null when it cannot be known. */
export const perUnit = (price: number | null, quantity: number | null): number | null =>
	price === null || quantity === null || quantity <= 0 ? null : withoutDust(price / quantity);
