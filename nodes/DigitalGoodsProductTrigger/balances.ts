import type { Balance } from '../shared/domain/balance';
import type { Readings } from './readings';
import type { Settings } from './settings';

/** Which balances have fallen below the limit since the last reading, and what is remembered of them. */
export function compareBalances(
	{ providers, balanceBelow: limit }: Settings,
	{ balances: readings }: Readings,
	remembered: Record<string, number>,
): { balances: Record<string, number>; low: Balance[] } {
	const balances: Record<string, number> = {};
	const low: Balance[] = [];
	if (limit === undefined) return { balances, low };
	for (const { name } of providers) {
		const before = remembered[name];
		const reading = readings.find(({ provider }) => provider === name);
		const available = reading?.available ?? undefined;
		// At the limit a balance is neither low nor above: what it was before decides.
		const after =
			available === undefined || (available === limit && before !== undefined) ? before : available;
		if (after !== undefined) balances[name] = after;
		if (before !== undefined && before >= limit && available !== undefined && available < limit)
			low.push(reading!);
	}
	return { balances, low };
}
