/** The bounds of the product trigger. */

/** Balance Low, where Balance Below is not set. */
export const BALANCE_BELOW = 10;
/** In how many complete readings in a row a product has to be missing until it counts as removed. */
export const READINGS_UNTIL_REMOVED = 3;
/** A reading with less than this share of the last complete one is not believed, unless only a few are missing. */
export const SHORTEST_SHARE = 0.5;
export const FEW = 5;
/** How long a catalog has to stay so short until it is believed, in milliseconds. */
export const SHORT_UNTIL_BELIEVED = 86_400_000;
/** The most characters of static data that n8n is asked to keep: some 25,000 products. */
export const LONGEST_MEMORY = 390_000;
/** What a test run shows. */
export const SHOWN_IN_TEST = 10;
