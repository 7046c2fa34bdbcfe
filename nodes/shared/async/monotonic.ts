/**
 * Milliseconds that only ever grow, from an arbitrary start. Durations and deadlines are counted by it: the wall
 * clock of a machine may be set back by hours at any moment.
 */
export const monotonic = (): number => performance.now();
