import { deepCopy, type IDataObject, type IPollFunctions } from 'n8n-workflow';
import { z } from 'zod';
import { processState } from '../shared/processState';
import { triggerOf } from '../shared/trigger/state';

const stored = z.object({ polls: z.number().finite(), parts: z.record(z.unknown()) });
type Stored = z.output<typeof stored>;

const latest = processState<Stored>('orderPolls');

/**
 * What a trigger keeps from poll to poll, in n8n's static data for the node. Most of n8n's poll engines save it only
 * when a poll emits something, and some begin the next poll with what was saved. What a poll without an event has
 * learned is therefore kept in the process as well, for as long as it lives; after an emission n8n's own copy counts,
 * since n8n may have dropped the emission together with it.
 */
export class State {
	private readonly data: IDataObject;
	private readonly trigger: string;
	private readonly kept: Stored;

	constructor(context: IPollFunctions) {
		this.data = context.getWorkflowStaticData('node');
		this.trigger = triggerOf(context);
		const parsed = stored.safeParse(this.data.state);
		const own = latest.get(this.trigger);
		const saved = parsed.success ? parsed.data : { polls: 0, parts: {} };
		this.kept = deepCopy(own !== undefined && own.polls > saved.polls ? own : saved);
	}

	/** Whether nothing was kept before. */
	get isNew(): boolean {
		return this.kept.polls === 0;
	}

	/** One part, to be checked by whoever reads it. */
	get(part: string): unknown {
		return this.kept.parts[part];
	}

	set(part: string, value: unknown): void {
		this.kept.parts[part] = value;
	}

	/** Ends a poll. */
	save(hasEmitted: boolean): void {
		this.kept.polls++;
		this.data.state = deepCopy(this.kept) as unknown as IDataObject;
		if (hasEmitted) latest.delete(this.trigger);
		else latest.set(this.trigger, deepCopy(this.kept));
	}
}
