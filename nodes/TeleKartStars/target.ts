const LINK = /^(?:https?:\/\/)?(?:www\.)?(?:t\.me|telegram\.me)\//i;
/** Paths of t.me that name no account: invitations, private chats, folders and the like. */
const NO_ACCOUNT = /^(?:\+|joinchat\/|c\/|addlist\/|addstickers\/|share\/|proxy|socks)/i;

/** `@username` from a username or a t.me link, undefined when it names no account. */
export function accountName(text: string): string | undefined {
	const trimmed = text.trim();
	const path = trimmed.replace(LINK, '');
	if (path !== trimmed && NO_ACCOUNT.test(path)) return undefined;
	const name = (path === trimmed ? path : (path.split(/[/?#]/)[0] ?? '')).replace(/^@/, '');
	return /^\w+$/.test(name) ? `@${name}` : undefined;
}
