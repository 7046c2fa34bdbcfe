import type { ICredentialDataDecryptedObject, IDataObject, IN8nHttpFullResponse } from 'n8n-workflow';
import { monotonic } from '../async/monotonic';
import { accountOf, originOf, type Answer, type Connection, type Context, type Request } from './connection';
import { networkFailure, type NetworkFailure } from './networkFailure';
import { QueueTimeout, rateLimiterOf, type RateLimiter, type Slot } from './rateLimiter';
import { DEFAULT_TIMEOUT, LONGEST_QUEUE, SHORTEST_TIMEOUT, type Limits } from './retryPolicy';
import { parsedBody } from './schemas';

/**
 * The context for a purchase: without its cancel signal, which n8n would pass to the request. Cancelling does not
 * stop a purchase under way; only its answer would be lost.
 */
const withoutCancelling = (context: Context): Context =>
	Object.create(context, { getExecutionCancelSignal: { value: () => undefined } }) as Context;

/** Sends the requests of one account, each within its slot of the rate limiter. Judges no answer. */
export class Transport {
	readonly rateLimiter: RateLimiter;
	readonly origin: string;
	/** Identifies the account without revealing its key. */
	readonly account: string;

	constructor(
		private readonly context: Context,
		private readonly connection: Connection,
		private readonly credentials: ICredentialDataDecryptedObject,
		readonly limits: Limits,
		/** Slots that were acquired beforehand. */
		private readonly reserved: Slot[] = [],
	) {
		this.origin = originOf(connection, credentials);
		this.account = accountOf(connection, credentials);
		this.rateLimiter = rateLimiterOf(this.account, connection.rate);
	}

	/** The same account with other limits, or with these slots. */
	with(limits: Limits, reserved: Slot[] = []): Transport {
		return new Transport(this.context, this.connection, this.credentials, limits, reserved);
	}

	giveBack(): void {
		for (const slot of this.reserved.splice(0)) slot.giveBack();
	}

	/** How long one request may take, in milliseconds. */
	get timeout(): number {
		return this.limits.timeout ?? DEFAULT_TIMEOUT;
	}

	get signal(): AbortSignal | undefined {
		return 'getExecutionCancelSignal' in this.context ? this.context.getExecutionCancelSignal() : undefined;
	}

	get deadline(): number {
		return this.limits.deadline ?? Infinity;
	}

	/** Sends a request once. A purchase follows no redirect, and cancelling does not stop it. */
	async send(request: Request, purchase = false): Promise<Answer | NetworkFailure> {
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
				body: parsedBody(response.body),
				length: String(response.body).length,
			};
		} catch (error) {
			return networkFailure(error);
		} finally {
			slot.end();
		}
	}

	/** Leave to send so many requests together, or why there is none. */
	async acquire(count: number): Promise<Slot[] | NetworkFailure> {
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
}
