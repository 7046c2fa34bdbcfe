import type { INodeParameters } from 'n8n-workflow';
import { errorOf } from '../../support/harness';
import { cancel, getProduct, getProducts, useTribute } from '../support/tribute';
import { titled } from '../support/providerNode';

const { run, refunds, requests, details, cancelAll } = useTribute();

describe('hostile input', () => {
	const ids: unknown[] = [
		'',
		'  ',
		'0',
		'-1',
		'1.5',
		'02548',
		'abc',
		'..',
		'.',
		'../products',
		'2548/../2549',
		'2548?x=1',
		'2548#x',
		'%32548',
		'２５４８',
		'<img src=x onerror=alert(1)>',
		'9'.repeat(10_000),
		{ id: 2548 },
		[2548],
		true,
		null,
		2 ** 53,
	];

	it.each(ids.map(titled))('ID %s is refused before anything is sent', async (_, id) => {
		for (const [parameters, label] of [
			[getProduct, 'Product ID'],
			[cancel, 'Purchase ID'],
		] as const) {
			const done = await run(parameters, [{ id: id as string }]);
			expect(errorOf(done)).toMatchObject({
				message: expect.stringMatching(new RegExp(`^${label}: `)),
				data: details('INVALID_PARAMETER'),
			});
			expect(done.error!.message.length).toBeLessThan(200);
		}
		expect(await requests()).toEqual([]);
	});

	it.each([
		['Type', { ...getProducts, filters: { type: '={{ "virtual" }}' } }],
		['Type', { ...getProducts, filters: { type: '={{ ({ a: 1 }) }}' } }],
		['Descending', { ...getProducts, options: { descending: '={{ "maybe" }}' } }],
		['Limit', { ...getProducts, limit: '={{ "many" }}' }],
		['Limit', { ...getProducts, limit: 0 }],
		['Limit', { ...getProducts, limit: 1.5 }],
		['Return All', { ...getProducts, returnAll: '={{ "all" }}' }],
		['Simplify', { ...getProducts, simplify: '={{ "no" }}' }],
		['Request Timeout', { ...cancel, purchaseId: '12345', options: { requestTimeout: 0 } }],
	])('%s out of range is refused before anything is cancelled', async (label, parameters) => {
		const done = await run(parameters as INodeParameters);
		expect(errorOf(done)).toMatchObject({
			message: expect.stringMatching(new RegExp(`^${label}: `)),
			data: details('INVALID_PARAMETER'),
		});
		expect(await refunds()).toEqual([]);
	});

	it('checks every item before the first is cancelled', async () => {
		const done = await cancelAll([12345, '../12346']);
		expect(done.error?.context).toMatchObject({ itemIndex: 1 });
		expect(await requests()).toEqual([]);
	});
});
