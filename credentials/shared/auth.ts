import type { IAuthenticate } from 'n8n-workflow';

/**
 * The key as the provider issued it, whatever came along with it on the clipboard: white space, line breaks,
 * invisible characters, a "Bearer " in front. Nothing else can stand in a header, so no key makes the
 * request itself fail: a key that is still wrong is refused by the provider, in words.
 */
export function bareKey(typed: unknown): string {
	return String(typed ?? '')
		.replace(/\s+/g, ' ')
		.replace(/[^ -~]/g, '')
		.trim()
		.replace(/^bearer /i, '')
		.replaceAll(' ', '');
}

/**
 * Sends the credential's key in a header. A function rather than n8n's generic form: that one is an
 * expression, evaluated again for every request.
 */
export const keyInHeader =
	(header: string, field: 'apiKey' | 'token', scheme = ''): IAuthenticate =>
	async (credentials, request) => ({
		...request,
		headers: { ...request.headers, [header]: scheme + bareKey(credentials[field]) },
	});
