import type { BoundedMap } from '../../../nodes/shared/processState';

const maps: Array<{ entries: Map<string, unknown> }> = [];

/** Remembers what the package keeps in a process, so that a test can end the process. */
export const remember = <Map extends BoundedMap<unknown>>(map: Map): Map => {
	maps.push(map as unknown as { entries: globalThis.Map<string, unknown> });
	return map;
};

/** A process ends: what it kept is gone. */
export const endProcess = (): void => maps.forEach(({ entries }) => entries.clear());
