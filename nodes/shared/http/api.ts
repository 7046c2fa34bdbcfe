import type { ICredentialDataDecryptedObject, IDataObject, IN8nHttpFullResponse } from 'n8n-workflow';
import type { z } from 'zod';
import { monotonic } from '../async/monotonic';
import { pause } from '../async/pause';
import { ProviderError, unknownOutcome } from '../errors/providerError';
import {
	accountOf,
	keysOf,
	originOf,
	type Answer,
	type Connection,
	type Context,
	type Refusal,
	type Request,
} from './connection';
import { explainStatus, retryAfterHeader, waiting } from './explanations';
import { networkFailure, type NetworkFailure } from './networkFailure';
import { QueueTimeout, rateLimiterOf, type RateLimiter, type Slot } from './rateLimiter';
import {
	backoff,
	DEFAULT_BUDGET,
	DEFAULT_TIMEOUT,
	IDEMPOTENT_TIMEOUTS,
	isRetryable,
	LONGEST_QUEUE,
	RATE_LIMITED_BACKOFF,
	READ_ATTEMPTS,
	SHORTEST_TIMEOUT,
	type Limits,
} from './retryPolicy';
import { complaint, parsedBody, type Parsed } from './schemas';
import { Redactor } from './secrets';

/** Redirects that a server sends instead of doing what was asked. */
const NOT_CARRIED_OUT = [301, 307, 308];

/** Of what a provider says, so much is shown. */
const LONGEST_WORDS = 1_000;

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/**
 * A request to this machine itself never goes through the proxy that the environment names for the outside world:
 * the key would be in the proxy's hands. n8n offers no switch for that, but a proxy of the request's own comes before
 * the environment's, and every HTTP server takes the form of request that proxies get (RFC 9112, 3.2.2).
 */
function withoutProxy(origin: string): { proxy?: { protocol: string; host: string; port: number } } {
	const { protocol, hostname, port } = new URL(origin);
	if (protocol !== 'http:' || !LOOPBACK.test(hostname)) return {};
	return { proxy: { protocol: 'http', host: hostname, port: Number(port || 80) } };
}

/**
 * The context for a purchase: without its cancel signal, which n8n would pass to the request. Cancelling does not
 * stop a purchase under way; only its answer would be lost.
 */
const withoutCancelling = (context: Context): Context =>
	Object.create(context, { getExecutionCancelSignal: { value: () => undefined } }) as Context;

/** A provider's HTTP API with the credential of one account: the only way from this package to a provider. */
export class Api {
	private readonly rateLimiter: RateLimiter;
	private readonly origin: string;
	private readonly redactor: Redactor;

	constructor(
		private readonly context: Context,
		readonly connection: Connection,
		private readonly credentials: ICredentialDataDecryptedObject,
		readonly limits: Limits = {},
		/** Slots of the rate limiter that were acquired beforehand. */
		private readonly reserved: Slot[] = [],
	) {
		this.origin = originOf(connection, credentials);
		this.redactor = new Redactor(keysOf(credentials));
		this.rateLimiter = rateLimiterOf(this.account, connection.rate);
	}

	/** The same account with other limits. */
	within(limits: Limits): Api {
		return new Api(this.context, this.connection, this.credentials, { ...this.limits, ...limits });
	}

	/**
	 * The same account with leave to send so many requests at once: a price and the order that is held against it
	 * leave together, however many others are waiting. What is not used is given back by {@link giveBack}.
	 * @throws ProviderError when there is no leave in time; nothing was sent then
	 */
	async reserve(count: number): Promise<Api> {
		const slots = await this.acquire(count);
		if ('reason' in slots) throw this.unreachable(slots);
		return new Api(this.context, this.connection, this.credentials, this.limits, slots);
	}

	giveBack(): void {
		for (const slot of this.reserved.splice(0)) slot.giveBack();
	}

	/** Identifies the account without revealing its key. */
	get account(): string {
		return accountOf(this.connection, this.credentials);
	}

	/** The origin of the credential. */
	get address(): string {
		return this.origin;
	}

	/** How long one request may take, in milliseconds. */
	get timeout(): number {
		return this.limits.timeout ?? DEFAULT_TIMEOUT;
	}

	/** The longest that {@link buy} takes until it knows what it can know, in milliseconds. */
	get longestPurchase(): number {
		return LONGEST_QUEUE + (IDEMPOTENT_TIMEOUTS + 1) * this.timeout;
	}

	/**
	 * Asks for something that costs nothing. 429, 5xx and network failures are tried again, with growing
	 * pauses or after the time the provider names, until the budget or the deadline ends or the execution is cancelled.
	 * @throws ProviderError when the provider refuses, or its answer does not fit the schema
	 */
	async read<T extends z.ZodTypeAny>(request: Request, schema: T): Promise<Parsed<z.output<T>>> {
		const end = Math.min(monotonic() + (this.limits.budget ?? DEFAULT_BUDGET), this.deadline);
		for (let attempt = 1; ; attempt++) {
			const answer = await this.send(request);
			const refusal = 'sent' in answer ? undefined : this.connection.refusal(answer);
			if (!('sent' in answer) && refusal === undefined && answer.status < 300)
				return this.understand(answer, schema);
			const error = 'sent' in answer ? this.unreachable(answer) : this.refused(answer, refusal, request);
			const wait = error.retryAfter ?? backoff(attempt);
			if (error.status === 429) this.rateLimiter.slowDown(wait);
			const exhausted = (attempt >= READ_ATTEMPTS && error.status !== 429) || monotonic() + wait > end;
			if (exhausted || (error.status !== undefined && !isRetryable(error.status))) throw error;
			await pause(wait, this.signal);
		}
	}

	/**
	 * Sends a purchase once and follows no redirect. Only an answer that clearly refuses is `rejected`.
	 * A 408 whose body is an order is that order.
	 * @throws ProviderError with outcome `rejected` or `unknown`
	 */
	async buy<T extends z.ZodTypeAny>(request: Request, schema: T): Promise<Parsed<z.output<T>>> {
		const result = await this.attemptPurchase(request, schema);
		if (result instanceof ProviderError) throw result;
		return result;
	}

	/**
	 * Sends a purchase that carries the provider's own idempotency key until it is answered or the budget ends.
	 * Only for providers that answer a repeated key with the first result.
	 * @param isUnderWay recognises a refusal that only says the same key is still being processed
	 * @throws ProviderError; `unknown` when any attempt went unanswered, whatever the later ones were refused for
	 */
	async buyIdempotently<T extends z.ZodTypeAny>(
		request: Request,
		schema: T,
		isUnderWay: (error: ProviderError) => boolean,
	): Promise<Parsed<z.output<T>>> {
		const end = monotonic() + (this.limits.budget ?? IDEMPOTENT_TIMEOUTS * this.timeout);
		let lost: ProviderError | undefined;
		for (let attempt = 1; ; attempt++) {
			const result = await this.attemptPurchase(request, schema);
			if (!(result instanceof ProviderError)) return result;
			const error = result;
			if (error.outcome === 'unknown') lost = error;
			else if (isUnderWay(error))
				lost ??= this.lost('an order with this key is still under way', error.status, error.code);
			else if (error.status === undefined ? attempt >= READ_ATTEMPTS : error.status !== 429)
				throw lost ?? error;
			const wait = error.retryAfter ?? backoff(attempt);
			if (monotonic() + wait > end || this.signal?.aborted) throw lost ?? error;
			await pause(wait, this.signal).catch(() => {});
		}
	}

	private async attemptPurchase<T extends z.ZodTypeAny>(
		request: Request,
		schema: T,
	): Promise<Parsed<z.output<T>> | ProviderError> {
		const answer = await this.send(request, true);
		if ('sent' in answer) return answer.sent ? this.lost(answer.reason) : this.unreachable(answer);
		const { status, body } = answer;
		const refusal = this.connection.refusal(answer);
		const order = schema.safeParse(body);
		if ((status < 300 && refusal === undefined) || status === 408) {
			if (order.success) return { raw: body as IDataObject, data: order.data as z.output<T> };
			if (status < 300) return this.lost('the answer could not be read', status);
		}
		const perhapsCarriedOut = status < 400 && status >= 300 && !NOT_CARRIED_OUT.includes(status);
		if (status >= 500 || status === 408 || perhapsCarriedOut || refusal?.inDoubt)
			return this.lost(`the answer was HTTP ${status}${this.said(refusal)}`, status, refusal?.code ?? null);
		if (order.success)
			return this.lost(
				`the answer was a refusal (HTTP ${status}) that names an order${this.said(refusal)}`,
				status,
				refusal?.code ?? null,
			);
		const error = this.refused(answer, refusal, request);
		if (status === 429) this.rateLimiter.slowDown(error.retryAfter ?? RATE_LIMITED_BACKOFF);
		return error;
	}

	/** The provider's own words behind a text. */
	private said(refusal: Refusal | undefined): string {
		return refusal?.inDoubt ? `: ${this.shown(refusal.message)}` : '';
	}

	private get signal(): AbortSignal | undefined {
		return 'getExecutionCancelSignal' in this.context ? this.context.getExecutionCancelSignal() : undefined;
	}

	private get deadline(): number {
		return this.limits.deadline ?? Infinity;
	}

	private async send(request: Request, purchase = false): Promise<Answer | NetworkFailure> {
		const { signal } = this;
		if (!URL.canParse(this.origin) || !/^https?:/i.test(this.origin))
			return { reason: 'its address is not valid', sent: false };
		const leave = this.reserved.shift() ?? (await this.acquire(1));
		if ('reason' in leave) return leave;
		const slot = Array.isArray(leave) ? leave[0]! : leave;
		try {
			const remaining = Math.max(SHORTEST_TIMEOUT, this.deadline - monotonic());
			const response = (await this.context.helpers.httpRequestWithAuthentication.call(
				purchase ? withoutCancelling(this.context) : this.context,
				this.connection.credential,
				{
					method: request.method,
					url: `${this.origin}${request.path}`,
					...(request.query ? { qs: request.query } : {}),
					...(request.body ? { body: request.body } : {}),
					...(request.headers ? { headers: { ...request.headers } } : {}),
					...(this.connection.isThisN8n ? withoutProxy(this.origin) : {}),
					json: true,
					// As text: JavaScript's own JSON parser changes large numbers.
					encoding: 'text',
					timeout: purchase ? this.timeout : Math.min(this.timeout, remaining),
					returnFullResponse: true,
					ignoreHttpStatusErrors: true,
					disableFollowRedirect: purchase,
					...(purchase || signal === undefined ? {} : { abortSignal: signal }),
				},
				{
					credentialsDecrypted: {
						id: '',
						name: '',
						type: this.connection.credential,
						data: { ...this.credentials },
					},
				},
			)) as IN8nHttpFullResponse;
			if (response.statusCode !== 429) this.rateLimiter.speedUp();
			return {
				status: response.statusCode,
				headers: response.headers as IDataObject,
				body: this.redactor.body(parsedBody(response.body), String(response.body).length),
			};
		} catch (error) {
			return networkFailure(error);
		} finally {
			slot.end();
		}
	}

	private async acquire(count: number): Promise<Slot[] | NetworkFailure> {
		try {
			const deadline = Math.min(this.deadline, monotonic() + LONGEST_QUEUE);
			return await this.rateLimiter.acquire(this.signal, deadline, count);
		} catch (error) {
			return error instanceof QueueTimeout
				? {
						reason: 'too many requests are waiting for this account',
						sent: false,
						advice: 'Nothing was sent. Run the workflow again, with fewer items at once.',
					}
				: {
						reason: 'the execution was cancelled before the request left',
						sent: false,
						advice: 'Nothing was sent.',
					};
		}
	}

	private understand<T extends z.ZodTypeAny>(answer: Answer, schema: T): Parsed<z.output<T>> {
		const parsed = schema.safeParse(answer.body);
		if (parsed.success) return { raw: answer.body as IDataObject, data: parsed.data as z.output<T> };
		const { displayName, provider } = this.connection;
		throw new ProviderError({
			provider,
			code: null,
			status: answer.status,
			message: `${displayName} sent an answer that cannot be used (${this.shown(complaint(parsed.error))})`,
			description: `Check the Base URL of the credential: the address may not be ${displayName}'s API. If it is right, the provider may have changed its API; look for a newer version of this package.`,
		});
	}

	private refused(answer: Answer, refusal: Refusal | undefined, { notFound }: Request): ProviderError {
		const { displayName, provider } = this.connection;
		const retryAfter = refusal?.retryAfter ?? retryAfterHeader(answer.headers);
		const { message, description } = refusal ?? explainStatus(displayName, answer, notFound);
		return new ProviderError({
			provider,
			code: this.codeOf(refusal?.code),
			status: answer.status,
			message: this.shown(message) + waiting(retryAfter),
			description: this.shown((answer.status === 404 && notFound) || description),
			...(retryAfter === undefined ? {} : { retryAfter }),
		});
	}

	private unreachable({ reason, advice }: NetworkFailure): ProviderError {
		const { displayName, provider } = this.connection;
		return new ProviderError({
			provider,
			code: null,
			message: `${displayName} could not be reached: ${reason}`,
			description:
				advice ??
				"Nothing was ordered. Check the Base URL of the credential and this machine's connection, then run the workflow again.",
		});
	}

	private lost(reason: string, status?: number, code?: string | null): ProviderError {
		const { displayName } = this.connection;
		return unknownOutcome(this.connection, `${displayName} did not confirm it (${reason})`, {
			...(status === undefined ? {} : { status }),
			code: this.codeOf(code),
		});
	}

	/** Where a provider has no codes, its words stand in for one. */
	private codeOf(code: string | null | undefined): string | null {
		return code === undefined || code === null ? null : this.shown(code);
	}

	/** Words of a provider: without the account's keys, and no longer than people read. */
	private shown(text: string): string {
		const redacted = this.redactor.text(text.slice(0, 2 * LONGEST_WORDS));
		return redacted.length > LONGEST_WORDS ? `${redacted.slice(0, LONGEST_WORDS)}…` : redacted;
	}
}

/** Opens the connection with the credential chosen in the node, as it is for one item. */
export async function connect(
	context: Context,
	connection: Connection,
	itemIndex = 0,
	limits: Limits = {},
): Promise<Api> {
	const credentials =
		'getInputData' in context
			? await context.getCredentials(connection.credential, itemIndex)
			: await context.getCredentials(connection.credential);
	return new Api(context, connection, credentials, limits);
}
