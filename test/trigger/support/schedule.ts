import fc from 'fast-check';
import type { Engine, Fate } from './engine';

/** What may happen around two triggers that watch one table. */

export const PROVIDERS = ['teleKartStars', 'tgMarket', 'gamesDrop', 'aiMarket'] as const;

export type Action =
	| { do: 'order'; provider: (typeof PROVIDERS)[number]; by: 'package' | 'hand'; final: boolean }
	| { do: 'duplicate'; which: number }
	| { do: 'advance'; which: number; to: 'processing' | 'completed' | 'cancelled' | 'failed' | 'refunded' }
	| { do: 'record'; which: number; late: number }
	| { do: 'nonsense'; which: number; cell: string }
	| { do: 'set by hand'; which: number }
	| { do: 'unanswered'; provider: (typeof PROVIDERS)[number]; ordered: boolean; answerIn: number }
	| {
			do: 'fault';
			provider: (typeof PROVIDERS)[number];
			fault: 'unavailable' | 'unauthorized' | 'rateLimited';
	  }
	| { do: 'recover' }
	| { do: 'n8n fault'; status: number }
	| { do: 'poll'; trigger: number }
	| { do: 'wait'; intervals: number }
	| { do: 'step clock'; ms: number }
	| { do: 'switch'; trigger: number }
	| { do: 'update'; trigger: number }
	| { do: 'restart' }
	| { do: 'fate'; trigger: number; fate: Fate }
	| { do: 'end executions'; as: 'success' | 'crashed' }
	| { do: 'start another execution'; trigger: number };

export interface Schedule {
	engines: [Engine, Engine];
	events: [string[], string[]];
	/** Minutes between two polls by the node's poll times. */
	interval: number;
	/** Days, or 0 for never. */
	expireAfter: number;
	actions: Action[];
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const which = fc.nat({ max: 30 });
const trigger = fc.nat({ max: 1 });
const provider = fc.constantFrom(...PROVIDERS);

const action: fc.Arbitrary<Action> = fc.oneof(
	{
		weight: 5,
		arbitrary: fc.record({
			...{ do: fc.constant('order' as const), provider },
			by: fc.constantFrom('package' as const, 'package' as const, 'hand' as const),
			final: fc.boolean(),
		}),
	},
	{ weight: 1, arbitrary: fc.record({ do: fc.constant('duplicate' as const), which }) },
	{
		weight: 5,
		arbitrary: fc.record({
			...{ do: fc.constant('advance' as const), which },
			to: fc.constantFrom(...(['processing', 'completed', 'cancelled', 'failed', 'refunded'] as const)),
		}),
	},
	{
		weight: 3,
		arbitrary: fc.record({
			...{ do: fc.constant('record' as const), which },
			late: fc.constantFrom(0, 0, SECOND, 2 * MINUTE, 10 * MINUTE),
		}),
	},
	{
		weight: 1,
		arbitrary: fc.record({
			...{ do: fc.constant('nonsense' as const), which },
			cell: fc.constantFrom('31.12.2026', 'yesterday', '2099-01-01T00:00:00.000Z', '0'),
		}),
	},
	{ weight: 1, arbitrary: fc.record({ do: fc.constant('set by hand' as const), which }) },
	{
		weight: 1,
		arbitrary: fc.record({
			...{ do: fc.constant('unanswered' as const), provider, ordered: fc.boolean() },
			answerIn: fc.constantFrom(-MINUTE, 5 * MINUTE),
		}),
	},
	{
		weight: 1,
		arbitrary: fc.record({
			...{ do: fc.constant('fault' as const), provider },
			fault: fc.constantFrom('unavailable' as const, 'unauthorized' as const, 'rateLimited' as const),
		}),
	},
	{ weight: 1, arbitrary: fc.record({ do: fc.constant('recover' as const) }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constant('n8n fault' as const), status: fc.constant(503) }) },
	{ weight: 6, arbitrary: fc.record({ do: fc.constant('poll' as const), trigger }) },
	{
		weight: 8,
		arbitrary: fc.record({
			do: fc.constant('wait' as const),
			intervals: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(1, 1.02, 3)),
		}),
	},
	{
		weight: 1,
		arbitrary: fc.record({
			do: fc.constant('step clock' as const),
			ms: fc.constantFrom(-26 * HOUR, -HOUR, -MINUTE, -SECOND, SECOND, MINUTE, HOUR, 26 * HOUR),
		}),
	},
	{ weight: 1, arbitrary: fc.record({ do: fc.constant('switch' as const), trigger }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constant('update' as const), trigger }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
	{
		weight: 3,
		arbitrary: fc.record({
			...{ do: fc.constant('fate' as const), trigger },
			fate: fc.constantFrom(
				...(['discarded', 'neverStarted', 'running', 'crashed', 'crashedEmpty', 'workerDied'] as const),
			),
		}),
	},
	{
		weight: 1,
		arbitrary: fc.record({
			do: fc.constant('end executions' as const),
			as: fc.constantFrom('success' as const, 'crashed' as const),
		}),
	},
	{ weight: 1, arbitrary: fc.record({ do: fc.constant('start another execution' as const), trigger }) },
);

const engine = fc.constantFrom<Engine>('default', 'durable', 'scheduler');
const events = fc.uniqueArray(
	fc.constantFrom('completed', 'cancelled', 'failed', 'refunded', 'expired', 'unconfirmed'),
	{ minLength: 1 },
);

export const schedule: fc.Arbitrary<Schedule> = fc.record({
	engines: fc.tuple(engine, engine),
	events: fc.tuple(events, events),
	interval: fc.constantFrom(1, 1, 1, 10, 60, 24 * 60),
	expireAfter: fc.constantFrom(0, 30, 0.1),
	actions: fc.array(action, { minLength: 8, maxLength: 45 }),
});
