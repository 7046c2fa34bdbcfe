import type { IncomingHttpHeaders } from 'node:http';

import type { Account, Accounts, AccountSpec } from './accounts';
import type { Clock } from './clock';
import type { Charges } from './charges';
import type { ServiceName } from './names';
import type { OrderChange, OrderView, Timeline } from './orders';

export { providerNames, serviceNames, type ProviderName, type ServiceName } from './names';

/** An answer. A string body is sent as it is, anything else as JSON. */
export class Reply {
	constructor(
		readonly status: number,
		readonly body: unknown,
		readonly headers: Readonly<Record<string, string>> = {},
	) {}
}

/** An answer that ends the call where it is thrown. */
export class Refusal extends Error {
	constructor(readonly reply: Reply) {
		super(`Refused with ${reply.status}`);
	}
}

/** A request that has passed the door: its key is known and its body read. */
export interface Call<A extends Account = Account> extends OpenCall {
	account: A;
}

export interface OpenCall {
	params: Record<string, string>;
	query: Record<string, string | undefined>;
	headers: IncomingHttpHeaders;
	/** The JSON that was sent, undefined without a body. */
	body: unknown;
	/** Path and query as received, still encoded. */
	url: string;
	/** n8n: how long a row that is inserted has its ID already and is not yet seen by others. */
	commitDelayMs?: number;
}

export interface KeyedRoute<A extends Account> extends RouteBase {
	open?: false;
	/** Overrides the provider's way, for endpoints with a key of their own. */
	authenticate?(headers: IncomingHttpHeaders): A;
	/** Called on arrival; what it returns, when the call is through. For what must not run twice at once. */
	hold?(call: Call<A>): () => void;
	handle(call: Call<A>): Reply | Promise<Reply>;
}

/** An endpoint that asks for no key. */
export interface OpenRoute extends RouteBase {
	open: true;
	handle(call: OpenCall): Reply | Promise<Reply>;
}

interface RouteBase {
	method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
	path: string;
	/** Instead of the provider's prefix, for an endpoint on a host of its own. */
	prefix?: string;
	/** The name faults, charges and counters use. */
	operation: string;
}

export type Route<A extends Account = Account> = KeyedRoute<A> | OpenRoute;

export interface ProductChange {
	price?: number;
	stock?: number;
	available?: boolean;
}

export interface Provider<A extends Account = Account> {
	readonly name: ServiceName;
	readonly prefix: string;
	readonly accounts: Accounts<A>;
	readonly routes: ReadonlyArray<Route<A>>;
	readonly refuse: Refuse;
	/** For people: its own name, and the currency of its accounts where they have a balance. */
	readonly title: string;
	readonly currency?: string;
	/** Whether its own 429 says how long to wait. */
	readonly tellsRetryDelay: boolean;

	authenticate(headers: IncomingHttpHeaders): A;
	rateLimited(retryAfterSeconds?: number): Refusal;
	unreadableBody(): Refusal;
	unknownPath(): Refusal;
	serverError(): Refusal;

	/** Headers of every answer to this account. */
	headers?(account: A): Record<string, string>;
	/** The answer of a call that waited too long for its order. */
	timedOut?(orderId?: unknown): Reply;

	/** What the credential of this account holds. */
	credentials(account: A, origin: string): Record<string, string>;
	/** The account's orders, the latest first. */
	ordersOf?(account: A): OrderView[];
	changeOrder?(account: A, orderId: string, orderType: string | undefined, change: OrderChange): unknown;
	changeProduct?(productId: string, change: ProductChange): unknown;
	/** Numbers that go on, catalog and stock: with the accounts, what outlives the process. */
	readonly state: object;
	/** Catalog and stock as they were at the start. */
	restock?(): void;
}

/** What all providers of one sandbox share. */
export interface World {
	clock: Clock;
	charges: Charges;
	settings: Settings;
}

export interface Settings {
	timelines: Timelines;
	/** How long TG Market's `wait=true` waits. */
	waitTimeoutMs: number;
	accounts: Partial<Record<ServiceName, AccountSpec>>;
}

export interface Timelines {
	teleKartStars: Timeline;
	tgMarket: Timeline;
	gamesDrop: Timeline;
}

export type Refuse = (code: string, extra?: object) => Refusal;
export type RefusalTable = Record<string, readonly [status: number, message: string, extra?: object]>;

/** A provider's documented errors: by code, in its own envelope, with the figures the code comes with. */
export function refusals(table: RefusalTable, envelope: (code: string, message: string) => object): Refuse {
	return (code, extra) => {
		const documented = table[code];
		if (!documented) throw new RangeError(`"${code}" is none of ${Object.keys(table).join(', ')}`);
		const [status, message, figures] = documented;
		return new Refusal(new Reply(status, { ...envelope(code, message), ...figures, ...extra }));
	};
}

export const ok = (body: unknown): Reply => new Reply(200, body);

/** A refusal that says, in HTTP's own way, when to come back. */
export function withRetryAfter({ reply }: Refusal, seconds?: number): Refusal {
	const headers: Record<string, string> = seconds === undefined ? {} : { 'retry-after': String(seconds) };
	return new Refusal(new Reply(reply.status, reply.body, headers));
}

export function bearer(headers: IncomingHttpHeaders): string | undefined {
	return /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
}

export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
