import { pause, unlessAborted } from './pause';

/** A provider's documented limit: so many requests in any window of so many milliseconds. */
export interface Rate {
	requests: number;
	per: number;
}

/** The provider counts arrivals, we count departures: the window is kept this much longer than documented. */
const MARGIN = 1.02;

/** A limit of several a second is spread evenly: a delay on the way then makes no burst of what was none. */
const SPREAD_UP_TO = 250;

/** A slow answer may have been long on the way, or long in the making: at most this part of the window is allowed for it. */
const MOST_HELD_UP = 0.25;

/** By how much the quickest answer known is taken to be slower with each answer, in milliseconds: ways change. */
const FORGOTTEN = 1;

/** Spacing learned from refusals, in milliseconds: the limit is undocumented, or others use the same key. */
const FIRST_GAP = 50;
const WIDEST_GAP = 5_000;
const RECOVERY = 0.9;

/** However long a provider wants to be left alone, in milliseconds: after this it is asked again. */
const LONGEST_CLOSED = 60_000;

/** A request that left, and how long its answer took, in milliseconds; undefined while there is none. */
interface Sent {
	at: number;
	took?: number;
}

/**
 * Lets requests of one credential leave one after the other, no faster than the provider takes them.
 * All executions of the process share it; several processes (queue mode) each keep their own.
 */
export class Pace {
	private readonly sent: Sent[] = [];
	/** How quick an answer can be of late, in milliseconds: what one took longer, its request may have been held up. */
	private quickest = Infinity;
	private line: Promise<unknown> = Promise.resolve();
	private closedUntil = 0;
	private gap = 0;
	private last = 0;

	/** Spacing that keeps a fast limit even. */
	private readonly spread: number;

	constructor(private readonly rate?: Rate) {
		const even = rate === undefined ? 0 : (rate.per * MARGIN) / rate.requests;
		this.spread = even <= SPREAD_UP_TO ? even : 0;
	}

	/**
	 * Resolves when the caller may send, with what to call when the answer is there. Turns are given in the order
	 * they are asked for; who is cancelled leaves the line at once, and takes no turn.
	 */
	async turn(signal?: AbortSignal): Promise<() => void> {
		signal?.throwIfAborted();
		const mine = this.line.then(async () => await this.wait(signal));
		this.line = mine.catch(() => {});
		const sent = await unlessAborted(mine, signal);
		return () => {
			sent.took = Date.now() - sent.at;
			this.quickest = Math.min(this.quickest + FORGOTTEN, sent.took);
		};
	}

	/** After a 429: nobody sends for `ms`, and the spacing grows. */
	slowDown(ms: number): void {
		this.closedUntil = Math.max(this.closedUntil, Date.now() + Math.min(ms, LONGEST_CLOSED));
		this.gap = Math.min(WIDEST_GAP, Math.max(FIRST_GAP, this.gap * 2));
	}

	/** After an answer that was no refusal: the learned spacing shrinks again. */
	speedUp(): void {
		this.gap = this.gap < 1 ? 0 : this.gap * RECOVERY;
	}

	private async wait(signal?: AbortSignal): Promise<Sent> {
		for (let delay = this.delay(); delay > 0; delay = this.delay()) await pause(delay, signal);
		signal?.throwIfAborted();
		const now = Date.now();
		const due = this.last + this.spread + this.gap;
		// A timer is always a little late: counted from when a turn was due, that does not add up over many.
		this.last = now - due < this.spread ? due : now;
		const sent: Sent = { at: now };
		this.sent.push(sent);
		if (this.sent.length > (this.rate?.requests ?? 0)) this.sent.shift();
		return sent;
	}

	private delay(): number {
		const now = Date.now();
		return Math.max(this.closedUntil, this.windowFree(), this.last + this.spread + this.gap) - now;
	}

	/** When the oldest request of a full window leaves the provider's count, also where it arrived late. */
	private windowFree(): number {
		const [oldest] = this.sent;
		if (this.rate === undefined || oldest === undefined || this.sent.length < this.rate.requests) return 0;
		const slower = oldest.took === undefined ? 0 : Math.max(0, oldest.took - this.quickest);
		return oldest.at + Math.min(slower, this.rate.per * MOST_HELD_UP) + this.rate.per * MARGIN;
	}
}

const paces = new Map<string, Pace>();

/** The pace of one account, shared by everything in this process that uses its key. */
export function paceOf(account: string, rate?: Rate): Pace {
	let pace = paces.get(account);
	if (pace === undefined) {
		pace = new Pace(rate);
		paces.set(account, pace);
	}
	return pace;
}
