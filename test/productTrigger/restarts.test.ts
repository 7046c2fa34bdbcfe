import './support/setup';
import type { Market } from './support/market';
import { ProductTrigger } from './support/trigger';
import { ALL, ENGINES, inShort, MINUTE, newMarket, offer, offers, polls, started } from './support/world';
import { elapse, stepClock } from '../trigger/support/time';

/** What n8n's poll engines keep of a trigger, and what follows for its events. */

let market: Market;
beforeEach(() => {
	market = newMarket();
});

const price = (id: string, value: number) => market.shops.aiMarket.set(id, { price: value });

describe.each(ENGINES)('On the engine %s', (engine) => {
	it('repeats nothing after a restart and loses nothing', async () => {
		const trigger = await started(market, {}, engine);
		price('1', 11);
		expect(await polls(trigger)).toHaveLength(1);
		expect(await trigger.restart()).toEqual([]);
		expect(await polls(trigger, 3)).toEqual([]);
		price('2', 11);
		expect(inShort(await trigger.restart())).toEqual(['product.priceChanged aiMarket 2']);
		expect(await polls(trigger, 3)).toEqual([]);
	});

	it('emits what happens between the first poll and the second', async () => {
		const trigger = await started(market, {}, engine);
		price('1', 11);
		expect(await polls(trigger)).toHaveLength(1);
	});

	it('goes on from what polls without an event have read', async () => {
		const trigger = await started(market, { events: ['inStock'] }, engine);
		market.shops.aiMarket.set('1', { inStock: false });
		expect(await polls(trigger)).toEqual([]);
		market.shops.aiMarket.set('1', { inStock: true });
		expect(await polls(trigger)).toHaveLength(1);
		expect(await polls(trigger, 2)).toEqual([]);
	});

	it('emits the same event under the same ID when n8n dies before it has saved it', async () => {
		const trigger = await started(market, {}, engine);
		price('1', 11);
		const [first] = await polls(trigger);
		price('1', 12);
		const [lost] = await polls(trigger);
		elapse(MINUTE);
		const [repeated] = await trigger.crashBeforeSaving();
		expect(repeated).toMatchObject({ eventId: lost!.eventId, previous: { price: 11 } });
		expect(first!.eventId).not.toBe(lost!.eventId);
		expect(await polls(trigger, 2)).toEqual([]);
	});

	it('begins anew where what was kept cannot be read', async () => {
		const trigger = await started(market, {}, engine);
		price('1', 11);
		await polls(trigger);
		trigger.spoil((state) => ({ ...state, content: { catalogs: { aiMarket: 'no' }, balances: [] } }));
		expect(await trigger.restart()).toEqual([]);
		price('2', 11);
		expect(inShort(await polls(trigger))).toEqual(['product.priceChanged aiMarket 2']);
	});

	it('bears a clock that is set back and forth', async () => {
		const trigger = await started(market, {}, engine);
		const events = [];
		for (const [step, value] of [-86_400_000, 172_800_000, -5_000].entries()) {
			stepClock(value);
			price('1', 20 + step);
			events.push(...(await polls(trigger, 2)));
		}
		expect(events).toHaveLength(3);
	});
});

describe('What a poll without an event has read', () => {
	it.each([
		['default', 0],
		['durable', 1],
		['scheduler', 0],
	] as const)('is kept over a restart by some engines only (%s)', async (engine, expected) => {
		const trigger = await started(market, { events: ['inStock', 'priceChanged'] }, engine);
		price('1', 11);
		expect(await polls(trigger)).toHaveLength(1);
		market.shops.aiMarket.set('1', { inStock: false });
		expect(await polls(trigger)).toEqual([]);
		market.shops.aiMarket.set('1', { inStock: true });
		expect(await trigger.restart()).toHaveLength(expected);
	});
});

it('writes static data only when something has changed', async () => {
	const trigger = await started(market, {}, 'durable');
	await polls(trigger);
	const before = trigger.memory;
	market.shops.aiMarket.offers.reverse();
	await polls(trigger, 5);
	expect(trigger.memory).toBe(before);
	price('1', 11);
	await polls(trigger);
	expect(trigger.memory).not.toBe(before);
});

it('takes the later of two polls that overlap, and emits its events once', async () => {
	const trigger = await started(market);
	let open!: () => void;
	market.gates.push(new Promise((resolve) => (open = resolve)));
	elapse(MINUTE);
	const slow = trigger.poll();
	await new Promise(setImmediate);
	price('1', 11);
	expect(await polls(trigger)).toHaveLength(1);
	open();
	expect(await slow).toEqual([]);
	expect(await polls(trigger, 2)).toEqual([]);
});

describe('12,000 offers', () => {
	beforeEach(() => {
		market.shops.gamesDrop.offers = offers(12_000, 1_000_000).map((each, index) => ({
			...each,
			price: Number((0.39 + index * 1.37).toFixed(2)),
			inStock: index % 7 !== 0,
		}));
	});
	const watching = { providers: ['gamesDrop' as const], events: ALL };
	const requests = async (trigger: ProductTrigger): Promise<number> => {
		const before = market.log.length;
		await polls(trigger);
		return market.log.length - before;
	};

	it('take three requests, also while the catalog changes', async () => {
		const trigger = await started(market, watching);
		expect(await requests(trigger)).toBe(3);
		const shop = market.shops.gamesDrop;
		shop.betweenPages = () => shop.offers.unshift(offer(String(900_000 + shop.offers.length)));
		expect(await requests(trigger)).toBe(3);
		shop.betweenPages = () => shop.offers.shift();
		expect(await requests(trigger)).toBe(3);
	});

	it('take less than 400 KB of static data, whatever happens to them', async () => {
		const trigger = await started(market, watching);
		expect(trigger.memory.length).toBeLessThan(250_000);
		const shop = market.shops.gamesDrop;
		shop.offers.splice(0, 3_000);
		const wereInStock = shop.offers.filter(({ inStock }) => inStock).length;
		for (const each of shop.offers) Object.assign(each, { price: 123_456.78, inStock: false });
		expect((await polls(trigger)).length).toBe(9_000 + wereInStock);
		expect(trigger.memory.length).toBeLessThan(400_000);
	});

	it('more than n8n should keep are refused, and nothing is lost of what is kept', async () => {
		const trigger = await started(market, { ...watching, providers: ['aiMarket', 'gamesDrop'] });
		const few = market.shops.gamesDrop.offers;
		market.shops.gamesDrop.offers = offers(36_000, 1_000_000);
		price('1', 11);
		expect(await polls(trigger)).toMatchObject([
			{ provider: 'aiMarket', warnings: ['GamesDrop: its 36000 products are too many to watch'] },
		]);
		expect(trigger.memory.length).toBeLessThan(400_000);
		market.shops.gamesDrop.offers = few;
		market.shops.gamesDrop.set('1000001', { price: 1 });
		expect(inShort(await polls(trigger))).toEqual(['product.priceChanged gamesDrop 1000001']);
		market.shops.gamesDrop.offers = offers(36_000, 1_000_000);
		await expect(new ProductTrigger(market, watching).activate()).rejects.toThrow('too many to watch');
	});
});
