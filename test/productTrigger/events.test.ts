import './support/setup';
import type { Market } from './support/market';
import { ENGINES, inShort, newMarket, offer, offers, polls, started } from './support/world';
import { elapse } from '../trigger/support/time';

/** What is an event and what is none. `randomCatalogs.test.ts` varies it. */

let market: Market;
beforeEach(() => {
	market = newMarket();
});

describe('Prices and stock', () => {
	it('shows the product before and now, once', async () => {
		const trigger = await started(market);
		market.shops.aiMarket.set('2', { price: 12.5 });
		expect(await polls(trigger)).toEqual([
			{
				eventId: expect.stringMatching(/^aiMarket:2:priceChanged:[\w-]{10}$/),
				event: 'product.priceChanged',
				provider: 'aiMarket',
				productId: '2',
				previous: { price: 10, unitPrice: 10, inStock: true },
				change: 25,
				product: {
					...{
						provider: 'aiMarket',
						productId: '2',
						name: 'Offer 2',
						type: null,
						quantity: 1,
						unit: 'piece',
					},
					...{ price: 12.5, unitPrice: 12.5, currency: 'USDT', inStock: true },
				},
				balance: null,
				detectedAt: expect.stringMatching(/^2026-07-01T12:01/),
			},
		]);
		expect(await polls(trigger, 3)).toEqual([]);
	});

	it('gives an event of its own for each thing that happened to a product', async () => {
		const trigger = await started(market);
		market.shops.aiMarket.set('1', { inStock: false });
		market.shops.aiMarket.set('2', { price: 9, inStock: false });
		expect(await polls(trigger)).toMatchObject([
			{ event: 'product.outOfStock', productId: '1', change: 0, previous: { inStock: true } },
			{ event: 'product.priceChanged', productId: '2', change: -10 },
			{ event: 'product.outOfStock', productId: '2', change: -10 },
		]);
		market.shops.aiMarket.set('1', { inStock: true });
		expect(inShort(await polls(trigger))).toEqual(['product.inStock aiMarket 1']);
	});

	it('gives the same change an ID of its own each time', async () => {
		const trigger = await started(market);
		const ids: unknown[] = [];
		for (const price of [11, 10, 11, 10]) {
			market.shops.aiMarket.set('1', { price });
			ids.push(...(await polls(trigger)).map(({ eventId }) => eventId));
		}
		expect(new Set(ids).size).toBe(4);
	});

	it('leaves out price changes below Minimum Change, each compared with the poll before', async () => {
		const trigger = await started(market, { options: { minimumChange: 2 } });
		const prices = [10.1, 10.2, 10.404, 10.5];
		const events = [];
		for (const price of prices) {
			market.shops.aiMarket.set('1', { price });
			events.push(...(await polls(trigger)));
		}
		expect(events).toMatchObject([{ previous: { price: 10.2 }, change: 2, product: { price: 10.404 } }]);
	});

	it('takes what the provider leaves out for once to be what it was', async () => {
		const trigger = await started(market);
		market.shops.aiMarket.set('1', { price: null, inStock: null });
		expect(await polls(trigger, 2)).toEqual([]);
		market.shops.aiMarket.set('1', { price: 10, inStock: true });
		expect(await polls(trigger)).toEqual([]);
		market.shops.aiMarket.set('1', { price: null, inStock: null });
		await polls(trigger);
		market.shops.aiMarket.set('1', { price: 12, inStock: false });
		expect(await polls(trigger)).toMatchObject([
			{ event: 'product.priceChanged', change: 20 },
			{ event: 'product.outOfStock' },
		]);
	});

	it('tells of a price that becomes known, without a change in percent', async () => {
		market.shops.aiMarket.set('1', { price: null });
		const trigger = await started(market, { options: { minimumChange: 50 } });
		market.shops.aiMarket.set('1', { price: 10 });
		expect(await polls(trigger)).toMatchObject([{ change: null, previous: { price: null } }]);
	});

	it('watches the price of one Star where the buyer chooses how many', async () => {
		market.shops.teleKartStars.offers = [offer('stars_custom', { price: 0.0165 })];
		const trigger = await started(market, { providers: ['teleKartStars'] });
		market.shops.teleKartStars.set('stars_custom', { price: 0.0132 });
		expect(await polls(trigger)).toMatchObject([
			{ previous: { price: null, unitPrice: 0.0165 }, change: -20, product: { unitPrice: 0.0132 } },
		]);
	});

	it('emits no event that is not chosen', async () => {
		const trigger = await started(market, { events: ['inStock'] });
		market.shops.aiMarket.set('1', { inStock: false, price: 20 });
		market.shops.aiMarket.offers.push(offer('4'));
		expect(await polls(trigger)).toEqual([]);
		market.shops.aiMarket.set('1', { inStock: true });
		expect(inShort(await polls(trigger))).toEqual(['product.inStock aiMarket 1']);
	});
});

describe('Added and removed', () => {
	it('is added at once and removed when it has been missing three times', async () => {
		const trigger = await started(market);
		market.shops.aiMarket.offers.push(offer('4', { name: 'New' }));
		expect(await polls(trigger)).toMatchObject([
			{ event: 'product.added', productId: '4', previous: null, change: null, product: { name: 'New' } },
		]);
		market.shops.aiMarket.remove('4');
		expect(await polls(trigger, 2)).toEqual([]);
		expect(await polls(trigger)).toMatchObject([
			{
				event: 'product.removed',
				productId: '4',
				previous: { price: 10, unitPrice: 10, inStock: true },
				change: null,
				product: { name: 'New', price: 10 },
			},
		]);
		expect(await polls(trigger, 5)).toEqual([]);
		market.shops.aiMarket.offers.push(offer('4'));
		expect(inShort(await polls(trigger))).toEqual(['product.added aiMarket 4']);
	});

	it('compares a product that was missing for less with what it was', async () => {
		const trigger = await started(market);
		market.shops.aiMarket.remove('2');
		expect(await polls(trigger, 2)).toEqual([]);
		market.shops.aiMarket.offers.push(offer('2', { price: 20 }));
		expect(inShort(await polls(trigger))).toEqual(['product.priceChanged aiMarket 2']);
		market.shops.aiMarket.remove('2');
		expect(await polls(trigger, 2)).toEqual([]);
	});

	it('counts complete readings only: a page fails, and the provider is away', async () => {
		const trigger = await started(market, { providers: ['gamesDrop'] });
		const shop = market.shops.gamesDrop;
		shop.pageSize = 2;
		shop.remove('1');
		shop.offers.push(offer('9'));
		expect(inShort(await polls(trigger))).toEqual(['product.added gamesDrop 9']);
		shop.fault = 'unreadable';
		for (let poll = 0; poll < 5; poll++) {
			shop.failing = 1;
			await expect(polls(trigger)).rejects.toThrow('cannot be used');
		}
		shop.fault = undefined;
		expect(await polls(trigger)).toEqual([]);
		expect(inShort(await polls(trigger))).toEqual(['product.removed gamesDrop 1']);
	});

	it.each(['aiMarket', 'gamesDrop', 'teleKartStars'] as const)(
		'removes nothing when %s answers with an empty or much shorter catalog',
		async (provider) => {
			const shop = market.shops[provider];
			shop.offers = offers(40);
			const trigger = await started(market, { providers: [provider] });
			for (const short of [[], offers(15), [offer('7')]]) {
				shop.offers = short;
				expect(await polls(trigger, 10)).toEqual([]);
			}
			shop.offers = offers(40);
			expect(await polls(trigger, 4)).toEqual([]);
		},
	);

	it('believes a catalog that stays short for a day', async () => {
		market.shops.aiMarket.offers = offers(40);
		const trigger = await started(market);
		market.shops.aiMarket.offers = offers(10);
		expect(await polls(trigger, 5)).toEqual([]);
		elapse(24 * 60 * 60_000);
		const events = inShort(await polls(trigger, 3));
		expect(events).toHaveLength(30);
		expect(events).toContain('product.removed aiMarket 40');
		market.shops.aiMarket.remove('10');
		expect(inShort(await polls(trigger, 3))).toEqual(['product.removed aiMarket 10']);
	});

	it('an empty first reading makes no product new', async () => {
		const all = market.shops.aiMarket.offers;
		market.shops.aiMarket.offers = [];
		const trigger = await started(market);
		market.shops.aiMarket.offers = all;
		expect(await polls(trigger, 2)).toEqual([]);
		market.shops.aiMarket.offers.push(offer('4'));
		expect(inShort(await polls(trigger))).toEqual(['product.added aiMarket 4']);
	});
});

describe('A catalog that changes between its pages', () => {
	beforeEach(() => {
		market.shops.gamesDrop.offers = offers(9);
		market.shops.gamesDrop.pageSize = 3;
	});

	it('makes no event of a product that moves past, whatever is removed at the front', async () => {
		const shop = market.shops.gamesDrop;
		const trigger = await started(market, { providers: ['gamesDrop'], events: ['added', 'removed'] });
		let next = 1;
		shop.betweenPages = () => shop.remove(String(next++));
		const gone = await polls(trigger);
		shop.betweenPages = undefined;
		const last = next;
		gone.push(...(await polls(trigger, 4)));
		expect(inShort(gone)).toEqual(
			Array.from({ length: last - 1 }, (_, index) => `product.removed gamesDrop ${index + 1}`),
		);
	});

	it('makes none of a product that the first reading missed', async () => {
		const shop = market.shops.gamesDrop;
		shop.betweenPages = () => {
			shop.remove('1');
			shop.betweenPages = undefined;
		};
		const trigger = await started(market, { providers: ['gamesDrop'] });
		expect(await polls(trigger, 4)).toEqual([]);
		shop.offers.push(offer('10'));
		expect(inShort(await polls(trigger))).toEqual(['product.added gamesDrop 10']);
	});

	it('tells once of a product that two pages show', async () => {
		const shop = market.shops.gamesDrop;
		const trigger = await started(market, { providers: ['gamesDrop'] });
		shop.set('3', { price: 12 });
		shop.betweenPages = () => {
			shop.offers.unshift(offer('11'));
			shop.betweenPages = undefined;
		};
		expect(inShort(await polls(trigger))).toEqual(['product.priceChanged gamesDrop 3']);
		expect(inShort(await polls(trigger))).toEqual(['product.added gamesDrop 11']);
	});
});

describe('Filters', () => {
	it.each([
		[{ productIds: '1, 3' }, ['1', '3']],
		[{ search: 'OFFER 2' }, ['2']],
		[{ search: 'nothing of that name' }, []],
		[{ category: 'top up' }, []],
	])('AI-Market with %j', async (filters, expected) => {
		const trigger = await started(market, { filters });
		for (const id of ['1', '2', '3']) market.shops.aiMarket.set(id, { price: 11 });
		expect((await polls(trigger)).map(({ productId }) => productId)).toEqual(expected);
	});

	it('lets GamesDrop search, and TeleKart Stars has categories too', async () => {
		const { gamesDrop, teleKartStars } = market.shops;
		gamesDrop.set('2', { category: 'Gift Cards' });
		const providers: Array<'gamesDrop' | 'teleKartStars'> = ['gamesDrop', 'teleKartStars'];
		const trigger = await started(market, { providers, filters: { category: 'Gift Cards' } });
		for (const id of ['1', '2']) {
			gamesDrop.set(id, { price: 11 });
			teleKartStars.set(id, { price: 11 });
		}
		expect(inShort(await polls(trigger))).toEqual(['product.priceChanged gamesDrop 2']);
		await trigger.change({ filters: { category: 'Gift' } });
		teleKartStars.set('3', { price: 12 });
		expect(inShort(await polls(trigger))).toEqual(['product.priceChanged teleKartStars 3']);
	});

	it.each(ENGINES)('a changed filter makes nothing new, and nothing removed (%s)', async (engine) => {
		const trigger = await started(market, { filters: { productIds: '1,2' } }, engine);
		expect(await trigger.change({ filters: { productIds: '2,3' } })).toEqual([]);
		expect(await polls(trigger, 5)).toEqual([]);
		market.shops.aiMarket.set('2', { price: 11 });
		expect(await trigger.change({ filters: {} })).toMatchObject([{ event: 'product.priceChanged' }]);
		expect(await polls(trigger, 5)).toEqual([]);
		market.shops.aiMarket.offers.push(offer('4'));
		market.shops.aiMarket.remove('1');
		expect(inShort(await polls(trigger, 3))).toEqual([
			'product.added aiMarket 4',
			'product.removed aiMarket 1',
		]);
	});

	it.each(ENGINES)('another provider begins without events, one left out ends (%s)', async (engine) => {
		const trigger = await started(market, {}, engine);
		expect(await trigger.change({ providers: ['aiMarket', 'gamesDrop'] })).toEqual([]);
		expect(await polls(trigger, 2)).toEqual([]);
		market.shops.gamesDrop.set('1', { price: 11 });
		expect(inShort(await polls(trigger))).toEqual(['product.priceChanged gamesDrop 1']);
		expect(await trigger.change({ providers: ['gamesDrop'] })).toEqual([]);
		market.shops.aiMarket.set('1', { price: 11 });
		expect(await polls(trigger, 3)).toEqual([]);
		expect(await trigger.change({ providers: ['aiMarket', 'gamesDrop'] })).toEqual([]);
		expect(await polls(trigger, 2)).toEqual([]);
	});

	it('believes a search that finds nothing only while the provider has other products', async () => {
		const shop = market.shops.gamesDrop;
		shop.offers = [offer('1', { name: 'Chosen' }), ...offers(5, 2)];
		const trigger = await started(market, { providers: ['gamesDrop'], filters: { search: 'chosen' } });
		const rest = offers(5, 2);
		shop.offers = [];
		expect(await polls(trigger, 5)).toEqual([]);
		shop.offers = rest;
		expect(inShort(await polls(trigger, 3))).toEqual(['product.removed gamesDrop 1']);
	});
});

describe('Balance Low', () => {
	const watching = { events: ['balanceLow'], options: { balanceBelow: 20 } };

	it('occurs once when the balance falls below, and a second time only after it was above', async () => {
		const trigger = await started(market, watching);
		const lowAt: number[] = [];
		for (const balance of [30, 20, 19.99, 5, 20, 10, 25, 25, 3]) {
			market.shops.aiMarket.balance = balance;
			for (const event of await polls(trigger)) {
				expect(event).toMatchObject({
					...{ event: 'balance.low', provider: 'aiMarket', productId: null, previous: null, product: null },
					balance: { provider: 'aiMarket', available: balance, currency: 'USDT' },
				});
				lowAt.push(balance);
			}
		}
		expect(lowAt).toEqual([19.99, 3]);
		expect(market.log.every(({ what }) => what.includes('/balance'))).toBe(true);
	});

	it('tells nothing of a balance that is low from the start', async () => {
		market.shops.aiMarket.balance = 1;
		const trigger = await started(market, watching);
		expect(await polls(trigger, 3)).toEqual([]);
		market.shops.aiMarket.balance = 50;
		await polls(trigger);
		market.shops.aiMarket.balance = 1;
		expect(await polls(trigger)).toHaveLength(1);
	});

	it('takes 10 where Balance Below is not added', async () => {
		const trigger = await started(market, { events: ['balanceLow'] });
		market.shops.aiMarket.balance = 10;
		expect(await polls(trigger)).toEqual([]);
		market.shops.aiMarket.balance = 9;
		expect(await polls(trigger)).toHaveLength(1);
	});
});
