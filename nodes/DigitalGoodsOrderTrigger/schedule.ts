import type { IDataObject, IPollFunctions } from 'n8n-workflow';
import { DAY, HOUR, MINUTE } from './limits';

/** How often an order of this age is looked up, in milliseconds: each poll while young, hourly from a day on. */
export const intervalAt = (age: number): number => (age < HOUR / 2 ? 0 : Math.min(HOUR, age / 24));

/** Spreads the orders over their interval; a large prime, so that neighbouring rows lie apart. */
const SPREAD = 7_919_003;

/**
 * Whether an order is due for a look-up: whether its time has come since it was last visited. That follows from the
 * clock alone, so nothing has to be remembered for each order.
 * @param since when it has come to its state; this and the others are epoch milliseconds
 */
export function isDue(row: number, since: number, lastVisit: number, now: number): boolean {
	const interval = Math.floor(intervalAt(now - since));
	if (!(interval > 0)) return true;
	const phase = (row * SPREAD) % interval;
	const slot = (at: number): number => Math.floor((at + phase) / interval);
	return slot(now) !== slot(lastVisit);
}

const UNITS: Record<string, number> = { minutes: MINUTE, hours: HOUR };
const MODES: Record<string, number> = {
	everyMinute: MINUTE,
	everyHour: HOUR,
	everyDay: DAY,
	everyWeek: 7 * DAY,
	everyMonth: 31 * DAY,
};

/** The longest time between two polls by the node's poll times, in milliseconds; 0 where they do not say. */
export function pollInterval(context: IPollFunctions): number {
	const { item } = context.getNodeParameter('pollTimes', {}) as { item?: IDataObject[] };
	const intervals = (Array.isArray(item) ? item : []).map(({ mode, value, unit }) =>
		mode === 'everyX' ? Number(value) * (UNITS[String(unit)] ?? 0) : (MODES[String(mode)] ?? 0),
	);
	const known = intervals.filter((interval) => interval > 0 && Number.isFinite(interval));
	return known.length === 0 ? 0 : Math.min(...known);
}
