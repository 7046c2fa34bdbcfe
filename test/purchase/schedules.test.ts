import './quiet';
import fc from 'fast-check';
import { startBed, type Bed } from '../support/bed';
import { violated } from './checks';
import { count, run } from './errands';
import type { Errand, Strike, Way } from './model';
import { shops, type Fault } from './shops';

/**
 * Random schedules of faults, tries, rounds and ways of running, charges counted at the provider. A failing run
 * prints its seed and path: SEED=… FAIL_PATH=… runs it again, RUNS=… more or fewer schedules.
 */

const RUNS = Number(process.env.RUNS ?? 1_000);
/** Schedules mostly wait, so they run many at a time. */
const AT_ONCE = 50;

const phase = fc.constantFrom('before' as const, 'after' as const);
const faultsFor = (refusal: string): fc.Arbitrary<Fault> =>
	fc.oneof(
		fc.constant<Fault>({ type: 'refuse', code: refusal }),
		fc.record({
			type: fc.constant('error' as const),
			status: fc.constantFrom(500 as const, 502 as const, 503 as const, 504 as const),
			phase,
		}),
		fc.record({ type: fc.constant('drop' as const), phase }),
		fc.record({
			type: fc.constant('unreadable' as const),
			kind: fc.constantFrom('html' as const, 'truncated' as const, 'empty' as const, 'wrongShape' as const),
		}),
		fc.record({
			type: fc.constant('redirect' as const),
			status: fc.constantFrom(302 as const, 307 as const, 308 as const),
		}),
		fc.record({ type: fc.constant('latency' as const), ms: fc.integer({ min: 1, max: 50 }) }),
		fc.constant<Fault>({ type: 'unknownStatus', status: 'thinking_about_it' }),
		fc.constant<Fault>({ type: 'rateLimit', retryAfterSeconds: 0 }),
	);

const errands: fc.Arbitrary<Errand> = fc.constantFrom(...shops).chain((shop) => {
	const strikes: fc.Arbitrary<Strike[]> = fc.array(
		fc.record({ fault: faultsFor(shop.refusal), skip: fc.nat(3), times: fc.constantFrom(1, 1, 2, 3) }),
		{ maxLength: 3 },
	);
	const person = fc.nat(5);
	const inWorkflow = fc.record({
		shop: fc.constant(shop),
		way: fc.constantFrom<Way>('stop', 'continue', 'errorOutput'),
		tries: fc.integer({ min: 1, max: 4 }),
		rounds: fc
			.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }))
			.chain(([rounds, items]) =>
				fc.array(fc.array(person, { minLength: items, maxLength: items }), {
					minLength: rounds,
					maxLength: rounds,
				}),
			),
		strikes,
	});
	const byAgent = fc.record({
		shop: fc.constant(shop),
		way: fc.constantFrom<Way>('engine', 'function'),
		tries: fc.integer({ min: 1, max: 4 }),
		rounds: fc.array(fc.tuple(person), { minLength: 1, maxLength: 4 }),
		strikes,
	});
	return fc.oneof(
		{ weight: 3, arbitrary: inWorkflow },
		{ weight: 1, arbitrary: byAgent as fc.Arbitrary<Errand> },
	);
});

let bed: Bed;
beforeAll(async () => {
	bed = await startBed({ keepRequests: 100_000 });
	await bed.sandbox.client.changeProduct({ provider: 'aiMarket', productId: '002', stock: 10_000_000 });
});
afterAll(async () => await bed.close());

it('charges no intent twice and tells of every charge, whatever the schedule', async () => {
	let schedules = 0;
	let charges = 0;
	await fc.assert(
		fc.asyncProperty(fc.array(errands, { minLength: AT_ONCE, maxLength: AT_ONCE }), async (batch) => {
			const wrong = await Promise.all(
				batch.map(async (errand) => {
					const ran = await run(bed, errand);
					const counted = (await count(bed, errand.shop.provider, ran.account)).get(ran.account)!;
					schedules++;
					charges += counted.charged.length;
					return violated(ran, counted).map((what) => `${errand.shop.name}, ${errand.way}: ${what}`);
				}),
			);
			expect(wrong.flat()).toEqual([]);
		}),
		{
			numRuns: Math.ceil(RUNS / AT_ONCE),
			endOnFailure: true,
			...(process.env.SEED === undefined
				? {}
				: { seed: Number(process.env.SEED), path: process.env.FAIL_PATH ?? '' }),
		},
	);
	process.stdout.write(`${schedules} random schedules, ${charges} charges, none twice and none untold\n`);
}, 900_000);
