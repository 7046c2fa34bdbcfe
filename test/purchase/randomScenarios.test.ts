import fc from 'fast-check';
import { full } from '../support/full';
import { useHarness } from '../support/harness';
import { assertInLanes } from '../support/properties';
import type { Fault } from '../support/sandboxFaults';
import { deviations, violations } from './support/invariants';
import { isToolMode, type InjectedFault, type RunMode, type Scenario } from './support/model';
import { countCharges } from './support/purchaseHarness';
import { purchaseKinds } from './support/purchaseKinds';
import { runScenario, SHORT_TIMEOUTS, type Timeouts } from './support/scenarios';

/**
 * Random faults, tries, items, rounds and calls, against a model of what must become of them. `RUNS` is their
 * number. The report of a failing one names the `SEED` and `REPLAY` that repeat it.
 */

const RUNS = Number(process.env.RUNS ?? (full ? 1_000 : 50));
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const { REPLAY } = process.env;

const phase = fc.constantFrom('before', 'after');
const record = <T extends object>(type: string, more: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
	fc.record({ type: fc.constant(type), ...more }) as unknown as fc.Arbitrary<Fault>;

/** What may go wrong at every provider. */
const commonFault: fc.Arbitrary<Fault> = fc.oneof(
	{ weight: 3, arbitrary: record('error', { status: fc.constantFrom(500, 502, 503, 504), phase }) },
	{ weight: 3, arbitrary: record('drop', { phase }) },
	{ weight: 1, arbitrary: record('hang', { phase }) },
	{ weight: 2, arbitrary: record('rateLimit', {}) },
	{ weight: 1, arbitrary: record('rateLimit', { retryAfterSeconds: fc.constantFrom(0, 0.2) }) },
	{
		weight: 3,
		arbitrary: record('unreadable', {
			kind: fc.constantFrom('html', 'truncated', 'empty', 'wrongShape'),
			phase,
		}),
	},
	{ weight: 1, arbitrary: record('unknownStatus', { status: fc.constantFrom('queued', 'ЖДЁТ', '') }) },
	{ weight: 2, arbitrary: record('redirect', { status: fc.constantFrom(302, 307, 308) }) },
);

const scenario: fc.Arbitrary<Scenario> = fc
	.record({
		kind: fc.constantFrom(...purchaseKinds),
		mode: fc.constantFrom<RunMode>(
			'stop',
			'stop',
			'continue',
			'continue',
			'errorOutput',
			'engine',
			'function',
		),
		tries: fc.constantFrom(1, 2, 3, 5),
		lookUpFails: fc.boolean(),
	})
	.chain(({ kind, mode, tries, lookUpFails }) => {
		const refusal: fc.Arbitrary<Fault> = fc.constant({ type: 'refuse', code: kind.refusal });
		const late: fc.Arbitrary<Fault> = record('timeout408', { withOrderId: fc.boolean() });
		const fault = fc.oneof(
			{ weight: 16, arbitrary: commonFault },
			{ weight: 3, arbitrary: refusal },
			...(kind.provider === 'tgMarket' ? [{ weight: 3, arbitrary: late }] : []),
		);
		const recipient = fc.integer({ min: 0, max: 3 });
		const items = fc.array(recipient, { minLength: 1, maxLength: 4 });
		const rounds = isToolMode(mode)
			? fc.array(
					recipient.map((one) => [one]),
					{ minLength: 1, maxLength: 4 },
				)
			: mode === 'errorOutput'
				? items.map((one) => [one])
				: items.chain(({ length }) =>
						fc.array(fc.array(recipient, { minLength: length, maxLength: length }), {
							minLength: 1,
							maxLength: 3,
						}),
					);
		return rounds.chain((given) => {
			// Repeats without success take their time, for each purchase and each try.
			const few = given.flat().length * tries <= 4;
			const times = fc.oneof(
				{ weight: 5, arbitrary: fc.integer({ min: 1, max: 3 }) },
				{ weight: kind.recovery !== 'repeat' || few ? 1 : 0, arbitrary: fc.constant(-1) },
			);
			const injected = fc
				.record({ fault, skip: fc.integer({ min: 0, max: 3 }), times })
				.map((one): InjectedFault =>
					one.fault.type === 'hang' && one.times !== 1 ? { ...one, times: 1 } : one,
				);
			return fc
				.array(injected, { minLength: 1, maxLength: 4, size: 'max' })
				.map((faults): Scenario => ({ kind, mode, tries, rounds: given, faults, lookUpFails }));
		});
	});

/** A scenario in one line, for the report of a failure. */
const shown = ({ kind, ...rest }: Scenario): string => `${kind.name}: ${JSON.stringify(rest)}`;

/** Scenarios that deviated from the model: the machine may have been so busy that requests timed out. */
const deviating: Scenario[] = [];
const totals = { scenarios: 0, bought: 0, rejected: 0, unknown: 0, charges: 0, requests: 0 };

const harness = useHarness({ keepRequests: 20_000 });

async function run(one: Scenario, timeouts?: Timeouts) {
	const { provider } = one.kind;
	const result = await runScenario(harness, one, timeouts);
	const { account } = result;
	const count = (await countCharges(harness, provider, account)).get(account) ?? {
		charged: [],
		requests: [],
	};
	await harness.sandbox.client.clearFaults({ provider, account });
	const violated = violations(result, count);
	if (violated.length > 0) throw new Error(`${shown(one)}\n${violated.join('\n')}`);
	return { result, count, deviations: deviations(one, result, count) };
}

async function holds(one: Scenario): Promise<void> {
	const { result, count, deviations: found } = await run(one, SHORT_TIMEOUTS);
	if (found.length > 0) deviating.push(one);
	totals.scenarios++;
	totals.charges += count.charged.length;
	totals.requests += count.requests.length;
	for (const reported of result.reported.flat()) if (reported !== undefined) totals[reported.outcome]++;
}

/** Repeats those that deviated from the model, few at a time and with long time-outs; gives those that still do. */
async function stillDeviating(): Promise<string[]> {
	const remaining: string[] = [];
	const lane = async () => {
		for (let one = deviating.pop(); one !== undefined; one = deviating.pop()) {
			const { deviations: found } = await run(one);
			if (found.length > 0) remaining.push(`${shown(one)}\n${found.join('\n')}`);
		}
	};
	await Promise.all(Array.from({ length: 4 }, lane));
	return remaining;
}

it(`holds over ${REPLAY === undefined ? `${RUNS} random scenarios` : 'the scenario to replay'}`, async () => {
	const started = Date.now();
	await harness.sandbox.client.changeProduct({ provider: 'aiMarket', productId: '002', stock: 1_000_000 });
	await assertInLanes(fc.asyncProperty(scenario, holds), {
		numRuns: RUNS,
		// They mostly wait.
		lanes: full ? 84 : 20,
		seed: SEED,
		path: REPLAY,
	});
	const repeated = deviating.length;
	const remaining = await stillDeviating();
	const { scenarios, bought, rejected, unknown, charges, requests } = totals;
	if (full)
		process.stdout.write(
			`${scenarios} random scenarios (SEED=${SEED}): ${bought} bought, ${rejected} rejected, ${unknown} of unknown outcome; ` +
				`${charges} charges, ${requests} requests that could buy; none broken, ` +
				`${repeated} deviated from the model at first and ${remaining.length} when repeated; ` +
				`${((Date.now() - started) / 1_000).toFixed(0)} s\n`,
		);
	expect(remaining).toEqual([]);
}, 1_200_000);
