import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { data, jsonOf, links, said, useSeller } from '../support/tributeOrders';

const seller = useSeller();

const list: INodeParameters = { resource: 'physicalOrder', operation: 'getAll' };
const run = async (parameters: INodeParameters = {}, items?: IDataObject[]) =>
	await seller().run({ ...list, ...parameters }, items);
const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);
const add = (count: number) => {
	seller().shop.physicalOrders = range(1, count).map((id) => ({ id, status: 'pending', deliveryCost: 25.5 }));
};
const idsOf = async (parameters: INodeParameters = {}) =>
	jsonOf(await run(parameters)).map(({ id }) => Number(id));
const pages = () =>
	seller()
		.shop.asked('physicalOrder.getAll')
		.map(({ query }) => query);

describe('physicalOrder: getAll', () => {
	it('gives all orders, none lost or doubled, in as few pages as there are', async () => {
		add(130);
		const done = await run({ returnAll: true });
		expect(jsonOf(done)).toEqual(seller().shop.physicalOrders);
		expect(pages()).toEqual(['1', '2', '3'].map((page) => ({ page, limit: '50' })));
	});

	it.each([
		[1, [1]],
		[50, [50]],
		[51, [26, 26]],
		[100, [50, 50]],
		[1_000, [50, 50, 50]],
	])('asks for no more than %i needs', async (limit, sizes) => {
		add(130);
		expect(await idsOf({ limit })).toEqual(range(1, Math.min(limit, 130)));
		expect(pages()).toEqual(sizes.map((size, index) => ({ page: String(index + 1), limit: String(size) })));
	});

	it('links all orders to the item that asked for them', async () => {
		add(2);
		expect(links(await run({}, [{}, {}]))).toEqual([0, 0, 1, 1].map((item) => ({ item })));
	});

	it.each([
		['rows that are null', { rows: null, meta: null }],
		['no rows', { rows: [] }],
	])('takes %s for an empty list', async (_, body) => {
		seller().shop.inject('physicalOrder.getAll', { type: 'answer', body });
		expect(await idsOf({ returnAll: true })).toEqual([]);
	});

	const page = (from: number, count: number) => ({ rows: range(from, count).map((id) => ({ id })) });
	const answer = (body: unknown, times = 1) =>
		seller().shop.inject('physicalOrder.getAll', { type: 'answer', body }, { times });

	it('ends when the same page comes again', async () => {
		answer(page(1, 50), -1);
		expect(await idsOf({ returnAll: true })).toEqual(range(1, 50));
		expect(pages()).toHaveLength(2);
	});

	it('ends when a page is not full', async () => {
		answer(page(1, 50));
		answer(page(51, 10));
		expect(await idsOf({ returnAll: true })).toEqual(range(1, 60));
		expect(pages()).toHaveLength(2);
	});

	it('gives no half a list when a page fails for good', async () => {
		answer(page(1, 50));
		seller().shop.inject('physicalOrder.getAll', {
			type: 'answer',
			status: 401,
			body: { error: 'error_unauthorized', message: 'x' },
		});
		const done = await run({ returnAll: true });
		expect(said(done)).toMatchObject({ data: data('error_unauthorized') });
		expect(jsonOf(done)).toEqual([]);
	});

	it('asks again for a page that failed for a moment', async () => {
		add(60);
		seller().shop.inject('physicalOrder.getAll', { type: 'answer', status: 502, body: '' }, { skip: 1 });
		expect(await idsOf({ returnAll: true })).toEqual(range(1, 60));
		expect(pages()).toHaveLength(3);
	});

	it.each([
		['Limit', { limit: 0 }],
		['Limit', { limit: 1.5 }],
		['Limit', { limit: '={{ "many" }}' }],
		['Return All', { returnAll: '={{ "all" }}' }],
	])('refuses %s of %j', async (label, parameters) => {
		expect(said(await run(parameters))).toMatchObject({
			message: expect.stringMatching(new RegExp(`^${label}: `)),
			data: data('INVALID_PARAMETER'),
		});
		expect(seller().shop.requests).toEqual([]);
	});
});
