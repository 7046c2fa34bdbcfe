import type { IDataObject } from 'n8n-workflow';
import { TrackedPurchases } from '../ledger/support/tracked';
import { continueOnFail } from '../purchase/support/purchaseHarness';
import { textOf, tracesOf, useLogs } from '../purchase/support/traces';
import { combinations, sampled } from '../support/full';
import { useHarness } from '../support/harness';
import { answer } from '../support/sandboxFaults';

/**
 * The keys of a credential in none of an execution's traces: message, description, hint, log, ledger row or item,
 * whatever form they were entered in, and whatever form the provider echoes them in.
 */

const harness = useHarness();
const logs = useLogs();

/** Keys as providers issue them, and one with every sign that some notation has to escape. */
const KEYS = {
	plain: 'sk-9fQ2xLm47TzaB81cVw05rEyH6uKd3JpN',
	signs: 'tok/9fQ2+x"L\\m47%41&amp;T\'za~B8=1cVw0<5>rEyH==',
	token: `eyJhbGciOiJIUzI1NiJ9.${'eyJzdWIiOiI0MiIsInJvbGUiOiJtZXJjaGFudCJ9'}.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg`,
};

/** A key as people paste it. It is sent without what came along. */
const STORED: Record<string, (key: string) => string> = {
	'as issued': (key) => key,
	'with blanks around': (key) => `  ${key}\t`,
	'with a line break': (key) => `${key}\n`,
	'with a line break of Windows inside': (key) => `${key.slice(0, 9)}\r\n${key.slice(9)}`,
	'with a blank inside': (key) => `${key.slice(0, 9)} ${key.slice(9)}`,
	'after Bearer': (key) => `Bearer ${key}`,
	'after bearer and blanks': (key) => `bearer   ${key}`,
	'after a byte order mark': (key) => `\ufeff${key}`,
	'with an invisible blank inside': (key) => `${key.slice(0, 5)}\u200b${key.slice(5)}`,
	'with a letter that cannot be sent': (key) => `${key}ж`,
};

const entities = (text: string) => [...text].map((sign) => `&#${sign.charCodeAt(0)};`).join('');
const percent = (text: string) =>
	[...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const inLines = (text: string, width: number, end: string) =>
	text.replace(new RegExp(`.{${width}}`, 'gs'), (line) => line + end);

/** What a provider or something on the way makes of it. */
const ECHOED: Record<string, (key: string) => string> = {
	'as it is': (key) => key,
	'in a sentence': (key) => `The key Bearer ${key}, which you sent, is wrong.`,
	quoted: (key) => JSON.stringify(key),
	'as JSON': (key) => JSON.stringify({ headers: { authorization: `Bearer ${key}` } }),
	'as JSON in JSON': (key) => JSON.stringify({ request: JSON.stringify({ body: JSON.stringify({ key }) }) }),
	'URL-encoded': (key) => `https://api.example/?key=${encodeURIComponent(key)}`,
	'URL-encoded twice': (key) => encodeURIComponent(encodeURIComponent(key)),
	'percent-encoded throughout': percent,
	'over several lines': (key) => inLines(key, 10, '\n'),
	'over lines of a quoted text': (key) => JSON.stringify(inLines(key, 7, '\r\n')),
	'in base64': (key) => `Basic ${Buffer.from(`user:${key}`).toString('base64')}`,
	'in base64 over lines': (key) => inLines(Buffer.from(`Bearer ${key}`).toString('base64'), 16, '\n'),
	'in base64 for addresses': (key) => Buffer.from(`x${key}`).toString('base64url'),
	'in hexadecimal': (key) => Buffer.from(key).toString('hex'),
	'in HTML entities': entities,
	'in escapes of JavaScript': (key) =>
		[...key].map((sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
	'in capitals': (key) => key.toUpperCase(),
	'cut short': (key) => `${key.slice(0, 22)}…`,
	'without its beginning': (key) => `…${key.slice(6)}`,
};

const PART = 12;
/** A piece of the echo in the text that another key's echo would not have. */
function leaked(text: string, echo: string, othersEcho: string): string | undefined {
	for (let start = 0; start + PART <= echo.length; start++) {
		const part = echo.slice(start, start + PART);
		if (text.includes(part) && !othersEcho.includes(part)) return part;
	}
	return undefined;
}
/** Another key with the same first and last signs, which in base64 share a letter with their neighbours. */
const otherThan = (key: string) => key.slice(0, 2) + '_'.repeat(key.length - 4) + key.slice(-2);

/** Where the echo stands: in every text of a refusal, and in the message of an order. */
const REFUSED = [401, 403, 409, 500];
const refusing = (echo: string): IDataObject => ({
	...{ ok: false, success: false, error: echo, code: echo, message: echo, detail: echo, error_message: echo },
});
const ordering = (echo: string): IDataObject => ({ order_id: 77, status: 'pending', message: echo });

const cases = combinations(
	Object.keys(KEYS) as Array<keyof typeof KEYS>,
	combinations(Object.keys(STORED), Object.keys(ECHOED)),
).map(([key, [stored, echoed]], index) => ({
	key,
	stored,
	echoed,
	name: ['TG stars', 'TeleKart', 'GamesDrop', 'AI-Market'][index % 4]!,
	status: [200, ...REFUSED][index % 5]!,
}));
const chosen = sampled(cases, 20, ({ key, stored, echoed, name, status }) => [
	key,
	stored,
	echoed,
	name,
	status,
]);

it.each(chosen)(
	'$name, a $key key stored $stored, echoed $echoed with $status',
	async (one) => {
		const key = `${KEYS[one.key]}${Math.random().toString(36).slice(2, 6)}`;
		const books = await TrackedPurchases.open(harness, one.status === 200 ? 'TG stars' : one.name, { key });
		const { purchases } = books;
		const field = purchases.kind.provider === 'gamesDrop' ? 'token' : 'apiKey';
		const entered = STORED[one.stored]!;
		purchases.changeCredential({ [field]: entered(key) });
		const echo = ECHOED[one.echoed]!;
		for (const form of [(text: string) => text, entered]) {
			const secret = echo(form(key));
			const body = one.status === 200 ? ordering(secret) : refusing(secret);
			await purchases.injectFault(answer(body, one.status), { times: -1 });
			for (const settings of [{}, continueOnFail]) {
				const finished = await books.buy(books.parameters({ requestTimeout: 1 }), settings);
				expect(finished.error === undefined).toBe(one.status === 200 || 'onError' in settings);
				const traces = [tracesOf(finished, logs), textOf(await books.rows())].join('\n');
				expect(leaked(traces, secret, echo(form(otherThan(key))))).toBeUndefined();
				expect(leaked(traces, key, '')).toBeUndefined();
			}
			await harness.sandbox.client.clearFaults({ account: purchases.account.name });
		}
		expect(await purchases.requests()).not.toEqual([]);
	},
	60_000,
);
