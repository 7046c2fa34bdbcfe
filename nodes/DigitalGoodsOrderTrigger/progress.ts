import { z } from 'zod';

const finite = z.number().finite();

const round = z.object({
	/** The last row that was visited, and the one this round began behind: 0 but where nothing was known. */
	cursor: finite,
	start: finite,
	/** When this round through the table began, and the one before, in epoch milliseconds. */
	began: finite,
	previous: finite,
});
/** How far the polls are in going through some of the table's rows, over and over. */
export type Round = z.output<typeof round>;

const stored = z.object({
	/** When the last poll began, and how long after the one before it, in milliseconds. */
	polledAt: finite,
	interval: finite,
	rounds: z.record(round),
});
type Stored = z.output<typeof stored>;

/**
 * How far a trigger's polls have got. It only says which orders are looked up first: when it is lost, the rounds
 * through the table begin anew, somewhere, and no event is lost or repeated.
 */
export class Progress {
	private constructor(readonly stored: Stored) {}

	/** @param kept what was kept of an earlier poll. What cannot be read is begun anew */
	static of(kept: unknown): Progress {
		const parsed = stored.safeParse(kept);
		return new Progress(parsed.success ? parsed.data : { polledAt: 0, interval: 0, rounds: {} });
	}

	/** When the last poll began, epoch milliseconds; 0 when that is unknown. */
	get polledAt(): number {
		return this.stored.polledAt;
	}

	/** The time between the last two polls, in milliseconds; 0 when it is unknown. */
	get interval(): number {
		return this.stored.interval;
	}

	/** A round that is under way, or one that begins at the given row. */
	round(name: string, firstRow: () => number, now: number): Round {
		const known = this.stored.rounds[name];
		if (known !== undefined) return known;
		const start = firstRow();
		return (this.stored.rounds[name] = { cursor: start, start, began: now, previous: 0 });
	}

	/** @param wasOff n8n or the workflow did not run before */
	finish(now: number, wasOff: boolean): void {
		const { stored } = this;
		if (stored.polledAt > 0 && now > stored.polledAt && !wasOff) stored.interval = now - stored.polledAt;
		stored.polledAt = now;
	}
}
