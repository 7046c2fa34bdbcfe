/** Whatever a provider says of its pages, a list ends. */
const MOST_PAGES = 1_000;

/** One page: its rows with what tells them apart, and how many rows there are in all, where that is known. */
export interface Page<Row> {
	rows: Array<{ id: string; value: Row }>;
	total: number | null;
}

/**
 * Fetches pages until there are `limit` rows or no more of them. A row that moves to the next page meanwhile is
 * taken once. A page that brings nothing new is the end, and so is a short one, unless the total says that
 * there is more.
 * @param most how many rows the provider gives at once
 */
export async function collectPages<Row>(
	limit: number,
	most: number,
	fetch: (page: number, size: number) => Promise<Page<Row>>,
): Promise<Row[]> {
	const size = limit === Infinity ? most : Math.ceil(limit / Math.ceil(limit / most));
	const found = new Map<string, Row>();
	let received = 0;
	for (let page = 1; page <= MOST_PAGES && found.size < limit; page++) {
		const { rows, total } = await fetch(page, size);
		const before = found.size;
		received += rows.length;
		for (const { id, value } of rows) if (!found.has(id)) found.set(id, value);
		const isLast = total === null ? rows.length < size : received >= total;
		if (isLast || found.size === before) break;
	}
	return [...found.values()].slice(0, limit);
}
