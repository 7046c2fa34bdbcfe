import type { IDataObject } from 'n8n-workflow';
import type { Explanation } from '../errors/providerError';
import type { Answer } from './connection';

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
export const retryAfterHeader = (headers: IDataObject): number | undefined => {
	const value = headers['retry-after'];
	const date = typeof value === 'string' ? Date.parse(value) : NaN;
	return secondsToMs(value) ?? (Number.isNaN(date) ? undefined : Math.max(0, date - Date.now()));
};

/** The time to wait, where the provider names it, for the end of a message. */
export const waiting = (retryAfter: number | undefined): string =>
	retryAfter === undefined ? '' : ` (retry after ${Math.ceil(retryAfter / 1_000)} s)`;

/** What proxies, firewalls and bot checks answer with. Other statuses mean the same whoever sends them. */
const BETWEEN = [400, 403, 405, 406, 407, 413, 421, 451];

/** Whether something between n8n and the provider answered: with a web page, where an API would send JSON. */
export const isFromBetween = ({ status, headers, body }: Answer): boolean =>
	BETWEEN.includes(status) &&
	typeof body === 'string' &&
	(/text\/html/i.test(String(headers['content-type'] ?? '')) || /^\s*<(!doctype|html)/i.test(body));

/** What a status means where the provider gave no reason that can be read. */
export function explainStatus(displayName: string, answer: Answer, notFound?: string): Explanation {
	const { status } = answer;
	if (status >= 300 && status < 400) {
		return {
			message: `${displayName} redirected the request (HTTP ${status}), which is not followed`,
			description: 'Check the Base URL of the credential: it should be the final https:// address.',
		};
	}
	if (isFromBetween(answer)) {
		return {
			message: `A web page answered instead of ${displayName}'s API (HTTP ${status})`,
			description: `Something between n8n and ${displayName} answered: a proxy, a firewall or a bot check. Check the Base URL of the credential and the proxy settings of n8n. If both are right, ask ${displayName} to let this server's address through. The key is not the cause.`,
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
			description: notFound ?? 'Check the Base URL of the credential.',
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
