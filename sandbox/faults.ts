import { z } from 'zod';

import { isRecord, serviceNames, Reply, type OpenCall, type Provider } from './provider';

/** Before the request is served, so that nothing is bought, or after: bought and charged, the answer spoilt. */
const phase = z.enum(['before', 'after']);

const faultSchema = z.discriminatedUnion('type', [
	/** Answers late. The only fault that goes with others. */
	z.strictObject({ type: z.literal('latency'), ms: z.number().min(0), phase: phase.default('before') }),
	/** Refuses with a documented code in the provider's envelope, or with any status and body. */
	z.strictObject({
		type: z.literal('refuse'),
		code: z.string().optional(),
		status: z.number().int().optional(),
		/** Instead of the provider's envelope; with a code, fields over it. */
		body: z.unknown().optional(),
	}),
	z.strictObject({
		type: z.literal('error'),
		status: z.union([z.literal(500), z.literal(502), z.literal(503), z.literal(504)]),
		phase: phase.default('before'),
	}),
	/** Cuts the connection. */
	z.strictObject({ type: z.literal('drop'), phase: phase.default('before') }),
	/** Never answers: until the client leaves, or the sandbox closes. */
	z.strictObject({ type: z.literal('hang'), phase: phase.default('before') }),
	z.strictObject({ type: z.literal('rateLimit'), retryAfterSeconds: z.number().min(0).optional() }),
	/** 200 with a body nothing can be done with. */
	z.strictObject({
		type: z.literal('unreadable'),
		kind: z.enum(['html', 'truncated', 'empty', 'wrongShape']),
		phase: phase.default('after'),
	}),
	/** The answer, with another word as its status. */
	z.strictObject({ type: z.literal('unknownStatus'), status: z.string() }),
	/** To the same path of the same server: who follows it, buys. */
	z.strictObject({
		type: z.literal('redirect'),
		status: z.union([z.literal(302), z.literal(307), z.literal(308)]),
	}),
	/** TG Market: the order is taken, the wait for it is over. */
	z.strictObject({ type: z.literal('timeout408'), withOrderId: z.boolean().default(true) }),
	/** Serves the request twice, one after the other, and answers once: with what the last one said, or the first. */
	z.strictObject({ type: z.literal('double'), answer: z.enum(['first', 'last']).default('last') }),
	/** n8n: inserted rows take their IDs at once and are seen by others only later, as on PostgreSQL. */
	z.strictObject({ type: z.literal('lateCommit'), ms: z.number().min(0) }),
]);

const scalar = z.union([z.string(), z.number(), z.boolean()]);

export const faultSpecSchema = z.strictObject({
	provider: z.enum(serviceNames),
	/** `order.create`, `balance.get`, …; any when left out. */
	operation: z.string().optional(),
	/** An account's name: tests that run side by side spoil each other's requests with nothing. */
	account: z.string().optional(),
	match: z
		.strictObject({
			/** Part of the raw path, or of the body as it was sent. */
			text: z.string().optional(),
			/** Values of the path, the query or the body, nested ones with dots (`customer.gameUserId`). */
			fields: z.record(scalar).optional(),
		})
		.optional(),
	/** How many requests it hits; -1: until it is cleared. */
	times: z.number().int().min(-1).default(1),
	/** How many requests pass before the first it hits. */
	skip: z.number().int().min(0).default(0),
	/** The share of matching requests that it hits, drawn from `seed`. */
	probability: z.number().min(0).max(1).default(1),
	seed: z.number().int().default(1),
	fault: faultSchema,
});

export type FaultSpec = z.input<typeof faultSpecSchema>;
type Fault = z.output<typeof faultSchema>;
type OpenedSpec = z.output<typeof faultSpecSchema>;

/** A fault that is switched on, and how often it was applied. */
export interface FaultReport extends OpenedSpec {
	id: number;
	/** Requests it matched and let pass. */
	skipped: number;
	fired: number;
}

export interface FaultFilter {
	id?: number;
	provider?: string;
	account?: string;
}

/** What becomes of a request: an answer, no answer, or a connection that breaks. */
export type Outcome = Reply | 'drop' | 'hang';

/** The faults of one request. */
export interface Injection {
	ids: number[];
	delayBefore: number;
	delayAfter: number;
	/** Stands in for serving the request. */
	instead?: () => Outcome;
	/** Changes the request as it is served. */
	prepare?: (call: OpenCall) => void;
	/** Makes something else of the answer. */
	afterwards?: (reply: Reply) => Outcome;
	/** Serve it twice, and which of the two answers is sent. */
	double?: 'first' | 'last';
}

const none: Injection = { ids: [], delayBefore: 0, delayAfter: 0 };

interface Target {
	provider: Provider;
	operation: string;
	account: string | undefined;
	url: string;
	rawBody: string;
	call: OpenCall;
}

export class Faults {
	private active: FaultReport[] = [];
	private lastId = 0;
	/** Where each fault stands in its random numbers. */
	private readonly draws = new Map<number, number>();

	add(spec: OpenedSpec, provider: Provider): FaultReport {
		const { fault } = spec;
		// A code the provider does not have would otherwise only show when the fault is applied.
		if (fault.type === 'refuse' && fault.code !== undefined) provider.refuse(fault.code);
		if (fault.type === 'timeout408' && !provider.timedOut)
			throw new RangeError(`${provider.name} has no 408`);
		if (fault.type === 'lateCommit' && provider.name !== 'n8n')
			throw new RangeError(`${provider.name} has no tables`);
		const report: FaultReport = { id: ++this.lastId, ...spec, skipped: 0, fired: 0 };
		this.active.push(report);
		return report;
	}

	list(filter: FaultFilter): FaultReport[] {
		return this.active.filter(meant(filter));
	}

	clear(filter: FaultFilter): FaultReport[] {
		const cleared = this.list(filter);
		this.active = this.active.filter((fault) => !cleared.includes(fault));
		return cleared;
	}

	/** Every latency that matches, and the first of the other faults. */
	inject(target: Target): Injection {
		if (this.active.length === 0) return none;
		const injection: Injection = { ...none, ids: [] };
		let main: Fault | undefined;
		for (const active of this.active) {
			const { fault } = active;
			if ((fault.type !== 'latency' && main) || exhausted(active) || !matches(active, target)) continue;
			if (active.skipped < active.skip) {
				active.skipped++;
				continue;
			}
			if (active.probability < 1 && this.draw(active) >= active.probability) continue;
			active.fired++;
			injection.ids.push(active.id);
			if (fault.type !== 'latency') main = fault;
			else if (fault.phase === 'before') injection.delayBefore += fault.ms;
			else injection.delayAfter += fault.ms;
		}
		return main ? { ...injection, ...effect(main, target) } : injection;
	}

	/** The next of the numbers below 1 that follow from the fault's seed (mulberry32). */
	private draw({ id, seed }: FaultReport): number {
		const state = ((this.draws.get(id) ?? seed) + 0x6d2b79f5) | 0;
		this.draws.set(id, state);
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	}
}

const meant =
	({ id, provider, account }: FaultFilter) =>
	(fault: FaultReport): boolean =>
		(id === undefined || fault.id === id) &&
		(provider === undefined || fault.provider === provider) &&
		(account === undefined || fault.account === account);

const exhausted = ({ times, fired }: FaultReport): boolean => times !== -1 && fired >= times;

function matches({ provider, operation, account, match }: FaultReport, target: Target): boolean {
	if (provider !== target.provider.name) return false;
	if (operation !== undefined && operation !== target.operation) return false;
	if (account !== undefined && account !== target.account) return false;
	if (match?.text !== undefined && !`${target.url}\n${target.rawBody}`.includes(match.text)) return false;
	return Object.entries(match?.fields ?? {}).every(
		([path, wanted]) => String(valueAt(target.call, path)) === String(wanted),
	);
}

function valueAt({ params, query, body }: OpenCall, path: string): unknown {
	for (const place of [params, query, body]) {
		const value = path
			.split('.')
			.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[key] : undefined), place);
		if (value !== undefined) return value;
	}
	return undefined;
}

type Effect = Pick<Injection, 'instead' | 'prepare' | 'afterwards' | 'double'>;

function effect(fault: Fault, { provider, url }: Target): Effect {
	switch (fault.type) {
		case 'refuse':
			return { instead: () => refusal(fault, provider) };
		case 'rateLimit':
			return { instead: () => provider.rateLimited(fault.retryAfterSeconds).reply };
		case 'redirect':
			return { instead: () => new Reply(fault.status, '', { location: url }) };
		case 'unknownStatus':
			return { afterwards: (reply) => withStatus(reply, fault.status) };
		case 'timeout408':
			return {
				prepare: (call) => delete call.query.wait,
				afterwards: (reply) =>
					reply.status === 200 ? provider.timedOut!(fault.withOrderId ? orderIdOf(reply) : undefined) : reply,
			};
		case 'error':
			return inPhase(fault.phase, () => serverError(provider, fault.status));
		case 'drop':
		case 'hang':
			return inPhase(fault.phase, () => fault.type);
		case 'unreadable':
			return inPhase(fault.phase, (reply) => unreadable(fault.kind, reply));
		case 'double':
			return { double: fault.answer };
		case 'lateCommit':
			return {
				prepare: (call) => {
					call.commitDelayMs = fault.ms;
				},
			};
		case 'latency':
			return {};
	}
}

function inPhase(when: z.infer<typeof phase>, outcome: (reply?: Reply) => Outcome): Effect {
	return when === 'before' ? { instead: () => outcome() } : { afterwards: outcome };
}

function refusal({ code, status, body }: Extract<Fault, { type: 'refuse' }>, provider: Provider): Reply {
	if (code === undefined) return new Reply(status ?? 400, body ?? {});
	const documented = provider.refuse(code, isRecord(body) ? body : {}).reply;
	return new Reply(status ?? documented.status, documented.body, documented.headers);
}

/** 500 comes from the provider, the others from the proxy before it. */
function serverError(provider: Provider, status: 500 | 502 | 503 | 504): Reply {
	if (status === 500) return provider.serverError().reply;
	const title = { 502: 'Bad Gateway', 503: 'Service Temporarily Unavailable', 504: 'Gateway Time-out' }[
		status
	];
	return page(status, `${status} ${title}`);
}

function unreadable(kind: Extract<Fault, { type: 'unreadable' }>['kind'], reply?: Reply): Reply {
	if (kind === 'html') return page(200, 'Checking your browser');
	if (kind === 'empty') return new Reply(200, '');
	if (kind === 'wrongShape') return new Reply(200, { message: 'accepted' });
	const whole = reply ? textOf(reply) : '{"ok":true,"data":{}}';
	return new Reply(200, whole.slice(0, Math.ceil(whole.length / 2)));
}

const page = (status: number, title: string) =>
	new Reply(status, `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\r\n`, {
		'content-type': 'text/html',
	});

/** The order in an answer: at its top, or under `data`. */
function orderIn(body: unknown): Record<string, unknown> {
	if (!isRecord(body)) return {};
	return isRecord(body.data) ? body.data : body;
}

const orderIdOf = (reply: Reply): unknown => orderIn(reply.body).order_id;

function withStatus(reply: Reply, status: string): Reply {
	if (reply.status !== 200 || !isRecord(reply.body)) return reply;
	const order = { ...orderIn(reply.body), status };
	return new Reply(200, isRecord(reply.body.data) ? { ...reply.body, data: order } : order, reply.headers);
}

/** What is sent for an answer. */
export const textOf = ({ body }: Reply): string => (typeof body === 'string' ? body : JSON.stringify(body));
