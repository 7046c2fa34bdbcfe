import { tributeProduct } from '../../support/samples';
import { errorOf, jsonOf } from '../../support/harness';
import type { Fault } from '../../support/sandboxFaults';
import { getProduct, getProducts, idsOf, simple, useTribute } from '../support/tribute';
import { links } from '../support/providerNode';

const { run, injectFault, answerWith, details, seller } = useTribute();

describe('product: get', () => {
	it('gives one product for each item', async () => {
		const done = await run(getProduct, [{ id: '2548' }, { id: 2549 }, { id: ' 2550 ' }]);
		expect(jsonOf(done)).toEqual([
			simple,
			expect.objectContaining({ productId: '2549', currency: 'EUR' }),
			expect.objectContaining({ productId: '2550', currency: 'RUB' }),
		]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
	});

	it('takes the documented sample, and leaves it untouched without Simplify', async () => {
		await answerWith('product.get', tributeProduct);
		expect(jsonOf(await run(getProduct, [{ id: 2548 }]))).toEqual([simple]);
		await answerWith('product.get', tributeProduct);
		expect(jsonOf(await run({ ...getProduct, simplify: false }, [{ id: 2548 }]))).toEqual([tributeProduct]);
	});

	it("does not show another seller's", async () => {
		const theirs = await run({ ...getProducts, limit: 1 }, [{}], await seller(5));
		expect(errorOf(await run(getProduct, [{ id: idsOf(theirs)[0] }]))).toEqual({
			message: 'Tribute: this belongs to somebody else (access denied, code no_access)',
			description: expect.stringContaining('API key of the account that sells the product'),
			httpCode: '403',
			data: details('no_access'),
		});
	});

	it.each([
		['a page', { type: 'unreadable', kind: 'html', phase: 'before' }],
		['nothing', { type: 'unreadable', kind: 'empty', phase: 'before' }],
		['something else', { type: 'unreadable', kind: 'wrongShape', phase: 'before' }],
	] as Array<[string, Fault]>)('says so when the answer is %s', async (_, fault) => {
		await injectFault('product.get', fault);
		expect(errorOf(await run(getProduct, [{ id: 2548 }]))).toMatchObject({
			message: expect.stringContaining('cannot be used'),
			description: expect.stringContaining('Base URL'),
			data: details(null),
		});
	});
});
