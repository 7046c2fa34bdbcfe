import { createHash } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { processState } from '../shared/processState';

/**
 * Runs each event once, however often it is delivered.
 *
 * n8n gives every webhook call a copy of the workflow's static data. It creates the execution, asks for the answer,
 * writes the copy back and answers. So the event is written into the copy when the answer is asked for: if n8n dies
 * before that, nothing remembers the event, the provider gets no answer and delivers it again. An event is never lost,
 * and runs twice only when n8n dies in the moment after it created the execution. (Written any earlier it would
 * not be kept either: creating the execution makes n8n take the copy for unchanged.)
 *
 * Each copy is written as a whole, over what others wrote meanwhile. Therefore this process remembers too what it has
 * handed over, and puts all of it into every copy. Other processes see it through the static data alone.
 */

/** Far more than a day of deliveries can repeat. */
const KEPT = 5_000;

/** The part of a response that tells how far n8n is with a call. */
export interface CallInProgress {
	readonly writableEnded: boolean;
	readonly closed: boolean;
	once(event: 'close', listener: () => void): unknown;
}

/**
 * `new`: to be run, and remembered when n8n asks for the answer. `replay`: n8n has it already. `underway`: the sender
 * gave an earlier call up while n8n is still working on it, so nobody can say yet whether there will be an execution.
 */
export type Admission =
	{ verdict: 'new'; remember: () => void } | { verdict: 'replay' } | { verdict: 'underway' };

export class Replays {
	/** Events n8n has created an execution for, newest last. */
	private readonly handedOver = new Set<string>();

	private readonly inProgress = new Map<string, { call: CallInProgress; over: Promise<void> }>();

	async admit(eventId: string, store: IDataObject, call: CallInProgress): Promise<Admission> {
		const mark = createHash('sha256').update(eventId).digest('base64url').slice(0, 22);
		for (;;) {
			if (this.handedOver.has(mark) || stored(store).includes(mark)) return { verdict: 'replay' };
			this.forgetFailed();
			const earlier = this.inProgress.get(mark);
			if (earlier === undefined) break;
			if (earlier.call.closed) return { verdict: 'underway' };
			await earlier.over;
		}
		const over = call.closed
			? Promise.resolve()
			: new Promise<void>((resolve) => call.once('close', resolve));
		this.inProgress.set(mark, { call, over });
		return { verdict: 'new', remember: () => this.remember(mark, store) };
	}

	/** An answer to an event that was not handed over says that n8n failed. */
	private forgetFailed(): void {
		for (const [mark, { call }] of this.inProgress) {
			if (call.writableEnded) this.inProgress.delete(mark);
		}
	}

	private remember(mark: string, store: IDataObject): void {
		this.inProgress.delete(mark);
		this.handedOver.add(mark);
		for (const oldest of this.handedOver) {
			if (this.handedOver.size <= KEPT) break;
			this.handedOver.delete(oldest);
		}
		store.delivered = [...new Set([...stored(store), ...this.handedOver])].slice(-KEPT);
	}
}

const stored = ({ delivered }: IDataObject): string[] =>
	Array.isArray(delivered) ? delivered.filter((mark) => typeof mark === 'string') : [];

const triggers = processState<Replays>('webhooks');

/** What this process knows of one trigger's events. */
export const replaysOf = (workflowId: string | undefined, nodeId: string): Replays =>
	triggers.getOrCreate(JSON.stringify([workflowId, nodeId]), () => new Replays());
