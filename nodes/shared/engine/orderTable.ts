import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import { isFinal, type Order, type OrderReference } from '../domain/order';
import { ProviderError } from './errors';
import type { Answer, Api, Connection } from './http';
import { optional, segment, text } from './wire';

/** n8n's public API, below the origin of the credential. */
const TABLES = '/api/v1/data-tables';
const COLUMNS = ['provider', 'orderType', 'orderId', 'state', 'status', 'reference', 'finalAt'] as const;

/** One tracked order; every column is a string, as in n8n's Data Table. */
export type Row = Record<(typeof COLUMNS)[number], string>;

/** A row as n8n keeps it. */
export interface StoredRow extends Row {
	id: number;
	/** ISO 8601. */
	createdAt: string;
	updatedAt: string;
	/** What n8n holds for an empty `finalAt`: '' where this package wrote it, null where n8n's own node did. */
	noFinalAt: '' | null;
}

const n8nSays = z.object({ message: optional(text), code: optional(text) });

/** This n8n, or another one, by its public API. */
export const orderTrackingConnection: Connection = {
	provider: 'orderTracking',
	displayName: 'The order tracking table',
	credential: 'orderTrackingApi',
	check: 'the Data Table in n8n',
	refusal: ({ status, body }: Answer) => {
		if (status < 400) return undefined;
		const said = n8nSays.safeParse(body);
		const words = said.success && said.data.message ? `: ${said.data.message}` : '';
		if (status === 401 || status === 403) {
			return {
				code: null,
				message: `n8n did not accept the API key of the Order Tracking credential (HTTP ${status})${words}`,
				description:
					'Create a key under Settings, n8n API, with the scopes for data tables, their columns and their rows, and enter it in the credential.',
			};
		}
		if (status === 404) {
			return {
				code: null,
				message: `n8n has no Data Tables at this address (HTTP 404)${words}`,
				description:
					'Check the Base URL of the Order Tracking credential: only the start of the address, without /api. Older versions of n8n have no Data Tables in their public API; update n8n then.',
			};
		}
		return {
			code: null,
			message: `n8n's Data Table could not be used (HTTP ${status})${words}`,
			description:
				'Check the Base URL of the Order Tracking credential: it is the address under which this n8n reaches its own public API.',
		};
	},
};

const column = optional(text).transform((value) => value ?? '');
const storedRow = z
	.object({
		id: z.number(),
		createdAt: z.string(),
		updatedAt: z.string(),
		provider: column,
		orderType: column,
		orderId: column,
		state: column,
		status: column,
		reference: column,
		finalAt: optional(text),
	})
	.transform(({ finalAt, ...row }): StoredRow => ({
		...row,
		finalAt: finalAt ?? '',
		noFinalAt: finalAt === null ? null : '',
	}));
const tableList = z.object({
	data: z.array(z.object({ id: text, name: z.string(), columns: z.array(z.object({ name: z.string() })) })),
	nextCursor: optional(z.string()),
});
const rowPage = z.object({ data: z.array(storedRow), nextCursor: optional(z.string()) });
const rows = z.array(storedRow);

export type Condition = {
	columnName: string;
	condition: 'eq' | 'neq' | 'gt' | 'gte' | 'lt' | 'lte';
	value: string | number | null;
};

/** n8n takes a filter only when every special character of it is encoded, which not every client does. */
const asQuery = (query: Record<string, string | number>): string =>
	Object.entries(query)
		.map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
		.join('&');

/** Rows a filter matches: all conditions, or any of them. */
export const where = (filters: Condition[], type: 'and' | 'or' = 'and') => ({ type, filters });

const equals = (columnName: string, value: string | number | null): Condition => ({
	columnName,
	condition: 'eq',
	value,
});

const identity = ({
	provider,
	orderType,
	orderId,
}: Pick<Row, 'provider' | 'orderType' | 'orderId'>): Condition[] => [
	equals('provider', provider),
	equals('orderType', orderType),
	equals('orderId', orderId),
];

/** Identifies an order across rows and events. */
export const orderKey = (provider: string, { orderType, orderId }: OrderReference): string =>
	JSON.stringify([provider, orderType, orderId]);

/** The row for an order as it stands. `finalAt` is now when it is final already. */
export const rowOf = (order: Order, orderType: string, reference: string): Row => ({
	provider: order.provider,
	orderType,
	orderId: order.orderId,
	state: order.state,
	status: order.status ?? '',
	reference,
	finalAt: isFinal(order.state) ? new Date().toISOString() : '',
});

/** The tracking table: orders waiting for their end, in a Data Table of n8n. */
export class OrderTable {
	private constructor(
		private readonly api: Api,
		private readonly path: string,
	) {}

	/** Opens the table, and makes it or its missing columns first. Several may try at once. */
	static async open(api: Api, name: string): Promise<OrderTable> {
		const { id, columns } = (await find(api, name)) ?? (await create(api, name));
		const path = `${TABLES}/${segment(id)}`;
		for (const column of COLUMNS) {
			if (columns.some((candidate) => candidate.name === column)) continue;
			await tolerateConflict(
				api.read(
					{ method: 'POST', path: `${path}/columns`, body: { name: column, type: 'string' } },
					z.unknown(),
				),
			);
		}
		return new OrderTable(api, path);
	}

	/** Writes an order, as one row however often it is written. */
	async write(row: Row): Promise<void> {
		await this.api.read(
			{
				method: 'POST',
				path: `${this.path}/rows/upsert`,
				body: { filter: where(identity(row)), data: row } as unknown as IDataObject,
			},
			z.unknown(),
		);
	}

	/** Notes what an order written before has come to. The first who sees it final sets `finalAt`. */
	async note(row: Row): Promise<void> {
		const { state, status, finalAt } = row;
		if (finalAt !== '') await this.update([...identity(row), equals('finalAt', '')], { finalAt });
		await this.update(identity(row), { state, status });
	}

	/** Changes a row that is still open; false when somebody else has seen its order final meanwhile. */
	async change({ id, noFinalAt }: StoredRow, data: Partial<Row>): Promise<boolean> {
		return (await this.update([equals('id', id), equals('finalAt', noFinalAt)], data)).length > 0;
	}

	/** Changes a row whatever has become of it. */
	async overwrite({ id }: StoredRow, data: Partial<Row>): Promise<void> {
		await this.update([equals('id', id)], data);
	}

	/** All rows a filter matches, newest first, at most so many pages of 250. */
	async rows(filter: ReturnType<typeof where>, pages: number): Promise<StoredRow[]> {
		const found: StoredRow[] = [];
		let cursor: string | undefined;
		for (let page = 0; page < pages && (page === 0 || cursor !== undefined); page++) {
			const { rows, next } = await this.page(filter, 'id:desc', cursor);
			for (const row of rows) found.push(row);
			cursor = next;
		}
		return found;
	}

	private async page(
		filter: ReturnType<typeof where>,
		sortBy: string,
		cursor?: string,
	): Promise<{ rows: StoredRow[]; next: string | undefined }> {
		const query = {
			filter: JSON.stringify(filter),
			sortBy,
			limit: 250,
			...(cursor === undefined ? {} : { cursor }),
		};
		const { data } = await this.api.read(
			{ method: 'GET', path: `${this.path}/rows?${asQuery(query)}` },
			rowPage,
		);
		return { rows: data.data, next: data.nextCursor ?? undefined };
	}

	private async update(filters: Condition[], data: Partial<Row>): Promise<StoredRow[]> {
		const body = { filter: where(filters), data, returnData: true } as unknown as IDataObject;
		return (await this.api.read({ method: 'PATCH', path: `${this.path}/rows/update`, body }, rows)).data;
	}
}

type Table = z.output<typeof tableList>['data'][number];

async function find(api: Api, name: string): Promise<Table | undefined> {
	const query = { filter: JSON.stringify({ name }), sortBy: 'createdAt:asc', limit: 250 };
	const { data } = await api.read({ method: 'GET', path: `${TABLES}?${asQuery(query)}` }, tableList);
	return data.data.find((table) => table.name === name);
}

async function create(api: Api, name: string): Promise<Table> {
	const columns = COLUMNS.map((column) => ({ name: column, type: 'string' }));
	await tolerateConflict(api.read({ method: 'POST', path: TABLES, body: { name, columns } }, z.unknown()));
	const table = await find(api, name);
	if (table !== undefined) return table;
	throw new ProviderError({
		provider: orderTrackingConnection.provider,
		code: 'TABLE_MISSING',
		message: `The Data Table "${name}" could not be made`,
		description: 'Make a Data Table of this name in n8n, or choose another table in the node.',
	});
}

/** Somebody else made it first: that is as good. */
const tolerateConflict = async (request: Promise<unknown>): Promise<unknown> =>
	await request.catch((error: unknown) => {
		if (!(error instanceof ProviderError && error.status === 409)) throw error;
	});
