/** A request that brought no answer. */
export interface NetworkFailure {
	reason: string;
	/** False only where the request certainly never left this machine. */
	sent: boolean;
	/** What to do, where it is not to check the address and the network. */
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
		reason: 'no network route leads to it from here',
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
	/** The system call that failed. */
	syscall?: string;
	message?: string;
	name?: string;
	cause?: Caused;
	/** One for each address of a host. */
	errors?: Caused[];
}

/** What a failed request proves: whether it can have reached the provider. */
export function networkFailure(error: unknown): NetworkFailure {
	let code: string | undefined;
	let syscall: string | undefined;
	for (let level = error as Caused | undefined; level !== undefined && level !== null; level = level.cause) {
		if (BLOCKED.test(`${level.message ?? ''} ${level.name ?? ''}`)) {
			return {
				reason: 'blocked by SSRF protection',
				sent: false,
				advice:
					'This n8n blocks private addresses (SSRF protection). If the address is yours, allow it in N8N_SSRF_ALLOWED_IP_RANGES.',
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
