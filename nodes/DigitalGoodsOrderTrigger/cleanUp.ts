import { isFinal } from '../shared/domain/order';
import { anyOf, is, type Condition } from '../shared/ledger/dataTable';
import type { StoredRow } from '../shared/ledger/row';
import { timeOf } from './event';
import { DELETED_AT_ONCE, DELETED_ROWS } from './limits';
import type { Table } from './table';
import type { Warnings } from '../shared/trigger/warnings';

/**
 * Deletes rows that were finished so long ago: orders that are final, and purchases that were refused. What may still
 * change, and what nobody knows the outcome of, stays.
 * @param deleteAfter milliseconds; 0 keeps everything
 */
export async function deleteFinished(table: Table, deleteAfter: number, warnings: Warnings): Promise<void> {
	if (deleteAfter === 0) return;
	await deleteUntil(table, table.now - deleteAfter).catch((error: unknown) => {
		warnings.add(`finished rows could not be deleted: ${(error as Error).message}`);
	});
}

async function deleteUntil(table: Table, until: number): Promise<void> {
	const before = (columnName: 'finalAt' | 'stateAt'): Condition[] => [
		{ columnName, condition: 'lt', value: new Date(until).toISOString() },
		{ columnName, condition: 'gt', value: '0' },
	];
	const finals = (await table.page(before('finalAt'), 'id:asc', DELETED_ROWS)).rows;
	const refused = (await table.page([is('state', 'rejected'), ...before('stateAt')], 'id:asc', DELETED_ROWS))
		.rows;
	const isOld = (cell: string): boolean => (timeOf(cell) ?? NaN) < until;
	const finished = [
		...finals.filter(
			({ state, finalAt, stateAt }) => isFinal(state) && isOld(finalAt) && isOld(stateAt || finalAt),
		),
		...refused.filter(({ stateAt }) => isOld(stateAt)),
	].slice(0, DELETED_ROWS);
	for (let begin = 0; begin < finished.length; begin += DELETED_AT_ONCE)
		await table.ledger.delete(
			anyOf(...finished.slice(begin, begin + DELETED_AT_ONCE).map(({ id }: StoredRow) => is('id', id))),
		);
}
