import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import { ProviderError } from '../errors/providerError';
import type { Api } from '../http/api';
import { optional, segment, text } from '../http/schemas';
import { orderTrackingConnection } from './connection';
import { NUMBER_COLUMNS, storedRow, TEXT_COLUMNS, type Row, type StoredRow } from './row';

/** n8n's public API, below the origin of the credential. */
const TABLES = '/api/v1/data-tables';
/** The most rows n8n gives at once. */
export const PAGE_SIZE = 250;

const tableList = z.object({
	data: z.array(z.object({ id: text, name: z.string(), columns: z.array(z.object({ name: z.string() })) })),
	nextCursor: optional(z.string()),
});
const rowPage = z.object({ data: z.array(storedRow), nextCursor: optional(z.string()) });
const rows = z.array(storedRow);

type Column = keyof StoredRow & string;

export interface Condition {
	columnName: Exclude<Column, 'noFinalAt'>;
	condition: 'eq' | 'neq' | 'gt' | 'gte' | 'lt' | 'lte';
	value: string | number | null;
}

/** Rows that a filter matches: all conditions, or any of them. */
export interface Filter {
	type: 'and' | 'or';
	filters: Condition[];
}

export const is = (columnName: Condition['columnName'], value: string | number | null): Condition => ({
	columnName,
	condition: 'eq',
	value,
});
export const where = (...filters: Condition[]): Filter => ({ type: 'and', filters });
export const anyOf = (...filters: Condition[]): Filter => ({ type: 'or', filters });

/** n8n takes a query only when every special character of it is encoded, also those that JavaScript leaves alone. */
const encoded = (value: string | number): string =>
	encodeURIComponent(value).replace(
		/[!'()*]/g,
		(character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
	);

const asQuery = (query: Record<string, string | number>): string =>
	Object.entries(query)
		.map(([name, value]) => `${name}=${encoded(value)}`)
		.join('&');

/** One Data Table of n8n, reached through n8n's public API. */
export class DataTable {
	private constructor(
		private readonly api: Api,
		private readonly path: string,
	) {}

	/**
	 * Opens the table, and creates it or its missing columns first. Several may try at once.
	 * @throws ProviderError where n8n cannot be reached, or two tables have the name
	 */
	static async open(api: Api, name: string): Promise<DataTable> {
		const { id, columns } = (await find(api, name)) ?? (await create(api, name));
		const path = `${TABLES}/${segment(id)}`;
		for (const column of COLUMNS) {
			if (columns.some((candidate) => candidate.name === column.name)) continue;
			await tolerateConflict(
				api.read({ method: 'POST', path: `${path}/columns`, body: { ...column } }, z.unknown()),
			);
		}
		return new DataTable(api, path);
	}

	/** The same table, with a context and limits of its own. */
	through(api: Api): DataTable {
		return new DataTable(api, this.path);
	}

	/** Adds a row and gives it as n8n keeps it. A repeated or late request adds it again, with the same nonce. */
	async insert(row: Row): Promise<StoredRow | undefined> {
		const body = { data: [row], returnType: 'all' } as unknown as IDataObject;
		return (await this.api.read({ method: 'POST', path: `${this.path}/rows`, body }, rows)).data[0];
	}

	/** One page of what a filter matches. */
	async page(
		filter: Filter,
		sortBy: `${Column}:${'asc' | 'desc'}`,
		limit = PAGE_SIZE,
	): Promise<{ rows: StoredRow[]; more: boolean }> {
		const query = { filter: JSON.stringify(filter), sortBy, limit };
		const { data } = await this.api.read(
			{ method: 'GET', path: `${this.path}/rows?${asQuery(query)}` },
			rowPage,
		);
		return { rows: data.data, more: data.nextCursor !== null };
	}

	/**
	 * Changes what a filter matches, in one conditional update.
	 * @returns the rows as they stand afterwards. On SQLite another process may have changed them since
	 */
	async update(filter: Filter, data: Partial<Row>): Promise<StoredRow[]> {
		const body = { filter, data, returnData: true } as unknown as IDataObject;
		return (await this.api.read({ method: 'PATCH', path: `${this.path}/rows/update`, body }, rows)).data;
	}

	/** Deletes what a filter matches. */
	async delete(filter: Filter): Promise<void> {
		const query = asQuery({ filter: JSON.stringify(filter) });
		await this.api.read({ method: 'DELETE', path: `${this.path}/rows/delete?${query}` }, z.unknown());
	}
}

const COLUMNS = [
	...TEXT_COLUMNS.map((name) => ({ name, type: 'string' })),
	...NUMBER_COLUMNS.map((name) => ({ name, type: 'number' })),
];

type Table = z.output<typeof tableList>['data'][number];

async function find(api: Api, name: string): Promise<Table | undefined> {
	const query = { filter: JSON.stringify({ name }), sortBy: 'createdAt:asc', limit: PAGE_SIZE };
	const { data } = await api.read({ method: 'GET', path: `${TABLES}?${asQuery(query)}` }, tableList);
	const [table, other] = data.data.filter((candidate) => candidate.name === name);
	if (other !== undefined) {
		throw new ProviderError({
			provider: orderTrackingConnection.provider,
			code: 'TABLE_AMBIGUOUS',
			message: `Two Data Tables named "${name}" are within reach of this API key, in different projects`,
			description:
				'Rename one of them, or choose another Tracking Table Name: purchases must not be divided between two tables.',
		});
	}
	return table;
}

async function create(api: Api, name: string): Promise<Table> {
	await tolerateConflict(
		api.read({ method: 'POST', path: TABLES, body: { name, columns: COLUMNS } }, z.unknown()),
	);
	const table = await find(api, name);
	if (table !== undefined) return table;
	throw new ProviderError({
		provider: orderTrackingConnection.provider,
		code: 'TABLE_MISSING',
		message: `The Data Table "${name}" could not be created`,
		description: 'Create a Data Table of this name in n8n, or choose another table in the node.',
	});
}

/** Somebody else created it first, which is as good. */
const tolerateConflict = async (request: Promise<unknown>): Promise<unknown> =>
	await request.catch((error: unknown) => {
		if (!(error instanceof ProviderError && error.status === 409)) throw error;
	});
