import type { Kept } from './state';

/** The sandbox's time: the machine's own, plus what tests have moved it by. */
export class Clock implements Kept {
	private moved = 0;
	private stopped = false;
	private readonly waiting = new Set<() => void>();
	private readonly timers = new Set<NodeJS.Timeout>();

	now(): number {
		return Date.now() + this.moved;
	}

	advance(ms: number): void {
		this.moved += ms;
		this.notify();
	}

	reset(): void {
		this.advance(-this.moved);
	}

	snapshot(): number {
		return this.moved;
	}

	restore(state: unknown): void {
		this.moved = state as number;
	}

	/** Ends every `waitUntil`: what it waits for may have come. */
	notify(): void {
		for (const waiter of [...this.waiting]) waiter();
	}

	/** Resolves when the clock reads `at`, or earlier when it is moved or an order is changed by hand. */
	waitUntil(at: number): Promise<void> {
		return this.wait(Math.max(at - this.now(), 0), this.waiting);
	}

	/** Real time, however the clock is moved: how long an answer takes. */
	pause(ms: number): Promise<void> {
		return this.wait(ms);
	}

	/** After this no waiting ends: the clients are gone. */
	stop(): void {
		this.stopped = true;
		this.waiting.clear();
		for (const timer of this.timers) clearTimeout(timer);
		this.timers.clear();
	}

	private wait(ms: number, notifiedBy?: Set<() => void>): Promise<void> {
		return new Promise((resolve) => {
			if (this.stopped) return;
			const done = () => {
				clearTimeout(timer);
				this.timers.delete(timer);
				notifiedBy?.delete(done);
				resolve();
			};
			const timer = setTimeout(done, ms);
			this.timers.add(timer);
			notifiedBy?.add(done);
		});
	}
}
