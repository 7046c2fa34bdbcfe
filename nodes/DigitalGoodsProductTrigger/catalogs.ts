import { compare } from './comparison';
import type { Change } from './event';
import { LONGEST_MEMORY } from './limits';
import { tooLarge, type Readings } from './readings';
import type { Settings } from './settings';
import { stored, type Snapshot, type StoredSnapshot } from './snapshot';

/**
 * What has changed in the catalogs, and what is remembered of them. A provider that failed keeps what is remembered;
 * one that is not watched any more is forgotten. A catalog too large to remember is a failure.
 */
export function compareCatalogs(
	{ providers, events }: Settings,
	{ catalogs: readings, failures }: Readings,
	remembered: Record<string, Snapshot>,
): { catalogs: Record<string, StoredSnapshot>; changes: Change[] } {
	const catalogs: Record<string, StoredSnapshot> = {};
	const changes: Change[] = [];
	let length = 0;
	const keep = (name: string, snapshot: StoredSnapshot): void => {
		catalogs[name] = snapshot;
		length += snapshot.products.length;
	};
	for (const provider of events.size > 0 ? providers : []) {
		const { name } = provider;
		const before = remembered[name];
		const reading = readings.find((each) => each.provider === name);
		const compared = reading && compare(before, reading, Date.now());
		const after = compared && stored(compared.after);
		if (after !== undefined && length + after.products.length <= LONGEST_MEMORY) {
			keep(name, after);
			changes.push(...compared!.changes);
			continue;
		}
		if (after !== undefined) failures.push(tooLarge(provider, compared!.after.products.size));
		if (before !== undefined) keep(name, stored(before));
	}
	return { catalogs, changes };
}
