import { DATA_TABLE_SYSTEM_COLUMN_TYPE_MAP, validateFieldType, type FieldType } from 'n8n-workflow';

import type { Kept } from '../state';
import { invalid, refuse } from './refusal';

/*
 * One Data Table as n8n 2.41 keeps it in SQLite or PostgreSQL (n8n/dist/modules/data-table). Between the statements
 * of one request others may come: on PostgreSQL they do, and nothing promises that they do not on SQLite, where one
 * n8n was seen to serve 30 updates and upserts at once strictly one after the other.
 */

export type Database = 'sqlite' | 'postgres';
export type ColumnType = 'string' | 'number' | 'boolean' | 'date';

export interface Column {
	id: string;
	name: string;
	type: ColumnType;
	index: number;
	createdAt: string;
	updatedAt: string;
}

/** What a cell holds: dates as milliseconds since 1970. */
type Cell = string | number | boolean | null;

interface StoredRow {
	id: number;
	createdAt: number;
	updatedAt: number;
	cells: Record<string, Cell>;
	/** Its transaction is committed: others see it. */
	committed: boolean;
}

/** A row as it is sent: the columns, and `id`, `createdAt`, `updatedAt` (ISO 8601). */
export type Row = { id: number; createdAt: string; updatedAt: string } & Record<string, unknown>;

export interface Condition {
	columnName: string;
	condition: 'eq' | 'neq' | 'like' | 'ilike' | 'gt' | 'gte' | 'lt' | 'lte' | 'isEmpty' | 'isNotEmpty';
	value: string | number | boolean | null;
}

export interface Filter {
	type: 'and' | 'or';
	filters: Condition[];
}

export interface Query {
	filter?: Filter | undefined;
	sortBy?: readonly [column: string, direction: 'ASC' | 'DESC'] | undefined;
	search?: string | undefined;
	offset: number;
	/** 0: no limit. */
	limit: number;
}

const systemColumns: Readonly<Record<string, ColumnType>> = DATA_TABLE_SYSTEM_COLUMN_TYPE_MAP;

export const isSystemColumn = (name: string): boolean =>
	Object.keys(systemColumns).some((column) => column.toLowerCase() === name.toLowerCase());

export class Table implements Kept {
	columns: Column[] = [];
	private rows: StoredRow[] = [];
	private lastId = 0;

	constructor(
		private readonly database: Database,
		private readonly now: () => number,
	) {}

	get(query: Query): { rows: Row[]; count: number } {
		const filter = query.filter && this.checkedFilter(query.filter);
		const matching = this.visible().filter((row) => !filter || this.matches(row, filter));
		const { search } = query;
		const found = search?.trim() ? matching.filter((row) => this.mentions(row, search)) : matching;
		const sorted = this.sorted(found, query.sortBy);
		const end = query.limit > 0 ? query.offset + query.limit : undefined;
		return { rows: sorted.slice(query.offset, end).map((row) => this.sent(row)), count: found.length };
	}

	/** All rows or none. `commit` is awaited between taking the IDs and showing the rows to others. */
	async insert(rows: Array<Record<string, unknown>>, commit: () => Promise<void>): Promise<Row[]> {
		const checked = rows.map((row) => this.checkedCells(row));
		const inserted = checked.map((cells) => {
			const now = this.now();
			const row = { id: this.newId(), createdAt: now, updatedAt: now, cells, committed: false };
			this.rows.push(row);
			return row;
		});
		await commit();
		for (const row of inserted) row.committed = true;
		return inserted.map((row) => this.sent(row));
	}

	/**
	 * On PostgreSQL the rows that this request has changed. On SQLite those that matched before it changed any, as
	 * they stand afterwards: another request may have changed them in its stead.
	 */
	async update(filter: Filter, data: Record<string, unknown>): Promise<Row[]> {
		const { change, condition } = this.checkedUpdate(filter, data);
		const matching = () => this.visible().filter((row) => this.matches(row, condition));
		const set = () =>
			matching().map((row) => {
				Object.assign(row.cells, change);
				row.updatedAt = this.now();
				return row;
			});
		if (this.database === 'postgres') return set().map((row) => this.sent(row));
		const ids = new Set(matching().map(({ id }) => id));
		await others();
		set();
		await others();
		return this.visible()
			.filter(({ id }) => ids.has(id))
			.map((row) => this.sent(row));
	}

	/** An update, then an insert where that met no row: not one step. */
	async upsert(filter: Filter, data: Record<string, unknown>, commit: () => Promise<void>): Promise<Row[]> {
		const updated = await this.update(filter, data);
		if (updated.length > 0) return updated;
		await others();
		return await this.insert([data], commit);
	}

	delete(filter: Filter): Row[] {
		const condition = this.checkedFilter(filter);
		const gone = new Set(this.visible().filter((row) => this.matches(row, condition)));
		this.rows = this.rows.filter((row) => !gone.has(row));
		return [...gone].map((row) => this.sent(row));
	}

	/** Puts rows into the table as they are, in place of all there are; IDs and times that are missing are new. */
	replace(rows: Array<Record<string, unknown>>): void {
		this.rows = rows.map(({ id, createdAt, updatedAt, ...row }): StoredRow => {
			const given = typeof id === 'number' ? id : this.lastId + 1;
			this.lastId = Math.max(this.lastId, given);
			const time = (value: unknown) => (typeof value === 'string' ? Date.parse(value) : this.now());
			return {
				id: given,
				createdAt: time(createdAt),
				updatedAt: time(updatedAt),
				cells: this.checkedCells(row),
				committed: true,
			};
		});
	}

	/** Every row, also those that are not yet committed. */
	everything(): Row[] {
		return this.rows.map((row) => this.sent(row));
	}

	/** SQLite counts on from the highest ID there is: the ID of the last row is used anew once that row is deleted. */
	private newId(): number {
		if (this.database === 'sqlite') this.lastId = this.rows.reduce((id, row) => Math.max(id, row.id), 0);
		return ++this.lastId;
	}

	addColumn(column: Column): void {
		for (const other of this.columns) if (other.index >= column.index) other.index++;
		this.columns.push(column);
		this.columns.sort((a, b) => a.index - b.index);
	}

	snapshot(): unknown {
		return {
			columns: this.columns,
			lastId: this.lastId,
			rows: this.rows.filter(({ committed }) => committed),
		};
	}

	restore(state: unknown): void {
		Object.assign(this, state);
	}

	private visible(): StoredRow[] {
		return this.rows.filter(({ committed }) => committed);
	}

	private sent({ id, createdAt, updatedAt, cells }: StoredRow): Row {
		const shown = this.columns.map(({ name, type }) => {
			const cell = cells[name] ?? null;
			return [name, type === 'date' && cell !== null ? new Date(Number(cell)).toISOString() : cell] as const;
		});
		return {
			...Object.fromEntries(shown),
			id,
			createdAt: new Date(createdAt).toISOString(),
			updatedAt: new Date(updatedAt).toISOString(),
		};
	}

	private typeOf(name: string): ColumnType | undefined {
		return this.columns.find((column) => column.name === name)?.type;
	}

	private checkedUpdate(filter: Filter, data: Record<string, unknown>) {
		if (this.columns.length === 0) {
			throw invalid('No columns found for this data table or data table not found');
		}
		const change = this.checkedCells(data);
		return { change, condition: this.checkedFilter(filter) };
	}

	private checkedCells(row: Record<string, unknown>): Record<string, Cell> {
		return Object.fromEntries(
			Object.entries(row).map(([name, value]) => {
				const type = this.typeOf(name);
				if (!type) throw invalid(`unknown column name '${name}'`);
				const cell = checkedValue(name, value, type);
				if (cell === null) return [name, null];
				if (type === 'date') return [name, Date.parse(String(cell))];
				return [name, type === 'string' ? this.asText(cell) : cell];
			}),
		);
	}

	private checkedFilter({ type, filters }: Filter): Filter {
		return { type, filters: filters.map((filter) => this.checkedCondition(filter)) };
	}

	private checkedCondition({ columnName, condition, value }: Condition): Condition {
		const type = systemColumns[columnName] ?? this.typeOf(columnName);
		if (!type) throw invalid(`unknown column name '${columnName}'`);
		const checked = checkedValue(columnName, value, type);
		if (type !== 'string' && condition === 'isEmpty') return { columnName, condition: 'eq', value: null };
		if (type !== 'string' && condition === 'isNotEmpty') return { columnName, condition: 'neq', value: null };
		if (['like', 'ilike', 'gt', 'gte', 'lt', 'lte'].includes(condition) && checked === null) {
			throw invalid(`${condition.toUpperCase()} filter value cannot be null or undefined`);
		}
		if ((condition === 'like' || condition === 'ilike') && typeof checked !== 'string') {
			throw invalid(`${condition.toUpperCase()} filter value must be a string`);
		}
		return { columnName, condition, value: checked };
	}

	private matches(row: StoredRow, { type, filters }: Filter): boolean {
		if (filters.length === 0) return true;
		const one = (condition: Condition) => this.meets(row, condition);
		return type === 'or' ? filters.some(one) : filters.every(one);
	}

	private meets(row: StoredRow, { columnName, condition, value }: Condition): boolean {
		const cell = this.comparable(row, columnName);
		if (condition === 'isEmpty') return cell === null || cell === '';
		if (condition === 'isNotEmpty') return cell !== null && cell !== '';
		if (value === null) return (condition === 'eq') === (cell === null);
		if (cell === null) return condition === 'neq';
		if (condition === 'like' || condition === 'ilike') {
			return likeness(String(value), condition === 'ilike').test(String(cell));
		}
		const wanted = this.comparableValue(columnName, value);
		switch (condition) {
			case 'eq':
				return cell === wanted;
			case 'neq':
				return cell !== wanted;
			case 'gt':
				return cell > wanted;
			case 'gte':
				return cell >= wanted;
			case 'lt':
				return cell < wanted;
			case 'lte':
				return cell <= wanted;
		}
	}

	/** SQLite keeps a date as text, and compares it as text with what the filter says. */
	private comparable(row: StoredRow, name: string): Cell {
		const cell = name in systemColumns ? row[name as 'id' | 'createdAt' | 'updatedAt'] : row.cells[name];
		const date = (systemColumns[name] ?? this.typeOf(name)) === 'date';
		if (date && this.database === 'sqlite' && typeof cell === 'number') return sqliteDate(cell);
		return cell ?? null;
	}

	private comparableValue(name: string, value: string | number | boolean): string | number | boolean {
		const type = systemColumns[name] ?? this.typeOf(name);
		if (type === 'string') return this.asText(value);
		if (type === 'date' && this.database === 'postgres') return Date.parse(String(value));
		return value;
	}

	/** What a text column makes of other values. */
	private asText(value: string | number | boolean): string {
		if (this.database === 'postgres' || typeof value === 'string') return String(value);
		if (typeof value === 'boolean') return value ? '1' : '0';
		return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(15)));
	}

	private mentions(row: StoredRow, search: string): boolean {
		const pattern = likeness(search, true);
		return this.columns.some(({ name }) => {
			const cell = this.comparable(row, name);
			return cell !== null && pattern.test(String(cell));
		});
	}

	private sorted(rows: StoredRow[], sortBy: Query['sortBy']): StoredRow[] {
		if (!sortBy) return rows.toSorted((a, b) => a.id - b.id);
		const [name, direction] = sortBy;
		// The database says no to a column it does not have.
		if (!(name in systemColumns) && !this.typeOf(name)) throw refuse('INTERNAL');
		const sign = direction === 'ASC' ? 1 : -1;
		const nulls = this.database === 'sqlite' ? -1 : 1;
		return rows.toSorted((a, b) => {
			const [x, y] = [this.comparable(a, name), this.comparable(b, name)];
			if (x === y) return a.id - b.id;
			if (x === null) return sign * nulls;
			if (y === null) return -sign * nulls;
			return x < y ? -sign : sign;
		});
	}
}

/** Lets other requests come in between. */
const others = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const sqliteDate = (at: number): string => new Date(at).toISOString().replace('T', ' ').replace('Z', '');

/** A value as a column of this type takes it, dates in ISO 8601. A text column takes any. */
function checkedValue(name: string, value: unknown, type: ColumnType): string | number | boolean | null {
	if (value === null || value === undefined) return null;
	const fieldType: FieldType = type === 'date' ? 'dateTime' : type;
	const result = validateFieldType(name, value, fieldType, { strict: false, parseStrings: false });
	if (!result.valid) {
		throw invalid(`value '${String(value)}' does not match column type '${type}': ${result.errorMessage}`);
	}
	if (type !== 'date') return result.newValue as string | number | boolean;
	return (result.newValue as unknown as { toUTC(): { toISO(): string } }).toUTC().toISO();
}

/** LIKE with `%` for anything; a text without it may stand anywhere. */
function likeness(text: string, ignoreCase: boolean): RegExp {
	const pattern = (text.includes('%') ? text : `%${text}%`)
		.split('%')
		.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
		.join('.*');
	return new RegExp(`^${pattern}$`, ignoreCase ? 'is' : 's');
}
