import { createHash } from 'node:crypto';
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IExecuteFunctions,
	IHttpRequestMethods,
	ILoadOptionsFunctions,
	IN8nHttpFullResponse,
	IPollFunctions,
} from 'n8n-workflow';
import type { z } from 'zod';
import { ProviderError, type Explanation } from './errors';
import { paceOf, type Pace, type Rate } from './pace';
import { pause } from './pause';
import { complaint } from './wire';

/** Whatever of n8n can send a request. */
export type Context = IExecuteFunctions | IPollFunctions | ILoadOptionsFunctions;

/** An HTTP answer, whatever its status. */
export interface Answer {
	status: number;
	headers: IDataObject;
	/** Parsed JSON, or the text when it is none. */
	body: unknown;
}

/** What a provider says when it does not do as asked. */
export interface Refusal extends Explanation {
	code: string | null;
	/** Milliseconds to wait, where the answer's body says so. */
	retryAfter?: number;
}

/** How to reach one provider: everything the door to HTTP needs to know of it. */
export interface Connection {
	/** Node name of the provider. */
	provider: string;
	displayName: string;
	/** Credential type. */
	credential: string;
	/** Field of the credential that holds the origin; `baseUrl` unless told. */
	origin?: string;
	/** The documented limit; without one the pace is learned from 429 answers. */
	rate?: Rate;
	/** Where a person sees what a purchase of unknown outcome came to, e.g. "your orders in the bot". */
	check: string;
	/** Reads the provider's way of saying no from an answer, undefined when it says yes. */
	refusal: (answer: Answer) => Refusal | undefined;
}

export interface Request {
	method: IHttpRequestMethods;
	/** Path below the origin, its segments encoded (see `segment`). */
	path: string;
	query?: IDataObject;
	body?: IDataObject;
	headers?: Record<string, string>;
}

export interface Limits {
	/** How long one request may take, in milliseconds. */
	timeout?: number;
	/** How long a read may go on trying, in milliseconds. */
	budget?: number;
}

/** A body and what the schema made of it. */
export interface Reading<T> {
	raw: IDataObject;
	data: T;
}

export const DEFAULT_TIMEOUT = 60_000;
const DEFAULT_BUDGET = 60_000;
const READ_TRIES = 6;
const FIRST_BACKOFF = 500;
const LONGEST_BACKOFF = 8_000;

/** Growing pauses, spread so that many who failed together do not come back together. */
const backoff = (tries: number): number =>
	Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** (tries - 1)) * (0.75 + Math.random() / 2);

/** The request brought no answer. `sent` is false only where it certainly never left this machine. */
interface NoAnswer {
	reason: string;
	sent: boolean;
	/** What to do, where it is not to look at the address and the network. */
	advice?: string;
}

/**
 * Codes after which the provider cannot have seen the request, and what they mean. The first ones also come
 * from a connection that breaks later, so they count only from a call that opens one. No code stands in a text:
 * n8n would put its own in its place, and for some of them that tells people to retry.
 */
const NEVER_SENT: Array<{ codes: RegExp; from?: RegExp; reason: string }> = [
	{ codes: /^ECONNREFUSED$/, from: /^connect$/, reason: 'the connection was refused' },
	{ codes: /^(ENOTFOUND|EAI_AGAIN)$/, from: /^getaddrinfo$/, reason: 'its host name is not known' },
	{
		codes: /^(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/,
		from: /^(connect|bind)$/,
		reason: 'no way leads to it from here',
	},
	{
		codes: /^ERR_INVALID_CHAR$/,
		reason: 'the key of the credential has characters that cannot be sent',
	},
	{
		codes:
			/^(CERT_.*|(DEPTH_ZERO_)?SELF_SIGNED_CERT(_IN_CHAIN)?|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?)|ERR_TLS_CERT_ALTNAME_INVALID)$/,
		reason: 'its certificate is not valid',
	},
];
const BLOCKED = /ssrf|blocked ip|blocked host/i;

interface Caused {
	code?: string;
	/** The system's call that failed. */
	syscall?: string;
	message?: string;
	name?: string;
	cause?: Caused;
	/** One for each address of a host. */
	errors?: Caused[];
}

function noAnswer(error: unknown): NoAnswer {
	let code: string | undefined;
	let syscall: string | undefined;
	for (let level = error as Caused | undefined; level !== undefined && level !== null; level = level.cause) {
		if (BLOCKED.test(`${level.message ?? ''} ${level.name ?? ''}`)) {
			return {
				reason: 'blocked by SSRF protection',
				sent: false,
				advice:
					'This n8n blocks private addresses (SSRF protection). Allow the address in N8N_SSRF_ALLOWED_IP_RANGES if it is yours.',
			};
		}
		code ??= typeof level.code === 'string' ? level.code : undefined;
		syscall ??= level.syscall ?? level.errors?.[0]?.syscall;
	}
	const known = NEVER_SENT.find(
		({ codes, from }) => codes.test(code ?? '') && (from === undefined || from.test(syscall ?? '')),
	);
	if (known !== undefined) return { reason: known.reason, sent: false };
	const tooLong = code === 'ECONNABORTED' || code === 'ETIMEDOUT';
	return { reason: tooLong ? 'it took too long' : 'the connection broke', sent: true };
}

const secondsToMs = (seconds: unknown): number | undefined => {
	const value =
		typeof seconds === 'number'
			? seconds
			: typeof seconds === 'string' && seconds.trim() !== ''
				? Number(seconds)
				: NaN;
	return Number.isFinite(value) && value >= 0 ? value * 1_000 : undefined;
};

/** `Retry-After` in milliseconds: seconds or a date. */
const retryAfterHeader = (headers: IDataObject): number | undefined => {
	const value = headers['retry-after'];
	const date = typeof value === 'string' ? Date.parse(value) : NaN;
	return secondsToMs(value) ?? (Number.isNaN(date) ? undefined : Math.max(0, date - Date.now()));
};

const isRetryable = (status: number) => status === 429 || status === 408 || status >= 500;

/** Text of a provider with the account's secrets taken out, whatever the provider echoed. */
const withoutSecrets = (words: string, secrets: string[]): string =>
	secrets.reduce((text, secret) => text.split(secret).join('***'), words);

/**
 * A purchase that may have gone through. The message says all that matters: an AI model, and an item of
 * Continue On Fail, get nothing else.
 */
export const unknownOutcome = (
	{ provider, check }: Connection,
	reason: string,
	facts: { status?: number; code?: string | null } = {},
): ProviderError =>
	new ProviderError({
		provider,
		code: null,
		...facts,
		outcome: 'unknown',
		message: `The outcome of this purchase is unknown, it may have gone through: ${reason}. Do not repeat it before checking ${check}.`,
		description: 'Nothing here can tell whether it was carried out; only the provider can.',
	});

/** Redirects that a server sends instead of doing what was asked. */
const NOT_TAKEN = [301, 307, 308];

/**
 * The context for a purchase: without its cancel signal, which n8n would hand to the request. One that is under
 * way is not called back by cancelling it, only its answer would be lost.
 */
const toTheEnd = (context: Context): Context =>
	Object.create(context, { getExecutionCancelSignal: { value: () => undefined } }) as Context;

/** The connection of one credential: the only way from this package to a provider. */
export class Api {
	private readonly pace: Pace;
	private readonly origin: string;
	private readonly secrets: string[];

	constructor(
		private readonly context: Context,
		readonly connection: Connection,
		private readonly credentials: ICredentialDataDecryptedObject,
		readonly limits: Limits = {},
	) {
		this.origin = originOf(connection, credentials);
		this.secrets = Object.entries(credentials)
			.filter(([name, value]) => !/url$/i.test(name) && typeof value === 'string' && value.trim().length > 3)
			.map(([, value]) => String(value).trim());
		this.pace = paceOf(accountOf(connection, credentials), connection.rate);
	}

	/** The same account with other limits. */
	within(limits: Limits): Api {
		return new Api(this.context, this.connection, this.credentials, { ...this.limits, ...limits });
	}

	/** Identifies the account without naming its secret. */
	get account(): string {
		return accountOf(this.connection, this.credentials);
	}

	/** How long one request may take, in milliseconds. */
	get timeout(): number {
		return this.limits.timeout ?? DEFAULT_TIMEOUT;
	}

	/**
	 * Asks for something that costs nothing. 429, 5xx and network faults are tried again, with growing
	 * pauses or after the time the provider names, until the budget ends or the execution is cancelled.
	 * @throws ProviderError when the provider refuses, or its answer does not fit the schema
	 */
	async read<T extends z.ZodTypeAny>(request: Request, schema: T): Promise<Reading<z.output<T>>> {
		const end = Date.now() + (this.limits.budget ?? DEFAULT_BUDGET);
		for (let tries = 1; ; tries++) {
			const answer = await this.send(request);
			const refusal = 'sent' in answer ? undefined : this.connection.refusal(answer);
			if (!('sent' in answer) && refusal === undefined && answer.status < 300)
				return this.understand(answer, schema);
			const error = 'sent' in answer ? this.unreachable(answer) : this.refused(answer, refusal);
			const wait = error.retryAfter ?? backoff(tries);
			if (error.status === 429) this.pace.slowDown(wait);
			const exhausted = (tries >= READ_TRIES && error.status !== 429) || Date.now() + wait > end;
			if (exhausted || (error.status !== undefined && !isRetryable(error.status))) throw error;
			await pause(wait, this.signal);
		}
	}

	/**
	 * Sends a purchase once and follows no redirect. Only an answer that clearly says no is `rejected`.
	 * A 408 whose body is an order is that order.
	 * @throws ProviderError with outcome `rejected` or `unknown`
	 */
	async buy<T extends z.ZodTypeAny>(request: Request, schema: T): Promise<Reading<z.output<T>>> {
		const result = await this.tryToBuy(request, schema);
		if (result instanceof ProviderError) throw result;
		return result;
	}

	/**
	 * Sends a purchase that carries the provider's own idempotency key until it is answered or the budget ends.
	 * Only for providers that answer a repeated key with the first result.
	 * @param underWay tells a refusal that only says the same key is still being worked on
	 * @throws ProviderError; `unknown` when any try went unanswered, whatever the later ones were refused for
	 */
	async buyIdempotently<T extends z.ZodTypeAny>(
		request: Request,
		schema: T,
		underWay: (error: ProviderError) => boolean,
	): Promise<Reading<z.output<T>>> {
		const end = Date.now() + (this.limits.budget ?? 2 * this.timeout);
		let lost: ProviderError | undefined;
		for (let tries = 1; ; tries++) {
			const result = await this.tryToBuy(request, schema);
			if (!(result instanceof ProviderError)) return result;
			const error = result;
			if (error.outcome === 'unknown') lost = error;
			else if (underWay(error))
				lost ??= this.lost('an order with this key is still under way', error.status, error.code);
			else if (error.status === undefined ? tries >= READ_TRIES : error.status !== 429) throw lost ?? error;
			const wait = error.retryAfter ?? backoff(tries);
			if (Date.now() + wait > end || this.signal?.aborted) throw lost ?? error;
			await pause(wait, this.signal).catch(() => {});
		}
	}

	private async tryToBuy<T extends z.ZodTypeAny>(
		request: Request,
		schema: T,
	): Promise<Reading<z.output<T>> | ProviderError> {
		const answer = await this.send(request, true);
		if ('sent' in answer) return answer.sent ? this.lost(answer.reason) : this.unreachable(answer);
		const { status, body } = answer;
		const refusal = this.connection.refusal(answer);
		if ((status < 300 && refusal === undefined) || status === 408) {
			const order = schema.safeParse(body);
			if (order.success) return { raw: body as IDataObject, data: order.data as z.output<T> };
			if (status < 300) return this.lost('the answer could not be read', status);
		}
		const perhapsTaken = status < 400 && status >= 300 && !NOT_TAKEN.includes(status);
		if (status >= 500 || status === 408 || perhapsTaken)
			return this.lost(`the answer was HTTP ${status}`, status, refusal?.code ?? null);
		const error = this.refused(answer, refusal);
		if (status === 429) this.pace.slowDown(error.retryAfter ?? FIRST_BACKOFF);
		return error;
	}

	private get signal(): AbortSignal | undefined {
		return 'getExecutionCancelSignal' in this.context ? this.context.getExecutionCancelSignal() : undefined;
	}

	private async send(request: Request, purchase = false): Promise<Answer | NoAnswer> {
		const { signal } = this;
		if (!URL.canParse(this.origin) || !/^https?:/i.test(this.origin))
			return { reason: 'its address is not valid', sent: false };
		let answered: () => void;
		try {
			answered = await this.pace.turn(signal);
		} catch {
			return {
				reason: 'the execution was cancelled before the request left',
				sent: false,
				advice: 'Nothing was sent.',
			};
		}
		try {
			const response = (await this.context.helpers.httpRequestWithAuthentication.call(
				purchase ? toTheEnd(this.context) : this.context,
				this.connection.credential,
				{
					method: request.method,
					url: `${this.origin}${request.path}`,
					...(request.query ? { qs: request.query } : {}),
					...(request.body ? { body: request.body } : {}),
					...(request.headers ? { headers: { ...request.headers } } : {}),
					json: true,
					timeout: this.timeout,
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
			answered();
			if (response.statusCode !== 429) this.pace.speedUp();
			return { status: response.statusCode, headers: response.headers as IDataObject, body: response.body };
		} catch (error) {
			return noAnswer(error);
		}
	}

	private understand<T extends z.ZodTypeAny>(answer: Answer, schema: T): Reading<z.output<T>> {
		const parsed = schema.safeParse(answer.body);
		if (parsed.success) return { raw: answer.body as IDataObject, data: parsed.data as z.output<T> };
		const { displayName, provider } = this.connection;
		throw new ProviderError({
			provider,
			code: null,
			status: answer.status,
			message: `${displayName} sent an answer that cannot be used (${complaint(parsed.error)})`,
			description: `Check the Base URL of the credential: the address may not be ${displayName}'s API. If it is right, the provider may have changed its API; look for a newer version of this package.`,
		});
	}

	private refused(answer: Answer, refusal: Refusal | undefined): ProviderError {
		const { provider, displayName } = this.connection;
		const retryAfter = refusal?.retryAfter ?? retryAfterHeader(answer.headers);
		const explanation = refusal ?? explainStatus(displayName, answer.status);
		return new ProviderError({
			provider,
			code: this.codeOf(refusal?.code),
			status: answer.status,
			message: withoutSecrets(explanation.message, this.secrets) + waiting(retryAfter),
			description: withoutSecrets(explanation.description, this.secrets),
			...(retryAfter === undefined ? {} : { retryAfter }),
		});
	}

	private unreachable({ reason, advice }: NoAnswer): ProviderError {
		const { provider, displayName } = this.connection;
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
		return code === undefined || code === null ? null : withoutSecrets(code, this.secrets);
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

function originOf(connection: Connection, credentials: ICredentialDataDecryptedObject): string {
	return String(credentials[connection.origin ?? 'baseUrl'] ?? '')
		.trim()
		.replace(/\/+$/, '');
}

function accountOf(connection: Connection, credentials: ICredentialDataDecryptedObject): string {
	return createHash('sha256')
		.update(JSON.stringify([connection.credential, credentials]))
		.digest('hex');
}

/** The time to wait, where the provider names it, for the end of a message. */
const waiting = (retryAfter: number | undefined): string =>
	retryAfter === undefined ? '' : ` (retry after ${Math.ceil(retryAfter / 1_000)} s)`;

/** What a status means where the provider gave no reason that can be read. */
function explainStatus(displayName: string, status: number): Explanation {
	if (status >= 300 && status < 400) {
		return {
			message: `${displayName} redirected the request (HTTP ${status}), which is not followed`,
			description: 'Check the Base URL of the credential: it should be the final https:// address.',
		};
	}
	if (status === 401 || status === 403) {
		return {
			message: `${displayName} did not accept the key of the credential (HTTP ${status})`,
			description: 'Open the credential, enter the current key and test it.',
		};
	}
	if (status === 404) {
		return {
			message: `${displayName} does not know what was asked for (HTTP 404)`,
			description: 'Check the ID, and the Base URL of the credential.',
		};
	}
	if (status === 429) {
		return {
			message: `${displayName} takes no more requests for now (HTTP 429)`,
			description: 'Wait a little, then run the workflow again with fewer items at once.',
		};
	}
	if (status >= 500) {
		return {
			message: `${displayName} is not available right now (HTTP ${status})`,
			description: 'Try again later. Nothing was changed by this request.',
		};
	}
	return {
		message: `${displayName} refused the request (HTTP ${status})`,
		description: 'Check the values of the node.',
	};
}
