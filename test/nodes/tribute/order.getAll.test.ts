import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { errorOf, jsonOf } from '../../support/harness';
import { links } from '../support/providerNode';
import { useTributeShop } from '../support/tributeShop';

const shop = useTributeShop();
const { details } = shop;

const list: INodeParameters = { resource: 'order', operation: 'getAll' };
const run = async (parameters: INodeParameters = {}, items?: IDataObject[]) =>
	await shop.run({ ...list, ...parameters }, items);
const idsOf = async (parameters: INodeParameters = {}) =>
	jsonOf(await run(parameters)).map(({ orderId }) => orderId);
const queries = async () => (await shop.requests('order.getAll')).map(({ query }) => query);

describe('order: getAll', () => {
	it('gives all orders, newest first, from one request', async () => {
		const uuids = await shop.addOrders(120);
		const done = await run({ returnAll: true });
		expect(jsonOf(done).map(({ orderId }) => orderId)).toEqual(uuids.reverse());
		expect(jsonOf(done)[0]).toMatchObject({ provider: 'tribute', state: 'pending', price: 1000 });
		expect(await queries()).toEqual([{}]);
	});

	it.each([
		[{}, 50],
		[{ limit: 1 }, 1],
		[{ limit: 51 }, 51],
		[{ limit: 1_000 }, 52],
	])('gives with %j the newest %i', async (parameters, count) => {
		const uuids = await shop.addOrders(52);
		expect(await idsOf(parameters)).toEqual(uuids.reverse().slice(0, count));
	});

	it('links all orders to the item that asked for them', async () => {
		await shop.addOrders(2);
		expect(links(await run({}, [{}, {}]))).toEqual([0, 0, 1, 1].map((item) => ({ item })));
	});

	it.each(['pending', 'prepaid', 'paid', 'failed'])('filters for %s before it counts', async (status) => {
		for (const word of ['pending', 'prepaid', 'paid', 'failed'])
			await shop.addOrders(3, {}, { status: word });
		const found = jsonOf(await run({ limit: 2, filters: { status } }));
		expect(found.map((order) => order.status)).toEqual([status, status]);
		expect(await queries()).toEqual([{}]);
	});

	it('asks for one shop', async () => {
		await shop.useAccount({ shops: 2 });
		const [first, second] = await Promise.all([shop.addOrder(), shop.addOrder()]);
		const shopId = Number(first.shopId) + 1;
		const other = await shop.addOrder({ shopId });
		expect(await idsOf({ filters: { shopId: String(shopId) } })).toEqual([other.uuid]);
		expect(await queries()).toEqual([{ shopId: String(shopId) }]);
		expect(second.shopId).toBe(first.shopId);
	});

	it('asks for the days, both inclusive', async () => {
		await shop.addOrder();
		await shop.harness.sandbox.client.advanceClock(2 * 86_400_000);
		const order = await shop.addOrder();
		const day = String(order.createdAt).slice(0, 10);
		expect(await idsOf({ filters: { dateFrom: day, dateTo: day } })).toEqual([order.uuid]);
		expect(await queries()).toEqual([{ dateFrom: day, dateTo: day }]);
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
		expect(await queries()).toEqual([{ dateFrom: day }]);
	});

	it('takes a date of Luxon, as expressions make them', async () => {
		const dateTo = "={{ DateTime.fromISO('2026-01-31T23:30:00-05:00') }}";
		await run({ filters: { dateTo } });
		expect(await queries()).toEqual([{ dateTo: '2026-02-01' }]);
	});

	it("gives the provider's own objects without Simplify", async () => {
		const order = await shop.addOrder();
		expect(jsonOf(await run({ simplify: false }))).toEqual([order]);
	});

	it.each([
		['null', 'null', 0],
		['an empty list', [], 0],
		['rows', { rows: [{ uuid: 'a', status: 'paid' }] }, 1],
		['orders', { orders: [{ uuid: 'a' }] }, 1],
		['result', { result: [{ uuid: 'a' }] }, 1],
		['data', { data: [{ uuid: 'a' }] }, 1],
		['an order twice', [{ uuid: 'a' }, { uuid: 'a' }], 1],
	])('takes %s for a list', async (_, body, count) => {
		await shop.answerWith('order.getAll', body, 200, { times: 2 });
		expect(jsonOf(await run())).toHaveLength(count);
		expect(jsonOf(await run({ simplify: false }))).toHaveLength(count);
	});

	it.each([
		['a page', '<html>'],
		['something else', { message: 'accepted' }],
		['orders without an ID', [{ status: 'paid' }]],
	])('says so when the answer is %s', async (_, body) => {
		await shop.answerWith('order.getAll', body);
		expect(errorOf(await run())).toMatchObject({ message: expect.stringContaining('cannot be used') });
	});

	it('says that there is no shop', async () => {
		await shop.useAccount({ shops: 0 });
		expect(errorOf(await run())).toEqual({
			message: 'Tribute: there is no such order or shop (shop not found, code error_not_found)',
			description: expect.stringContaining('needs an active shop'),
			httpCode: '404',
			data: details('error_not_found'),
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
		expect(errorOf(await run(parameters))).toMatchObject({
			message: expect.stringMatching(new RegExp(`^${label}: `)),
			data: details('INVALID_PARAMETER'),
		});
		expect(await shop.requests()).toEqual([]);
	});
});
