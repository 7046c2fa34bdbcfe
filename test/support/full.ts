/**
 * `npm test` runs a part of the large suites, `npm run test:full` (`FULL=1`) all of them. What the part is, is
 * decided here and is always the same.
 */
export const full = process.env.FULL === '1';

/** A test that `npm test` leaves out, since nothing but time makes it pass. */
export const itInFull = full ? it : it.skip;

/** How often fast-check runs a property. */
export const runs = (quick: number, all: number): { numRuns: number } => ({ numRuns: full ? all : quick });

const valuesOf = (one: unknown): unknown[] => (Array.isArray(one) ? one : [one]);

/**
 * About `count` of the cases, or all of them in a full run. Every value of every dimension is in at least one, and
 * as many pairs of values as the count allows.
 *
 * @param dimensions a case's value in each dimension; without it, the elements of a case that is a list
 */
export function sampled<T>(
	cases: readonly T[],
	count: number,
	dimensions: (one: T) => unknown[] = valuesOf,
): T[] {
	if (full) return [...cases];
	const remaining = cases.map((one, index) => ({ index, one, ...coverageOf(dimensions(one)) }));
	const covered = new Set<string>();
	const missing = (keys: string[]) => keys.filter((key) => !covered.has(key)).length;
	const chosen: typeof remaining = [];
	while (remaining.length > 0) {
		const ranked = remaining.map(({ values, pairs }) => missing(values) * 1_000 + missing(pairs));
		const best = Math.max(...ranked);
		if (chosen.length >= count && best < 1_000) break;
		const [next] = remaining.splice(ranked.indexOf(best), 1);
		chosen.push(next!);
		for (const key of [...next!.values, ...next!.pairs]) covered.add(key);
	}
	return chosen.sort((one, other) => one.index - other.index).map(({ one }) => one);
}

function coverageOf(dimensions: unknown[]): { values: string[]; pairs: string[] } {
	const values = dimensions.map((value, dimension) => `${dimension}: ${JSON.stringify(value)}`);
	const pairs = values.flatMap((value, index) =>
		values.slice(index + 1).map((other) => `${value}, ${other}`),
	);
	return { values, pairs };
}

/** Each element of one list with each of another. */
export const combinations = <A, B>(some: readonly A[], others: readonly B[]): Array<[A, B]> =>
	some.flatMap((one) => others.map((other): [A, B] => [one, other]));
