import { randomBytes } from 'node:crypto';

import type { Timeline } from './orders';
import type { Kept } from './state';

/** At most `limit` requests in any `windowMs`. */
export interface Rate {
	limit: number;
	windowMs: number;
}

/** What may be said of an account when it is opened; the rest is the provider's default. */
export interface AccountSpec {
	name?: string;
	key?: string;
	balance?: number;
	rate?: Rate | null;
	suspended?: boolean;
	/** How this account's orders progress, instead of the provider's timeline. */
	timeline?: Timeline;
	/** GamesDrop: the dashboard's JWT, the settlement profile and whether orders need a balance at all. */
	dashboardToken?: string;
	balanceProfile?: 'FIAT' | 'USDT' | 'MIXED';
	isPostpaid?: boolean;
	/** Tribute: how many products the creator has, and where webhooks go. */
	products?: number;
	webhookUrl?: string | null;
	/** Tribute: how many shops there are, what they can do, how long refunds take, how webhooks are signed. */
	shops?: number;
	recurrent?: boolean;
	onlyStars?: boolean;
	refundMs?: number | null;
	signatureEncoding?: 'hex' | 'base64';
	/** n8n: the database it has, and what the key may do (everything when left out). */
	database?: 'sqlite' | 'postgres';
	scopes?: string[];
}

/** A key with its own balance, orders and rate window. */
export class Account implements Kept {
	readonly name: string;
	readonly key: string;
	/** What can be spent now. */
	balance: number;
	rate: Rate | null;
	suspended: boolean;
	timeline: Timeline | undefined;
	private passed: number[] = [];

	constructor(readonly spec: OpenedSpec) {
		this.name = spec.name;
		this.key = spec.key;
		this.balance = spec.balance;
		this.rate = spec.rate;
		this.suspended = spec.suspended ?? false;
		this.timeline = spec.timeline;
	}

	/** Counts a request against the window; false when it is over the limit. Refused requests do not count. */
	pass(now: number): boolean {
		if (!this.rate) return true;
		this.forget(now, this.rate);
		if (this.passed.length >= this.rate.limit) return false;
		this.passed.push(now);
		return true;
	}

	/** How many requests are left, and when the next one becomes possible. */
	allowance(now: number): { remaining: number; freeAt: number } {
		if (!this.rate) return { remaining: Number.MAX_SAFE_INTEGER, freeAt: now };
		this.forget(now, this.rate);
		const oldest = this.passed[0];
		return {
			remaining: Math.max(this.rate.limit - this.passed.length, 0),
			freeAt: oldest === undefined ? now : oldest + this.rate.windowMs,
		};
	}

	/** Everything it holds, in its own fields and in the parts that keep themselves. */
	snapshot(): Record<string, unknown> {
		const entries = Object.entries(this).filter(([name]) => name !== 'spec');
		return Object.fromEntries(
			entries.map(([name, value]: [string, unknown]) => [name, isKept(value) ? value.snapshot() : value]),
		);
	}

	restore(state: unknown): void {
		const own = this as Record<string, unknown>;
		const isPart = ([name]: [string, unknown]) => isKept(own[name]);
		const entries = Object.entries(state as object);
		for (const [name, value] of entries.filter((entry) => !isPart(entry))) own[name] = value;
		// Orders that have ended meanwhile change the balance, so it must be there by now.
		for (const [name, value] of entries.filter(isPart)) (own[name] as Kept).restore(value);
	}

	private forget(now: number, rate: Rate): void {
		const old = this.passed.findIndex((at) => at > now - rate.windowMs);
		if (old === -1) this.passed = [];
		else if (old > 0) this.passed.splice(0, old);
	}
}

const isKept = (value: unknown): value is Kept =>
	typeof value === 'object' && value !== null && 'snapshot' in value && 'restore' in value;

/** A spec with everything an account must have. */
export interface OpenedSpec extends AccountSpec {
	name: string;
	key: string;
	balance: number;
	rate: Rate | null;
	/** 0 for the account that is there from the start, then 1, 2, 3… */
	index: number;
}

export class AccountExists extends Error {}

export class Accounts<A extends Account> implements Kept {
	private byKey = new Map<string, A>();
	private byName = new Map<string, A>();
	private opened = 0;

	constructor(
		private readonly first: AccountSpec & { key: string; balance: number; rate: Rate | null },
		private readonly newKey: () => string,
		private readonly create: (spec: OpenedSpec) => A,
	) {
		this.reset();
	}

	/** The account that is there from the start, with the well-known key. */
	get main(): A {
		return this.byName.get('sandbox')!;
	}

	open(spec: AccountSpec): A {
		const index = ++this.opened;
		return this.add({ ...spec, index, ...this.defaults(spec, index) });
	}

	withKey(key: string): A | undefined {
		return this.byKey.get(key);
	}

	named(name: string): A | undefined {
		return this.byName.get(name);
	}

	all(): IterableIterator<A> {
		return this.byName.values();
	}

	/** One account as it was when it was opened, or nothing but the first one. */
	reset(name?: string): void {
		if (name !== undefined) {
			const account = this.byName.get(name);
			if (account) this.replace(this.create(account.spec));
			return;
		}
		this.byKey.clear();
		this.byName.clear();
		this.add({ ...this.first, name: 'sandbox', index: 0 });
	}

	snapshot(): unknown {
		const accounts = [...this.byName.values()].map((account) => ({
			spec: account.spec,
			state: account.snapshot(),
		}));
		return { opened: this.opened, accounts };
	}

	restore(state: unknown): void {
		const { opened, accounts } = state as {
			opened: number;
			accounts: Array<{ spec: OpenedSpec; state: unknown }>;
		};
		this.opened = opened;
		for (const { spec, state: kept } of accounts) this.replace(this.create(spec)).restore(kept);
	}

	private defaults(spec: AccountSpec, index: number) {
		return {
			name: spec.name ?? `account-${index}`,
			key: spec.key ?? this.newKey(),
			balance: spec.balance ?? this.first.balance,
			rate: spec.rate === undefined ? this.first.rate : spec.rate,
		};
	}

	private add(spec: OpenedSpec): A {
		if (this.byKey.has(spec.key)) throw new AccountExists('An account has this key already');
		if (this.byName.has(spec.name)) throw new AccountExists(`There is an account "${spec.name}" already`);
		return this.replace(this.create(spec));
	}

	private replace(account: A): A {
		this.byKey.set(account.key, account);
		this.byName.set(account.name, account);
		return account;
	}
}

export const randomKey = (prefix: string) => () => prefix + randomBytes(16).toString('hex');
