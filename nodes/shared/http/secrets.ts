import { bareKey } from '../../../credentials/shared/auth';

/** A key as it is sent: without white space, invisible characters and "Bearer". */
export const cleaned = bareKey;

/** Shorter texts are words, and no keys. */
const SHORTEST_KEY = 8;
/** So many characters of a key in a row give it away, also where a text was cut. */
const PART = 12;
/** In what a provider delivers it takes more: order IDs and codes must not be changed. */
const PART_OF_DELIVERED = 16;
/** Longer answers are catalogs, which name no key. */
const LONGEST_SEARCHED = 65_536;

/** A text as it reads without its escapes, in lower case, and where each of its characters stood. */
interface Reading {
	text: string;
	starts: number[];
	ends: number[];
}

const INVISIBLE = '[\\s\\u00ad\\u200b-\\u200f\\u2060\\ufeff]+';
const BLANKS = new RegExp(INVISIBLE, 'g');
/** Backslashes of JSON, however deeply nested, percent encoding and HTML entities. */
const ESCAPES = new RegExp(
	`${INVISIBLE}|\\\\+u([0-9a-f]{4})|\\\\+x([0-9a-f]{2})|\\\\+[nrtbfv]|\\\\+|%([0-9a-f]{2})|&#x([0-9a-f]{1,4});|&#(\\d{1,5});|&(amp|quot|apos|lt|gt);`,
	'gi',
);
const ENTITIES: Record<string, string> = { amp: '&', quot: '"', apos: "'", lt: '<', gt: '>' };

/** As long as before, which lower case is not in every script. Keys are sent in ASCII. */
const lowered = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

const plain = (text: string): Reading => ({
	text: lowered(text),
	starts: Array.from({ length: text.length }, (_, index) => index),
	ends: Array.from({ length: text.length }, (_, index) => index + 1),
});

/** The reading without what the pattern finds, which may stand for a character. */
function read(from: Reading, pattern: RegExp): Reading {
	const to: Reading = { text: '', starts: [], ends: [] };
	const keep = (start: number, end: number) => {
		to.text += from.text.slice(start, end);
		for (let index = start; index < end; index++) {
			to.starts.push(from.starts[index]!);
			to.ends.push(from.ends[index]!);
		}
	};
	let done = 0;
	for (const match of from.text.matchAll(pattern)) {
		const [whole, unicode, byte, percent, hexEntity, entity, named] = match;
		const hex = unicode ?? byte ?? percent ?? hexEntity;
		const code = hex === undefined ? (entity === undefined ? undefined : Number(entity)) : parseInt(hex, 16);
		const character =
			named !== undefined
				? ENTITIES[named.toLowerCase()]
				: code === undefined
					? undefined
					: String.fromCharCode(code);
		const end = match.index + whole.length;
		keep(done, match.index);
		done = end;
		if (character === undefined) continue;
		to.text += lowered(character);
		to.starts.push(from.starts[match.index]!);
		to.ends.push(from.ends[end - 1]!);
	}
	keep(done, from.text.length);
	return to;
}

/** Without white space, and without one and two layers of escapes. */
function readingsOf(text: string): Reading[] {
	const compact = read(plain(text), BLANKS);
	const unescaped = read(compact, ESCAPES);
	return [compact, unescaped, read(unescaped, ESCAPES)];
}

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

/** Every form in which a key may be echoed, as {@link readingsOf} reads them. */
function formsOf(keys: readonly string[]): string[] {
	const stored = new Set(keys.flatMap((key) => [key.trim(), cleaned(key)]));
	const forms = [...stored]
		.filter((key) => key.length >= SHORTEST_KEY)
		.flatMap((key) => {
			const bytes = Buffer.from(key);
			return [key, bytes.toString('latin1'), bytes.toString('hex'), ...base64Forms(key)];
		});
	const read = forms.flatMap((form) => readingsOf(form).map(({ text }) => text));
	return [...new Set(read)].filter(({ length }) => length >= SHORTEST_KEY);
}

interface Range {
	start: number;
	end: number;
}

function occurrences(text: string, forms: readonly string[]): Range[] {
	const found: Range[] = [];
	for (const form of forms)
		for (let start = text.indexOf(form); start !== -1; start = text.indexOf(form, start + 1))
			found.push({ start, end: start + form.length });
	return found;
}

/** The text with asterisks for what is found in any reading of it. */
function hidden(text: string, find: (reading: string) => Range[]): string {
	const secret = readingsOf(text)
		.flatMap((reading) =>
			find(reading.text).map(({ start, end }) => ({
				start: reading.starts[start]!,
				end: reading.ends[end - 1]!,
			})),
		)
		.sort((one, other) => one.start - other.start);
	let shown = '';
	let done = 0;
	for (const { start, end } of secret) {
		if (start >= done && end > done) shown += `${text.slice(done, start)}***`;
		done = Math.max(done, end);
	}
	return shown + text.slice(done);
}

/** Takes an account's keys out of what a provider sent, as stored or as sent, whatever form it echoed them in. */
export class Redactor {
	private known: string[] | undefined;
	private readonly parts = new Map<number, Set<string>>();

	constructor(private readonly keys: readonly string[]) {}

	/** A text for people, in which no part of a key may stand. Meant for texts of a few thousand characters. */
	text(text: string): string {
		return this.withoutParts(text, PART);
	}

	/**
	 * What a provider sent, of any shape, without the account's keys.
	 * @param length the length of the answer as it came
	 */
	body(body: unknown, length: number): unknown {
		if (length > LONGEST_SEARCHED) return body;
		const visit = (value: unknown): unknown => {
			if (typeof value === 'string') return this.withoutParts(value, PART_OF_DELIVERED);
			if (Array.isArray(value)) return value.map(visit);
			if (typeof value !== 'object' || value === null) return value;
			return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, visit(each)]));
		};
		return visit(body);
	}

	private withoutParts(text: string, size: number): string {
		if (text.length < (size === PART ? SHORTEST_KEY : size)) return text;
		const parts = this.partsOf(size);
		const short = size === PART ? this.forms.filter(({ length }) => length < size) : [];
		return hidden(text, (reading) => {
			const found = occurrences(reading, short);
			for (let start = 0, end = size; end <= reading.length; start++, end++)
				if (parts.has(reading.slice(start, end))) found.push({ start, end });
			return found;
		});
	}

	private get forms(): string[] {
		return (this.known ??= formsOf(this.keys));
	}

	private partsOf(size: number): Set<string> {
		let parts = this.parts.get(size);
		if (parts === undefined) {
			parts = new Set();
			for (const form of this.forms)
				for (let start = 0; start + size <= form.length; start++) parts.add(form.slice(start, start + size));
			this.parts.set(size, parts);
		}
		return parts;
	}
}
