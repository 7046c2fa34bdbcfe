/** Every time-out, budget, number of attempts and back-off of the package, in milliseconds. */

/** How long one request may take, and how long a read may go on trying. */
export interface Limits {
	timeout?: number;
	budget?: number;
	/** `monotonic()` time at which everything is over: queueing, requests and pauses alike. */
	deadline?: number;
}

/** One request, where the user sets no Request Timeout. */
export const DEFAULT_TIMEOUT = 60_000;
/** Reading something, all attempts together. */
export const DEFAULT_BUDGET = 60_000;

/** However little time is left, a request that is sent gets this long. */
export const SHORTEST_TIMEOUT = 250;
/** How long a request waits for its slot in the rate limiter before it is given up unsent. */
export const LONGEST_QUEUE = 120_000;

/** A purchase under the provider's own idempotency key is repeated for this many time-outs. */
export const IDEMPOTENT_TIMEOUTS = 2;

export const READ_ATTEMPTS = 6;
const FIRST_BACKOFF = 500;
const LONGEST_BACKOFF = 8_000;
/** The pause after a 429 that names no time. */
export const RATE_LIMITED_BACKOFF = FIRST_BACKOFF;

/** Growing pauses, spread so that requests that failed together do not come back together. */
export const backoff = (attempt: number): number =>
	Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** (attempt - 1)) * (0.75 + Math.random() / 2);

/** Statuses that may pass by themselves. */
export const isRetryable = (status: number): boolean => status === 429 || status === 408 || status >= 500;

/** The editor's product lists: a person is waiting. */
export const LIST_SEARCH: Limits = { timeout: 15_000, budget: 15_000 };

/** The ledger before a purchase is sent: without it nothing is sent, so it gets its time. */
export const LEDGER: Limits = { timeout: 10_000, budget: 30_000 };
/** The ledger after the answer: the order is bought and must not wait for long. */
export const LEDGER_AFTER: Limits = { timeout: 10_000, budget: 15_000 };

/** How long a purchase competes for its key and spending limit, and the pause between two readings. */
export const CLAIM_TIME = 30_000;
export const CLAIM_PAUSE = 150;
/** By how much the clocks of two processes may differ. */
export const CLOCK_SKEW = 15_000;

/** The oldest price that Max Price and Spending Limit accept when an order leaves. */
export const OLDEST_QUOTE = 5_000;
/** The oldest price that is written into the ledger where no ceiling depends on it. */
export const OLDEST_BOOKED_PRICE = 60_000;

/** One look-up of an order that a node waits for: the next one follows. */
export const WAITING_LOOK_UP: Limits = { budget: 5_000 };
/** What is kept of the time to wait for the last look-up: a share of it, up to so much. */
export const LAST_SHARE = 0.1;
export const LAST_LOOK_UP = 1_000;
/** How long an order whose answer was lost is looked for, and the first pause between look-ups. */
export const RECOVERY: Limits & { timeout: number; budget: number } = { timeout: 5_000, budget: 5_000 };
export const RECOVERY_FIRST_PAUSE = 1_000;

/** One look-up of a trigger. */
export const POLLING_LOOK_UP: Limits = { timeout: 10_000, budget: 5_000 };
/** A trigger's requests to n8n's own API. */
export const POLLING_LEDGER: Limits = { timeout: 10_000, budget: 10_000 };
/** A poll ends before this, however much is left to do. */
export const LONGEST_POLL = 27_000;
/** What is kept free of the time that n8n gives a poll. */
export const POLL_MARGIN = 5_000;
/** Polls of n8n's durable scheduler have less time than this, those of its default engine more. */
export const SCHEDULED_BUDGET = 180_000;
