import { createHash } from 'node:crypto';
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IExecuteFunctions,
	IHttpRequestMethods,
	ILoadOptionsFunctions,
	IPollFunctions,
} from 'n8n-workflow';
import type { Explanation } from '../errors/providerError';
import type { Rate } from './rateLimiter';
import { cleaned } from './secrets';

/** The n8n contexts that can send requests. */
export type Context = IExecuteFunctions | IPollFunctions | ILoadOptionsFunctions;

/** An HTTP answer, whatever its status. */
export interface Answer {
	status: number;
	headers: IDataObject;
	/** Parsed JSON, or the text when it is not JSON. Integers that JavaScript cannot hold exactly are strings. */
	body: unknown;
	/** Characters of the body as it came. */
	length: number;
}

/** What a provider says when it refuses. */
export interface Refusal extends Explanation {
	code: string | null;
	/** Milliseconds to wait, where the answer's body says so. */
	retryAfter?: number;
	/** Set where the provider's words leave open whether it ordered: whatever the HTTP status, that is no clear no. */
	inDoubt?: boolean;
}

/** How to reach one provider: everything the HTTP client needs to know of it. */
export interface Connection {
	/** Node name of the provider. */
	provider: string;
	displayName: string;
	/** Credential type. */
	credential: string;
	/** Field of the credential that holds the origin; `baseUrl` unless set. */
	origin?: string;
	/** The documented limit; without one the limiter learns from 429 answers. */
	rate?: Rate;
	/** Where a person sees what became of a purchase of unknown outcome, e.g. "your orders in the bot". */
	check: string;
	/** Reads the provider's way of refusing from an answer, undefined when it does not refuse. */
	refusal: (answer: Answer) => Refusal | undefined;
}

export interface Request {
	method: IHttpRequestMethods;
	/** Path below the origin, its segments encoded (see `segment`). */
	path: string;
	query?: IDataObject;
	body?: IDataObject;
	headers?: Record<string, string>;
	/** What to do after a 404 without an explanation of the provider's; it depends on what was asked for. */
	notFound?: string;
}

/** The origin a credential names, without a trailing slash. */
export const originOf = (connection: Connection, credentials: ICredentialDataDecryptedObject): string =>
	String(credentials[connection.origin ?? 'baseUrl'] ?? '')
		.trim()
		.replace(/\/+$/, '');

const isAddress = (name: string): boolean => /url$/i.test(name);

/** The credential's keys and tokens as they are stored. */
export const keysOf = (credentials: ICredentialDataDecryptedObject): string[] =>
	Object.entries(credentials)
		.filter(([name, value]) => !isAddress(name) && typeof value === 'string')
		.map(([, value]) => String(value));

/**
 * Tells accounts apart without revealing a key. An account is its key: two credentials with one key and different
 * addresses (a proxy, a trailing slash) are one account, whose limits they share.
 */
export const accountOf = (connection: Connection, credentials: ICredentialDataDecryptedObject): string =>
	createHash('sha256')
		.update(JSON.stringify([connection.credential, ...keysOf(credentials).map(cleaned)]))
		.digest('hex')
		.slice(0, 32);
