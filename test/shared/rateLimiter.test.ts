import fc from 'fast-check';
import { QueueTimeout, RateLimiter } from '../../nodes/shared/http/rateLimiter';
import { runs } from '../support/full';
import { assertInLanes } from '../support/properties';

const pause = async (ms: number) => await new Promise((done) => setTimeout(done, ms));

/** Asks for slots after these pauses, in milliseconds, and gives when each was given. */
async function departures(limiter: RateLimiter, pauses: number[]): Promise<number[]> {
	const slots: Array<Promise<number>> = [];
	for (const ms of pauses) {
		if (ms > 0) await pause(ms);
		slots.push(
			limiter.acquire().then(([slot]) => {
				const now = performance.now();
				slot!.end();
				return now;
			}),
		);
	}
	return await Promise.all(slots);
}

const pauses = fc.array(fc.oneof(fc.constant(0), fc.nat(60)), { minLength: 1, maxLength: 40 });
const rates = fc.record({
	requests: fc.integer({ min: 1, max: 12 }),
	per: fc.integer({ min: 200, max: 500 }),
});

it('lets no more leave in any window than the rate allows, in the order they came', async () => {
	await assertInLanes(
		fc.asyncProperty(rates, pauses, async (rate, asked) => {
			const sent = await departures(new RateLimiter(rate), asked.slice(0, rate.requests * 3));
			expect(sent).toEqual([...sent].sort((one, other) => one - other));
			for (const [index, time] of sent.entries()) {
				const earlier = sent[index - rate.requests];
				if (earlier !== undefined) expect(time - earlier).toBeGreaterThanOrEqual(rate.per);
			}
		}),
		{ ...runs(10, 20), lanes: 10 },
	);
}, 120_000);

it('keeps to the rate where requests arrive, also when some are held up on the way', async () => {
	const way = 5;
	const rate = { requests: 4, per: 800 };
	const delayed = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(200)), {
		minLength: 12,
		maxLength: 12,
	});
	await assertInLanes(
		fc.asyncProperty(delayed, async (delays) => {
			const limiter = new RateLimiter(rate);
			const arrivals: number[] = [];
			const request = async (delay: number) => {
				const [slot] = await limiter.acquire();
				await pause(way + delay);
				arrivals.push(performance.now());
				await pause(way);
				slot!.end();
			};
			// One before the others, so that it is known how quick an answer is.
			await request(0);
			await Promise.all(delays.map(request));
			arrivals.sort((one, other) => one - other);
			for (const [index, time] of arrivals.entries()) {
				const earlier = arrivals[index - rate.requests];
				if (earlier !== undefined) expect(time - earlier).toBeGreaterThanOrEqual(rate.per);
			}
		}),
		{ ...runs(4, 8), lanes: 4 },
	);
}, 120_000);

it('gives a cancelled caller no slot, and the others theirs', async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(fc.boolean(), { minLength: 2, maxLength: 20 }), async (cancelled) => {
			const limiter = new RateLimiter({ requests: 4, per: 40 });
			const stop = new AbortController();
			const slots = cancelled.map(async (isCancelled) => {
				const [slot] = await limiter.acquire(isCancelled ? stop.signal : undefined);
				slot!.end();
			});
			stop.abort();
			const outcomes = await Promise.allSettled(slots);
			const sent = outcomes.filter(({ status }) => status === 'fulfilled');
			const kept = cancelled.filter((isCancelled) => !isCancelled).length;
			expect(outcomes.filter((each, index) => each.status === 'rejected' && !cancelled[index])).toEqual([]);
			// The first may have had its slot before it was cancelled.
			expect(sent.length - kept).toBeLessThanOrEqual(1);
			expect(sent.length).toBeGreaterThanOrEqual(kept);
		}),
		runs(10, 30),
	);
}, 120_000);

it('waits as long as a refusal says, and leaves a gap from then on', async () => {
	const limiter = new RateLimiter();
	limiter.slowDown(150);
	const started = performance.now();
	await limiter.acquire();
	expect(performance.now() - started).toBeGreaterThanOrEqual(149);
	const [first, second] = await departures(limiter, [0, 0]);
	expect(second! - first!).toBeGreaterThanOrEqual(49);
});

it('keeps the slot of a request that is delayed on its way until it has ended', async () => {
	const limiter = new RateLimiter({ requests: 2, per: 100 });
	const [delayed] = await limiter.acquire();
	for (let count = 0; count < 3; count++) (await limiter.acquire())[0]!.end();
	const ended = performance.now();
	delayed!.end();
	await limiter.acquire();
	await limiter.acquire();
	// It may have arrived the moment before it ended: the window begins then.
	expect(performance.now() - ended).toBeGreaterThanOrEqual(99);
});

it('is not held up by a clock that is set back', async () => {
	const limiter = new RateLimiter({ requests: 1, per: 60 });
	(await limiter.acquire())[0]!.end();
	const real = Date.now;
	Date.now = () => real() - 3_600_000;
	try {
		await limiter.acquire(undefined, performance.now() + 5_000);
	} finally {
		Date.now = real;
	}
});

it('gives no slot after the deadline', async () => {
	const limiter = new RateLimiter({ requests: 1, per: 60_000 });
	(await limiter.acquire())[0]!.end();
	await expect(limiter.acquire(undefined, performance.now() + 50)).rejects.toThrow(QueueTimeout);
});

it('keeps the deadline of a caller behind others', async () => {
	const limiter = new RateLimiter({ requests: 1, per: 60_000 });
	(await limiter.acquire())[0]!.end();
	const stop = new AbortController();
	const first = limiter.acquire(stop.signal).catch(() => {});
	const started = performance.now();
	await expect(limiter.acquire(undefined, started + 50)).rejects.toThrow(QueueTimeout);
	expect(performance.now() - started).toBeLessThan(5_000);
	stop.abort();
	await first;
});

it('gives several slots together, and takes unused ones back', async () => {
	const limiter = new RateLimiter({ requests: 2, per: 60_000 });
	const slots = await limiter.acquire(undefined, Infinity, 2);
	slots.forEach((slot) => slot.giveBack());
	await expect(limiter.acquire(undefined, performance.now() + 50, 2)).resolves.toHaveLength(2);
});
