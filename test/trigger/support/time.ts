/** The time of the tests. Pauses take none; the wall clock is moved by hand. */

let passed = 0;

export const monotonic = (): number => passed;

export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
	signal?.throwIfAborted();
	passed += ms;
	await Promise.resolve();
}

/** Moves both clocks on. */
export function elapse(ms: number): void {
	passed += ms;
	jest.setSystemTime(Date.now() + ms);
}

/** Sets the wall clock forward or back, as people and time servers do. */
export const stepClock = (ms: number): void => {
	jest.setSystemTime(Date.now() + ms);
};

const LEFT_ALONE = [
	...(['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
	...(['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
];

export const startTime = (at = '2026-07-01T12:00:00.000Z'): void => {
	jest.useFakeTimers({ doNotFake: LEFT_ALONE, now: Date.parse(at) });
};
