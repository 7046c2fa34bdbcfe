import type { IDataObject, IPollFunctions } from 'n8n-workflow';
import { z } from 'zod';
import type { BoundedMap } from '../processState';
import type { Beginning } from './bounds';

const count = z.number().int().nonnegative();
const envelope = z.object({
	/** When it was begun, epoch milliseconds. */
	begun: z.number().finite(),
	/** How many polls have emitted something, and how many have changed anything. */
	emissions: count,
	changes: count,
	content: z.unknown(),
});
type Envelope = z.output<typeof envelope>;

/** What the process knows of a trigger's last poll. */
export interface LastPoll {
	kept: Envelope;
	/** What was kept before, where the poll emitted: n8n may drop an emission. */
	before?: Envelope;
	/** When that poll began, in the time of `monotonic`. */
	began: number;
}

/**
 * What a trigger keeps from poll to poll, in n8n's static data for the node. Most of n8n's poll engines save it with an
 * emission only, and some begin each poll with what was saved. So the process keeps it too, and its copy counts as long
 * as n8n has saved no other emission. Nothing is written while n8n has all of it.
 */
export class State<Content> {
	private constructor(
		private readonly data: IDataObject,
		private readonly trigger: string,
		private readonly lastPolls: BoundedMap<LastPoll>,
		private readonly began: number,
		/** What n8n has. */
		private readonly saved: Envelope | undefined,
		private readonly kept: Envelope,
		/** Undefined where nothing was kept that can be read. */
		readonly content: Content | undefined,
	) {}

	/**
	 * Opens it when a poll has read what it needs. From here to {@link save} the poll must not wait for anything, so
	 * that polls that overlap do not mix. Undefined where a poll that began later has been faster.
	 * @param began when the poll began, in the time of `monotonic`
	 * @param beginning what the poll began with: once n8n has started the workflow, what the process knows is of before
	 */
	static open<Content>(
		context: IPollFunctions,
		lastPolls: BoundedMap<LastPoll>,
		schema: z.ZodType<Content, z.ZodTypeDef, unknown>,
		{ began, beginning }: { began: number; beginning: Beginning },
	): State<Content> | undefined {
		const data = context.getWorkflowStaticData('node');
		const trigger = triggerOf(context);
		const last = lastPolls.get(trigger);
		if (last !== undefined && last.began > began) return undefined;
		const parsed = envelope.safeParse(data.state);
		const saved = parsed.success ? parsed.data : undefined;
		const fresh = { begun: Date.now(), emissions: 0, changes: 0, content: undefined };
		const kept = newest(saved, last, beginning) ?? fresh;
		const read = schema.safeParse(kept.content);
		const content = read.success ? read.data : undefined;
		return new State(data, trigger, lastPolls, began, saved, kept, content);
	}

	/** The same for what is emitted from this state, also after a crash, and never again. */
	get emission(): string {
		return `${this.kept.begun}:${this.kept.emissions}`;
	}

	/** @param content what the schema reads, as JSON has it */
	save(content: object, hasEmitted: boolean): void {
		const text = JSON.stringify(content);
		const hasChanged = hasEmitted || text !== JSON.stringify(this.kept.content);
		const kept = hasChanged ? this.next(JSON.parse(text), hasEmitted) : this.kept;
		if (kept !== this.saved) this.data.state = kept as unknown as IDataObject;
		const before = hasEmitted ? { before: this.kept } : {};
		this.lastPolls.set(this.trigger, { kept, began: this.began, ...before });
	}

	private next(content: unknown, hasEmitted: boolean): Envelope {
		const { begun, emissions, changes } = this.kept;
		return { begun, emissions: emissions + (hasEmitted ? 1 : 0), changes: changes + 1, content };
	}
}

/** Tells the triggers of an n8n apart. */
export const triggerOf = (context: IPollFunctions): string =>
	`${context.getWorkflow().id}:${context.getNode().id}`;

/** What n8n has, or what the process has read since. It is behind where another process has emitted. */
function newest(saved: Envelope | undefined, last: LastPoll | undefined, beginning: Beginning) {
	const own = [last?.before, last?.kept];
	if (saved === undefined)
		return beginning === 'start' ? undefined : own.find((each) => each?.emissions === 0);
	const since = own.find((each) => each?.begun === saved.begun && each.emissions === saved.emissions);
	return since !== undefined && since.changes > saved.changes ? since : saved;
}
