const LINK = /^(?:https?:\/\/)?(?:www\.)?(?:t\.me|telegram\.me)\/(.*)$/i;
/** Words t.me keeps for itself, such as invitations and proxies. */
const NO_ACCOUNT = /^(?:joinchat|addlist|addstickers|addemoji|share|proxy|socks|login|contact)$/i;

/** The bare username in `@name`, `name` or a t.me link, undefined when it names no account. */
export function usernameIn(typed: string): string | undefined {
	const text = typed.trim();
	const path = LINK.exec(text)?.[1];
	const name = path === undefined ? text.replace(/^@/, '') : path.replace(/\/?(?:[?#].*)?$/, '');
	if (path !== undefined && NO_ACCOUNT.test(name)) return undefined;
	return /^\w{1,32}$/.test(name) ? name : undefined;
}
