import './support/setup';
import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';
import { Market, PROVIDERS, type Fault } from './support/market';
import { Model, type Expected } from './support/model';
import { ProductTrigger, type Parameters } from './support/trigger';
import { ALL, ENGINES, MINUTE, offer, offers } from './support/world';
import type { Engine } from '../support/polling';
import { elapse } from '../trigger/support/time';

/**
 * Random catalogs, failures, settings, restarts and crashes on each of n8n's poll engines: the events are exactly the
 * differences of consecutive good readings that the settings ask for.
 */

const RUNS = process.env.FULL === '1' ? 1_000 : 60;
const OFFERS = 14;

type Change = (market: Market) => void;

const provider = fc.constantFrom(...PROVIDERS);
const id = fc.integer({ min: 1, max: OFFERS + 2 }).map(String);

/** What happens to the providers between two polls. */
const change: fc.Arbitrary<Change> = fc.oneof(
	{
		weight: 8,
		arbitrary: fc
			.tuple(provider, id, fc.constantFrom(8, 9.9, 10, 10.1, 12, null), fc.constantFrom(true, false, null))
			.map(([name, which, price, inStock]): Change => ({ shops }) => {
				const shop = shops[name];
				if (shop.offers.some((each) => each.id === which)) shop.set(which, { price, inStock });
			}),
	},
	{
		weight: 3,
		arbitrary: fc.tuple(provider, id).map(([name, which]): Change => ({ shops }) => {
			shops[name].remove(which);
		}),
	},
	{
		weight: 2,
		arbitrary: fc.tuple(provider, id).map(([name, which]): Change => ({ shops }) => {
			shops[name].remove(which);
			shops[name].offers.unshift(offer(which, { price: 11 }));
		}),
	},
	fc.tuple(provider, fc.constantFrom(0, 1, 4, 8, OFFERS)).map(([name, count]): Change => ({ shops }) => {
		shops[name].offers = offers(count);
	}),
	fc
		.tuple(
			provider,
			fc.constantFrom<Fault | undefined>('unavailable', 'unauthorized', 'unreadable', undefined, undefined),
			fc.constantFrom(undefined, 0, 1, 2),
		)
		.map(([name, fault, failing]): Change => ({ shops }) => {
			Object.assign(shops[name], { fault, failing });
		}),
	fc.tuple(provider, fc.constantFrom(5, 15, 20, 25, 30)).map(([name, balance]): Change => ({ shops }) => {
		shops[name].balance = balance;
	}),
	fc.constantFrom(1, 3, 5, Infinity).map((size): Change => ({ shops: { gamesDrop } }) => {
		gamesDrop.pageSize = size;
	}),
	fc.tuple(id, fc.boolean()).map(([which, isNew]): Change => ({ shops: { gamesDrop } }) => {
		gamesDrop.betweenPages = () => {
			gamesDrop.betweenPages = undefined;
			gamesDrop.remove(which);
			if (isNew) gamesDrop.offers.unshift(offer(which));
		};
	}),
	fc.constantFrom(MINUTE, 60 * MINUTE, 25 * 60 * MINUTE).map(
		(ms): Change =>
			() =>
				elapse(ms),
	),
);

const parameters: fc.Arbitrary<Parameters> = fc.record({
	providers: fc.subarray([...PROVIDERS], { minLength: 1 }),
	events: fc.subarray([...ALL, 'balanceLow'], { minLength: 1 }),
	filters: fc.constantFrom({}, {}, { search: 'offer 1' }, { productIds: '1,2,3,4' }, { search: 'nothing' }),
	options: fc.constantFrom(
		{},
		{ minimumChange: 5 },
		{ balanceBelow: 20 },
		{ balanceBelow: 15, minimumChange: 1 },
	),
});

type Step = { changes: Change[] } & (
	{ then: 'poll' | 'restart' | 'crash' | 'test' } | { then: 'update'; parameters: Parameters }
);

const step: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 10,
		arbitrary: fc.record({
			changes: fc.array(change, { maxLength: 3 }),
			then: fc.constantFrom('poll', 'poll', 'poll', 'poll', 'restart', 'crash', 'test'),
		}),
	},
	{
		weight: 1,
		arbitrary: fc.record({
			changes: fc.array(change, { maxLength: 2 }),
			then: fc.constant('update' as const),
			parameters,
		}),
	},
);

/** An event as the model foresees it. */
const reduced = ({ event, provider: name, productId, previous, change: percent, ...rest }: IDataObject) => {
	const { price, inStock } = (previous ?? {}) as IDataObject;
	const now = (rest.product as IDataObject | null)?.price ?? (rest.balance as IDataObject | null)?.available;
	return {
		...{ event, provider: name, productId, change: percent, now: now ?? null },
		previous: previous === null ? null : { price, inStock },
	};
};

const sorted = (events: object[]) => events.map((event) => JSON.stringify(event)).sort();

async function play(engine: Engine, first: Parameters, steps: Step[]): Promise<void> {
	const market = new Market();
	for (const shop of Object.values(market.shops)) shop.offers = offers(OFFERS);
	const trigger = new ProductTrigger(market, structuredClone(first), engine);
	const model = new Model(engine);
	let settings = first;
	let isActive = false;
	const emitted = new Set<unknown>();
	let last: unknown[] = [];

	const poll = async (
		kind: 'start' | 'update' | 'tick',
		run: () => Promise<IDataObject[]>,
	): Promise<void> => {
		elapse(MINUTE);
		market.log.length = 0;
		const began = Date.now();
		let failed = false;
		const events = await run().catch((error: unknown) => {
			if ((error as Error).name !== 'NodeApiError') throw error;
			failed = true;
			return [] as IDataObject[];
		});
		const expected: Expected[] = model.poll(kind, settings, market.log, began);
		expect(sorted(events.map(reduced))).toEqual(sorted(expected.map(normal)));
		if (!failed) model.save(kind, events.length > 0);
		isActive = kind === 'tick' || !failed;
		last = events.map(({ eventId }) => eventId);
		for (const eventId of last) {
			expect(emitted.has(eventId)).toBe(false);
			emitted.add(eventId);
		}
	};

	for (const each of [{ changes: [], then: 'poll' as const }, ...steps]) {
		for (const happens of each.changes) happens(market);
		if (each.then === 'update') {
			settings = each.parameters;
			await poll('update', async () => await trigger.change(structuredClone(settings)));
		} else if (each.then === 'test') {
			await trigger.test().catch(() => {});
		} else if (each.then === 'poll' && isActive) {
			await poll('tick', async () => await trigger.poll());
		} else if (each.then === 'crash' && isActive) {
			await poll('tick', async () => await trigger.poll());
			for (const eventId of last) emitted.delete(eventId);
			model.crashBeforeSaving();
			await poll('start', async () => await trigger.crashBeforeSaving());
		} else {
			if (each.then === 'restart') model.endProcess();
			await poll('start', async () =>
				each.then === 'restart' ? await trigger.restart() : await trigger.activate(),
			);
		}
	}
}

const normal = ({ event, provider: name, productId, change: percent, now, previous }: Expected) => ({
	...{ event, provider: name, productId, change: percent, now },
	previous,
});

it.each(ENGINES)(
	'the events are the differences of the good readings (%s)',
	async (engine) => {
		await fc.assert(
			fc.asyncProperty(parameters, fc.array(step, { minLength: 5, maxLength: 30 }), async (first, steps) => {
				await play(engine, first, steps);
			}),
			{ numRuns: RUNS },
		);
	},
	600_000,
);
