import fc from 'fast-check';
import { Pace } from '../../nodes/shared/engine/pace';
import { runs } from '../support/full';
import { assertInLanes } from '../support/properties';

const pause = async (ms: number) => await new Promise((done) => setTimeout(done, ms));

/** Acquires slots after these pauses, in milliseconds, and gives the time of each. */
async function departures(limiter: Pace, pauses: number[]): Promise<number[]> {
	const times: Array<Promise<number>> = [];
	for (const ms of pauses) {
		if (ms > 0) await pause(ms);
		times.push(
			limiter.turn().then((answered) => {
				const now = Date.now();
				answered();
				return now;
			}),
		);
	}
	return await Promise.all(times);
}

const pauses = fc.array(fc.oneof(fc.constant(0), fc.nat(60)), { minLength: 1, maxLength: 40 });
const rates = fc.record({
	requests: fc.integer({ min: 1, max: 12 }),
	per: fc.integer({ min: 200, max: 500 }),
});

it('lets no more leave in any window than the rate allows, in the order they came', async () => {
	await assertInLanes(
		fc.asyncProperty(rates, pauses, async (rate, asked) => {
			const sent = await departures(new Pace(rate), asked.slice(0, rate.requests * 3));
			expect(sent).toEqual([...sent].sort((one, other) => one - other));
			for (const [index, time] of sent.entries()) {
				const earlier = sent[index - rate.requests];
				if (earlier !== undefined) expect(time - earlier).toBeGreaterThanOrEqual(rate.per);
			}
		}),
		{ ...runs(10, 20), lanes: 10 },
	);
}, 120_000);

it('keeps to the rate where requests arrive, also when some are delayed on the way', async () => {
	const way = 5;
	const rate = { requests: 4, per: 800 };
	const delayed = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(200)), {
		minLength: 12,
		maxLength: 12,
	});
	await assertInLanes(
		fc.asyncProperty(delayed, async (delays) => {
			const limiter = new Pace(rate);
			const arrivals: number[] = [];
			const request = async (delay: number) => {
				const answered = await limiter.turn();
				await pause(way + delay);
				arrivals.push(Date.now());
				await pause(way);
				answered();
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

it('gives a cancelled caller no slot, and every other caller one', async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(fc.boolean(), { minLength: 2, maxLength: 20 }), async (cancelled) => {
			const limiter = new Pace({ requests: 4, per: 40 });
			const stop = new AbortController();
			const times = cancelled.map(async (isCancelled) => {
				await limiter.turn(isCancelled ? stop.signal : undefined);
				return Date.now();
			});
			stop.abort();
			const results = await Promise.allSettled(times);
			const sent = results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
			const kept = cancelled.filter((isCancelled) => !isCancelled).length;
			expect(results.filter((each, index) => each.status === 'rejected' && !cancelled[index])).toEqual([]);
			// The first may have acquired its slot before it was cancelled.
			expect(sent.length - kept).toBeLessThanOrEqual(1);
			expect(sent.length).toBeGreaterThanOrEqual(kept);
		}),
		runs(10, 30),
	);
}, 120_000);

it('waits as long as a refusal says, and leaves a gap from then on', async () => {
	const limiter = new Pace();
	limiter.slowDown(150);
	const started = Date.now();
	await limiter.turn();
	expect(Date.now() - started).toBeGreaterThanOrEqual(149);
	const [first, second] = await departures(limiter, [0, 0]);
	expect(second! - first!).toBeGreaterThanOrEqual(49);
});
