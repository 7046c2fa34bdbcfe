/** The sandbox's time: the machine's own, plus what tests have moved it by. */
export class Clock {
	private moved = 0;
	private stopped = false;
	private readonly watchers = new Set<() => void>();
	private readonly timers = new Set<NodeJS.Timeout>();

	now(): number {
		return Date.now() + this.moved;
	}

	advance(ms: number): void {
		this.moved += ms;
		this.wake();
	}

	reset(): void {
		this.advance(-this.moved);
	}

	/** Lets everyone who waits for the clock look again. */
	wake(): void {
		for (const watcher of [...this.watchers]) watcher();
	}

	/** Resolves when the clock reads `at`, or earlier when it is moved or an order is changed by hand. */
	lookAgain(at: number): Promise<void> {
		return this.wait(Math.max(at - this.now(), 0), this.watchers);
	}

	/** Real time, however the clock is moved: how long an answer takes on the wire. */
	pause(ms: number): Promise<void> {
		return this.wait(ms);
	}

	/** After this nobody who waits is ever woken: their clients are gone. */
	stop(): void {
		this.stopped = true;
		this.watchers.clear();
		for (const timer of this.timers) clearTimeout(timer);
		this.timers.clear();
	}

	private wait(ms: number, wakeableFrom?: Set<() => void>): Promise<void> {
		return new Promise((resolve) => {
			if (this.stopped) return;
			const done = () => {
				clearTimeout(timer);
				this.timers.delete(timer);
				wakeableFrom?.delete(done);
				resolve();
			};
			const timer = setTimeout(done, ms);
			this.timers.add(timer);
			wakeableFrom?.add(done);
		});
	}
}
