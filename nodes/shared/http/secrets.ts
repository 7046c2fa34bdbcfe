import { bareKey } from '../../../credentials/shared/auth';

/** A key as it is sent: without white space, invisible characters and "Bearer". */
export const cleaned = bareKey;

const SHORTEST = 4;
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** Characters a provider or proxy may put between those of a key: line breaks, also written out, and quoting. */
const BETWEEN = '(?:\\s|\\\\[nrt]?)*';
const loosely = (text: string): string => [...text].map(escaped).join(BETWEEN);

const percentEncoded = (text: string): string =>
	[...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

/** Base64 of text inside other text: its first and last characters depend on what stands around it. */
function base64Forms(text: string): string[] {
	const bytes = Buffer.from(text);
	return [0, 1, 2].flatMap((offset) => {
		const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
		const encoded = padded.toString('base64').replace(/=+$/, '');
		const from = offset === 0 ? 0 : offset + 1;
		const inner = encoded.slice(from, padded.length % 3 === 0 ? undefined : -1);
		return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
	});
}

/**
 * Takes the account's keys out of a text that a provider sent, whatever form it echoed them in: as stored or as sent,
 * quoted, split over lines, URL-encoded, in base64 or hexadecimal.
 */
export function redactor(keys: readonly string[]): (text: string) => string {
	let pattern: RegExp | undefined;
	return (text) => text.replace((pattern ??= patternOf(keys)), '***');
}

/** Matches a key in any of its forms. Made when it is first needed: most requests never need it. */
function patternOf(keys: readonly string[]): RegExp {
	const forms = new Set<string>();
	for (const key of new Set(keys.flatMap((stored) => [stored.trim(), cleaned(stored)]))) {
		if (key.length < SHORTEST) continue;
		for (const form of [
			key,
			encodeURIComponent(key),
			percentEncoded(key),
			JSON.stringify(key).slice(1, -1),
			Buffer.from(key).toString('hex'),
			...base64Forms(key),
		])
			if (form.length >= SHORTEST) forms.add(loosely(form));
	}
	const longestFirst = [...forms].sort((one, other) => other.length - one.length);
	return longestFirst.length === 0 ? /(?!)/ : new RegExp(longestFirst.join('|'), 'gi');
}
