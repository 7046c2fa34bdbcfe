import { randomBytes } from 'node:crypto';

import { ExecutionStatusList, type ExecutionStatus } from 'n8n-workflow';

import { Account, Accounts, randomKey, type OpenedSpec } from '../accounts';
import { refuse, says, invalid } from '../n8n/refusal';
import {
	bodyOf,
	checkQuery,
	filterOf,
	nextCursor,
	pageOf,
	sortByOf,
	tableFilterOf,
	tableSortOf,
} from '../n8n/requests';
import { isSystemColumn, Table, type ColumnType, type Database, type Row } from '../n8n/table';
import {
	ok,
	Reply,
	withRetryAfter,
	type Call,
	type KeyedRoute,
	type Provider,
	type World,
} from '../provider';

/*
 * The part of n8n's public API that the package uses: Data Tables and executions, as n8n 2.41.1 has them. Each
 * account is an n8n of its own; its database is SQLite unless it says otherwise. A preview (`dryRun`) and CSV files
 * are not played.
 */

/** An execution as the public API gives it, without its data. */
export interface Execution {
	id: string;
	status: string;
	workflowId: string;
	mode: string;
	/** ISO 8601; null for one that has not been started, or has not ended. */
	startedAt: string | null;
	stoppedAt: string | null;
}

/** What control says of a table. */
export interface DataTableView {
	id: string;
	name: string;
	projectId: string;
	columns: Array<{ name: string; type: ColumnType }>;
	rows: Row[];
}

/** A table that control puts there. */
export interface DataTableSpec {
	name: string;
	/** Another project than the personal one of the key's owner. */
	projectId?: string | undefined;
	/** Added where the table has none of the name. */
	columns?: Array<{ name: string; type: ColumnType }> | undefined;
	/** In place of all rows there are. */
	rows?: Array<Record<string, unknown>> | undefined;
}

interface KeptTable {
	id: string;
	name: string;
	projectId: string;
	createdAt: string;
	updatedAt: string;
	table: Table;
}

const PERSONAL = 'personalProject1';

class N8nAccount extends Account {
	readonly tables = new Map<string, KeptTable>();
	readonly database: Database;
	/** What the key may do; everything when it is not said. */
	readonly scopes: string[] | undefined;
	executions: Execution[] = [];

	constructor(
		spec: OpenedSpec,
		private readonly now: () => number,
	) {
		super(spec);
		this.database = spec.database ?? 'sqlite';
		this.scopes = spec.scopes;
	}

	newTable(): Table {
		return new Table(this.database, this.now);
	}

	override snapshot(): Record<string, unknown> {
		const tables = [...this.tables.values()].map((kept) => ({ ...kept, table: kept.table.snapshot() }));
		return { tables, executions: this.executions };
	}

	override restore(state: unknown): void {
		const { tables, executions } = state as { tables: KeptTable[]; executions: Execution[] };
		this.executions = executions;
		for (const { table: kept, ...rest } of tables) {
			const table = this.newTable();
			table.restore(kept);
			this.tables.set(rest.id, { ...rest, table });
		}
	}
}

export interface N8nProvider extends Provider<N8nAccount> {
	tablesOf(account: string): DataTableView[];
	setTable(account: string, spec: DataTableSpec): DataTableView;
	setExecutions(account: string, executions: Execution[]): Execution[];
}

export function n8n({ clock, settings }: World): N8nProvider {
	const accounts = new Accounts<N8nAccount>(
		{ key: 'n8n_api_sandbox', balance: 0, rate: null, ...settings.accounts.n8n },
		randomKey('n8n_api_'),
		(spec) => new N8nAccount(spec, () => clock.now()),
	);
	const now = () => new Date(clock.now()).toISOString();

	function tableOf({ account, params }: Call<N8nAccount>): KeptTable {
		const id = params.dataTableId!;
		if (!/^[A-Za-z0-9]{16}$/.test(id)) {
			throw says(400, 'request/params/dataTableId must match format "nanoid"');
		}
		const kept = account.tables.get(id);
		if (!kept) throw says(404, `Could not find the data table: '${id}'`);
		return kept;
	}

	function create(account: N8nAccount, name: string, projectId: string): KeptTable {
		const at = now();
		const table = account.newTable();
		const kept = { id: nanoid(), name, projectId, createdAt: at, updatedAt: at, table };
		account.tables.set(kept.id, kept);
		return kept;
	}

	function addColumn({ table }: KeptTable, name: string, type: ColumnType, index = table.columns.length) {
		const at = now();
		const place = Math.min(index, table.columns.length);
		const column = { id: nanoid(), name, type, index: place, createdAt: at, updatedAt: at };
		table.addColumn(column);
		return column;
	}

	const touch = (kept: KeptTable) => (kept.updatedAt = now());
	const commit = async ({ commitDelayMs }: Call) => {
		if (commitDelayMs) await clock.pause(commitDelayMs);
	};

	const shown = ({ table, ...kept }: KeptTable) => ({
		...kept,
		columns: table.columns,
		sizeBytes: 4096 * Math.ceil((1 + table.everything().length) / 20),
	});
	const columnsShown = ({ id, table }: KeptTable) =>
		table.columns.map((column) => ({ ...column, dataTableId: id }));
	const shownAlone = (kept: KeptTable) => ({ ...shown(kept), columns: columnsShown(kept) });

	const routes: Array<KeyedRoute<N8nAccount>> = [
		route('GET', '/data-tables', 'table.getAll', 'dataTable:list', (call) => {
			checkQuery('tables', call);
			const page = pageOf(call);
			const { id, name, projectId } = tableFilterOf(call);
			const [field, direction] = tableSortOf(call);
			const found = [...call.account.tables.values()]
				.filter((kept) => id === undefined || [id].flat().includes(kept.id))
				.filter((kept) => projectId === undefined || kept.projectId === projectId)
				.filter((kept) =>
					[name ?? []].flat().every((part) => kept.name.toLowerCase().includes(part.toLowerCase())),
				)
				.map(shown)
				.sort((a, b) => compare(sortKey(a, field), sortKey(b, field)) * (direction === 'asc' ? 1 : -1));
			return ok({
				data: found.slice(page.offset, page.offset + page.limit),
				nextCursor: nextCursor(page, found.length),
			});
		}),

		route('POST', '/data-tables', 'table.create', 'dataTable:create', (call) => {
			checkQuery('none', call);
			const { name, columns, projectId = PERSONAL } = bodyOf('table', call);
			if (![PERSONAL, ...projectsOf(call.account)].includes(projectId)) {
				throw says(400, `Project with ID "${projectId}" not found`);
			}
			if (find(call.account, name, projectId)) {
				throw says(409, `Data table with name '${name}' already exists in this project`);
			}
			const reserved = columns.find((column) => isReserved(column.name));
			if (reserved) throw says(400, reservedText(reserved.name));
			// The unique index of its columns refuses what n8n itself does not check.
			if (new Set(columns.map((column) => column.name)).size < columns.length) throw refuse('INTERNAL');
			const kept = create(call.account, name, projectId);
			for (const column of columns) addColumn(kept, column.name, column.type);
			return new Reply(201, shownAlone(kept));
		}),

		route('GET', '/data-tables/:dataTableId', 'table.get', 'dataTable:read', (call) =>
			ok(shownAlone(tableOf(call))),
		),

		route('GET', '/data-tables/:dataTableId/columns', 'column.getAll', 'dataTableColumn:read', (call) =>
			ok(columnsShown(tableOf(call))),
		),

		route('POST', '/data-tables/:dataTableId/columns', 'column.create', 'dataTableColumn:create', (call) => {
			checkQuery('none', call);
			const kept = tableOf(call);
			const { name, type, index } = bodyOf('column', call);
			if (isReserved(name)) throw says(409, reservedText(name));
			if (kept.table.columns.some((column) => column.name === name)) {
				throw says(409, `Data table column with name '${name}' already exists in data table '${kept.name}'`);
			}
			const column = addColumn(kept, name, type, index);
			touch(kept);
			return new Reply(201, { ...column, dataTableId: kept.id });
		}),

		route('GET', '/data-tables/:dataTableId/rows', 'row.getAll', 'dataTableRow:read', (call) => {
			checkQuery('rows', call);
			const { table } = tableOf(call);
			const page = pageOf(call);
			const { rows, count } = table.get({
				...page,
				filter: filterOf(call),
				sortBy: sortByOf(call),
				search: call.query.search,
			});
			return ok({ data: rows, nextCursor: nextCursor(page, count) });
		}),

		route('POST', '/data-tables/:dataTableId/rows', 'row.insert', 'dataTableRow:create', async (call) => {
			checkQuery('none', call);
			const kept = tableOf(call);
			const { data, returnType } = bodyOf('insertion', call);
			const rows = await kept.table.insert(data, async () => await commit(call));
			touch(kept);
			if (returnType === 'count') return ok({ success: true, insertedRows: rows.length });
			return ok(returnType === 'id' ? rows.map(({ id }) => ({ id })) : rows);
		}),

		route(
			'PATCH',
			'/data-tables/:dataTableId/rows/update',
			'row.update',
			'dataTableRow:update',
			async (call) => {
				checkQuery('none', call);
				const kept = tableOf(call);
				const { filter, data, returnData, dryRun } = bodyOf('change', call);
				noPreview(dryRun);
				const rows = await kept.table.update(filter, data);
				touch(kept);
				return ok(returnData ? rows : true);
			},
		),

		route(
			'POST',
			'/data-tables/:dataTableId/rows/upsert',
			'row.upsert',
			'dataTableRow:upsert',
			async (call) => {
				checkQuery('none', call);
				const kept = tableOf(call);
				const { filter, data, returnData, dryRun } = bodyOf('change', call);
				noPreview(dryRun);
				const rows = await kept.table.upsert(filter, data, async () => await commit(call));
				touch(kept);
				return ok(returnData ? rows : true);
			},
		),

		route('DELETE', '/data-tables/:dataTableId/rows/delete', 'row.delete', 'dataTableRow:delete', (call) => {
			checkQuery('deletion', call);
			const kept = tableOf(call);
			const filter = filterOf(call);
			if (!filter || filter.filters.length === 0) {
				throw says(400, 'At least one filter condition is required for delete operations');
			}
			noPreview(call.query.dryRun === 'true');
			const rows = kept.table.delete(filter);
			touch(kept);
			return ok(call.query.returnData === 'true' ? rows : true);
		}),

		route('GET', '/executions', 'execution.getAll', 'execution:list', ({ account, query }) => {
			if (query.status !== undefined && !ExecutionStatusList.includes(query.status as ExecutionStatus)) {
				const expected = ExecutionStatusList.map((word) => `'${word}'`).join(' | ');
				throw says(
					400,
					`request/query/status Invalid enum value. Expected ${expected}, received '${query.status}'`,
				);
			}
			const { lastId, limit } = executionPage(query);
			const found = account.executions
				.filter(({ status }) => (query.status ? status === query.status : status !== 'running'))
				.filter(({ workflowId }) => !query.workflowId || workflowId === query.workflowId)
				.filter(({ id }) => lastId === undefined || Number(id) < Number(lastId))
				.sort((a, b) => Number(b.id) - Number(a.id));
			const data = found.slice(0, limit);
			const cursor = JSON.stringify({ lastId: data.at(-1)?.id, limit });
			return ok({
				data: data.map(executionShown),
				nextCursor: found.length > limit ? Buffer.from(cursor).toString('base64') : null,
			});
		}),

		route('GET', '/executions/:executionId', 'execution.get', 'execution:read', ({ account, params }) => {
			if (!/^[1-9]\d*$/.test(params.executionId!)) {
				throw says(400, 'request/params/executionId must be a positive integer');
			}
			const found = account.executions.find(({ id }) => id === params.executionId);
			if (!found) throw says(404, 'Not Found');
			return ok(executionShown(found));
		}),
	];

	function named(name: string): N8nAccount {
		const account = accounts.named(name);
		if (!account) throw new RangeError(`n8n has no account "${name}"`);
		return account;
	}

	const view = ({ id, name, projectId, table }: KeptTable): DataTableView => ({
		id,
		name,
		projectId,
		columns: table.columns.map((column) => ({ name: column.name, type: column.type })),
		rows: table.everything(),
	});

	return {
		name: 'n8n',
		title: 'n8n Data Tables',
		prefix: '/n8n/api/v1',
		accounts,
		routes,
		state: {},
		refuse,
		tellsRetryDelay: false,

		authenticate(headers) {
			const key = headers['x-n8n-api-key'];
			if (typeof key !== 'string' || !key) throw says(401, "'X-N8N-API-KEY' header required");
			const account = accounts.withKey(key);
			if (!account || account.suspended) throw refuse('UNAUTHORIZED');
			return account;
		},
		rateLimited: (seconds) => withRetryAfter(refuse('TOO_MANY_REQUESTS'), seconds),
		unreadableBody: () => says(400, 'Invalid JSON in request body'),
		unknownPath: () => refuse('NOT_FOUND'),
		serverError: () => refuse('INTERNAL'),
		credentials: ({ key }, origin) => ({ apiKey: key, baseUrl: `${origin}/n8n` }),

		tablesOf: (account) => [...named(account).tables.values()].map(view),
		setTable(accountName, { name, projectId = PERSONAL, columns = [], rows }) {
			const account = named(accountName);
			const kept = find(account, name, projectId) ?? create(account, name, projectId);
			for (const column of columns) {
				if (kept.table.columns.every((other) => other.name !== column.name)) {
					addColumn(kept, column.name, column.type);
				}
			}
			if (rows) kept.table.replace(rows);
			touch(kept);
			return view(kept);
		},
		setExecutions: (account, executions) => (named(account).executions = executions),
	};
}

function route(
	method: KeyedRoute<N8nAccount>['method'],
	path: string,
	operation: string,
	scope: string,
	handle: KeyedRoute<N8nAccount>['handle'],
): KeyedRoute<N8nAccount> {
	return {
		method,
		path,
		operation,
		handle(call) {
			const { scopes } = call.account;
			if (scopes && !scopes.includes(scope)) throw refuse('FORBIDDEN');
			return handle(call);
		},
	};
}

const nanoid = (): string => randomBytes(8).toString('hex');

const find = ({ tables }: N8nAccount, name: string, projectId: string): KeptTable | undefined =>
	[...tables.values()].find((kept) => kept.name === name && kept.projectId === projectId);

const projectsOf = ({ tables }: N8nAccount): string[] =>
	[...tables.values()].map(({ projectId }) => projectId);

const isReserved = (name: string): boolean => isSystemColumn(name) || name.toLowerCase() === 'dryrunstate';

const reservedText = (name: string): string =>
	`Column name "${name}" is reserved as a ${isSystemColumn(name) ? 'system' : 'testing'} column name.`;

function noPreview(dryRun: boolean): void {
	if (dryRun) throw invalid('the sandbox plays no dryRun');
}

const sortKey = (
	{
		name,
		createdAt,
		updatedAt,
		sizeBytes,
	}: Record<'name' | 'createdAt' | 'updatedAt', string> & {
		sizeBytes: number;
	},
	field: string,
): string | number =>
	field === 'name'
		? name.toLowerCase()
		: field === 'size'
			? sizeBytes
			: field === 'createdAt'
				? createdAt
				: updatedAt;

const compare = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

function executionPage({ limit, cursor }: Call['query']): { lastId?: string; limit: number } {
	if (cursor === undefined) return { limit: Math.min(Number(limit ?? 100), 250) };
	try {
		return JSON.parse(Buffer.from(cursor, 'base64').toString()) as { lastId: string; limit: number };
	} catch {
		throw says(400, 'An invalid cursor was provided');
	}
}

const executionShown = ({ id, status, workflowId, mode, startedAt, stoppedAt }: Execution) => ({
	id,
	finished: status === 'success',
	mode,
	retryOf: null,
	retrySuccessId: null,
	status,
	startedAt,
	stoppedAt,
	workflowId,
	waitTill: null,
});
