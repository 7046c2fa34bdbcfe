/**
 * Tribute writes amounts in a currency's smallest unit: 1234 is 12.34 USD, and 1234 JPY. This package has money as a
 * decimal number.
 */

/** Decimal places of a currency: 2 where the code is unknown or missing. */
function decimalPlaces(currency: string | null): number {
	if (currency === null || !/^[a-z]{3}$/i.test(currency)) return 2;
	const { maximumFractionDigits } = new Intl.NumberFormat('en', {
		style: 'currency',
		currency,
	}).resolvedOptions();
	return maximumFractionDigits ?? 2;
}

/** How far a decimal number may be from what it stands for, relative to itself: 0.1 + 0.2 is 0.3. */
const DUST = 4 * Number.EPSILON;

/** @returns undefined for an amount that the smallest unit cannot express, such as 12.345 USD or 0.5 JPY */
export function toMinorUnits(amount: number, currency: string): number | undefined {
	const scale = 10 ** decimalPlaces(currency);
	const minor = Math.round(amount * scale);
	const isExact = Math.abs(minor / scale - amount) <= DUST * Math.abs(amount);
	return isExact && Number.isSafeInteger(minor) ? minor : undefined;
}

export const fromMinorUnits = (minor: number, currency: string | null): number =>
	minor / 10 ** decimalPlaces(currency);
