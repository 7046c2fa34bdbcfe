/**
 * One Data Table of n8n in memory, as far as the package uses it: filters, order and conditional updates, with times of
 * rows compared the way SQLite does. Answers at once, so that thousands of polls take seconds.
 */

export type Cell = string | number | null;
export type TableRow = Record<string, Cell> & { id: number; createdAt: string; updatedAt: string };

interface Condition {
	columnName: string;
	condition: string;
	value: Cell;
}
interface Filter {
	type?: 'and' | 'or';
	filters: Condition[];
}

const TIMES = ['createdAt', 'updatedAt'];
const asSqlite = (cell: Cell): Cell =>
	typeof cell === 'string' ? cell.replace('T', ' ').replace('Z', '') : cell;

function meets(row: TableRow, { columnName, condition, value }: Condition): boolean {
	const stored = row[columnName] ?? null;
	const cell = TIMES.includes(columnName) ? asSqlite(stored) : stored;
	if (value === null) return (condition === 'eq') === (cell === null);
	if (cell === null) return condition === 'neq';
	switch (condition) {
		case 'eq':
			return cell === value;
		case 'neq':
			return cell !== value;
		case 'gt':
			return cell > value;
		case 'gte':
			return cell >= value;
		case 'lt':
			return cell < value;
		case 'lte':
			return cell <= value;
		default:
			throw new Error(`condition ${condition}`);
	}
}

const matches = (row: TableRow, { type = 'and', filters }: Filter): boolean =>
	type === 'or'
		? filters.some((condition) => meets(row, condition))
		: filters.every((condition) => meets(row, condition));

export class DataTableDouble {
	rows: TableRow[] = [];
	columns: Array<{ name: string; type: string }> = [];
	/** How often each kind of request came. */
	readonly requests: Record<string, number> = {};

	insert(cells: Record<string, Cell>, at = new Date().toISOString()): TableRow {
		const empty = Object.fromEntries(this.columns.map(({ name }) => [name, null]));
		const row = { ...empty, ...cells, id: this.newId(), createdAt: at, updatedAt: at } as TableRow;
		this.rows.push(row);
		return row;
	}

	/** SQLite counts on from the highest ID there is: the ID of the last row is used anew once that row is deleted. */
	private newId(): number {
		return 1 + this.rows.reduce((id, row) => Math.max(id, row.id), 0);
	}

	/** What n8n's public API answers. Undefined where it is asked for something else. */
	answer(method: string, path: string, query: URLSearchParams, body: unknown): unknown {
		if (!path.startsWith('/api/v1/data-tables')) return undefined;
		const route = `${method} ${path.replace('/api/v1/data-tables', '')}`;
		this.requests[route] = (this.requests[route] ?? 0) + 1;
		const filter = JSON.parse(query.get('filter') ?? '{"filters":[]}') as Filter;
		switch (route) {
			case 'GET ':
				return {
					data: [{ id: 'table', name: (filter as unknown as { name: string }).name, columns: this.columns }],
				};
			case 'POST /table/columns':
				this.columns.push(body as { name: string; type: string });
				return {};
			case 'POST /table/rows':
				return (body as { data: Array<Record<string, Cell>> }).data.map((cells) => this.insert(cells));
			case 'GET /table/rows':
				return this.page(filter, query.get('sortBy')!, Number(query.get('limit')));
			case 'PATCH /table/rows/update': {
				const change = body as { filter: Filter; data: Record<string, Cell> };
				return this.update(change.filter, change.data);
			}
			case 'DELETE /table/rows/delete':
				this.rows = this.rows.filter((row) => !matches(row, filter));
				return true;
			default:
				throw new Error(`n8n has no ${route}`);
		}
	}

	private update(filter: Filter, data: Record<string, Cell>): TableRow[] {
		const found = this.rows.filter((row) => matches(row, filter));
		for (const row of found) Object.assign(row, data, { updatedAt: new Date().toISOString() });
		return structuredClone(found);
	}

	private page(
		filter: Filter,
		sortBy: string,
		limit: number,
	): { data: TableRow[]; nextCursor: string | null } {
		const [column, direction] = sortBy.split(':') as [string, string];
		const sign = direction === 'asc' ? 1 : -1;
		const found = this.rows
			.filter((row) => matches(row, filter))
			.sort((one, other) => {
				const [x, y] = [one[column] ?? null, other[column] ?? null];
				if (x === y) return one.id - other.id;
				return x === null || (y !== null && x < y) ? -sign : sign;
			});
		return {
			data: structuredClone(found.slice(0, limit)),
			nextCursor: found.length > limit ? 'more' : null,
		};
	}
}
