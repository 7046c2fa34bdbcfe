const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How often an order of this age is asked, in milliseconds: each poll when new, hourly from a day on. */
export const intervalAt = (age: number): number => (age < HOUR / 2 ? 0 : Math.min(HOUR, age / 24));

/** How long after an order failed its refund is looked out for. */
export const REFUND_WATCH = 72 * HOUR;

interface Due {
	key: string;
	/** Epoch milliseconds since when it has stood as it does. */
	since: number;
}

/**
 * Remembers when each order was last asked, so that those wait their turn which were asked most recently.
 * Kept in the process only: after a restart everything is due, and comes when the bounds of a poll allow.
 */
export class Schedule {
	private asked = new Map<string, number>();

	/** Which of the orders are due, the longest waiting first. */
	due<T extends Due>(orders: T[], now: number): T[] {
		const waiting = orders
			.map((order) => ({
				order,
				at: (this.asked.get(order.key) ?? -Infinity) + intervalAt(now - order.since),
			}))
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
