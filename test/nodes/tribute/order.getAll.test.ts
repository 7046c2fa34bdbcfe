import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { data, jsonOf, links, said, useSeller } from '../support/tributeOrders';

const seller = useSeller();

const list: INodeParameters = { resource: 'order', operation: 'getAll' };
const run = async (parameters: INodeParameters = {}, items?: IDataObject[]) =>
	await seller().run({ ...list, ...parameters }, items);
const queries = () =>
	seller()
		.shop.asked('order.getAll')
		.map(({ query }) => query);
const add = (count: number, more = {}) => Array.from({ length: count }, () => seller().shop.add(more).uuid);

describe('order: getAll', () => {
	it('gives all orders, newest first, from one request', async () => {
		const uuids = add(120);
		const done = await run({ returnAll: true });
		expect(jsonOf(done).map(({ orderId }) => orderId)).toEqual(uuids.reverse());
		expect(jsonOf(done)[0]).toMatchObject({
			provider: 'tribute',
			state: 'pending',
			price: 1000,
			currency: 'RUB',
		});
		expect(queries()).toEqual([{}]);
	});

	it.each([
		[{}, 50],
		[{ limit: 1 }, 1],
		[{ limit: 60 }, 60],
		[{ limit: 1_000 }, 70],
	])('gives with %j the newest %i', async (parameters, count) => {
		const uuids = add(70).reverse();
		expect(jsonOf(await run(parameters)).map(({ orderId }) => orderId)).toEqual(uuids.slice(0, count));
	});

	it('links all orders to the item that asked for them', async () => {
		add(2);
		expect(links(await run({}, [{}, {}]))).toEqual([0, 0, 1, 1].map((item) => ({ item })));
	});

	it.each(['pending', 'prepaid', 'paid', 'failed'])('filters for %s before it counts', async (status) => {
		for (const word of ['pending', 'prepaid', 'paid', 'failed']) add(3, { status: word });
		const found = jsonOf(await run({ limit: 2, filters: { status } }));
		expect(found.map((order) => order.status)).toEqual([status, status]);
		expect(queries()).toEqual([{}]);
	});

	it('asks for one shop', async () => {
		add(1);
		const [other] = add(1, { shopId: 18 });
		expect(jsonOf(await run({ filters: { shopId: '18' } })).map(({ orderId }) => orderId)).toEqual([other]);
		expect(queries()).toEqual([{ shopId: '18' }]);
	});

	it('asks for the days, both inclusive', async () => {
		const [one, two] = ['2026-01-31', '2026-02-01', '2026-02-02'].map(
			(day) => add(1, { createdAt: `${day}T23:59:59Z` })[0],
		);
		const filters = { dateFrom: '2026-01-31', dateTo: '2026-02-01' };
		expect(jsonOf(await run({ filters })).map(({ orderId }) => orderId)).toEqual([two, one]);
		expect(queries()).toEqual([filters]);
	});

	it.each([
		['as the editor gives it', '2026-01-31T00:00:00', '2026-01-31'],
		['with milliseconds', '2026-01-31T23:30:00.000', '2026-01-31'],
		['in UTC', '2026-01-31T23:30:00.000Z', '2026-01-31'],
		['in another zone', '2026-01-31T23:30:00.000-05:00', '2026-02-01'],
		['with a blank', '2026-01-31 10:00:00', '2026-01-31'],
		['in white space', ' 2026-01-31 ', '2026-01-31'],
		['of JavaScript', new Date('2026-01-31T10:00:00Z'), '2026-01-31'],
	])('takes a date %s', async (_, dateFrom, day) => {
		await run({ filters: { dateFrom: '={{ $json.date }}' } }, [{ date: dateFrom as string }]);
		expect(queries()).toEqual([{ dateFrom: day }]);
	});

	it('takes an expression of a date', async () => {
		await run({ filters: { dateTo: "={{ DateTime.fromISO('2026-01-31T12:00:00Z') }}" } });
		expect(queries()).toEqual([{ dateTo: '2026-01-31' }]);
	});

	it("gives the provider's own objects without Simplify", async () => {
		const { transactions: _, ...order } = seller().shop.add();
		expect(jsonOf(await run({ simplify: false }))).toEqual([order]);
	});

	it.each([
		['null', null, 0],
		['an empty list', [], 0],
		['rows', { rows: [{ uuid: 'a', status: 'paid' }] }, 1],
		['orders', { orders: [{ uuid: 'a' }] }, 1],
		['result', { result: [{ uuid: 'a' }] }, 1],
		['data', { data: [{ uuid: 'a' }] }, 1],
		['an order twice', [{ uuid: 'a' }, { uuid: 'a' }], 1],
	])('takes %s for a list', async (_, body, count) => {
		seller().shop.inject('order.getAll', { type: 'answer', body }, { times: 2 });
		expect(jsonOf(await run())).toHaveLength(count);
		expect(jsonOf(await run({ simplify: false }))).toHaveLength(count);
	});

	it.each([
		['a page', '<html>'],
		['something else', { message: 'accepted' }],
		['orders without an ID', [{ status: 'paid' }]],
	])('says so when the answer is %s', async (_, body) => {
		seller().shop.inject('order.getAll', { type: 'answer', body });
		expect(said(await run())).toMatchObject({ message: expect.stringContaining('cannot be used') });
	});

	it('says that there is no shop', async () => {
		const body = { error: 'error_not_found', message: 'no shop' };
		seller().shop.inject('order.getAll', { type: 'answer', status: 404, body });
		expect(said(await run())).toEqual({
			message: 'Tribute: there is no such order or shop (no shop, code error_not_found)',
			description: expect.stringContaining('needs an active shop'),
			httpCode: '404',
			data: data('error_not_found'),
		});
	});

	it.each([
		['Status', { filters: { status: 'refunded' } }],
		['Status', { filters: { status: '={{ ({}) }}' } }],
		['Shop ID', { filters: { shopId: '' } }],
		['Shop ID', { filters: { shopId: 'mine' } }],
		['Date From', { filters: { dateFrom: 'yesterday' } }],
		['Date From', { filters: { dateFrom: '2026-13-45' } }],
		['Date From', { filters: { dateFrom: '2026-01-31T99:00:00Z' } }],
		['Date From', { filters: { dateFrom: '={{ 1769817600000 }}' } }],
		['Date From', { filters: { dateFrom: '={{ [] }}' } }],
		['Date From', { filters: { dateFrom: '={{ true }}' } }],
		['Date From', { filters: { dateFrom: '2026-01-31&shopId=18' } }],
		['Date To', { filters: { dateFrom: '2026-02-01', dateTo: '2026-01-31' } }],
		['Limit', { limit: 0 }],
		['Limit', { limit: '={{ "many" }}' }],
		['Return All', { returnAll: '={{ "all" }}' }],
		['Simplify', { simplify: '={{ "no" }}' }],
	] as Array<[string, INodeParameters]>)('refuses %s of %j', async (label, parameters) => {
		expect(said(await run(parameters))).toMatchObject({
			message: expect.stringMatching(new RegExp(`^${label}: `)),
			data: data('INVALID_PARAMETER'),
		});
		expect(seller().shop.requests).toEqual([]);
	});
});
