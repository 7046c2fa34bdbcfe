import type { Fault } from '../../support/sandboxFaults';
import type { ToolMode } from '../../support/workflows';
import type { PurchaseKind } from './purchaseKinds';

/*
 * What must become of purchases, worked out without the nodes: from what the provider does with each request, what
 * its answer proves, and which attempts n8n makes.
 */

export type Outcome = 'bought' | 'rejected' | 'unknown';

/** A fault that hits this many purchase requests of an account (-1: all), after it let some pass. */
export interface InjectedFault {
	fault: Fault;
	skip: number;
	times: number;
}

/** How n8n runs the node: by its On Error setting, or as the tool of an agent. */
export type RunMode = 'stop' | 'continue' | 'errorOutput' | ToolMode;

/** A workflow that buys, and what goes wrong meanwhile. */
export interface Scenario {
	kind: PurchaseKind;
	mode: RunMode;
	/** 1: without Retry On Fail. */
	tries: number;
	/** For each round of a loop the number of each item's recipient. For an agent each round is one call. */
	rounds: number[][];
	faults: InjectedFault[];
	/** Whether look-ups of lost orders fail too. */
	lookUpFails?: boolean;
}

export const isToolMode = (mode: RunMode): mode is ToolMode => mode === 'engine' || mode === 'function';

/** How one intent must end. */
export interface ExpectedOutcome {
	/** Undefined when nothing is reported: the item was never reached. */
	outcome: Outcome | undefined;
	charges: number;
	/** Requests that could buy; undefined where their number depends on time. */
	requests: number | undefined;
}

interface Answer {
	outcome: Outcome;
	charged: boolean;
}

/** What one request leads to, and the outcome its answer proves. */
function answerTo(fault: Fault | undefined, served: Answer): Answer {
	const lost = (phase: 'before' | 'after' = 'before'): Answer => ({
		outcome: 'unknown',
		charged: phase === 'after' && served.charged,
	});
	if (fault === undefined) return served;
	switch (fault.type) {
		case 'unknownStatus':
		case 'latency':
			return served;
		case 'refuse':
		case 'rateLimit':
			return { outcome: 'rejected', charged: false };
		case 'redirect':
			return { outcome: fault.status === 302 ? 'unknown' : 'rejected', charged: false };
		case 'timeout408':
			return fault.withOrderId === false ? lost('after') : served;
		case 'unreadable':
			return lost(fault.phase ?? 'after');
		case 'double':
		case 'lateCommit':
			throw new RangeError(`No purchase is made under "${fault.type}" here`);
		default:
			return lost(fault.phase);
	}
}

/** One account at the provider, with its faults. */
class Account {
	private readonly faults: InjectedFault[];
	private readonly served = new Set<number>();

	constructor(
		private readonly kind: PurchaseKind,
		faults: InjectedFault[],
	) {
		this.faults = faults.map((fault) => ({ ...fault }));
	}

	request(recipient: number): Answer {
		const refused = this.kind.onlyOnce === true && this.served.has(recipient);
		const served: Answer = { outcome: refused ? 'rejected' : 'bought', charged: !refused };
		const answer = answerTo(this.nextFault(), served);
		if (answer.charged) this.served.add(recipient);
		return answer;
	}

	/** As in the sandbox: the first fault that is not used up takes the request, unless it still has some to skip. */
	private nextFault(): Fault | undefined {
		for (const injected of this.faults) {
			if (injected.times === 0) continue;
			if (injected.skip > 0) {
				injected.skip--;
				continue;
			}
			if (injected.times > 0) injected.times--;
			return injected.fault;
		}
		return undefined;
	}
}

/**
 * One attempt of the node to buy, with what the provider offers to recover a lost answer. Where that is to repeat
 * the request, a fault hits once or always, so that the repeats come through or never do.
 */
function attempt(
	{ kind, faults, lookUpFails }: Scenario,
	account: Account,
	recipient: number,
): ExpectedOutcome {
	const { outcome, charged } = account.request(recipient);
	const charges = Number(charged);
	if (kind.recovery === 'lookUp' && outcome === 'unknown' && charged && lookUpFails !== true)
		return { outcome: 'bought', charges, requests: 1 };
	const [first] = faults;
	const repeats = outcome === 'unknown' || (outcome === 'rejected' && first?.fault.type === 'rateLimit');
	if (kind.recovery !== 'repeat' || !repeats) return { outcome, charges, requests: 1 };
	if (first?.times === -1) return { outcome, charges, requests: undefined };
	account.request(recipient);
	return { outcome: 'bought', charges: 1, requests: 2 };
}

/** Whether the model predicts how a scenario ends. The invariants hold for every scenario. */
export const isPredictable = ({ kind, faults }: Scenario): boolean =>
	kind.recovery !== 'repeat' ||
	faults.length === 0 ||
	(faults.length === 1 && Math.abs(faults[0]!.times) === 1);

/** How the intents of a scenario must end, round by round. */
export function expectedOutcomes(scenario: Scenario): ExpectedOutcome[][] {
	const { kind, mode, tries, rounds, faults } = scenario;
	// Called as a function, the node gives its errors as results, so n8n sees nothing to repeat.
	const attempts = mode === 'function' ? 1 : tries;
	const account = new Account(kind, faults);
	const untouched = (): ExpectedOutcome => ({ outcome: undefined, charges: 0, requests: 0 });
	const expected = rounds.map((round) => round.map(untouched));
	const isFinal = ({ outcome }: ExpectedOutcome) => outcome === 'bought' || outcome === 'unknown';
	const buy = (intent: ExpectedOutcome, recipient: number) => {
		if (isFinal(intent)) return;
		const { outcome, charges, requests } = attempt(scenario, account, recipient);
		intent.outcome = outcome;
		intent.charges += charges;
		intent.requests =
			intent.requests === undefined || requests === undefined ? undefined : intent.requests + requests;
	};

	for (const [index, round] of expected.entries()) {
		const recipients = rounds[index]!;
		if (isToolMode(mode)) {
			// A model that asks for the same while the outcome of its last call is unknown gets no second purchase.
			const open = expected
				.slice(0, index)
				.find(([before], other) => before!.outcome === 'unknown' && isSame(kind, rounds[other]!, recipients));
			if (open !== undefined) {
				round[0]!.outcome = 'unknown';
				continue;
			}
		}
		let failed: ExpectedOutcome | undefined;
		for (let left = attempts; left > 0; left--) {
			failed = undefined;
			for (const [item, intent] of round.entries()) {
				buy(intent, recipients[item]!);
				if (intent.outcome === 'bought') continue;
				failed ??= intent;
				if (mode === 'stop') break;
			}
			const runsAnotherTry = mode === 'stop' || isToolMode(mode) ? failed !== undefined : failed === round[0];
			if (!runsAnotherTry) break;
		}
		if (failed !== undefined && mode === 'stop') return expected;
	}
	return expected;
}

/** Whether two calls of a tool ask for the same. */
const isSame = (kind: PurchaseKind, [one]: number[], [other]: number[]): boolean =>
	one === other || kind.recovery === 'repeat';
