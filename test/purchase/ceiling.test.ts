import './quiet';
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { jsonOf, startBed, type Bed } from '../support/bed';
import { continuing, saidOf, Till } from './till';

/** Max Price: compared with the whole order before anything is sent. */

let bed: Bed;
beforeEach(async () => {
	bed = await startBed();
});
afterEach(async () => await bed.close());

const product = (value: string) => ({ __rl: true, mode: 'id', value });
const code = (json: IDataObject) => (json.details as IDataObject | undefined)?.code;

/** Buys with each ceiling in turn and tells the code of each refusal. */
async function codesAt(
	till: Till,
	ceilings: number[],
	parameters: INodeParameters,
	options: IDataObject = {},
) {
	const done = await till.buy(
		till.items(ceilings.length, (index) => ({ limit: ceilings[index]! })),
		{ ...till.order(parameters), options: { ...options, maxPrice: '={{ $json.limit }}' } } as INodeParameters,
		continuing,
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
		const till = await Till.open(bed, 'TeleKart');
		const who = { target: 'buyer_one' };
		const below = Number((price - 0.001).toFixed(3));
		expect(await codesAt(till, [0, below, price], { ...parameters, ...who }, options)).toEqual([
			ABOVE,
			ABOVE,
			undefined,
		]);
		const { charges } = await bed.sandbox.client.charges({ account: till.account.name });
		expect(charges.map(({ amount }) => amount <= price)).toEqual([true]);
	});

	it('refuses what is not in the catalog, and custom Stars without a rate', async () => {
		const till = await Till.open(bed, 'TeleKart');
		expect(await codesAt(till, [100], { productId: product('stars_49') })).toEqual(['PRICE_UNKNOWN']);
		await bed.sandbox.client.addFault({
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
		expect(await codesAt(till, [100], { productId: product('stars_custom'), stars: 50 })).toEqual([
			'PRICE_UNKNOWN',
		]);
		expect(await codesAt(till, [100], { productId: product('stars_50') })).toEqual(['PRICE_UNKNOWN']);
		expect(await till.sends()).toEqual([]);
	});
});

it('AI-Market: price times quantity', async () => {
	const till = await Till.open(bed, 'AI-Market');
	const order = { productId: product('005'), quantity: 3 };
	// 3 × 4.20; in binary 12.600000000000001.
	expect(await codesAt(till, [12.59, 12.6], order)).toEqual([ABOVE, undefined]);
	expect(await codesAt(till, [100], { ...order, productId: product('999') })).toEqual(['PRICE_UNKNOWN']);
	await bed.sandbox.client.changeProduct({ provider: 'aiMarket', productId: '005', price: 4.21 });
	expect(await codesAt(till, [12.6], order)).toEqual([ABOVE]);
	expect(await till.charged()).toHaveLength(1);
});

describe('GamesDrop', () => {
	it.each([
		['latest', {}],
		['fixed', { priceMode: 'fixed', price: 0.99 }],
	])('the quote, with the %s price', async (_, parameters) => {
		const till = await Till.open(bed, 'GamesDrop');
		expect(await codesAt(till, [0.98, 0.99], parameters)).toEqual([ABOVE, undefined]);
		expect(await till.charged()).toHaveLength(1);
	});

	it('also when the quote rises between the check and the order', async () => {
		const till = await Till.open(bed, 'GamesDrop');
		const body = { offerId: 101, productName: 'PUBG', offerName: '60 UC', price: 0.5, currency: 'USD' };
		await bed.sandbox.client.addFault({
			provider: 'gamesDrop',
			operation: 'product.get',
			account: till.account.name,
			fault: { type: 'refuse', status: 200, body },
		});
		expect(await codesAt(till, [0.6], {})).toEqual([ABOVE]);
		expect(await till.sends()).toEqual([]);
	});

	it('a fixed price above it, whatever the quote says', async () => {
		const till = await Till.open(bed, 'GamesDrop');
		expect(await codesAt(till, [1], { priceMode: 'fixed', price: 5 })).toEqual([ABOVE]);
	});

	it('refuses when no price is quoted', async () => {
		const till = await Till.open(bed, 'GamesDrop');
		await bed.sandbox.client.addFault({
			provider: 'gamesDrop',
			operation: 'product.get',
			times: -1,
			fault: { type: 'refuse', status: 200, body: { offerId: 101, offerName: '60 UC' } },
		});
		expect(await codesAt(till, [10], {})).toEqual(['PRICE_UNKNOWN']);
		expect(await till.sends()).toEqual([]);
	});
});

it.each(['TeleKart', 'AI-Market', 'GamesDrop'])(
	'%s: a ceiling that is no number stops the run, it is never taken for none',
	async (name) => {
		const till = await Till.open(bed, name);
		for (const maxPrice of ['cheap', '={{ NaN }}', '={{ {} }}', '={{ [] }}', -1, '={{ Infinity }}']) {
			const done = await till.buy(undefined, till.order({ options: { maxPrice } }));
			expect(saidOf(done).data).toMatchObject({ code: 'INVALID_PARAMETER', outcome: 'rejected' });
		}
		expect(await till.sends()).toEqual([]);
	},
);
