import type { IDataObject } from 'n8n-workflow';

const MINUTE = 60_000;

/**
 * How far back a poll looks behind what it has handled. Rows carry the clocks of several processes and
 * become visible a little after their time; what was emitted within this span is remembered by its ID.
 */
export const OVERLAP = 15 * MINUTE;

/** Refunds and expiries have no time of their own in the table, so many of them are remembered longer. */
const LASTING = /:(refunded|expired)$/;
const MOST_LASTING = 5_000;

export interface Emission {
	/** Epoch milliseconds. */
	at: number;
	eventIds: string[];
}

interface Stored {
	/** Epoch milliseconds: rows final before were dealt with, or are none of this trigger's business. */
	since?: number;
	/** Emitted events by ID, with the time they count from. */
	seen?: Record<string, number>;
	/** What was emitted within the overlap, oldest first, and always the last of all. */
	emissions?: Emission[];
	/** Events told again because the execution for them had died, with how often. */
	again?: Record<string, number>;
	/** For a fixed list of orders: the state each was first seen in, or has come to. */
	known?: Record<string, string>;
}

/**
 * What a trigger remembers from poll to poll, in n8n's static data for the node. n8n saves it when a poll
 * emits, so it changes only together with an emission: whatever else a poll learns is in the table.
 */
export class Memory {
	private readonly stored: Stored;

	constructor(private readonly data: IDataObject) {
		this.stored = data as Stored;
	}

	/** Whether anything was ever kept. */
	get isNew(): boolean {
		return this.stored.since === undefined;
	}

	get since(): number | undefined {
		return this.stored.since;
	}

	get emissions(): readonly Emission[] {
		return this.stored.emissions ?? [];
	}

	/** How often any of these events was told again. */
	timesAgain({ eventIds }: Emission): number {
		return Math.max(...eventIds.map((id) => this.stored.again?.[id] ?? 0));
	}

	get known(): Record<string, string> {
		return this.stored.known ?? {};
	}

	has(eventId: string): boolean {
		return Object.hasOwn(this.stored.seen ?? {}, eventId);
	}

	start(since: number): void {
		this.data.since = since;
	}

	know(known: Record<string, string>): void {
		this.data.known = known;
	}

	/** Forgets an emission that nothing has come of, so that its events are found again. */
	takeBack(emission: Emission): void {
		const lost = new Set(emission.eventIds);
		this.data.seen = Object.fromEntries(
			Object.entries(this.stored.seen ?? {}).filter(([id]) => !lost.has(id)),
		);
		this.keep(this.emissions.filter(({ at }) => at !== emission.at));
		const times = this.timesAgain(emission) + 1;
		this.data.again = {
			...this.stored.again,
			...Object.fromEntries(emission.eventIds.map((id) => [id, times])),
		};
	}

	/**
	 * Notes what this poll emits.
	 * @param events IDs with the time each counts from
	 * @param oldestOpen the earliest time of what is still to be emitted, which must be found again
	 */
	emitted(events: Map<string, number>, now: number, oldestOpen = Infinity): void {
		const since = Math.max(this.stored.since ?? 0, Math.min(now - OVERLAP, oldestOpen, ...events.values()));
		const seen = Object.entries({ ...this.stored.seen, ...Object.fromEntries(events) });
		const lasting = seen.filter(([id]) => LASTING.test(id)).sort(([, one], [, other]) => other - one);
		const timely = seen.filter(([id, time]) => !LASTING.test(id) && time >= since);
		this.data.since = since;
		this.data.seen = Object.fromEntries([...timely, ...lasting.slice(0, MOST_LASTING)]);
		const recent = this.emissions.filter(({ at }) => at > now - OVERLAP);
		this.keep([...recent, { at: now, eventIds: [...events.keys()] }]);
		const watched = new Set(this.emissions.flatMap(({ eventIds }) => eventIds));
		const again = Object.entries(this.stored.again ?? {}).filter(([id]) => watched.has(id));
		this.data.again = Object.fromEntries(again);
	}

	private keep(emissions: readonly Emission[]): void {
		this.data.emissions = emissions as unknown as IDataObject[];
	}
}
