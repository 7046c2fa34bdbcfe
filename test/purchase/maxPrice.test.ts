import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { errorOf, jsonOf, useHarness } from '../support/harness';
import { continueOnFail, PurchaseHarness } from './support/purchaseHarness';

/** Max Price is compared with the price of the whole order before anything is sent. */

const harness = useHarness();
beforeEach(async () => await harness.sandbox.client.reset());

const product = (value: string) => ({ __rl: true, mode: 'id', value });
const code = (json: IDataObject) => (json.details as IDataObject | undefined)?.code;

/** Buys with each Max Price in succession, and gives the code of each refusal. */
async function codesAt(
	purchases: PurchaseHarness,
	maxPrices: number[],
	parameters: INodeParameters,
	options: IDataObject = {},
) {
	const done = await purchases.buy(
		purchases.items(maxPrices.length, (index) => ({ limit: maxPrices[index]! })),
		{
			...purchases.parameters(parameters),
			options: { ...options, maxPrice: '={{ $json.limit }}' },
		} as INodeParameters,
		continueOnFail,
	);
	return jsonOf(done, 'Buy').map(code);
}

const ABOVE = 'MAX_PRICE_EXCEEDED';

describe('TeleKart', () => {
	it.each<[string, number, INodeParameters, IDataObject]>([
		['a pack', 0.83, { productId: product('stars_50') }, {}],
		// 50 × 0.0165 is 0.825.
		[
			'custom Stars, rate times Stars rounded up to cents',
			0.83,
			{ productId: product('stars_custom'), stars: 50 },
			{},
		],
		['custom Stars that come out even', 16.5, { productId: product('stars_custom'), stars: 1000 }, {}],
		['one custom Star', 0.02, { productId: product('stars_custom'), stars: 1 }, {}],
		['three targets', 2.49, { productId: product('stars_50') }, { targets: '@another, @third_one' }],
		[
			'custom Stars for two targets',
			1.66,
			{ productId: product('stars_custom'), stars: 50 },
			{ targets: ['@another'] },
		],
		[
			'a target named twice',
			0.83,
			{ productId: product('stars_50') },
			{ targets: 'BUYER_ONE, t.me/buyer_one' },
		],
	])('%s costs %d', async (_, price, parameters, options) => {
		const purchases = await PurchaseHarness.open(harness, 'TeleKart');
		const recipient = { target: 'buyer_one' };
		const below = Number((price - 0.001).toFixed(3));
		expect(await codesAt(purchases, [0, below, price], { ...parameters, ...recipient }, options)).toEqual([
			ABOVE,
			ABOVE,
			undefined,
		]);
		const { charges } = await harness.sandbox.client.charges({ account: purchases.account.name });
		expect(charges.map(({ amount }) => amount <= price)).toEqual([true]);
	});

	it('refuses what is not in the catalog, and custom Stars without a rate', async () => {
		const purchases = await PurchaseHarness.open(harness, 'TeleKart');
		expect(await codesAt(purchases, [100], { productId: product('stars_49') })).toEqual(['PRICE_UNKNOWN']);
		await harness.sandbox.client.addFault({
			provider: 'teleKartStars',
			operation: 'product.getAll',
			times: -1,
			fault: {
				type: 'refuse',
				status: 200,
				body: {
					ok: true,
					data: {
						stars: [
							{ id: 'stars_custom', type: 'stars' },
							{ id: 'stars_50', price_usd: 'free' },
						],
					},
				},
			},
		});
		expect(await codesAt(purchases, [100], { productId: product('stars_custom'), stars: 50 })).toEqual([
			'PRICE_UNKNOWN',
		]);
		expect(await codesAt(purchases, [100], { productId: product('stars_50') })).toEqual(['PRICE_UNKNOWN']);
		expect(await purchases.requests()).toEqual([]);
	});
});

it('AI-Market: price times quantity', async () => {
	const purchases = await PurchaseHarness.open(harness, 'AI-Market');
	const order = { productId: product('005'), quantity: 3 };
	// 3 × 4.20; in binary 12.600000000000001.
	expect(await codesAt(purchases, [12.59, 12.6], order)).toEqual([ABOVE, undefined]);
	expect(await codesAt(purchases, [100], { ...order, productId: product('999') })).toEqual(['PRICE_UNKNOWN']);
	await harness.sandbox.client.changeProduct({ provider: 'aiMarket', productId: '005', price: 4.21 });
	expect(await codesAt(purchases, [12.6], order)).toEqual([ABOVE]);
	expect(await purchases.charged()).toHaveLength(1);
});

describe('GamesDrop', () => {
	it.each([
		['latest', {}],
		['fixed', { priceMode: 'fixed', price: 0.99 }],
	])('the quote, with the %s price', async (_, parameters) => {
		const purchases = await PurchaseHarness.open(harness, 'GamesDrop');
		expect(await codesAt(purchases, [0.98, 0.99], parameters)).toEqual([ABOVE, undefined]);
		expect(await purchases.charged()).toHaveLength(1);
	});

	it('also when the quote rises between the check and the order', async () => {
		const purchases = await PurchaseHarness.open(harness, 'GamesDrop');
		const body = { offerId: 101, productName: 'PUBG', offerName: '60 UC', price: 0.5, currency: 'USD' };
		await harness.sandbox.client.addFault({
			provider: 'gamesDrop',
			operation: 'product.get',
			account: purchases.account.name,
			fault: { type: 'refuse', status: 200, body },
		});
		expect(await codesAt(purchases, [0.6], {})).toEqual([ABOVE]);
		expect(await purchases.requests()).toEqual([]);
	});

	it('a fixed price above Max Price, whatever the quote', async () => {
		const purchases = await PurchaseHarness.open(harness, 'GamesDrop');
		expect(await codesAt(purchases, [1], { priceMode: 'fixed', price: 5 })).toEqual([ABOVE]);
	});

	it('refuses when no price is quoted', async () => {
		const purchases = await PurchaseHarness.open(harness, 'GamesDrop');
		await harness.sandbox.client.addFault({
			provider: 'gamesDrop',
			operation: 'product.get',
			times: -1,
			fault: { type: 'refuse', status: 200, body: { offerId: 101, offerName: '60 UC' } },
		});
		expect(await codesAt(purchases, [10], {})).toEqual(['PRICE_UNKNOWN']);
		expect(await purchases.requests()).toEqual([]);
	});
});

it.each(['TeleKart', 'AI-Market', 'GamesDrop'])(
	'%s: a Max Price that is not a number stops the run',
	async (name) => {
		const purchases = await PurchaseHarness.open(harness, name);
		for (const maxPrice of ['cheap', '={{ NaN }}', '={{ {} }}', '={{ [] }}', -1, '={{ Infinity }}']) {
			const done = await purchases.buy(undefined, purchases.parameters({ options: { maxPrice } }));
			expect(errorOf(done).data).toMatchObject({ code: 'INVALID_PARAMETER', outcome: 'rejected' });
		}
		expect(await purchases.requests()).toEqual([]);
	},
);
