import type { Fault, Shop } from './shops';

/*
 * What must become of purchases, worked out without the nodes: from what the provider does with each request,
 * what its answer tells, and which tries n8n makes.
 */

export type Report = 'bought' | 'rejected' | 'unknown';

/** A fault that strikes so many purchases of an account (-1: all), after letting some pass. */
export interface Strike {
	fault: Fault;
	skip: number;
	times: number;
}

/** How n8n runs the node. */
export type Way = 'stop' | 'continue' | 'errorOutput' | 'engine' | 'function';

/** A workflow that buys. */
export interface Errand {
	shop: Shop;
	way: Way;
	/** 1: without Retry On Fail. */
	tries: number;
	/** For each round of a loop the number of each item's recipient. For an agent each round is one call. */
	rounds: number[][];
	strikes: Strike[];
	/** Whether lost orders cannot be looked up either. */
	blind?: boolean;
}

export const isAgent = (way: Way): boolean => way === 'engine' || way === 'function';

/** How one intent ends. */
export interface Ending {
	/** Undefined when nobody was told of it: it was never reached. */
	report: Report | undefined;
	charges: number;
	/** Requests that could buy; undefined where their number is a matter of time. */
	sends: number | undefined;
}

interface Answer {
	report: Report;
	charged: boolean;
}

/** What one request comes to, and what its answer alone tells. */
function answerTo(fault: Fault | undefined, served: Answer): Answer {
	const lost = (phase: 'before' | 'after' = 'before'): Answer => ({
		report: 'unknown',
		charged: phase === 'after' && served.charged,
	});
	if (fault === undefined) return served;
	switch (fault.type) {
		case 'unknownStatus':
		case 'latency':
			return served;
		case 'refuse':
		case 'rateLimit':
			return { report: 'rejected', charged: false };
		case 'redirect':
			return { report: fault.status === 302 ? 'unknown' : 'rejected', charged: false };
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

/** One account at the provider: takes requests, struck or not. */
class Account {
	private readonly strikes: Strike[];
	private readonly done = new Set<number>();

	constructor(
		private readonly shop: Shop,
		strikes: Strike[],
	) {
		this.strikes = strikes.map((strike) => ({ ...strike }));
	}

	take(recipient: number): Answer {
		const refused = this.shop.onlyOnce === true && this.done.has(recipient);
		const served: Answer = { report: refused ? 'rejected' : 'bought', charged: !refused };
		const answer = answerTo(this.nextFault(), served);
		if (answer.charged) this.done.add(recipient);
		return answer;
	}

	/** As in the sandbox: the first fault with a strike left takes the request, and those before it let it pass. */
	private nextFault(): Fault | undefined {
		for (const strike of this.strikes) {
			if (strike.times === 0) continue;
			if (strike.skip > 0) {
				strike.skip--;
				continue;
			}
			if (strike.times > 0) strike.times--;
			return strike.fault;
		}
		return undefined;
	}
}

/**
 * Buys for one intent, once: with what the provider offers to find a lost answer again. Where that is to repeat
 * the request, a fault has one strike or no end, so that the repeats come through or never do.
 */
function attempt({ shop, strikes, blind }: Errand, account: Account, recipient: number): Ending {
	const { report, charged } = account.take(recipient);
	const charges = Number(charged);
	if (shop.recovery === 'lookUp' && report === 'unknown' && charged && blind !== true)
		return { report: 'bought', charges, sends: 1 };
	const [strike] = strikes;
	const repeats = report === 'unknown' || (report === 'rejected' && strike?.fault.type === 'rateLimit');
	if (shop.recovery !== 'repeat' || !repeats) return { report, charges, sends: 1 };
	if (strike?.times === -1) return { report, charges, sends: undefined };
	account.take(recipient);
	return { report: 'bought', charges: 1, sends: 2 };
}

/** Whether the model can tell how an errand ends. Whether it was charged twice can always be told. */
export const isPredictable = ({ shop, strikes }: Errand): boolean =>
	shop.recovery !== 'repeat' ||
	strikes.length === 0 ||
	(strikes.length === 1 && Math.abs(strikes[0]!.times) === 1);

/** How the intents of an errand end, round by round. */
export function endingsOf(errand: Errand): Ending[][] {
	const { shop, way, tries, rounds, strikes } = errand;
	const account = new Account(shop, strikes);
	const untouched = (): Ending => ({ report: undefined, charges: 0, sends: 0 });
	const endings = rounds.map((round) => round.map(untouched));
	const settled = ({ report }: Ending) => report === 'bought' || report === 'unknown';
	const buy = (ending: Ending, recipient: number) => {
		if (settled(ending)) return;
		const { report, charges, sends } = attempt(errand, account, recipient);
		ending.report = report;
		ending.charges += charges;
		ending.sends = ending.sends === undefined || sends === undefined ? undefined : ending.sends + sends;
	};

	for (const [index, round] of endings.entries()) {
		const recipients = rounds[index]!;
		if (isAgent(way)) {
			// A model that asks for the same once more, before it is known what became of it, gets no second purchase.
			const open = endings
				.slice(0, index)
				.find(([before], other) => before!.report === 'unknown' && isSame(shop, rounds[other]!, recipients));
			if (open !== undefined) {
				round[0]!.report = 'unknown';
				continue;
			}
		}
		let failed: Ending | undefined;
		for (let left = tries; left > 0; left--) {
			failed = undefined;
			for (const [item, ending] of round.entries()) {
				buy(ending, recipients[item]!);
				if (ending.report === 'bought') continue;
				failed ??= ending;
				if (way === 'stop') break;
			}
			const runsAgain = way === 'stop' || isAgent(way) ? failed !== undefined : failed === round[0];
			if (!runsAgain) break;
		}
		if (failed !== undefined && way === 'stop') return endings;
	}
	return endings;
}

/** Whether two calls of a tool ask for the same. */
const isSame = (shop: Shop, [one]: number[], [other]: number[]): boolean =>
	one === other || shop.recovery === 'repeat';
