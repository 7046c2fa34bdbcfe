import type { ICredentialTestRequest, IDataObject } from 'n8n-workflow';

/** Said when the answer's body holds `value` at `key`. */
interface BodyRule {
	key: string;
	value: unknown;
	message: string;
}

interface ConnectionTest {
	/** Shown as the sender of the answer. */
	provider: string;
	/** Path below the base URL. */
	path: string;
	query?: IDataObject;
	/** What to say, by HTTP status; added to the statuses that mean the same everywhere. */
	status: Record<number, string>;
	/** Refusals that arrive with HTTP 200. */
	body?: BodyRule[];
}

/**
 * A credential's test: one request that costs nothing, and words for the answers a user can act on. n8n shows
 * the message of the first rule that matches; without one only the bare HTTP status text.
 */
export function connectionTest({
	provider,
	path,
	query,
	status,
	body = [],
}: ConnectionTest): ICredentialTestRequest {
	const moved = `The Base URL sends requests on to another address. Enter the address they end up at, usually the same one with https://.`;
	const statuses: Record<number, string> = {
		301: moved,
		302: moved,
		303: moved,
		307: moved,
		308: moved,
		404: `Nothing was found at this address. The Base URL is the start of the address only, without /api and what follows.`,
		429: `${provider} asks to slow down, which says nothing about the key. Wait a minute and test again.`,
		500: `${provider} is out of order at the moment (HTTP 500), which says nothing about the key. Test again later.`,
		502: `${provider} cannot be reached at the moment (HTTP 502), which says nothing about the key. Test again later.`,
		503: `${provider} is unavailable at the moment (HTTP 503), which says nothing about the key. Test again later.`,
		504: `${provider} did not answer in time (HTTP 504), which says nothing about the key. Test again later.`,
		...status,
	};
	const bodies: BodyRule[] = [
		// The first character of a web page.
		{
			key: '0',
			value: '<',
			message: `A web page answered instead of ${provider}'s API. Check the Base URL.`,
		},
		...body,
	];
	return {
		request: {
			baseURL: '={{$credentials.baseUrl.trim()}}',
			url: path,
			qs: query,
			disableFollowRedirect: true,
		},
		rules: [
			...Object.entries(statuses).map(([value, message]) => ({
				type: 'responseCode',
				properties: { value: Number(value), message },
			})),
			...bodies.map((properties) => ({ type: 'responseSuccessBody', properties })),
		] as ICredentialTestRequest['rules'],
	};
}
