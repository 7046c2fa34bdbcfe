import type { Counted, Ran, Told } from './errands';
import { endingsOf, isPredictable, type Errand } from './model';

/** An unknown purchase must be looked for, and nobody may be led to buy it once more. */
const SAYS_UNKNOWN = /outcome of this purchase is unknown/;
const SAYS_WHAT_TO_CHECK = /\b(check|look)/i;
export const SUGGESTS_ANOTHER = /try again|retry|run the workflow again/i;

/** What is wrong with an outcome whatever the timing was, in words; nothing when all is well. */
export function violated({ told }: Ran, { charged, sends }: Counted): string[] {
	const wrong: string[] = [];
	const all = told.flat();
	const by = (report: Told['report']) => all.filter((one) => one?.report === report) as Told[];

	const bought = by('bought').map(({ orderId }) => String(orderId));
	const unknown = by('unknown');
	if (new Set(bought).size < bought.length) wrong.push(`one order told as several: ${bought.join()}`);
	const invented = bought.filter((id) => !charged.includes(id));
	if (invented.length > 0) wrong.push(`told as bought, but never charged: ${invented.join()}`);
	const untold = charged.filter((id) => !bought.includes(id)).length;
	if (new Set(charged).size < charged.length) wrong.push(`charged twice: ${charged.join()}`);
	if (untold > unknown.length)
		wrong.push(
			`${untold} charges beside those told as bought, and only ${unknown.length} of unknown outcome`,
		);

	for (const { words } of unknown) {
		if (!SAYS_UNKNOWN.test(words) || !SAYS_WHAT_TO_CHECK.test(words))
			wrong.push(`does not say what to check: ${words}`);
		if (SUGGESTS_ANOTHER.test(words)) wrong.push(`suggests another purchase: ${words}`);
	}

	const keys = sends.map(({ headers, body }) => headers['idempotency-key'] ?? transactionIn(body));
	const reached = all.filter((one) => one !== undefined).length;
	if (keys.some((key) => key !== undefined) && new Set(keys).size > reached)
		wrong.push(`${new Set(keys).size} keys for ${reached} purchases`);
	return wrong;
}

/** What is not as the model has it. On a machine so busy that requests time out, this can be. */
export function unexpected(errand: Errand, { told }: Ran, { charged, sends }: Counted): string[] {
	if (!isPredictable(errand)) return [];
	const endings = endingsOf(errand).flat();
	const wrong: string[] = [];
	const compare = (what: string, actual: unknown, expected: unknown) => {
		if (actual !== expected) wrong.push(`${what}: ${actual}, expected ${expected}`);
	};
	const reports = (list: Array<{ report?: string | undefined } | undefined>) =>
		list.map((one) => one?.report ?? '-').join();
	compare('told', reports(told.flat()), reports(endings));
	compare(
		'charges',
		charged.length,
		endings.reduce((sum, { charges }) => sum + charges, 0),
	);
	if (endings.every((ending) => ending.sends !== undefined))
		compare(
			'requests that could buy',
			sends.length,
			endings.reduce((sum, ending) => sum + ending.sends!, 0),
		);
	return wrong;
}

const transactionIn = (body: string): unknown =>
	body === '' ? undefined : (JSON.parse(body) as { transactionId?: string }).transactionId;
