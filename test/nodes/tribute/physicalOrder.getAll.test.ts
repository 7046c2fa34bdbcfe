import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { tributePhysicalOrders } from '../../../sandbox/catalogs/tributePhysicalOrders';
import { errorOf, jsonOf } from '../../support/harness';
import { links } from '../support/providerNode';
import { useTributeShop } from '../support/tributeShop';

const shop = useTributeShop();
const { details } = shop;

const list: INodeParameters = { resource: 'physicalOrder', operation: 'getAll' };
const run = async (parameters: INodeParameters = {}, items?: IDataObject[]) =>
	await shop.run({ ...list, ...parameters }, items);
const idsOf = async (parameters: INodeParameters = {}) =>
	jsonOf(await run(parameters)).map(({ id }) => Number(id));
const pages = async () => (await shop.requests('physicalOrder.getAll')).map(({ query }) => query);

/** How many the sandbox's seller has. */
const ORDERS = 75;

describe('physicalOrder: getAll', () => {
	it('gives all orders as Tribute does, none lost or doubled, in as few pages as there are', async () => {
		const orders = jsonOf(await run({ returnAll: true }));
		expect(orders).toEqual(tributePhysicalOrders(Number(orders.at(-1)!.id)).reverse());
		expect(orders).toHaveLength(ORDERS);
		expect(await pages()).toEqual(['1', '2'].map((page) => ({ page, limit: '50' })));
	});

	it.each([
		[1, [1]],
		[50, [50]],
		[51, [26, 26]],
		[75, [38, 38]],
		[1_000, [50, 50]],
	])('asks for no more than %i needs', async (limit, sizes) => {
		const ids = await idsOf({ limit });
		expect(new Set(ids).size).toBe(Math.min(limit, ORDERS));
		expect(ids).toHaveLength(Math.min(limit, ORDERS));
		expect(await pages()).toEqual(
			sizes.map((size, index) => ({ page: String(index + 1), limit: String(size) })),
		);
	});

	it('links all orders to the item that asked for them', async () => {
		expect(links(await run({ limit: 2 }, [{}, {}]))).toEqual([0, 0, 1, 1].map((item) => ({ item })));
	});

	it.each([
		['rows that are null', { rows: null, meta: null }],
		['no rows', { rows: [] }],
	])('takes %s for an empty list', async (_, body) => {
		await shop.answerWith('physicalOrder.getAll', body);
		expect(await idsOf({ returnAll: true })).toEqual([]);
	});

	const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);
	const answerWithPage = async (from: number, count: number, times = 1) =>
		await shop.answerWith('physicalOrder.getAll', { rows: range(from, count).map((id) => ({ id })) }, 200, {
			times,
		});

	it('ends when the same page comes again', async () => {
		await answerWithPage(1, 50, -1);
		expect(await idsOf({ returnAll: true })).toEqual(range(1, 50));
		expect(await pages()).toHaveLength(2);
	});

	it('ends when a page is not full', async () => {
		await answerWithPage(1, 50);
		await answerWithPage(51, 10);
		expect(await idsOf({ returnAll: true })).toEqual(range(1, 60));
		expect(await pages()).toHaveLength(2);
	});

	it('gives every order once when one was added meanwhile', async () => {
		await answerWithPage(1, 50);
		await answerWithPage(50, 50);
		await answerWithPage(100, 1);
		expect(await idsOf({ returnAll: true })).toEqual(range(1, 100));
	});

	it('gives no half a list when a page fails for good', async () => {
		await shop.injectFault(
			'physicalOrder.getAll',
			{ type: 'refuse', code: 'error_unauthorized' },
			{ skip: 1 },
		);
		const done = await run({ returnAll: true });
		expect(errorOf(done)).toMatchObject({ data: details('error_unauthorized') });
		expect(jsonOf(done)).toEqual([]);
	});

	it('asks once more for a page that failed for a moment', async () => {
		await shop.injectFault('physicalOrder.getAll', { type: 'error', status: 502 }, { skip: 1 });
		expect(await idsOf({ returnAll: true })).toHaveLength(ORDERS);
		expect(await pages()).toHaveLength(3);
	});

	it.each([
		['Limit', { limit: 0 }],
		['Limit', { limit: 1.5 }],
		['Limit', { limit: '={{ "many" }}' }],
		['Return All', { returnAll: '={{ "all" }}' }],
	])('refuses %s of %j', async (label, parameters) => {
		expect(errorOf(await run(parameters))).toMatchObject({
			message: expect.stringMatching(new RegExp(`^${label}: `)),
			data: details('INVALID_PARAMETER'),
		});
		expect(await shop.requests()).toEqual([]);
	});
});
