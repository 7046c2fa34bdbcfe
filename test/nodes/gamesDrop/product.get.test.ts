import { gamesDropOffer } from '../../support/samples';
import type { INodeParameters } from 'n8n-workflow';
import { jsonOf } from '../../support/harness';
import { answer } from '../../support/sandboxFaults';
import { GIFT, offer, useGamesDrop } from '../support/gamesDrop';
import { detailsOf, links } from '../support/providerNode';

const { run, injectFault, requests, bodies, details } = useGamesDrop();

describe('product: get', () => {
	const get = (productId: unknown, more: INodeParameters = {}) =>
		({ resource: 'product', operation: 'get', productId, ...more }) as INodeParameters;

	it('gives a product and its price, for each item, linked to it', async () => {
		const done = await run(get('={{ $json.id }}'), [{ id: GIFT }, { id: '999' }]);
		expect(jsonOf(done)).toEqual([
			{
				provider: 'gamesDrop',
				productId: '1001',
				name: 'PUBG MOBILE GIFT – 60 UC',
				type: null,
				quantity: 1,
				unit: 'piece',
				price: 560.1,
				unitPrice: 560.1,
				currency: 'RUB',
				inStock: null,
			},
			expect.objectContaining({ productId: '999', price: 23.09, currency: 'KZT' }),
		]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }]);
		expect(await bodies('product.get')).toEqual(
			expect.arrayContaining([{ offerId: 1001 }, { offerId: 999 }]),
		);
	});

	it('gives the answer untouched when it is not simplified', async () => {
		expect(jsonOf(await run(get(offer(GIFT), { simplify: false })))).toEqual([gamesDropOffer]);
	});

	it('reads the document’s sample of Telegram Stars, and keys in snake_case', async () => {
		await injectFault(
			'product.get',
			answer({
				offer_id: 1001,
				product_name: 'Telegram Stars',
				offer_name: '100 Stars',
				price: '0.77',
				currency: { id: 3, code: 'usd' },
			}),
		);
		expect(jsonOf(await run(get(offer(GIFT))))).toEqual([
			expect.objectContaining({
				productId: '1001',
				name: 'Telegram Stars – 100 Stars',
				quantity: 100,
				unit: 'star',
				unitPrice: 0.0077,
				currency: 'USD',
			}),
		]);
	});

	it.each([
		['a name', 'telegram_stars_100', 'telegram_stars_100'],
		['a fraction', '={{ 1001.5 }}', '1001.5'],
		['zeros in front', '0999', '0999'],
		['nothing of the kind', '../balance?#%', '../balance?#%'],
		['a number too large', '99999999999999999999', '99999999999999999999'],
		['a long text', 'x'.repeat(9_000), 'x'.repeat(60)],
		['a minus', '={{ -5 }}', '-5'],
	])('takes only the number of an offer group: %s', async (_, productId, shown) => {
		const done = await run(get(productId));
		expect(done.error?.message).toBe(
			`Product: expected the number of a GamesDrop offer group, got "${shown}"`,
		);
		expect(done.error?.description).toMatch(/Choose the product from the list/);
		expect(detailsOf(done)).toEqual(details('INVALID_PARAMETER'));
		expect(await requests()).toEqual([]);
	});
});
