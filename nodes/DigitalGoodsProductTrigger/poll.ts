import type { IPollFunctions } from 'n8n-workflow';
import { z } from 'zod';
import { monotonic } from '../shared/async/monotonic';
import { toNodeApiError } from '../shared/errors/nodeApiError';
import { processState } from '../shared/processState';
import { beginningOf, isToleratedFirst, pollDeadline, type Beginning } from '../shared/trigger/bounds';
import { State, triggerOf, type LastPoll } from '../shared/trigger/state';
import { Warnings } from '../shared/trigger/warnings';
import { compareBalances } from './balances';
import { compareCatalogs } from './catalogs';
import { percentOf } from './comparison';
import { balanceEvent, productEvent, type Change, type ProductEvent } from './event';
import { nameRemoved } from './names';
import { readAll, type Readings } from './readings';
import type { Settings } from './settings';
import { storedSnapshot } from './snapshot';

const memory = z.object({
	/** By provider. */
	catalogs: z.record(storedSnapshot),
	/** What could be spent, by provider. */
	balances: z.record(z.number().finite()),
});

const snapshots = processState<LastPoll>('snapshots');

/**
 * One poll: reads everything, then compares it with the last good reading of each provider.
 * @throws NodeApiError when no provider could be read, or on activation for a reason that does not pass by itself
 */
export async function poll(context: IPollFunctions, settings: Settings): Promise<ProductEvent[]> {
	const began = monotonic();
	const beginning = beginningOf(context);
	const readings = await readAll(context, settings, pollDeadline(context));
	const state = State.open(context, snapshots, memory, { began, beginning });
	if (state === undefined) return [];

	const { catalogs, changes } = compareCatalogs(settings, readings, state.content?.catalogs ?? {});
	const { balances, low } = compareBalances(settings, readings, state.content?.balances ?? {});
	const wanted = changes.filter((change) => isWanted(change, settings));
	if (settings.events.has('removed')) nameRemoved(triggerOf(context), wanted, readings);
	const events = [
		...wanted.map((change) => productEvent(change, percentOf(change), state.emission)),
		...low.map((balance) => balanceEvent(balance, state.emission)),
	];
	state.save({ catalogs, balances }, events.length > 0);
	return events.length > 0 ? withWarnings(context, events, readings) : nothing(context, readings, beginning);
}

function isWanted(change: Change, { events, minimumChange }: Settings): boolean {
	if (!events.has(change.event)) return false;
	if (change.event !== 'priceChanged') return true;
	return Math.abs(percentOf(change) ?? Infinity) >= minimumChange;
}

function withWarnings(
	context: IPollFunctions,
	events: ProductEvent[],
	{ failures }: Readings,
): ProductEvent[] {
	const warnings = new Warnings(context);
	for (const { message } of failures) warnings.add(message);
	if (failures.length === 0) return events;
	return events.map((event) => ({ ...event, warnings: failures.map(({ message }) => message) }));
}

/**
 * A poll without events. It fails when nothing could be read; not for one provider of several, since n8n may poll a
 * trigger that fails less often.
 */
function nothing(context: IPollFunctions, readings: Readings, beginning: Beginning): ProductEvent[] {
	const { catalogs, balances, failures } = readings;
	const isBlind = catalogs.length + balances.length === 0;
	const refusal = failures.find((failure) =>
		beginning === 'schedule' ? isBlind : !isToleratedFirst(context, failure),
	);
	if (refusal !== undefined) throw toNodeApiError(context.getNode(), refusal);
	return withWarnings(context, [], readings);
}
