import { jsonOf } from '../../support/harness';
import { useTgMarket } from '../support/tgMarket';
import { links } from '../support/providerNode';

const { run, requests } = useTgMarket();

describe('product: getAll', () => {
	const products = { resource: 'product', operation: 'getAll' };
	const row = { provider: 'tgMarket', price: null, unitPrice: null, currency: 'USD', inStock: null };

	it('gives what can be ordered without a request', async () => {
		const done = await run({ ...products, returnAll: true }, [{}, {}]);
		const all = [
			{
				...row,
				productId: 'stars',
				name: 'Telegram Stars',
				type: 'stars',
				quantity: null,
				unit: 'star',
				minimum: 1,
			},
			...[3, 6, 12].map((months) => ({
				...row,
				productId: `premium_${months}`,
				name: `Telegram Premium for ${months} months`,
				type: 'premium',
				quantity: months,
				unit: 'month',
				minimum: null,
			})),
		];
		expect(jsonOf(done)).toEqual([...all, ...all]);
		expect(links(done)).toEqual([0, 0, 0, 0, 1, 1, 1, 1].map((item) => ({ item })));
		expect(await requests()).toEqual([]);
	});

	it('stops at the limit', async () => {
		const limits = async (limit: unknown) =>
			jsonOf(await run({ ...products, limit: limit as number })).map(({ productId }) => productId);
		expect(await limits(2)).toEqual(['stars', 'premium_3']);
		expect(await limits(50)).toHaveLength(4);
	});

	it('refuses a limit that is none', async () => {
		const done = await run({ ...products, limit: 0 });
		expect(done.error?.message).toContain('Limit');
	});
});
