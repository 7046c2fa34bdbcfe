import { PAGE_SIZE, type Condition } from '../shared/ledger/dataTable';
import type { StoredRow } from '../shared/ledger/row';
import type { Round } from './progress';
import type { Table } from './table';

/** A share of the rows that meet some conditions, in the order of their IDs, after those of the poll before. */
export interface Share {
	rows: StoredRow[];
	/** Whether these are all rows there are. */
	isAll: boolean;
	/** When these rows were visited before, epoch milliseconds; 0 when that is unknown. */
	lastVisit: number;
	/**
	 * Goes on behind these rows at the next poll.
	 * @param missed the first row that has to be visited once more
	 */
	done(missed?: StoredRow): void;
}

/** Goes through all rows that meet some conditions, a share at each poll, over and over. */
export async function nextShare(
	table: Table,
	conditions: Condition[],
	round: Round,
	pages: number,
): Promise<Share> {
	const first = round.cursor;
	if (first === 0) round.began = table.now;
	const rows: StoredRow[] = [];
	let more = true;
	for (let page = 0; page < pages && more; page++) {
		const after: Condition = { columnName: 'id', condition: 'gt', value: rows.at(-1)?.id ?? first };
		const read = await table.page([...conditions, after], 'id:asc', PAGE_SIZE);
		rows.push(...read.rows);
		more = read.more;
	}
	const { began, previous } = round;
	return {
		rows,
		isAll: first === 0 && !more,
		lastVisit: previous === 0 ? 0 : previous + Math.max(0, table.now - began),
		done: (missed) => {
			if (missed !== undefined) round.cursor = missed.id - 1;
			else if (more) round.cursor = rows.at(-1)!.id;
			else Object.assign(round, { cursor: 0, start: 0, previous: round.start === 0 ? began : 0 });
		},
	};
}
