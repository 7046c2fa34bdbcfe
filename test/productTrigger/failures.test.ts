import './support/setup';
import type { Market } from './support/market';
import { ProductTrigger } from './support/trigger';
import { ALL, inShort, newMarket, offers, polls, started } from './support/world';
import { monotonic } from '../trigger/support/time';

let market: Market;
beforeEach(() => {
	market = newMarket();
});

const both = { providers: ['aiMarket' as const, 'gamesDrop' as const] };

describe('A provider that fails', () => {
	it.each(['unavailable', 'unauthorized', 'unreadable'] as const)(
		'delays no other and loses nothing (%s)',
		async (fault) => {
			const trigger = await started(market, both);
			const { aiMarket, gamesDrop } = market.shops;
			gamesDrop.fault = fault;
			gamesDrop.set('1', { price: 11 });
			expect(await polls(trigger, 2)).toEqual([]);
			expect(trigger.warnings).toHaveLength(2);
			aiMarket.set('1', { price: 12 });
			const [event] = await polls(trigger);
			expect(event).toMatchObject({ provider: 'aiMarket', warnings: [expect.stringContaining('GamesDrop')] });
			gamesDrop.set('1', { price: 13 });
			gamesDrop.fault = undefined;
			expect(await polls(trigger)).toMatchObject([
				{ provider: 'gamesDrop', previous: { price: 10 }, product: { price: 13 } },
			]);
		},
	);

	it('fails the poll when it is the only one, in the words of the provider', async () => {
		const trigger = await started(market);
		market.shops.aiMarket.fault = 'unauthorized';
		await expect(polls(trigger)).rejects.toMatchObject({ httpCode: '401' });
		market.shops.aiMarket.fault = 'unavailable';
		await expect(polls(trigger)).rejects.toMatchObject({ httpCode: '503' });
	});

	it('may have a balance all the same', async () => {
		const trigger = await started(market, { events: [...ALL, 'balanceLow'] });
		market.shops.aiMarket.balance = 5;
		market.shops.aiMarket.fault = 'unreadable';
		market.shops.aiMarket.failing = 0;
		expect(inShort(await polls(trigger))).toEqual(['balance.low aiMarket']);
	});

	it('keeps a workflow from being published for a reason that stays, and no restart', async () => {
		const { gamesDrop } = market.shops;
		gamesDrop.fault = 'unauthorized';
		const trigger = new ProductTrigger(market, { events: ALL, ...both });
		await expect(trigger.activate()).rejects.toMatchObject({ httpCode: '401' });
		gamesDrop.fault = 'unavailable';
		expect(await trigger.activate()).toEqual([]);
		gamesDrop.fault = 'unauthorized';
		expect(await trigger.restart()).toEqual([]);
		gamesDrop.fault = undefined;
		expect(await polls(trigger, 2)).toEqual([]);
		gamesDrop.set('1', { price: 11 });
		expect(await polls(trigger)).toHaveLength(1);
	});
});

describe('A poll ends', () => {
	const timed = async (trigger: ProductTrigger): Promise<number> => {
		const began = monotonic();
		await trigger.poll().catch(() => {});
		return monotonic() - began;
	};

	it('in less than half a minute, whatever fails', async () => {
		const trigger = await started(market, { ...both, events: [...ALL, 'balanceLow'] });
		for (const shop of Object.values(market.shops)) shop.fault = 'unavailable';
		expect(await timed(trigger)).toBeLessThan(30_000);
	});

	it('within the time that n8n gives it', async () => {
		const trigger = await started(market);
		market.shops.aiMarket.fault = 'unavailable';
		trigger.budget = 5_400;
		await trigger.activate('update').catch(() => {});
		expect(await timed(trigger)).toBeLessThanOrEqual(400);
	});
});

describe('A test run', () => {
	it('shows up to ten products as they stand, of each provider in turn, and changes nothing', async () => {
		market.shops.gamesDrop.offers = offers(20, 100);
		const trigger = await started(market, both);
		const before = trigger.memory;
		market.shops.aiMarket.set('1', { price: 11 });
		const shown = await trigger.test();
		expect(shown.map(({ provider }) => provider)).toEqual([
			...['aiMarket', 'gamesDrop', 'aiMarket', 'gamesDrop', 'aiMarket', 'gamesDrop'],
			...['gamesDrop', 'gamesDrop', 'gamesDrop', 'gamesDrop'],
		]);
		expect(shown[0]).toMatchObject({
			...{ event: 'product.priceChanged', productId: '1', change: null },
			...{ previous: { price: 11, unitPrice: 11, inStock: true }, product: { price: 11 } },
		});
		expect(trigger.memory).toBe(before);
		expect(inShort(await polls(trigger))).toEqual(['product.priceChanged aiMarket 1']);
	});

	it('shows the balances that are watched', async () => {
		const trigger = await started(market, { events: ['balanceLow'] });
		expect(await trigger.test()).toMatchObject([{ event: 'balance.low', balance: { available: 100 } }]);
	});

	it('says why it can show nothing', async () => {
		const trigger = await started(market);
		market.shops.aiMarket.fault = 'unauthorized';
		await expect(trigger.test()).rejects.toMatchObject({ httpCode: '401' });
	});
});

describe('Parameters that make no sense', () => {
	it.each([
		[{ providers: [] }, 'Providers: choose at least one provider'],
		[{ events: [] }, 'Events: choose at least one event'],
		[{ options: { minimumChange: -1 } }, 'Minimum Change: enter a number of at least 0'],
		[
			{ events: ['balanceLow'], options: { balanceBelow: 'ten' as unknown as number } },
			'Balance Below: enter a number of at least 0',
		],
	])('%j', async (parameters, message) => {
		const trigger = new ProductTrigger(market, { providers: ['aiMarket'], events: ALL, ...parameters });
		await expect(trigger.activate()).rejects.toThrow(message);
		expect(market.log).toEqual([]);
	});
});
