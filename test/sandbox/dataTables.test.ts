import { startDataTables, type DataTables } from '../../sandbox/dataTables';
import { DataTableClient, dataTableConformance, where } from './dataTables.conformance';

describe.each(['sqlite', 'postgres'] as const)('the double of Data Tables in %s', (database) => {
	dataTableConformance(database, async () => await startDataTables({ database }));
});

describe('its faults', () => {
	let tables: DataTables;
	let client: DataTableClient;
	let path: string;
	beforeAll(async () => {
		tables = await startDataTables();
	});
	afterAll(async () => await tables.close());
	beforeEach(async () => {
		await tables.client.reset();
		client = new DataTableClient(tables);
		const { id } = await tables.client.setDataTable({
			name: 'orders',
			columns: [{ name: 'state', type: 'string' }],
			rows: [{ state: 'free' }],
		});
		path = `/data-tables/${id}/rows`;
	});

	const fault = async (
		operation: string,
		effect: Parameters<typeof tables.client.addFault>[0]['fault'],
		more = {},
	) => await tables.client.addFault({ provider: 'n8n', operation, fault: effect, ...more });
	const insert = async (state: string) =>
		await client.request('POST', path, { body: { data: [{ state }], returnType: 'id' } });
	const take = async (state: string) =>
		await client.request('PATCH', `${path}/update`, {
			body: { filter: where(['state', 'eq', 'free']), data: { state }, returnData: true },
		});
	const states = async () => (await tables.client.dataTables())[0]!.rows.map(({ state }) => state);
	const read = async () =>
		(await client.request('GET', path)).body.data.map(({ state }: { state: string }) => state);

	it('lose a request, or its answer', async () => {
		await fault('row.insert', { type: 'drop', phase: 'before' });
		await expect(insert('lost')).rejects.toThrow();
		expect(await states()).toEqual(['free']);
		await fault('row.insert', { type: 'drop', phase: 'after' });
		await expect(insert('there')).rejects.toThrow();
		expect(await states()).toEqual(['free', 'there']);
	});

	it('double a request: two rows, or an update that finds its own change', async () => {
		await fault('row.insert', { type: 'double' });
		expect((await insert('twice')).body).toEqual([{ id: 3 }]);
		expect(await states()).toEqual(['free', 'twice', 'twice']);
		await fault('row.update', { type: 'double' });
		expect((await take('mine')).body).toEqual([]);
		await fault('row.update', { type: 'double', answer: 'first' });
		await tables.client.setDataTable({ name: 'orders', rows: [{ state: 'free' }] });
		expect((await take('mine')).body).toMatchObject([{ state: 'mine' }]);
	});

	it('show a row later than one that was inserted after it', async () => {
		await fault('row.insert', { type: 'lateCommit', ms: 300 });
		const late = insert('late');
		while ((await states()).length < 2);
		expect((await insert('early')).body).toEqual([{ id: 3 }]);
		expect(await read()).toEqual(['free', 'early']);
		expect((await late).body).toEqual([{ id: 2 }]);
		expect(await read()).toEqual(['free', 'late', 'early']);
	});

	it('answer as n8n does that is full, fails or wants to be asked less', async () => {
		await fault('row.insert', { type: 'refuse', code: 'SIZE_LIMIT' });
		expect(await insert('x')).toMatchObject({
			status: 400,
			body: {
				message: expect.stringContaining('Data table size limit exceeded: 200MB used, limit is 200MB'),
			},
		});
		await fault('row.insert', { type: 'error', status: 500, phase: 'after' });
		expect(await insert('kept')).toMatchObject({ status: 500, body: { message: 'Internal server error' } });
		await fault('row.getAll', { type: 'rateLimit', retryAfterSeconds: 2 });
		expect(await client.request('GET', path)).toMatchObject({ status: 429, headers: { 'retry-after': '2' } });
		expect(await states()).toEqual(['free', 'kept']);
	});

	it('hit at random, the same for the same seed', async () => {
		const hits = async (seed: number) => {
			const { id } = await fault(
				'row.getAll',
				{ type: 'error', status: 500 },
				{ times: -1, probability: 0.5, seed },
			);
			const answers: boolean[] = [];
			for (let request = 0; request < 40; request++) {
				answers.push((await client.request('GET', path)).status === 500);
			}
			await tables.client.clearFaults({ id });
			return answers;
		};
		const first = await hits(1);
		expect(new Set(first).size).toBe(2);
		expect(await hits(1)).toEqual(first);
		expect(await hits(2)).not.toEqual(first);
	});

	it('take rights and the key away', async () => {
		const { credentials } = await tables.client.createAccount({
			provider: 'n8n',
			scopes: ['dataTable:list'],
		});
		const narrow = new DataTableClient(credentials as { baseUrl: string; apiKey: string });
		expect((await narrow.request('GET', '/data-tables')).status).toBe(200);
		expect(await narrow.request('POST', '/data-tables', { body: { name: 'x', columns: [] } })).toMatchObject({
			status: 403,
			body: { message: 'Forbidden' },
		});
		await tables.client.changeAccount({ provider: 'n8n', suspended: true });
		expect((await client.request('GET', '/data-tables')).status).toBe(401);
	});

	it('let one see another’s change as if it were one’s own, on SQLite', async () => {
		const answers = await Promise.all(['a', 'b', 'c'].map(take));
		const seen = answers.filter(({ body }) => body.length > 0);
		expect(seen.length).toBeGreaterThan(1);
		expect(new Set(seen.map(({ body }) => body[0].state)).size).toBe(1);
	});
});

describe('control', () => {
	it('knows tables of other projects, executions and the time', async () => {
		const tables = await startDataTables();
		const client = new DataTableClient(tables);
		await tables.client.setDataTable({ name: 'orders' });
		await tables.client.setDataTable({
			name: 'orders',
			projectId: 'team',
			columns: [{ name: 'state', type: 'string' }],
			rows: [{ id: 7, state: 'old', createdAt: '2026-01-01T00:00:00.000Z' }],
		});
		const { body } = await client.request('GET', '/data-tables');
		expect(body.data.map(({ projectId }: { projectId: string }) => projectId)).toHaveLength(2);

		await tables.client.setExecutions({
			executions: [
				{ id: 1, status: 'success' },
				{ id: 2, status: 'running' },
				{ id: 3, status: 'crashed', workflowId: 'other' },
			],
		});
		const ids = async (query: object) =>
			(await client.request('GET', '/executions', { query: { ...query } })).body.data.map(
				({ id }: { id: string }) => id,
			);
		expect(await ids({})).toEqual(['3', '1']);
		expect(await ids({ status: 'running' })).toEqual(['2']);
		expect(await ids({ workflowId: 'other' })).toEqual(['3']);
		expect((await client.request('GET', '/executions/2')).body).toMatchObject({ id: '2', status: 'running' });
		const page = (await client.request('GET', '/executions', { query: { limit: 1 } })).body;
		expect(await ids({ cursor: page.nextCursor })).toEqual(['1']);

		await tables.client.advanceClock(60 * 60 * 1000);
		const path = `/data-tables/${body.data.find(({ projectId }: { projectId: string }) => projectId === 'team').id}/rows`;
		const inserted = await client.request('POST', path, {
			body: { data: [{ state: 'new' }], returnType: 'all' },
		});
		expect(inserted.body[0].id).toBe(8);
		expect(Date.parse(inserted.body[0].createdAt)).toBeGreaterThan(Date.now() + 50 * 60 * 1000);
		await tables.close();
	});
});
