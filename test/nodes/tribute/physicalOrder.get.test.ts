import type { IDataObject } from 'n8n-workflow';
import { data, hostileIds, jsonOf, links, said, titled, useSeller } from '../support/tributeOrders';

const seller = useSeller();

const get = { resource: 'physicalOrder', operation: 'get', orderId: '={{ $json.id }}' };
const run = async (ids: unknown[]) =>
	await seller().run(
		get,
		ids.map((id) => ({ id }) as IDataObject),
	);

/** The document's own sample. */
const sample = {
	id: 5001,
	status: 'pending',
	created: '2025-08-25T10:30:00Z',
	fullName: 'Ann Example',
	email: 'ann@example.com',
	phone: '+100000000',
	telegramID: 12321321,
	address: { countryIso2: 'GB', countryIso3: 'GBR' },
	locality: 'London',
	fullAddress: '221B Baker Street, London',
	customerNote: '',
	items: [
		{ id: 2555, price: 150, quantity: 2, currency: 'USD', name: 'Enamel Pin', attributes: { size: 'M' } },
	],
	deliveryCost: 25.5,
	currency: 'USD',
};

describe('physicalOrder: get', () => {
	it('gives an order as Tribute does, amounts too', async () => {
		seller().shop.physicalOrders = [sample, { ...sample, id: 5002, status: 'refunded' }];
		const done = await run([5002, '5001']);
		expect(jsonOf(done)).toEqual([{ ...sample, id: 5002, status: 'refunded' }, sample]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }]);
		expect(seller().shop.requests.map(({ method, path }) => [method, path])).toEqual([
			['GET', '/tribute/api/v1/physical/orders/5002'],
			['GET', '/tribute/api/v1/physical/orders/5001'],
		]);
	});

	it('takes an order that says less', async () => {
		seller().shop.physicalOrders = [{ id: 7 }];
		expect(jsonOf(await run([7]))).toEqual([{ id: 7 }]);
	});

	it('finds no order nobody made', async () => {
		expect(said(await run([5001]))).toMatchObject({
			message: expect.stringContaining('there is no such order'),
			description: expect.stringContaining('Order ID'),
			httpCode: '404',
			data: data('error_not_found'),
		});
	});

	it.each([
		['a page', '<html>'],
		['something else', { message: 'accepted' }],
	])('says so when the answer is %s', async (_, body) => {
		seller().shop.inject('physicalOrder.get', { type: 'answer', body });
		expect(said(await run([1]))).toMatchObject({ message: expect.stringContaining('cannot be used') });
	});

	it.each([...hostileIds, '0', '-1', '1.5', '05001', 'abc'].map(titled))(
		'ID %s is refused before anything is sent',
		async (_, id) => {
			expect(said(await run([id]))).toMatchObject({
				message: expect.stringMatching(/^Order ID: /),
				data: data('INVALID_PARAMETER'),
			});
			expect(seller().shop.requests).toEqual([]);
		},
	);
});
