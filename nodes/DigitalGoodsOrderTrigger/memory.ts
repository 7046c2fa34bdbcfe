import { createHash } from 'node:crypto';
import { z } from 'zod';
import { compare, type Position, type RowEvent } from './event';
import { MOST_ACCOUNTED, MOST_DUE, MOST_EMISSIONS, MOST_REMEMBERED, OVERLAP } from './limits';

const position = z.tuple([z.number().finite(), z.number().finite()]);
const positions = z.record(position);

const emission = z.object({
	/** Epoch milliseconds. */
	at: z.number().finite(),
	/** The newest execution before it; empty where there was none. */
	after: z.string(),
	/** Its execution, once that is found. */
	execution: z.string().optional(),
	events: positions,
});
/** Events that were handed to n8n together, and are not known to have arrived. */
export type Emission = z.output<typeof emission>;

const kept = z.object({
	/** All events up to this time were dealt with, but for those that are due. */
	since: z.number().finite(),
	/** Events up to this time are of before the workflow was active. */
	activeFrom: z.number().finite(),
	/** The last of the emitted events that are not remembered any more. */
	forgotten: position,
	emitted: positions,
	due: positions,
	emissions: z.array(emission),
	retries: z.record(z.number().finite()),
});
type Kept = z.output<typeof kept>;

/** What a poll knows of those before it. */
export interface Start {
	/** The longest time between two polls, in milliseconds. */
	interval: number;
	/** Whether the workflow is known to have been active before. */
	wasActive: boolean;
	/** Whether somebody has just switched the workflow on. */
	isActivation: boolean;
	/** When it was switched on, epoch milliseconds, where that is known. */
	activatedAt: number | undefined;
}

/** Stands for an event ID, in a few characters. */
export const shortOf = (eventId: string): string =>
	createHash('sha256').update(eventId).digest('base64url').slice(0, 10);

const size = (events: Record<string, unknown>): number => Object.keys(events).length;

/**
 * What a trigger remembers of events, in n8n's static data for the node. It goes by the position of an event alone:
 * by it rows are selected, remembered and forgotten. It is saved as a whole, so whatever is saved is consistent: after a restart the same rows are read again and the same decisions taken.
 */
export class Memory {
	private constructor(
		private readonly kept: Kept,
		/** Whether nothing was remembered before. */
		readonly isNew: boolean,
	) {}

	/** @param stored what was kept of an earlier poll. What cannot be read is begun anew */
	static of(stored: unknown): Memory {
		const parsed = kept.safeParse(stored);
		if (parsed.success) return new Memory(parsed.data, false);
		const fresh = { since: 0, activeFrom: 0, forgotten: [0, 0] as Position, emitted: {}, due: {} };
		return new Memory({ ...fresh, emissions: [], retries: {} }, true);
	}

	/** What is to be kept. */
	get stored(): Kept {
		return this.kept;
	}

	/**
	 * Begins a poll.
	 * @param now epoch milliseconds
	 */
	begin(now: number, { interval, wasActive, isActivation, activatedAt }: Start): void {
		const { kept } = this;
		const lastMinutes = now - OVERLAP;
		if (this.isNew) {
			// Some of n8n's engines drop what the polls before the first emission remember.
			const before = isActivation && !wasActive ? lastMinutes : lastMinutes - interval;
			kept.activeFrom = Math.min(before, (activatedAt ?? Infinity) - OVERLAP);
			kept.since = kept.activeFrom;
		} else if (isActivation) {
			kept.activeFrom = Math.max(kept.activeFrom, lastMinutes - interval);
			kept.since = Math.max(kept.since, kept.activeFrom);
		}
		// Set back, the clock gives events since the last poll times that lie before it. What was emitted is remembered by
		// its ID, so reading the last interval once more repeats nothing.
		if (now < kept.since) kept.activeFrom = Math.min(kept.activeFrom, lastMinutes - interval);
		kept.since = Math.min(kept.since, now - interval);
	}

	/** Behind which position rows have to be read. */
	get readFrom(): Position {
		const { since, forgotten } = this.kept;
		const from: Position = [since - OVERLAP, 0];
		return compare(from, forgotten) > 0 ? from : forgotten;
	}

	/** Rows whose events have to be emitted, wherever they lie. */
	get dueRows(): number[] {
		return [...new Set(Object.values(this.kept.due).map(([, row]) => row))];
	}

	get emissions(): readonly Emission[] {
		return this.kept.emissions;
	}

	/** Whether an event has to be emitted. */
	wants({ eventId, position }: Pick<RowEvent, 'eventId' | 'position'>): boolean {
		const { activeFrom, forgotten, emitted, due } = this.kept;
		const short = shortOf(eventId);
		if (Object.hasOwn(due, short)) return true;
		if (Object.hasOwn(emitted, short)) return false;
		return position[0] > activeFrom && compare(position, forgotten) > 0;
	}

	/** Keeps an event that cannot be emitted yet. False when too many are kept already. */
	postpone({ eventId, position }: RowEvent): boolean {
		const short = shortOf(eventId);
		if (!Object.hasOwn(this.kept.due, short) && size(this.kept.due) >= MOST_DUE) return false;
		this.kept.due[short] = position;
		return true;
	}

	isDue({ eventId }: Pick<RowEvent, 'eventId'>): boolean {
		return Object.hasOwn(this.kept.due, shortOf(eventId));
	}

	/** Ends the waiting of an event. */
	drop({ eventId }: RowEvent): void {
		delete this.kept.due[shortOf(eventId)];
	}

	/** Drops what was due of rows that do not tell of it any more. */
	keepDue(events: RowEvent[]): void {
		const still = new Set(events.map(({ eventId }) => shortOf(eventId)));
		const { due } = this.kept;
		for (const short of Object.keys(due)) if (!still.has(short)) delete due[short];
	}

	/** Notes that everything up to a time has been dealt with. */
	advance(time: number): void {
		this.kept.since = Math.max(this.kept.since, time);
	}

	/**
	 * Notes what this poll emits.
	 * @param now epoch milliseconds
	 * @param after the newest execution before; undefined where executions cannot be followed up
	 */
	emit(events: RowEvent[], now: number, after: string | undefined): void {
		const { kept } = this;
		const emitted = Object.fromEntries(events.map(({ eventId, position }) => [shortOf(eventId), position]));
		Object.assign(kept.emitted, emitted);
		for (const short of Object.keys(emitted)) delete kept.due[short];
		if (after !== undefined && events.length > 0) kept.emissions.push({ at: now, after, events: emitted });
		const accounted = () => kept.emissions.reduce((sum, { events: of }) => sum + size(of), 0);
		while (kept.emissions.length > MOST_EMISSIONS || accounted() > MOST_ACCOUNTED) kept.emissions.shift();
		this.forget();
	}

	/** Notes in which execution an emission has arrived. */
	found(emission: Emission, execution: string): void {
		this.kept.emissions.find((each) => each === emission)!.execution = execution;
	}

	/** Ends the follow-up of an emission: it arrived, or nobody can tell. */
	conclude(emission: Emission): void {
		const { kept } = this;
		kept.emissions = kept.emissions.filter((each) => each !== emission);
		const accounted = new Set(kept.emissions.flatMap(({ events }) => Object.keys(events)));
		for (const short of Object.keys(kept.retries))
			if (!accounted.has(short) && !Object.hasOwn(kept.due, short)) delete kept.retries[short];
	}

	/**
	 * Makes the events of an emission due anew, of which nothing has come.
	 * @param most how often an event is made due anew
	 */
	retry(emission: Emission, most: number): void {
		const { kept } = this;
		for (const [short, of] of Object.entries(emission.events)) {
			const retries = (kept.retries[short] ?? 0) + 1;
			if (retries > most || size(kept.due) >= MOST_DUE) continue;
			kept.retries[short] = retries;
			kept.due[short] = of;
			delete kept.emitted[short];
		}
		this.conclude(emission);
	}

	private forget(): void {
		const { kept } = this;
		const oldest = Object.entries(kept.emitted).sort(([, one], [, other]) => compare(one, other));
		for (const [short, of] of oldest.slice(0, Math.max(0, oldest.length - MOST_REMEMBERED))) {
			delete kept.emitted[short];
			if (compare(of, kept.forgotten) > 0) kept.forgotten = of;
		}
	}
}
