import type { N8nConnection } from './connection';

export interface DataTable {
	id: string;
	name: string;
	columns: Array<{ id: string; name: string; type: string }>;
	[key: string]: unknown;
}

export type DataTableRow = { id: number; createdAt: string; updatedAt: string } & Record<string, unknown>;

/** n8n's data tables, by its public API. */
export class DataTables {
	constructor(private readonly n8n: N8nConnection) {}

	async list(): Promise<DataTable[]> {
		return await this.n8n.all<DataTable>('/data-tables');
	}

	/** The table of this name, or undefined. */
	async find(name: string): Promise<DataTable | undefined> {
		return (await this.list()).find((table) => table.name === name);
	}

	/** Columns given by name only hold strings. */
	async create(
		name: string,
		columns: Array<string | { name: string; type: 'string' | 'number' | 'boolean' | 'date' }>,
	): Promise<DataTable> {
		return await this.n8n.api<DataTable>('POST', '/data-tables', {
			name,
			columns: columns.map((column) =>
				typeof column === 'string' ? { name: column, type: 'string' } : column,
			),
		});
	}

	/** All rows; `filter` is the public API's (`{ type: 'and', filters: [{ columnName, condition, value }] }`). */
	async rows(id: string, filter?: Record<string, unknown>): Promise<DataTableRow[]> {
		const query = filter ? { filter: JSON.stringify(filter) } : {};
		return await this.n8n.all<DataTableRow>(`/data-tables/${id}/rows`, query);
	}
}
