/**
 * Everything the package keeps in the process between runs, and why. All of it is a cache or a brake: none of it
 * decides what is bought or which event is emitted, so it may be lost at any moment, and each process has its own.
 */

/** A map that drops its least recently used entries, so that no process grows with its years. */
export class BoundedMap<Value> {
	private readonly entries = new Map<string, Value>();

	constructor(private readonly size: number) {}

	get(key: string): Value | undefined {
		const value = this.entries.get(key);
		if (value !== undefined) this.set(key, value);
		return value;
	}

	set(key: string, value: Value): void {
		this.entries.delete(key);
		this.entries.set(key, value);
		for (const oldest of this.entries.keys()) {
			if (this.entries.size <= this.size) return;
			this.entries.delete(oldest);
		}
	}

	delete(key: string): void {
		this.entries.delete(key);
	}

	getOrCreate(key: string, create: () => Value): Value {
		let value = this.get(key);
		if (value === undefined) {
			value = create();
			this.set(key, value);
		}
		return value;
	}
}

/** What may be kept, and the most entries of each. */
export const PROCESS_STATE = {
	/** One rate limiter for each account: providers count the requests of a key, whichever workflow sends them. */
	rateLimiters: 1_000,
	/** Catalogs behind the editor's product lists, for half a minute: every key stroke searches. */
	catalogs: 20,
	/** The queues in which the purchases of one account claim their keys and limits, while any is waiting. */
	claimQueues: 1_000,
	/** Opened ledger tables, for a minute: a table is not looked for at every order. */
	tables: 50,
	/** Events the Tribute Trigger is handing to n8n, by trigger: copies of static data overwrite each other. */
	webhooks: 200,
	/** The snapshots a product trigger compared last, by trigger: n8n saves static data only with an event. */
	snapshots: 50,
	/** The names of a product trigger's products, by trigger, for the event that one was removed. */
	productNames: 50,
	/** What an order trigger learned in polls without an event, by trigger: n8n saves static data only with one. */
	orderPolls: 200,
} as const;

/** A bounded map for one of the {@link PROCESS_STATE}. */
export const processState = <Value>(name: keyof typeof PROCESS_STATE): BoundedMap<Value> =>
	new BoundedMap<Value>(PROCESS_STATE[name]);
