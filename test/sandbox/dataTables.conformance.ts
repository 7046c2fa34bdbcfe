import axios, { type AxiosInstance } from 'axios';
import type { Database } from '../../sandbox/n8n/table';
import type { Answer, Json } from './support';

/** An n8n, or what stands for it. */
export interface DataTableService {
	/** Without `/api/v1`. */
	baseUrl: string;
	apiKey: string;
	close: () => Promise<void>;
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
type Condition = [columnName: string, condition: string, value: unknown];

/** A client of n8n's public API that takes every answer. */
export class DataTableClient {
	private readonly http: AxiosInstance;

	constructor({ baseUrl, apiKey }: Pick<DataTableService, 'baseUrl' | 'apiKey'>) {
		this.http = axios.create({
			baseURL: `${baseUrl}/api/v1`,
			headers: { 'X-N8N-API-KEY': apiKey },
			validateStatus: () => true,
			proxy: false,
			paramsSerializer: { encode: encoded },
		});
	}

	async request(
		method: Method,
		path: string,
		more: { body?: unknown; query?: Record<string, unknown>; headers?: Record<string, string> } = {},
	): Promise<Answer> {
		const { body, query: params, headers = {} } = more;
		const answer = await this.http.request({ method, url: path, data: body, params, headers });
		return {
			status: answer.status,
			body: answer.data as Json,
			headers: answer.headers as Record<string, string>,
		};
	}
}

/** As n8n wants it: it also refuses characters that `encodeURIComponent` leaves as they are. */
const encoded = (text: string): string =>
	encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);

export const where = (...conditions: Condition[]) => ({
	type: 'and',
	filters: conditions.map(([columnName, condition, value]) => ({ columnName, condition, value })),
});

const columns = [
	{ name: 'word', type: 'string' },
	{ name: 'amount', type: 'number' },
	{ name: 'flag', type: 'boolean' },
	{ name: 'day', type: 'date' },
];

/** What n8n's Data Table API does, as far as this package relies on it: the sandbox's double must do the same. */
export function dataTableConformance(database: Database, open: () => Promise<DataTableService>): void {
	let service: DataTableService;
	let client: DataTableClient;
	let tables = 0;
	const names = `conformance ${Date.now()}`;
	beforeAll(async () => {
		service = await open();
		client = new DataTableClient(service);
	});
	afterAll(async () => await service?.close());

	async function create(rows: object[] = []): Promise<{ id: string; name: string; path: string }> {
		const name = `${names} ${++tables}`;
		const { body, status } = await client.request('POST', '/data-tables', { body: { name, columns } });
		expect(status).toBe(201);
		const path = `/data-tables/${body.id}`;
		if (rows.length > 0) await client.request('POST', `${path}/rows`, { body: { data: rows } });
		return { id: body.id as string, name, path };
	}
	const read = async (path: string, query: Record<string, unknown> = {}) => {
		const given = { ...query, ...(query.filter ? { filter: JSON.stringify(query.filter) } : {}) };
		return await client.request('GET', `${path}/rows`, { query: given });
	};
	const words = async (path: string, ...conditions: Condition[]): Promise<unknown> => {
		const { body } = await read(path, { filter: where(...conditions) });
		return body.data?.map(({ word }: Json) => word) ?? body;
	};
	const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

	describe('tables', () => {
		it('are created, listed and found by name', async () => {
			const { id, name, path } = await create();
			const { body } = await client.request('GET', '/data-tables', {
				query: { filter: JSON.stringify({ name }) },
			});
			expect(body.nextCursor).toBeNull();
			expect(body.data).toHaveLength(1);
			const { columns: found, ...table } = body.data[0];
			expect(table).toEqual({
				id,
				name,
				projectId: expect.any(String),
				createdAt: expect.stringMatching(iso),
				updatedAt: expect.stringMatching(iso),
				sizeBytes: expect.any(Number),
			});
			expect(id).toMatch(/^[A-Za-z0-9]{16}$/);
			expect(found.sort((a: Json, b: Json) => a.index - b.index)).toEqual(
				columns.map((column, index) => ({
					...column,
					id: expect.stringMatching(/^[A-Za-z0-9]{16}$/),
					index,
					createdAt: expect.stringMatching(iso),
					updatedAt: expect.stringMatching(iso),
				})),
			);
			expect((await client.request('GET', path)).body.columns[0].dataTableId).toBe(id);
		});

		it('are found by a part of the name, in any case', async () => {
			const { id, name } = await create();
			const { body } = await client.request('GET', '/data-tables', {
				query: { filter: JSON.stringify({ name: name.toUpperCase().slice(2) }) },
			});
			expect(body.data.map((table: Json) => table.id)).toEqual([id]);
		});

		it('come in pages', async () => {
			await create();
			await create();
			const all = (await client.request('GET', '/data-tables', { query: { sortBy: 'createdAt:asc' } })).body
				.data;
			const ids: string[] = [];
			let cursor: string | undefined;
			do {
				const { body } = await client.request('GET', '/data-tables', {
					query: { limit: 1, sortBy: 'createdAt:asc', cursor },
				});
				ids.push(...body.data.map((table: Json) => table.id));
				cursor = body.nextCursor ?? undefined;
			} while (cursor);
			expect(ids).toEqual(all.map((table: Json) => table.id));
		});

		it('have one name once', async () => {
			const { name } = await create();
			expect(await client.request('POST', '/data-tables', { body: { name, columns } })).toMatchObject({
				status: 409,
				body: { message: `Data table with name '${name}' already exists in this project` },
			});
		});

		it.each([
			[{ columns }, "request/body must have required property 'name'"],
			[{ name: '', columns }, 'request/body/name must NOT have fewer than 1 characters'],
			[{ name: ' ', columns }, 'String must contain at least 1 character(s)'],
			[{ name: 'x' }, "request/body must have required property 'columns'"],
			[
				{ name: 'x', columns: [{ name: 'a', type: 'text' }] },
				'request/body/columns/0/type must be equal to one of the allowed values: string, number, boolean, date, json',
			],
			[
				{ name: 'x', columns: [{ name: '1a', type: 'string' }] },
				'Only alphabetical characters and non-leading numbers and underscores are allowed for column names, and the maximum length is 63 characters.',
			],
			[
				{ name: 'x', columns: [{ name: 'createdAt', type: 'string' }] },
				'Column name "createdAt" is reserved as a system column name.',
			],
			[{ name: 'x', columns: [], projectId: 'none' }, 'Project with ID "none" not found'],
		])('are refused as %j', async (body, message) => {
			expect(await client.request('POST', '/data-tables', { body })).toMatchObject({
				status: 400,
				body: { message },
			});
		});

		it('are not there by any other ID', async () => {
			const missing = 'A'.repeat(16);
			const message = `Could not find the data table: '${missing}'`;
			const filter = where(['word', 'eq', 'a']);
			for (const [method, path, body] of [
				['GET', '/rows', undefined],
				['POST', '/rows', { data: [{ word: 'a' }] }],
				['PATCH', '/rows/update', { filter, data: { word: 'b' } }],
				['POST', '/rows/upsert', { filter, data: { word: 'b' } }],
				['POST', '/columns', { name: 'more', type: 'string' }],
			] as Array<[Method, string, unknown]>) {
				expect(await client.request(method, `/data-tables/${missing}${path}`, { body })).toMatchObject({
					status: 404,
					body: { message },
				});
			}
			expect(await client.request('GET', '/data-tables/short/rows')).toMatchObject({
				status: 400,
				body: { message: 'request/params/dataTableId must match format "nanoid"' },
			});
		});

		it('are for those who have a key', async () => {
			expect(
				await client.request('GET', '/data-tables', { headers: { 'X-N8N-API-KEY': 'wrong' } }),
			).toMatchObject({ status: 401, body: { message: 'unauthorized' } });
			expect(await client.request('GET', '/data-tables', { headers: { 'X-N8N-API-KEY': '' } })).toMatchObject(
				{
					status: 401,
					body: { message: "'X-N8N-API-KEY' header required" },
				},
			);
		});

		it.each([
			['limit=251', 'request/query/limit must be <= 250'],
			['limit=many', 'request/query/limit must be number'],
			['limit=-1', 'Param `limit` must be a non-negative integer'],
			['limit=', "Empty value found for query parameter 'limit'"],
			['cursor=nonsense', 'An invalid cursor was provided'],
			['unknown=1', "Unknown query parameter 'unknown'"],
			['filter=nonsense', 'request/query/filter must match format "jsonString"'],
			[`filter=${encodeURIComponent('{"color":"red"}')}`, 'Invalid filter fields'],
			[
				`filter=${encodeURIComponent('{"name":"hey!"}')}`,
				"Parameter 'filter' must be url encoded. Its value may not contain reserved characters.",
			],
			[
				'sortBy=name:asc',
				"Parameter 'sortBy' must be url encoded. Its value may not contain reserved characters.",
			],
		])('are not listed by ?%s', async (query, message) => {
			expect(await client.request('GET', `/data-tables?${query}`)).toMatchObject({
				status: 400,
				body: { message },
			});
		});
	});

	describe('columns', () => {
		it('are added, empty in every row', async () => {
			const { id, path } = await create([{ word: 'old' }]);
			const { status, body } = await client.request('POST', `${path}/columns`, {
				body: { name: 'more', type: 'string' },
			});
			expect(status).toBe(201);
			expect(body).toMatchObject({ name: 'more', type: 'string', index: 4, dataTableId: id });
			expect((await read(path)).body.data).toMatchObject([{ word: 'old', more: null }]);
		});

		it('have one name once, and none of the system', async () => {
			const { name, path } = await create();
			const add = async (column: object) => await client.request('POST', `${path}/columns`, { body: column });
			expect(await add({ name: 'word', type: 'number' })).toMatchObject({
				status: 409,
				body: { message: `Data table column with name 'word' already exists in data table '${name}'` },
			});
			expect(await add({ name: 'ID', type: 'string' })).toMatchObject({
				status: 409,
				body: { message: 'Column name "ID" is reserved as a system column name.' },
			});
			expect(await add({ name: 'more' })).toMatchObject({ status: 400 });
			expect(await add({ name: 'more', type: 'text' })).toMatchObject({ status: 400 });
		});
	});

	describe('inserting', () => {
		it('counts, or gives IDs or rows; IDs grow', async () => {
			const { path } = await create();
			const insert = async (data: object[], returnType?: string) =>
				await client.request('POST', `${path}/rows`, { body: { data, returnType } });
			expect(await insert([{ word: 'a' }, { word: 'b' }])).toMatchObject({
				status: 200,
				body: { success: true, insertedRows: 2 },
			});
			const [{ id }] = (await insert([{ word: 'c' }], 'id')).body;
			const [row] = (await insert([{ word: 'd', amount: 1.5, flag: true, day: '2026-01-02' }], 'all')).body;
			expect(row).toEqual({
				id: expect.any(Number),
				word: 'd',
				amount: 1.5,
				flag: true,
				day: '2026-01-02T00:00:00.000Z',
				createdAt: expect.stringMatching(iso),
				updatedAt: expect.stringMatching(iso),
			});
			expect(row.id).toBeGreaterThan(id);
			const all = (await read(path)).body.data;
			expect(all.map(({ word }: Json) => word)).toEqual(['a', 'b', 'c', 'd']);
			expect(all.map((one: Json) => one.id)).toEqual(
				all.map((one: Json) => one.id).toSorted((a: number, b: number) => a - b),
			);
		});

		it('takes other types where it can', async () => {
			const { path } = await create();
			const { body } = await client.request('POST', `${path}/rows`, {
				body: {
					data: [
						{},
						{ word: '', amount: null },
						{ word: 5, amount: '7', flag: 'true', day: '2026-01-02 03:04:05+02:00' },
						{ word: 5.5, amount: '', flag: 0 },
						{ word: 1700000000000, amount: true },
					],
					returnType: 'all',
				},
			});
			expect(body).toMatchObject([
				{ word: null, amount: null, flag: null, day: null },
				{ word: '', amount: null },
				{ word: '5', amount: 7, flag: true, day: '2026-01-02T01:04:05.000Z' },
				{ word: '5.5', amount: 0, flag: false },
				{ word: '1700000000000', amount: 1 },
			]);
		});

		it.each([
			[
				{ amount: 'many' },
				"value 'many' does not match column type 'number': 'amount' expects a number but we got 'many'",
			],
			[
				{ flag: 'yes' },
				"value 'yes' does not match column type 'boolean': 'flag' expects a boolean but we got 'yes'",
			],
			[{ other: 1 }, "unknown column name 'other'"],
			[{ id: 1 }, "unknown column name 'id'"],
		])('refuses %j and all rows with it', async (row, message) => {
			const { path } = await create();
			expect(
				await client.request('POST', `${path}/rows`, { body: { data: [{ word: 'fine' }, row] } }),
			).toMatchObject({
				status: 400,
				body: { message: `Validation error with data table request: ${message}` },
			});
			expect((await read(path)).body.data).toEqual([]);
		});

		it.each([
			[{ data: [] }, 'request/body/data must NOT have fewer than 1 items'],
			[{}, "request/body must have required property 'data'"],
			[{ data: [{ word: {} }] }, 'Invalid input'],
			[
				{ data: [{}], returnType: 'some' },
				'request/body/returnType must be equal to one of the allowed values: count, id, all',
			],
		])('refuses %j', async (body, message) => {
			const { path } = await create();
			expect(await client.request('POST', `${path}/rows`, { body })).toMatchObject({
				status: 400,
				body: { message },
			});
		});
	});

	describe('filters', () => {
		let path: string;
		beforeAll(async () => {
			({ path } = await create([
				{ word: 'a', amount: 1, flag: true, day: '2026-01-02T03:04:05.678Z' },
				{ word: 'B', amount: 2.5, flag: false, day: '2026-01-03' },
				{ word: '' },
				{},
				{ word: '10%_[x]*', amount: -1 },
			]));
		});
		const odd = '10%_[x]*';

		it.each<[string, string, unknown, unknown]>([
			['word', 'eq', 'a', ['a']],
			['word', 'eq', 'A', []],
			['word', 'eq', '', ['']],
			['word', 'eq', null, [null]],
			['word', 'neq', 'a', ['B', '', null, odd]],
			['word', 'neq', '', ['a', 'B', null, odd]],
			['word', 'neq', null, ['a', 'B', '', odd]],
			['word', 'like', 'b', []],
			['word', 'ilike', 'b', ['B']],
			['word', 'like', '[x]', [odd]],
			['word', 'like', '10%*', [odd]],
			['word', 'like', '1_', []],
			['word', 'isEmpty', null, ['', null]],
			['word', 'isNotEmpty', null, ['a', 'B', odd]],
			['amount', 'eq', 2.5, ['B']],
			['amount', 'eq', '2.5', ['B']],
			['amount', 'neq', 1, ['B', '', null, odd]],
			['amount', 'eq', null, ['', null]],
			['amount', 'gt', 1, ['B']],
			['amount', 'gte', 1, ['a', 'B']],
			['amount', 'lt', 1, [odd]],
			['amount', 'lte', 1, ['a', odd]],
			['amount', 'isEmpty', null, ['', null]],
			['flag', 'eq', true, ['a']],
			['flag', 'neq', true, ['B', '', null, odd]],
			['day', 'gt', '2026-01-02', database === 'sqlite' ? ['B'] : ['a', 'B']],
			['day', 'lt', '2026-01-03T00:00:00.001Z', ['a', 'B']],
			['day', 'eq', '2026-01-03', database === 'sqlite' ? [] : ['B']],
			['day', 'eq', null, ['', null, odd]],
		])('%s %s %j', async (columnName, condition, value, expected) => {
			expect(await words(path, [columnName, condition, value])).toEqual(expected);
		});

		it('compare the times of a row; SQLite by whole days alone', async () => {
			const { createdAt } = (await read(path)).body.data[0];
			const all = ['a', 'B', '', null, odd];
			const shifted = (ms: number) => new Date(Date.parse(createdAt) + ms).toISOString();
			const day = 24 * 60 * 60 * 1000;
			expect(await words(path, ['createdAt', 'gt', shifted(-2 * day)])).toEqual(all);
			expect(await words(path, ['createdAt', 'lt', shifted(2 * day)])).toEqual(all);
			expect(await words(path, ['updatedAt', 'gt', shifted(2 * day)])).toEqual([]);
			const startOfDay = `${createdAt.slice(0, 10)}T00:00:00.000Z`;
			expect(await words(path, ['createdAt', 'gte', startOfDay])).toEqual(database === 'sqlite' ? [] : all);
		});

		it('meet all of their conditions, or any', async () => {
			expect(await words(path, ['amount', 'gt', 0], ['flag', 'eq', false])).toEqual(['B']);
			const filter = { ...where(['word', 'eq', 'a'], ['word', 'eq', null]), type: 'or' };
			expect((await read(path, { filter })).body.data.map(({ word }: Json) => word)).toEqual(['a', null]);
		});

		it.each<[Condition, string]>([
			[['other', 'eq', 1], "Validation error with data table request: unknown column name 'other'"],
			[
				['word', 'gt', null],
				'Validation error with data table request: GT filter value cannot be null or undefined',
			],
			[
				['amount', 'like', '1'],
				'Validation error with data table request: LIKE filter value must be a string',
			],
			[['word', 'is', 'a'], 'Invalid filter fields'],
		])('refuse %j', async (condition, message) => {
			expect(await read(path, { filter: where(condition) })).toMatchObject({
				status: 400,
				body: { message },
			});
		});
	});

	describe('lists of rows', () => {
		it('come in pages, sorted, with IDs deciding where the rest is equal', async () => {
			const { path } = await create(
				Array.from({ length: 7 }, (_, index) => ({ word: `w${index}`, amount: index % 2 })),
			);
			const found: string[] = [];
			let cursor: string | undefined;
			do {
				const { body } = await read(path, { limit: 3, sortBy: 'amount:desc', cursor });
				found.push(...body.data.map(({ word }: Json) => word));
				cursor = body.nextCursor ?? undefined;
			} while (cursor);
			expect(found).toEqual(['w1', 'w3', 'w5', 'w0', 'w2', 'w4', 'w6']);
		});

		it('begin where the last page ended even when rows before it are gone: one is missed', async () => {
			const { path } = await create(['a', 'b', 'c', 'd'].map((word) => ({ word })));
			const { nextCursor } = (await read(path, { limit: 2 })).body;
			await client.request('DELETE', `${path}/rows/delete`, {
				query: { filter: JSON.stringify(where(['word', 'eq', 'a'])) },
			});
			const { body } = await read(path, { cursor: nextCursor });
			expect(body.data.map(({ word }: Json) => word)).toEqual(['d']);
		});

		it('put nothing first or last, by the database', async () => {
			const { path } = await create([{ word: 'one', amount: 1 }, { word: 'none' }]);
			const { body } = await read(path, { sortBy: 'amount:asc' });
			const sorted = body.data.map(({ word }: Json) => word);
			expect(sorted).toEqual(database === 'sqlite' ? ['none', 'one'] : ['one', 'none']);
		});

		it('can be searched in every column', async () => {
			const { path } = await create([{ word: 'Blue' }, { word: 'x', amount: 12 }, { word: 'y' }]);
			const search = async (text: string) =>
				(await read(path, { search: text })).body.data.map(({ word }: Json) => word);
			expect(await search('LU')).toEqual(['Blue']);
			expect(await search('12')).toEqual(['x']);
		});

		it.each([
			['amount', 400, 'Invalid sort format, expected <columnName>:<asc/desc>'],
			['amount:up', 400, 'Invalid sort direction'],
			['other:asc', 500, 'Internal server error'],
		])('cannot be sorted by %s', async (sortBy, status, message) => {
			const { path } = await create();
			expect(await read(path, { sortBy })).toMatchObject({ status, body: { message } });
		});
	});

	describe('updating', () => {
		const update = async (path: string, body: unknown) =>
			await client.request('PATCH', `${path}/rows/update`, { body });

		it('changes what the filter meets and gives it back', async () => {
			const { path } = await create([{ word: 'a', amount: 1 }, { word: 'b' }]);
			const [before] = (await read(path)).body.data;
			const filter = where(['id', 'eq', before.id], ['word', 'eq', 'a']);
			const { status, body } = await update(path, { filter, data: { amount: 2 }, returnData: true });
			expect(status).toBe(200);
			expect(body).toEqual([{ ...before, amount: 2, updatedAt: expect.stringMatching(iso) }]);
			expect(Date.parse(body[0].updatedAt)).toBeGreaterThanOrEqual(Date.parse(before.updatedAt));
			expect((await read(path)).body.data).toMatchObject([{ amount: 2 }, { amount: null }]);
		});

		it('gives nothing back where nothing met the filter, and true where it was not asked', async () => {
			const { path } = await create([{ word: 'a' }]);
			const filter = where(['word', 'eq', 'other']);
			expect(await update(path, { filter, data: { amount: 2 }, returnData: true })).toMatchObject({
				status: 200,
				body: [],
			});
			expect((await update(path, { filter, data: { amount: 2 } })).body).toBe(true);
			expect((await read(path)).body.data).toMatchObject([{ amount: null }]);
		});

		it.each([
			[
				{ filter: where(), data: { word: 'b' } },
				'request/body/filter/filters must NOT have fewer than 1 items',
			],
			[{ filter: where(['word', 'eq', 'a']), data: {} }, 'data must not be empty'],
			[{ filter: where(['word', 'eq', 'a']) }, "request/body must have required property 'data'"],
			[
				{ filter: where(['word', 'eq', undefined]), data: { word: 'b' } },
				"request/body/filter/filters/0 must have required property 'value'",
			],
			[
				{ filter: where(['word', 'isEmpty', null]), data: { word: 'b' } },
				'request/body/filter/filters/0/condition must be equal to one of the allowed values: eq, neq, like, ilike, gt, gte, lt, lte',
			],
			[
				{ filter: where(['word', 'eq', 'a']), data: { other: 1 } },
				"Validation error with data table request: unknown column name 'other'",
			],
			[
				{ filter: where(['word', 'eq', 'a']), data: { word: 'b' }, returnData: 'true' },
				'request/body/returnData must be boolean',
			],
		])('refuses %j', async (body, message) => {
			const { path } = await create([{ word: 'a' }]);
			expect(await update(path, body)).toMatchObject({ status: 400, body: { message } });
			expect((await read(path)).body.data).toMatchObject([{ word: 'a' }]);
		});

		it('has one winner when many would change the same row at once, known by what it wrote', async () => {
			const { path } = await create([{ word: 'free' }]);
			const [{ id }] = (await read(path)).body.data;
			const filter = where(['id', 'eq', id], ['word', 'eq', 'free']);
			const answers = await Promise.all(
				Array.from({ length: 25 }, async (_, index) => {
					const { status, body } = await update(path, {
						filter,
						data: { word: `taken by ${index}` },
						returnData: true,
					});
					expect(status).toBe(200);
					return body[0]?.word === `taken by ${index}`;
				}),
			);
			expect(answers.filter(Boolean)).toHaveLength(1);
			expect((await read(path)).body.data).toMatchObject([{ word: `taken by ${answers.indexOf(true)}` }]);
		});
	});

	describe('upserting', () => {
		it('changes the rows it finds, and inserts one where it finds none', async () => {
			const { path } = await create();
			const upsert = async (amount: number, returnData?: boolean) =>
				await client.request('POST', `${path}/rows/upsert`, {
					body: { filter: where(['word', 'eq', 'k']), data: { word: 'k', amount }, returnData },
				});
			const inserted = await upsert(1, true);
			expect(inserted).toMatchObject({ status: 200, body: [{ word: 'k', amount: 1 }] });
			const updated = await upsert(2, true);
			expect(updated.body).toMatchObject([{ id: inserted.body[0].id, amount: 2 }]);
			expect((await upsert(3)).body).toBe(true);
			expect((await read(path)).body.data).toMatchObject([{ amount: 3 }]);
		});
	});

	describe('deleting', () => {
		it('takes what the filter meets, and never all by mistake', async () => {
			const { path } = await create([{ word: 'a' }, { word: 'b' }]);
			const remove = async (query: Record<string, unknown>) =>
				await client.request('DELETE', `${path}/rows/delete`, { query });
			const filter = JSON.stringify(where(['word', 'eq', 'a']));
			expect(await remove({})).toMatchObject({
				status: 400,
				body: { message: "request/query must have required property 'filter'" },
			});
			expect(await remove({ filter: JSON.stringify(where()) })).toMatchObject({
				status: 400,
				body: { message: 'At least one filter condition is required for delete operations' },
			});
			expect(await remove({ filter, returnData: true })).toMatchObject({
				status: 200,
				body: [{ word: 'a' }],
			});
			expect((await remove({ filter, returnData: true })).body).toEqual([]);
			expect((await remove({ filter })).body).toBe(true);
			expect((await remove({ filter: JSON.stringify(where(['id', 'gt', 0])) })).body).toBe(true);
			expect((await read(path)).body.data).toEqual([]);
		});

		it('of the last row lets SQLite give its ID to the next one', async () => {
			const { path } = await create([{ word: 'a' }, { word: 'b' }]);
			const last = (await read(path)).body.data[1].id;
			await client.request('DELETE', `${path}/rows/delete`, {
				query: { filter: JSON.stringify(where(['word', 'eq', 'b'])) },
			});
			const { body } = await client.request('POST', `${path}/rows`, {
				body: { data: [{ word: 'new' }], returnType: 'id' },
			});
			expect(body).toEqual([{ id: database === 'sqlite' ? last : last + 1 }]);
		});
	});

	describe('executions', () => {
		it('are listed by status, and one by its ID', async () => {
			const { status, body } = await client.request('GET', '/executions', { query: { status: 'running' } });
			expect(status).toBe(200);
			expect(body).toEqual({ data: expect.any(Array), nextCursor: null });
			expect(await client.request('GET', '/executions/999999999')).toMatchObject({
				status: 404,
				body: { message: 'Not Found' },
			});
			expect(await client.request('GET', '/executions/abc')).toMatchObject({
				status: 400,
				body: { message: 'request/params/executionId must be a positive integer' },
			});
			expect((await client.request('GET', '/executions', { query: { status: 'gone' } })).status).toBe(400);
		});
	});
}
