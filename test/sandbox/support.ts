import axios, { type AxiosResponse } from 'axios';

import type { RequestEntry } from '../../sandbox/journal';
import type { ProviderName } from '../../sandbox/provider';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox/server';

const http = axios.create({ validateStatus: () => true, maxRedirects: 0, proxy: false });

/** What a provider said, of any shape. */
export type Json = AxiosResponse['data'];

export interface Answer {
	status: number;
	body: Json;
	headers: Record<string, string>;
}

export type Api = ReturnType<typeof api>;

/** One provider as its client sees it: paths below its base URL, with its key. */
export function api(baseUrl: string, headers: Record<string, string> = {}) {
	const answered = ({ status, data, headers: received }: AxiosResponse): Answer => ({
		status,
		body: data,
		headers: received as Record<string, string>,
	});
	return {
		get: async (path: string, extra = {}) =>
			answered(await http.get(baseUrl + path, { headers: { ...headers, ...extra } })),
		/** A string is sent as it is. */
		post: async (path: string, body?: unknown, extra = {}, timeout = 0) =>
			answered(
				await http.post(baseUrl + path, body, {
					headers: { 'content-type': 'application/json', ...headers, ...extra },
					timeout,
				}),
			),
	};
}

/** A sandbox for a test file, closed after it. */
export function useSandbox(options?: SandboxOptions): () => Sandbox {
	let sandbox: Sandbox;
	beforeAll(async () => {
		sandbox = await startSandbox(options);
	});
	afterAll(async () => await sandbox.close());
	return () => sandbox;
}

/** Keys and the types below them, so that an answer can be compared with a documented sample. */
export function shape(value: unknown): unknown {
	if (Array.isArray(value)) return value.length ? [shape(value[0])] : [];
	if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
	return Object.fromEntries(
		Object.entries(value)
			.map(([key, inner]) => [key, shape(inner)] as const)
			.sort(([a], [b]) => a.localeCompare(b)),
	);
}

/** The provider's first request, as soon as it has arrived: most likely not yet answered. */
export async function received({ client }: Sandbox, provider: ProviderName): Promise<RequestEntry> {
	for (;;) {
		const { requests } = await client.requests({ provider });
		if (requests[0]) return requests[0];
	}
}

/** How many answers had which status. */
export const statuses = (answers: Answer[]): Record<number, number> =>
	answers.reduce<Record<number, number>>(
		(counts, { status }) => ({ ...counts, [status]: (counts[status] ?? 0) + 1 }),
		{},
	);
