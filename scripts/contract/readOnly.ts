/** The contract check's only way to a provider: it sends requests that are on a list, and nothing that buys. */
import axios, { type AxiosInstance } from 'axios';
import type { ICredentialDataDecryptedObject, ICredentialType, IHttpRequestOptions } from 'n8n-workflow';
import { z } from 'zod';

import { Api } from '../../nodes/shared/http/api';
import type { Connection, Context, Request } from '../../nodes/shared/http/connection';
import type { Parsed } from '../../nodes/shared/http/schemas';

import { typeOf } from './fields';

/** `GET /api/v1/orders/{id}`: a method, and a path in which `{…}` is one segment. */
export type Permitted = string;

/** A request that is not on the list: it was not sent. */
export class NotPermitted extends Error {
	constructor(method: string, address: string) {
		super(`${method} ${address} is not on the list of permitted requests`);
	}
}

export interface Exchange {
	/** The entry of the list that permits the request. */
	permitted: Permitted;
	/** Status and body of the answer; a body that is not JSON is text. */
	status: number;
	body: unknown;
}

export interface DoorOptions {
	credential: ICredentialType;
	/** The credential's values. */
	values: ICredentialDataDecryptedObject;
	/** The permitted requests. */
	permitted: readonly Permitted[];
	/** Called with every answer. */
	answered?: (exchange: Exchange) => void;
	http?: AxiosInstance;
}

/**
 * The part of n8n that the nodes' connection needs, over axios. It checks each request as the last step before
 * sending, whatever the code above asks for. It follows no redirects: they would take the key elsewhere.
 */
export function readOnlyContext({ credential, values, permitted, answered, http }: DoorOptions): Context {
	const client = http ?? axios.create();
	const origins = Object.entries(values)
		.filter(([name]) => /url$/i.test(name))
		.map(([, url]) => String(url).trim().replace(/\/+$/, ''));
	const { authenticate } = credential;
	if (typeof authenticate !== 'function') throw new Error(`${credential.name} has no authenticate function`);

	const httpRequestWithAuthentication = async (type: string, options: IHttpRequestOptions) => {
		const method = options.method ?? 'GET';
		const origin = origins.find((candidate) => options.url.startsWith(`${candidate}/`));
		const entry =
			origin === undefined ? undefined : permittedAs(method, options.url.slice(origin.length), permitted);
		if (entry === undefined || type !== credential.name) throw new NotPermitted(method, options.url);
		const { headers } = await authenticate(values, { ...options, headers: { ...options.headers } });
		const {
			status,
			headers: received,
			data,
		} = await client.request<string>({
			method,
			url: options.url,
			params: options.qs as object | undefined,
			data: options.body,
			headers: headers as Record<string, string>,
			timeout: options.timeout,
			signal: options.abortSignal,
			maxRedirects: 0,
			responseType: 'text',
			transformResponse: (text: unknown) => text,
			validateStatus: () => true,
			...(isLoopback(options.url) ? { proxy: false as const } : {}),
		});
		const body = parsed(data);
		answered?.({ permitted: entry, status, body });
		return { statusCode: status, headers: { ...received }, body };
	};
	return { helpers: { httpRequestWithAuthentication } } as unknown as Context;
}

/**
 * The entry of the list that permits a request, or undefined. The path must match exactly: a server might read
 * encoded characters, doubled slashes or `..` in another way.
 */
export const permittedAs = (
	method: string,
	path: string,
	permitted: readonly Permitted[],
): Permitted | undefined =>
	permitted.find((entry) => {
		const [verb, template = ''] = entry.split(' ');
		const pattern = template
			.split(/\{\w+\}/)
			.map((fixed) => fixed.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
			.join('[A-Za-z0-9_-]+');
		return verb === method && new RegExp(`^${pattern}$`).test(path);
	});

const isLoopback = (url: string): boolean => /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/.test(url);

function parsed(text: string): unknown {
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return text;
	}
}

/** An answer and the nodes' own schema that reads it. */
export interface ReadAnswer {
	schema: z.ZodTypeAny;
	body: unknown;
	/** The schema's first issue with it. */
	issue: string | undefined;
}

/** `data.balance_usd: expected a number, found text`. */
function describe({ path, message }: z.ZodIssue, body: unknown): string {
	const found = path.reduce<unknown>(
		(value, key) => (value as Record<string, unknown> | undefined)?.[key],
		body,
	);
	return `${path.join('.') || 'the answer'}: ${message}, found ${typeOf(found)}`;
}

/** The nodes' connection; it reports every body together with the schema that reads it. */
export class RecordingApi extends Api {
	constructor(
		context: Context,
		connection: Connection,
		values: ICredentialDataDecryptedObject,
		private readonly permitted: readonly Permitted[],
		private readonly onRead: (answer: ReadAnswer) => void,
	) {
		super(context, connection, values, { timeout: 30_000, budget: 6_000 });
	}

	override async read<T extends z.ZodTypeAny>(request: Request, schema: T): Promise<Parsed<z.output<T>>> {
		// The context would refuse it as well, but that refusal would count as a broken connection and be retried.
		if (permittedAs(request.method, request.path, this.permitted) === undefined)
			throw new NotPermitted(request.method, request.path);
		const recorded = z.unknown().transform((body, context): z.output<T> => {
			const result = schema.safeParse(body);
			const [issue] = result.success ? [] : result.error.issues;
			this.onRead({ schema, body, issue: issue && describe(issue, body) });
			if (result.success) return result.data as z.output<T>;
			result.error.issues.forEach((each) => context.addIssue(each));
			return z.NEVER;
		});
		return await super.read(request, recorded);
	}

	override async buy({ method, path }: Request): Promise<never> {
		throw new NotPermitted(method, path);
	}

	override async buyIdempotently({ method, path }: Request): Promise<never> {
		throw new NotPermitted(method, path);
	}
}
