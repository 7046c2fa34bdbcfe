import { finalStates } from '../shared/domain/order';
import { is, type Condition } from '../shared/ledger/dataTable';
import type { StoredRow } from '../shared/ledger/row';
import { compare, identityOf, timeOf, type EventState, type Position, type RowEvent } from './event';
import { COMPARED_AT_ONCE, MOST_EVENTS, NEW_PAGES } from './limits';
import type { Memory } from './memory';
import type { Progress, Round } from './progress';
import { NOT_REJECTED, type Table } from './table';

/** Events of the table, and up to where all of them are known. */
export interface NewEvents {
	events: RowEvent[];
	/** Beyond it there may be events that were not read yet. */
	known: Position;
}

export const EVERYTHING: Position = [Infinity, Infinity];

type TimeColumn = 'finalAt' | 'stateAt';

/**
 * Reads what the table tells that may be new: the events of the chosen states, in the order of their times. Where there
 * is more than a poll reads it gives the oldest.
 */
export async function readNewEvents(
	table: Table,
	chosen: ReadonlySet<EventState>,
	memory: Memory,
	progress: Progress,
): Promise<NewEvents> {
	const [time, afterRow] = memory.readFrom;
	const from = new Date(time).toISOString();
	const isNew = (row: StoredRow): boolean =>
		table.eventsOf(row).some((event) => chosen.has(event.state) && memory.wants(event));
	const reads: Array<Promise<Read>> = [];
	const read = (column: TimeColumn, ...filter: Condition[]): void => {
		reads.push(readInOrder(table, filter, column, [from, afterRow], isNew));
	};
	for (const state of finalStates) {
		// An order that was refunded afterwards still tells that it failed.
		const tells = state === 'refunded' && (chosen.has('failed') || chosen.has('cancelled'));
		if (!chosen.has(state) && !tells) continue;
		read('finalAt', is('state', state));
		read('stateAt', is('state', state), { columnName: 'finalAt', condition: 'lte', value: from });
	}
	if (chosen.has('unconfirmed')) read('stateAt', is('state', 'unconfirmed'));
	if (chosen.has('expired') && Number.isFinite(table.expireAfter))
		reads.push(
			readExpired(
				table,
				time,
				progress.round('expired', () => 0, table.now),
			),
		);

	const all = await Promise.all(reads);
	const rows = new Map(all.flatMap((read) => read.rows).map((row) => [row.id, row]));
	return {
		events: [...rows.values()].flatMap((row) => table.eventsOf(row)).filter(({ state }) => chosen.has(state)),
		known: all.map((read) => read.known).reduce(earlier, EVERYTHING),
	};
}

const earlier = (one: Position, other: Position): Position => (compare(one, other) <= 0 ? one : other);

interface Read {
	rows: StoredRow[];
	known: Position;
}

/** n8n sorts equal times by ID. Any number of rows may bear the same time. */
async function readInOrder(
	table: Table,
	filter: Condition[],
	column: TimeColumn,
	[from, afterRow]: [time: string, row: number],
	isNew: (row: StoredRow) => boolean,
): Promise<Read> {
	const rows: StoredRow[] = [];
	let found = 0;
	const rowsOf = (time: string, after: number): Condition[] => [
		is(column, time),
		{ columnName: 'id', condition: 'gt', value: after },
	];
	let isWithinOneTime = afterRow > 0;
	let next: Condition[] = isWithinOneTime
		? rowsOf(from, afterRow)
		: [{ columnName: column, condition: 'gte', value: from }];
	for (let page = 0; page < NEW_PAGES && found < MOST_EVENTS; page++) {
		const sortBy = isWithinOneTime ? 'id:asc' : (`${column}:asc` as const);
		const read = await table.page([...filter, ...next], sortBy);
		rows.push(...read.rows);
		found += read.rows.filter(isNew).length;
		const last = read.rows.at(-1);
		if (last === undefined || !read.more) {
			if (!isWithinOneTime) return { rows, known: EVERYTHING };
			next = [{ columnName: column, condition: 'gt', value: next[0]!.value }];
			isWithinOneTime = false;
			continue;
		}
		isWithinOneTime ||= read.rows[0]![column] === last[column];
		next = isWithinOneTime
			? rowsOf(last[column], last.id)
			: [{ columnName: column, condition: 'gte', value: last[column] }];
	}
	const last = rows.at(-1)!;
	const reached = timeOf(last[column]) ?? NaN;
	// Times that make no sense are sorted behind all others.
	return { rows, known: Number.isNaN(reached) ? EVERYTHING : [reached, last.id] };
}

/**
 * Orders that came into the table as long ago as an order is watched, by their IDs: SQLite compares only the day of
 * `createdAt`. Orders that expired before are passed over once.
 */
async function readExpired(table: Table, from: number, round: Round): Promise<Read> {
	const isStillOpen = [
		...[is('finalAt', ''), NOT_REJECTED],
		...[table.createdSince(from - table.expireAfter), table.createdUntil(table.now - table.expireAfter)],
	];
	const rows: StoredRow[] = [];
	let [last, pages] = [round.cursor, 0];
	while (pages < NEW_PAGES) {
		const after: Condition = { columnName: 'id', condition: 'gt', value: last };
		const read = await table.page([...isStillOpen, after], 'id:asc');
		for (const row of read.rows) {
			if (expiryOf(row, table) <= from) round.cursor = row.id;
			else rows.push(row);
		}
		if (!read.more) return { rows, known: EVERYTHING };
		last = read.rows.at(-1)!.id;
		if (rows.length > 0) pages++;
	}
	const reached = rows.at(-1)!;
	return { rows, known: [expiryOf(reached, table), reached.id] };
}

const expiryOf = ({ createdAt }: StoredRow, { expireAfter }: Table): number =>
	Date.parse(createdAt) + expireAfter;

/**
 * The earliest row that tells of each event: an order may be named by several rows, and its event is as old as the
 * first of them. Takes as many events as fit into one filter. Events of orders that expired are left out where another row knows the order's end.
 */
export async function earliest(table: Table, events: RowEvent[]): Promise<RowEvent[]> {
	const orders = new Map(events.map((event) => [identityOf(event.row), event.row]));
	const first = new Map<string, RowEvent>();
	const ended = new Set<string>();
	const consider = (event: RowEvent): void => {
		const known = first.get(event.eventId);
		if (known === undefined || compare(event.position, known.position) < 0) first.set(event.eventId, event);
	};
	events.forEach(consider);
	const marks = [...orders.values()].filter(({ orderId, nonce }) => orderId !== '' || nonce !== '');
	const same = marks.map(({ orderId, nonce }) =>
		orderId === '' ? is('nonce', nonce) : is('orderId', orderId),
	);
	for (const row of same.length === 0 ? [] : await table.all(same)) {
		const identity = identityOf(row);
		if (!orders.has(identity)) continue;
		if (row.finalAt !== '') ended.add(identity);
		table.eventsOf(row).forEach(consider);
	}
	const wanted = new Set(events.map(({ eventId }) => eventId));
	return [...first.values()].filter(
		({ eventId, state, row }) => wanted.has(eventId) && !(state === 'expired' && ended.has(identityOf(row))),
	);
}

/** The rows with these IDs, as they stand. */
export async function readRows(table: Table, ids: number[]): Promise<StoredRow[]> {
	const rows: StoredRow[] = [];
	for (let begin = 0; begin < ids.length; begin += COMPARED_AT_ONCE)
		rows.push(...(await table.all(ids.slice(begin, begin + COMPARED_AT_ONCE).map((id) => is('id', id)))));
	return rows;
}
