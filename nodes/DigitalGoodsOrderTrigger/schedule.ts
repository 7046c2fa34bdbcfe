const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How often an order of this age is asked, in milliseconds: each poll when new, hourly from a day on. */
export const intervalAt = (age: number): number => (age < HOUR / 2 ? 0 : Math.min(HOUR, age / 24));

/** How long after its end an order may still be refunded by its provider, and how often that is looked up. */
export const REFUND_WATCH = 72 * HOUR;
export const REFUND_INTERVAL = HOUR;

interface Due {
	key: string;
	/** Epoch milliseconds. */
	since: number;
}

/**
 * Remembers when each order was last asked, so that those wait their turn which were asked most recently.
 * Kept in the process only: after a restart everything is due, and comes when the bounds of a poll allow.
 */
export class Schedule {
	private asked = new Map<string, number>();

	/** Which of the orders are due, the longest waiting first. Forgets the others' past. */
	due<T extends Due>(orders: T[], now: number, interval = (order: T) => intervalAt(now - order.since)): T[] {
		const waiting = orders
			.map((order) => ({ order, at: (this.asked.get(order.key) ?? -Infinity) + interval(order) }))
			.filter(({ at }) => at <= now);
		return waiting.sort((one, other) => compare(one.at, other.at)).map(({ order }) => order);
	}

	note(key: string, now: number): void {
		this.asked.set(key, now);
	}

	/** Keeps only what is still watched. */
	prune(keys: Set<string>): void {
		for (const key of this.asked.keys()) if (!keys.has(key)) this.asked.delete(key);
	}
}

const compare = (one: number, other: number): number => (one === other ? 0 : one < other ? -1 : 1);
