import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import { processState } from '../shared/processState';

const finite = z.number().finite();

const round = z.object({
	/** The last row that was visited. */
	cursor: finite,
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

/** n8n may drop what a poll without an event leaves in static data; a process that lives on still has it here. */
const latest = processState<Stored>('orderPolls');

/**
 * How far a trigger's polls have got. It only says which orders are looked up first: when it is lost, the rounds
 * through the table begin anew, somewhere, and no event is lost or repeated.
 */
export class Progress {
	private constructor(
		private readonly trigger: string,
		private readonly kept: Stored,
	) {}

	/** @param trigger tells triggers apart */
	static of(data: IDataObject, trigger: string): Progress {
		const parsed = stored.safeParse(data.progress);
		const known = [...(parsed.success ? [parsed.data] : []), ...[latest.get(trigger) ?? []].flat()];
		const [newest] = known.sort((one, other) => other.polledAt - one.polledAt);
		return new Progress(trigger, structuredClone(newest ?? { polledAt: 0, interval: 0, rounds: {} }));
	}

	/** When the last poll began, epoch milliseconds; 0 when that is unknown. */
	get polledAt(): number {
		return this.kept.polledAt;
	}

	/** The time between the last two polls, in milliseconds; 0 when it is unknown. */
	get interval(): number {
		return this.kept.interval;
	}

	/** A round that is under way, or one that begins at the given row. */
	round(name: string, firstRow: () => number, now: number): Round {
		return (this.kept.rounds[name] ??= { cursor: firstRow(), began: now, previous: 0 });
	}

	/** @param isActivation the workflow was off before */
	save(data: IDataObject, now: number, isActivation: boolean): void {
		const { kept } = this;
		if (kept.polledAt > 0 && now > kept.polledAt && !isActivation) kept.interval = now - kept.polledAt;
		kept.polledAt = now;
		data.progress = kept as unknown as IDataObject;
		latest.set(this.trigger, structuredClone(kept));
	}
}
