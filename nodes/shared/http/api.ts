import type { ICredentialDataDecryptedObject, IDataObject } from 'n8n-workflow';
import type { z } from 'zod';
import { monotonic } from '../async/monotonic';
import { pause } from '../async/pause';
import { ProviderError, unknownOutcome } from '../errors/providerError';
import { keysOf, type Answer, type Connection, type Context, type Refusal, type Request } from './connection';
import { explainStatus, retryAfterHeader, waiting } from './explanations';
import type { NetworkFailure } from './networkFailure';
import {
	backoff,
	DEFAULT_BUDGET,
	IDEMPOTENT_TIMEOUTS,
	isRetryable,
	LONGEST_QUEUE,
	RATE_LIMITED_BACKOFF,
	READ_ATTEMPTS,
	type Limits,
} from './retryPolicy';
import { complaint, type Parsed } from './schemas';
import { Redactor } from './secrets';
import { Transport } from './transport';

/** Of what a provider says, so much is shown. */
const LONGEST_WORDS = 1_000;

/** Redirects that a server sends instead of doing what was asked. */
const NOT_CARRIED_OUT = [301, 307, 308];

/** A provider's HTTP API with the credential of one account: the only way from this package to a provider. */
export class Api {
	private readonly redactor: Redactor;

	constructor(
		private readonly context: Context,
		readonly connection: Connection,
		private readonly credentials: ICredentialDataDecryptedObject,
		limits: Limits = {},
		private readonly transport = new Transport(context, connection, credentials, limits),
	) {
		this.redactor = new Redactor(keysOf(credentials));
	}

	/** The same account with other limits. */
	within(limits: Limits): Api {
		return this.through(this.transport.with({ ...this.transport.limits, ...limits }));
	}

	/**
	 * The same account with leave to send so many requests at once: a price and the order that is held against it
	 * leave together, however many others are waiting. What is not used is given back by {@link giveBack}.
	 * @throws ProviderError when there is no leave in time; nothing was sent then
	 */
	async reserve(count: number): Promise<Api> {
		const slots = await this.transport.acquire(count);
		if ('reason' in slots) throw this.unreachable(slots);
		return this.through(this.transport.with(this.transport.limits, slots));
	}

	giveBack(): void {
		this.transport.giveBack();
	}

	/** Identifies the account without revealing its key. */
	get account(): string {
		return this.transport.account;
	}

	/** The origin of the credential. */
	get address(): string {
		return this.transport.origin;
	}

	/** How long one request may take, in milliseconds. */
	get timeout(): number {
		return this.transport.timeout;
	}

	/** The longest that {@link buy} takes until it knows what it can know, in milliseconds. */
	get longestPurchase(): number {
		return LONGEST_QUEUE + (IDEMPOTENT_TIMEOUTS + 1) * this.timeout;
	}

	private through(transport: Transport): Api {
		return new Api(this.context, this.connection, this.credentials, {}, transport);
	}

	/**
	 * Asks for something that costs nothing. 429, 5xx and network failures are tried again, with growing
	 * pauses or after the time the provider names, until the budget or the deadline ends or the execution is cancelled.
	 * @throws ProviderError when the provider refuses, or its answer does not fit the schema
	 */
	async read<T extends z.ZodTypeAny>(request: Request, schema: T): Promise<Parsed<z.output<T>>> {
		const end = Math.min(
			monotonic() + (this.transport.limits.budget ?? DEFAULT_BUDGET),
			this.transport.deadline,
		);
		for (let attempt = 1; ; attempt++) {
			const answer = await this.send(request);
			const refusal = 'sent' in answer ? undefined : this.connection.refusal(answer);
			if (!('sent' in answer) && refusal === undefined && answer.status < 300)
				return this.understand(answer, schema);
			const error = 'sent' in answer ? this.unreachable(answer) : this.refused(answer, refusal, request);
			const wait = error.retryAfter ?? backoff(attempt);
			if (error.status === 429) this.transport.rateLimiter.slowDown(wait);
			const exhausted = (attempt >= READ_ATTEMPTS && error.status !== 429) || monotonic() + wait > end;
			if (exhausted || (error.status !== undefined && !isRetryable(error.status))) throw error;
			await pause(wait, this.transport.signal);
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
		const end = monotonic() + (this.transport.limits.budget ?? IDEMPOTENT_TIMEOUTS * this.timeout);
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
			if (monotonic() + wait > end || this.transport.signal?.aborted) throw lost ?? error;
			await pause(wait, this.transport.signal).catch(() => {});
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
		if (status === 429) this.transport.rateLimiter.slowDown(error.retryAfter ?? RATE_LIMITED_BACKOFF);
		return error;
	}

	/** The provider's own words behind a text. */
	private said(refusal: Refusal | undefined): string {
		return refusal?.inDoubt ? `: ${this.shown(refusal.message)}` : '';
	}

	/** The answer without the account's keys, whatever the provider echoed. */
	private async send(request: Request, purchase = false): Promise<Answer | NetworkFailure> {
		const answer = await this.transport.send(request, purchase);
		return 'sent' in answer ? answer : { ...answer, body: this.redactor.body(answer.body, answer.length) };
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
