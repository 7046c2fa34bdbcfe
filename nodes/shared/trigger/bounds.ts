import type { IPollFunctions } from 'n8n-workflow';
import { monotonic } from '../async/monotonic';
import type { ProviderError } from '../errors/providerError';
import { LONGEST_POLL, POLL_MARGIN, SCHEDULED_BUDGET } from '../http/retryPolicy';

/** When a poll that begins now has to end, in the time of `monotonic`. */
export function pollDeadline(context: IPollFunctions): number {
	const budget = (context.getPollBudgetMs?.() ?? Infinity) - POLL_MARGIN;
	return monotonic() + Math.min(LONGEST_POLL, budget);
}

/** Contexts whose first poll is over: n8n's default engine uses one from an activation to the next. */
const begun = new WeakSet<object>();

/** What a poll begins with: n8n has started the workflow, or its edited version, or the schedule is due. */
export type Beginning = 'start' | 'update' | 'schedule';

/** Asked once a poll. */
export function beginningOf(context: IPollFunctions): Beginning {
	const isUpdated = context.getActivationMode() === 'update';
	// n8n's durable scheduler takes a new context for each poll, with the mode of an updated workflow.
	const isScheduled = isUpdated && (context.getPollBudgetMs?.() ?? Infinity) < SCHEDULED_BUDGET;
	const isFirst = !begun.has(context) && !isScheduled;
	begun.add(context);
	if (!isFirst) return 'schedule';
	return isUpdated ? 'update' : 'start';
}

/** It may pass by itself. */
export const isTemporary = ({ status, code }: ProviderError): boolean =>
	status === undefined ? code === null : status === 408 || status >= 500;

/**
 * Whether the first poll bears a failure: one that passes must not keep a workflow from being published, and none must
 * keep it inactive after a restart of n8n.
 */
export const isToleratedFirst = (context: IPollFunctions, failure: ProviderError): boolean =>
	isTemporary(failure) || failure.status === 429 || context.getActivationMode() !== 'activate';
