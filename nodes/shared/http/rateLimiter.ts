import { monotonic } from '../async/monotonic';
import { pause, unlessAborted } from '../async/pause';
import { processState } from '../processState';

/** A provider's documented limit: so many requests in any window of so many milliseconds. */
export interface Rate {
	requests: number;
	per: number;
}

/** No slot came free before the caller's deadline. */
export class QueueTimeout extends Error {}

/** The provider counts arrivals and this package departures, so the window is kept longer than documented. */
const MARGIN = 1.02;

/** A limit of several a second is spread evenly, so that a delay on the way makes no burst of an even flow. */
const SPREAD_UP_TO = 250;

/** How fast the shortest known latency decays with each answer, in milliseconds: routes change. */
const LATENCY_DECAY = 1;

/** Spacing learned from refusals, in milliseconds: the limit is undocumented, or others use the same key. */
const FIRST_GAP = 50;
const WIDEST_GAP = 5_000;
const RECOVERY = 0.9;

/** However long a provider asks to be left alone, in milliseconds: after this it is asked again. */
const LONGEST_CLOSED = 60_000;

/** A timer cannot be stopped, so none runs for long after the queue is empty. */
const LONGEST_SLEEP = 1_000;

/** Leave to send one request. */
export interface Slot {
	/** The request has ended, whatever came of it. */
	end(): void;
	/** The request was never sent: the slot is free for another. */
	giveBack(): void;
}

/** A caller in the queue. */
interface Waiter {
	count: number;
	/** In the time of `monotonic`. */
	deadline: number;
	/** The slots it has already. */
	slots: Slot[];
	grant: (slots: Slot[]) => void;
	refuse: (reason: QueueTimeout) => void;
}

/** A request that left. */
interface Departure {
	at: number;
	/** How long its answer took, in milliseconds; undefined while it is unanswered. */
	latency?: number;
}

/**
 * Lets the requests of one account leave one after the other, no faster than the provider accepts them.
 * All executions of the process share it; several processes (queue mode) each keep their own.
 */
export class RateLimiter {
	private departures: Departure[] = [];
	/** The shortest latency of late, in milliseconds: what an answer took longer, its request may have been delayed. */
	private shortestLatency = Infinity;
	private queue: Waiter[] = [];
	private isServing = false;
	private closedUntil = 0;
	private gap = 0;
	private last = -Infinity;
	private check: () => void = () => {};
	private checksAt = Infinity;

	/** Spacing that keeps a fast limit even. */
	private readonly spread: number;

	constructor(private readonly rate?: Rate) {
		const even = rate === undefined ? 0 : (rate.per * MARGIN) / rate.requests;
		this.spread = even <= SPREAD_UP_TO ? even : 0;
	}

	/**
	 * Resolves when the caller may send so many requests. Slots are given in the order in which they are asked for,
	 * all of one caller together; a cancelled caller leaves the queue without using a slot.
	 * @param deadline in the time of `monotonic`
	 * @throws QueueTimeout when the slots are not free by the deadline, however many callers are before this one
	 */
	async acquire(signal?: AbortSignal, deadline = Infinity, count = 1): Promise<Slot[]> {
		signal?.throwIfAborted();
		const slots: Slot[] = [];
		const granted = new Promise<Slot[]>((grant, refuse) => {
			this.queue.push({ count, deadline, slots, grant, refuse });
		});
		if (deadline < this.checksAt) this.check();
		void this.serve();
		let isGranted = false;
		try {
			await unlessAborted(granted, signal);
			isGranted = true;
			return slots;
		} finally {
			if (!isGranted) {
				this.queue = this.queue.filter((waiter) => waiter.slots !== slots);
				for (const slot of slots) slot.giveBack();
				this.check();
			}
		}
	}

	/** After a 429: nobody sends for `ms`, and the spacing grows. */
	slowDown(ms: number): void {
		this.closedUntil = Math.max(this.closedUntil, monotonic() + Math.min(ms, LONGEST_CLOSED));
		this.gap = Math.min(WIDEST_GAP, Math.max(FIRST_GAP, this.gap * 2));
	}

	/** After an answer that was no refusal: the learned spacing shrinks. */
	speedUp(): void {
		this.gap = this.gap < 1 ? 0 : this.gap * RECOVERY;
	}

	/** Serves the queue until it is empty. */
	private async serve(): Promise<void> {
		if (this.isServing) return;
		this.isServing = true;
		for (this.refuseLate(); this.queue.length > 0; this.refuseLate()) {
			const delay = this.delay();
			if (delay > 0) {
				const nextDeadline = Math.min(...this.queue.map(({ deadline }) => deadline));
				await this.sleep(Math.min(delay, nextDeadline - monotonic(), LONGEST_SLEEP));
				continue;
			}
			const [first] = this.queue as [Waiter];
			first.slots.push(this.depart());
			if (first.slots.length < first.count) continue;
			this.queue.shift();
			first.grant(first.slots);
		}
		this.isServing = false;
	}

	/** Refuses those whose time is over, and the first one already when its slot comes too late. */
	private refuseLate(): void {
		const now = monotonic();
		const delay = Math.max(0, this.delay());
		const isLate = ({ deadline }: Waiter, index: number) =>
			now >= deadline || (index === 0 && Number.isFinite(delay) && now + delay > deadline);
		const late = this.queue.filter(isLate);
		this.queue = this.queue.filter((waiter) => !late.includes(waiter));
		for (const { refuse } of late) refuse(new QueueTimeout());
	}

	private depart(): Slot {
		const now = monotonic();
		const due = this.last + this.spread + this.gap;
		// A timer is always a little late: counted from when a slot was due, that does not add up over many.
		this.last = now - due < this.spread ? due : now;
		const departure: Departure = { at: now };
		if (this.rate !== undefined) this.departures.push(departure);
		return {
			end: () => {
				departure.latency = monotonic() - departure.at;
				this.shortestLatency = Math.min(this.shortestLatency + LATENCY_DECAY, departure.latency);
				this.check();
			},
			giveBack: () => {
				this.departures = this.departures.filter((other) => other !== departure);
				this.check();
			},
		};
	}

	/** Waits so many milliseconds, or until something has changed. */
	private async sleep(ms: number): Promise<void> {
		const woken = new Promise<void>((resolve) => (this.check = resolve));
		this.checksAt = monotonic() + ms;
		await Promise.race([pause(Math.ceil(ms)), woken]);
		this.checksAt = Infinity;
	}

	private delay(): number {
		return Math.max(this.closedUntil, this.windowFreeAt(), this.last + this.spread + this.gap) - monotonic();
	}

	/** When a slot of the window is free; Infinity while only an answer can free one. */
	private windowFreeAt(): number {
		if (this.rate === undefined) return 0;
		const { requests, per } = this.rate;
		const now = monotonic();
		const leaves = ({ at, latency }: Departure): number =>
			latency === undefined ? Infinity : at + Math.max(0, latency - this.shortestLatency) + per * MARGIN;
		this.departures = this.departures.filter((departure) => leaves(departure) > now);
		if (this.departures.length < requests) return 0;
		return this.departures.map(leaves).sort((one, other) => one - other)[this.departures.length - requests]!;
	}
}

const rateLimiters = processState<RateLimiter>('rateLimiters');

/** The rate limiter of one account, shared by everything in this process that uses its key. */
export const rateLimiterOf = (account: string, rate?: Rate): RateLimiter =>
	rateLimiters.getOrCreate(account, () => new RateLimiter(rate));
