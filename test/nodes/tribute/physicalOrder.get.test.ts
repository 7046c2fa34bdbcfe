import type { IDataObject } from 'n8n-workflow';
import { tributePhysicalOrders } from '../../../sandbox/catalogs/tributePhysicalOrders';
import { errorOf, jsonOf } from '../../support/harness';
import { links, titled } from '../support/providerNode';
import { NO_IDS, useTributeShop } from '../support/tributeShop';

const shop = useTributeShop();
const { details } = shop;

const get = { resource: 'physicalOrder', operation: 'get', orderId: '={{ $json.id }}' };
const run = async (ids: unknown[]) =>
	await shop.run(
		get,
		ids.map((id) => ({ id }) as IDataObject),
	);

describe('physicalOrder: get', () => {
	it('gives an order as Tribute does, amounts too', async () => {
		const [list] = jsonOf(await shop.run({ resource: 'physicalOrder', operation: 'getAll', limit: 1 }));
		const first = Number(list!.id) - 74;
		const [one, other] = tributePhysicalOrders(first);
		const done = await run([other!.id, String(one!.id)]);
		expect(jsonOf(done)).toEqual([other, one]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }]);
		expect((await shop.requests('physicalOrder.get')).map(({ method, path }) => [method, path])).toEqual(
			[other, one].map((order) => ['GET', `/tribute/api/v1/physical/orders/${order!.id}`]),
		);
	});

	it('takes an order that says less, or more', async () => {
		await shop.answerWith('physicalOrder.get', {
			id: 7,
			error: 'a field of that name',
			trackingNumber: 'RB1',
		});
		expect(jsonOf(await run([7]))).toEqual([
			{ id: 7, providerError: 'a field of that name', trackingNumber: 'RB1' },
		]);
	});

	it('finds no order nobody made', async () => {
		expect(errorOf(await run([1]))).toMatchObject({
			message: expect.stringContaining('there is no such order'),
			description: expect.stringContaining('Order ID'),
			httpCode: '404',
			data: details('error_not_found'),
		});
	});

	it.each([
		['a page', '<html>'],
		['something else', { message: 'accepted' }],
	])('says so when the answer is %s', async (_, body) => {
		await shop.answerWith('physicalOrder.get', body);
		expect(errorOf(await run([1]))).toMatchObject({ message: expect.stringContaining('cannot be used') });
	});

	it.each([...NO_IDS, '0', '-1', '1.5', '05001', 'abc'].map(titled))(
		'refuses the ID %s before anything is sent',
		async (_, id) => {
			expect(errorOf(await run([id]))).toMatchObject({
				message: expect.stringMatching(/^Order ID: /),
				data: details('INVALID_PARAMETER'),
			});
			expect(await shop.requests()).toEqual([]);
		},
	);
});
