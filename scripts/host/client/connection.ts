/** Requests to a running n8n: as its editor makes them (`/rest`, with a cookie) and by its public API (`/api/v1`). */
import { Agent } from 'node:http';

import axios, { type AxiosInstance, type AxiosResponse, type Method } from 'axios';

/** The owner of the demo's n8n, which is reached from this machine only. */
export const DEMO_LOGIN = { email: 'demo@example.com', password: 'Digital-goods-1' } as const;

export interface Login {
	email: string;
	password: string;
}

/** n8n answered with an error status. */
export class N8nRequestError extends Error {
	constructor(
		readonly request: string,
		readonly status: number,
		readonly body: unknown,
	) {
		const message =
			typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : '';
		super(
			`${request} answered ${status}${message ? `: ${message}` : ` ${JSON.stringify(body)?.slice(0, 300) ?? ''}`}`,
		);
		this.name = 'N8nRequestError';
	}
}

export interface RequestOptions {
	body?: unknown;
	query?: Record<string, unknown>;
	headers?: Record<string, string>;
	timeoutMs?: number;
}

/** The editor sends an identifier like this one, by which n8n ties a session to a browser. */
export const BROWSER_ID = 'digital-goods-host';

/** The label of these scripts' API key. */
const KEY_LABEL = 'digital-goods-host';

const PAGE_SIZE = 250;

export class N8nConnection {
	/** The key for `/api/v1`; empty until {@link connect}. */
	apiKey = '';

	private readonly http: AxiosInstance;
	private cookie = '';

	constructor(
		readonly url: string,
		readonly login: Login = DEMO_LOGIN,
	) {
		this.http = axios.create({
			baseURL: url,
			validateStatus: () => true,
			proxy: false,
			maxRedirects: 0,
			// A connection that is kept may be closed by n8n just when the next request is sent.
			httpAgent: new Agent({ keepAlive: false }),
			// axios leaves characters such as ":" and "[" as they are, which n8n's public API refuses in a filter.
			paramsSerializer: { encode: encodeURIComponent },
		});
	}

	/** Signs in, as the owner it creates in a new n8n, and makes an API key unless `knownKey` still works. */
	async connect(knownKey?: string): Promise<void> {
		const settings = await this.rest<{ userManagement?: { showSetupOnFirstLoad?: boolean } }>(
			'GET',
			'/settings',
		);
		const names = { firstName: 'Digital', lastName: 'Goods' };
		const response = settings.userManagement?.showSetupOnFirstLoad
			? await this.send('POST', '/rest/owner/setup', { body: { ...this.login, ...names } })
			: await this.send('POST', '/rest/login', {
					body: { emailOrLdapLoginId: this.login.email, ...this.login },
				});
		if (response.status >= 300) throw new N8nRequestError('Signing in', response.status, response.data);
		this.cookie = sessionCookie(response);
		this.apiKey = knownKey && (await this.accepts(knownKey)) ? knownKey : await this.createApiKey();
	}

	/** The session cookie (`n8n-auth=…`), for a browser. */
	sessionCookie(): string {
		return this.cookie;
	}

	/** A request as the editor makes it, to `/rest<path>`; gives the answer's `data`. */
	async rest<T = unknown>(
		method: Method,
		path: string,
		body?: unknown,
		options: RequestOptions = {},
	): Promise<T> {
		const response = await this.send(method, `/rest${path}`, { ...options, body });
		if (response.status >= 300)
			throw new N8nRequestError(`${method} /rest${path}`, response.status, response.data);
		const data = response.data as { data?: T } | null;
		return (data !== null && typeof data === 'object' && 'data' in data ? data.data : data) as T;
	}

	/** A request to the public API, `/api/v1<path>`, with the API key. */
	async api<T = unknown>(
		method: Method,
		path: string,
		body?: unknown,
		options: RequestOptions = {},
	): Promise<T> {
		const headers = { 'X-N8N-API-KEY': this.apiKey, ...options.headers };
		const response = await this.send(method, `/api/v1${path}`, { ...options, headers, body });
		if (response.status >= 300)
			throw new N8nRequestError(`${method} /api/v1${path}`, response.status, response.data);
		return response.data as T;
	}

	/** Everything in a paged list of the public API. */
	async all<T>(path: string, query: Record<string, unknown> = {}): Promise<T[]> {
		const found: T[] = [];
		let cursor: string | undefined;
		do {
			const page = await this.api<{ data: T[]; nextCursor?: string | null }>('GET', path, undefined, {
				query: { ...query, limit: PAGE_SIZE, ...(cursor ? { cursor } : {}) },
			});
			found.push(...page.data);
			cursor = page.nextCursor ?? undefined;
		} while (cursor);
		return found;
	}

	/** A request with the session's cookie, whatever it answers. */
	async send(method: Method, path: string, options: RequestOptions = {}): Promise<AxiosResponse<unknown>> {
		const session = { 'browser-id': BROWSER_ID, ...(this.cookie ? { cookie: this.cookie } : {}) };
		return await this.request(method, path, { ...options, headers: { ...session, ...options.headers } });
	}

	/** A request as a stranger makes it, whatever it answers. */
	async request(
		method: Method,
		path: string,
		{ body, query, headers, timeoutMs = 60_000 }: RequestOptions = {},
	): Promise<AxiosResponse<unknown>> {
		return await this.http.request({
			method,
			url: path,
			data: body,
			params: query,
			timeout: timeoutMs,
			...(headers ? { headers } : {}),
		});
	}

	private async accepts(key: string): Promise<boolean> {
		const headers = { 'X-N8N-API-KEY': key };
		const { status } = await this.send('GET', '/api/v1/workflows', { query: { limit: 1 }, headers });
		return status === 200;
	}

	/** Makes an API key with every scope the owner may give, in place of an earlier one of these scripts. */
	private async createApiKey(): Promise<string> {
		type Keys = Array<{ id: string; label: string }>;
		const known = await this.rest<Keys | { items: Keys }>('GET', '/api-keys');
		for (const { id, label } of Array.isArray(known) ? known : known.items) {
			if (label === KEY_LABEL) await this.rest('DELETE', `/api-keys/${id}`);
		}
		const scopes = await this.rest<string[]>('GET', '/api-keys/scopes');
		const body = { label: KEY_LABEL, expiresAt: null, scopes };
		return (await this.rest<{ rawApiKey: string }>('POST', '/api-keys', body)).rawApiKey;
	}
}

function sessionCookie(response: AxiosResponse): string {
	const cookies = response.headers['set-cookie'] ?? [];
	const found = cookies
		.map((cookie) => cookie.split(';')[0] ?? '')
		.find((cookie) => cookie.startsWith('n8n-auth='));
	if (!found) throw new Error('n8n gave no session cookie');
	return found;
}

/** Waits a while. */
export async function pause(ms: number): Promise<void> {
	await new Promise((done) => setTimeout(done, ms));
}
