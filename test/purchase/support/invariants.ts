import { expectedOutcomes, isPredictable, type Outcome, type Scenario } from './model';
import { keyOf, type ChargeCount } from './purchaseHarness';
import type { Reported, ScenarioResult } from './scenarios';

/** An unknown outcome must tell what to check, and must not suggest another purchase. */
const SAYS_UNKNOWN = /outcome of this purchase is unknown/;
const SAYS_WHAT_TO_CHECK = /\b(check|look)/i;
export const SUGGESTS_ANOTHER = /try again|retry|run the workflow again/i;

/** The invariants that a result violates, in words. They hold whatever the timing. */
export function violations({ reported }: ScenarioResult, { charged, requests }: ChargeCount): string[] {
	const found: string[] = [];
	const all = reported.flat();
	const by = (outcome: Outcome) => all.filter((one) => one?.outcome === outcome) as Reported[];

	const bought = by('bought').map(({ orderId }) => String(orderId));
	const unknown = by('unknown');
	if (new Set(bought).size < bought.length) found.push(`one order reported as several: ${bought.join()}`);
	const invented = bought.filter((id) => !charged.includes(id));
	if (invented.length > 0) found.push(`reported as bought, but never charged: ${invented.join()}`);
	const unreported = charged.filter((id) => !bought.includes(id)).length;
	if (new Set(charged).size < charged.length) found.push(`charged twice: ${charged.join()}`);
	if (unreported > unknown.length)
		found.push(
			`${unreported} charges beside those reported as bought, and only ${unknown.length} of unknown outcome`,
		);

	for (const { text } of unknown) {
		if (!SAYS_UNKNOWN.test(text) || !SAYS_WHAT_TO_CHECK.test(text))
			found.push(`does not say what to check: ${text}`);
		if (SUGGESTS_ANOTHER.test(text)) found.push(`suggests another purchase: ${text}`);
	}

	const keys = requests.map(keyOf);
	const reached = all.filter((one) => one !== undefined).length;
	if (keys.some((key) => key !== undefined) && new Set(keys).size > reached)
		found.push(`${new Set(keys).size} keys for ${reached} purchases`);
	return found;
}

/** Where a result differs from the model. It may, on a machine so busy that requests time out. */
export function deviations(
	scenario: Scenario,
	{ reported }: ScenarioResult,
	{ charged, requests }: ChargeCount,
): string[] {
	if (!isPredictable(scenario)) return [];
	const expected = expectedOutcomes(scenario).flat();
	const found: string[] = [];
	const compare = (what: string, actual: unknown, wanted: unknown) => {
		if (actual !== wanted) found.push(`${what}: ${actual}, expected ${wanted}`);
	};
	const outcomes = (list: Array<{ outcome?: string | undefined } | undefined>) =>
		list.map((one) => one?.outcome ?? '-').join();
	compare('outcomes', outcomes(reported.flat()), outcomes(expected));
	compare(
		'charges',
		charged.length,
		expected.reduce((sum, { charges }) => sum + charges, 0),
	);
	if (expected.every((one) => one.requests !== undefined))
		compare(
			'requests that could buy',
			requests.length,
			expected.reduce((sum, one) => sum + one.requests!, 0),
		);
	return found;
}
