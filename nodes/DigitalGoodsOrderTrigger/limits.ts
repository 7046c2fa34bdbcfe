/** The bounds of the order trigger: what one poll reads, asks and remembers. Times are in milliseconds. */

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Polls of n8n's durable scheduler have less time than this, those of its default engine more. */
export const SCHEDULED_BUDGET = 3 * MINUTE;

/** How far behind what is done a poll reads: rows bear the clocks of several processes, and are seen a little later. */
export const OVERLAP = 15 * MINUTE;
/** A row dated further ahead than this makes no sense until its time has come. */
export const FURTHEST_AHEAD = 2 * DAY;

/** Pages of the table that are read for one kind of new event. */
export const NEW_PAGES = 20;
/** Orders whose rows are compared in one request: a longer filter does not fit into an address. */
export const COMPARED_AT_ONCE = 40;
/** Events one poll emits. */
export const MOST_EVENTS = 500;
/** How long an event waits for its provider, before it is emitted as its row tells it. */
export const LONGEST_WAIT = DAY;

/** Open orders that are read at every poll, newest first. */
export const NEWEST_ROWS = 250;
/** Pages of further open orders that each poll reads, a provider at a time; it goes through all of them in turn. */
export const ROTATING_PAGES = 3;
/** Pages of purchases without an answer that a poll reads. */
export const UNANSWERED_PAGES = 2;
/** Rows of n8n's own Data Table node that are taken over at each poll. */
export const ADOPTED_ROWS = 250;
/** Finished rows that each poll deletes, and how many in one request. */
export const DELETED_ROWS = 250;
export const DELETED_AT_ONCE = 50;

/** Look-ups of one provider under way at once. */
export const LOOK_UPS_AT_ONCE = 16;
/** The share of a provider's documented rate that a poll takes; the rest is for purchases. */
export const RATE_SHARE = 0.5;
/** So many more failures than answers, and a provider is left alone for the rest of the poll. */
export const FAILURES_TOLERATED = 3;
/** What is kept of a poll's time for the table when the look-ups end. */
export const TIME_FOR_TABLE = 4_000;
/** Requests to the table under way at once. */
export const TABLE_REQUESTS_AT_ONCE = 8;

/** How long after an order failed or was cancelled its refund is looked for. */
export const REFUND_WATCH = 72 * HOUR;
/** How long a purchase without an answer is looked for by its key. */
export const KEY_WATCH = DAY;

/** Emitted events that are remembered. */
export const MOST_REMEMBERED = 1_200;
/** Events that wait for their provider, or are to be emitted anew. */
export const MOST_DUE = 300;
/** Emissions whose executions are followed up, and their events. */
export const MOST_EMISSIONS = 40;
export const MOST_ACCOUNTED = 600;
/** Executions that a poll reads to find those of its emissions. */
export const MOST_EXECUTIONS = 60;
/** How long n8n may take until the execution of an emission can be found. */
export const EXECUTION_APPEARS = MINUTE;
/** An event whose executions die is emitted so often more. */
export const MOST_RETRIES = 5;
/** The same where there is no execution: n8n may not have started it, or may not keep it. */
export const MOST_RESTARTS = 3;
/** How long after an emission without any earlier execution a missing one still means something. */
export const FIRST_EMISSION_WATCH = 7 * DAY;

/** Entries of the fixed list that are watched. */
export const MOST_LISTED = 1_000;
/** Orders a test run shows. */
export const SHOWN_IN_TEST = 10;
/** Warnings of one poll. */
export const MOST_WARNINGS = 20;
