import type { IncomingHttpHeaders } from 'node:http';

import type { ServiceName } from './names';

/** A request as it was received, and what became of it. */
export interface RequestEntry {
	id: number;
	provider: ServiceName;
	/** `order.create`, …; `unknown` for a path the provider does not have. */
	operation: string;
	/** The account's name, null when the key was none. */
	account: string | null;
	method: string;
	/** With its query, as received. */
	path: string;
	headers: IncomingHttpHeaders;
	body: string;
	/** Null when it was never answered. */
	status: number | null;
	/** Faults that were applied to it. */
	faults: number[];
	/** Milliseconds since 1970, by the machine's clock; `endedAt` is null while it is under way. */
	startedAt: number;
	endedAt: number | null;
}

export interface Counter {
	count: number;
	inFlight: number;
	maxInFlight: number;
	/** How often each status was answered; `none` counts requests without an answer. */
	statuses: Record<string, number>;
	firstAt: number;
	lastAt: number;
}

export interface RequestFilter {
	provider?: ServiceName;
	operation?: string;
	account?: string;
}

export interface RequestView {
	/** Every request since the start or the last reset, by provider and by `provider/operation`. */
	counters: Record<string, Counter>;
	/** The last ones, oldest first. */
	requests: RequestEntry[];
}

/** Counts every request and keeps the last of them. */
export class Journal {
	private counters = new Map<string, Counter>();
	private ring: RequestEntry[] = [];
	/** Kept beside each entry, so that clearing in between does no harm. */
	private underWay = new Map<RequestEntry, Counter[]>();
	private lastId = 0;

	constructor(private readonly keep: number) {}

	begin(
		request: Pick<RequestEntry, 'provider' | 'operation' | 'method' | 'path' | 'headers' | 'body'>,
	): RequestEntry {
		const entry: RequestEntry = {
			id: ++this.lastId,
			...request,
			account: null,
			status: null,
			faults: [],
			startedAt: Date.now(),
			endedAt: null,
		};
		const counters = this.countersOf(entry);
		this.underWay.set(entry, counters);
		for (const counter of counters) {
			counter.count++;
			counter.inFlight++;
			counter.maxInFlight = Math.max(counter.maxInFlight, counter.inFlight);
			counter.lastAt = entry.startedAt;
		}
		if (this.keep > 0) this.ring[(entry.id - 1) % this.keep] = entry;
		return entry;
	}

	end(entry: RequestEntry): void {
		entry.endedAt = Date.now();
		const counters = this.underWay.get(entry) ?? [];
		this.underWay.delete(entry);
		for (const counter of counters) {
			const status = entry.status ?? 'none';
			counter.inFlight--;
			counter.statuses[status] = (counter.statuses[status] ?? 0) + 1;
		}
	}

	view(filter: RequestFilter): RequestView {
		const requests = this.ring.filter((entry) => covers(filter, entry)).sort((a, b) => a.id - b.id);
		const prefix = filter.provider ?? '';
		const counters = [...this.counters].filter(([name]) => name.startsWith(prefix));
		return { counters: Object.fromEntries(counters), requests };
	}

	clear(filter: RequestFilter): void {
		// Holes keep the ring's positions.
		this.ring.forEach((entry, index) => {
			if (covers(filter, entry)) delete this.ring[index];
		});
		if (filter.account !== undefined) return;
		for (const name of this.counters.keys()) {
			if (name.startsWith(filter.provider ?? '')) this.counters.delete(name);
		}
	}

	private countersOf({ provider, operation, startedAt }: RequestEntry): Counter[] {
		return [provider, `${provider}/${operation}`].map((name) => {
			let counter = this.counters.get(name);
			if (!counter) {
				counter = {
					count: 0,
					inFlight: 0,
					maxInFlight: 0,
					statuses: {},
					firstAt: startedAt,
					lastAt: startedAt,
				};
				this.counters.set(name, counter);
			}
			return counter;
		});
	}
}

const covers = (filter: RequestFilter, entry: RequestEntry): boolean =>
	(filter.provider === undefined || entry.provider === filter.provider) &&
	(filter.operation === undefined || entry.operation === filter.operation) &&
	(filter.account === undefined || entry.account === filter.account);
