/** Compares an answer with what the provider documents, by the paths of its fields. */

/**
 * Documented fields by their path (`data.stars[].id`; `*` stands for any name). A type is `text`, `number`, `boolean`,
 * `list`, `object`, or a list of the words a text may be. A field whose type ends in `?`, or whose list has an empty
 * word, may be missing.
 */
export type Documented = Readonly<Record<string, string | readonly string[]>>;

export type Level = 'wrong' | 'review' | 'note';

/** One difference, and how many of the places that should have the field show it. */
export interface Finding {
	/** `wrong`: the node cannot read it. `review`: it can, but a person should check. `note`: harmless. */
	level: Level;
	text: string;
}

interface Seen {
	types: Map<string, number>;
	words: Set<string>;
	/** How many objects could have had the field. */
	of: number;
	times: number;
}

export const typeOf = (value: unknown): string => {
	if (value === null || value === undefined) return 'nothing';
	if (Array.isArray(value)) return 'list';
	return typeof value === 'string' ? 'text' : typeof value;
};

/** A longer text of a provider is not printed: it may be a secret. */
const LONGEST_WORD = 40;

export const shownWord = (word: string): string =>
	word.length <= LONGEST_WORD ? `"${word}"` : `a text of ${word.length} characters`;

/** Documented fields that are missing, have another type or another word, and fields that are not documented. */
export function compareWithDocument(body: unknown, documented: Documented): Finding[] {
	const seen = new Map<string, Seen>();
	collect(body, '', documented, seen);
	const findings: Finding[] = [];
	const gaps = new Set<string>();
	for (const [path, type] of Object.entries(documented)) {
		const field = seen.get(path);
		const { name, optional, words } = parsed(type);
		if (field === undefined || field.times === 0) {
			const gap = optional || typeOf(body) !== 'object' ? undefined : firstMissing(path, seen);
			if (gap !== undefined && !gaps.has(gap)) findings.push({ level: 'review', text: `${gap} is missing` });
			if (gap !== undefined) gaps.add(gap);
			continue;
		}
		if (!optional && field.times < field.of)
			findings.push({
				level: 'review',
				text: `${path} is missing in ${field.of - field.times} of ${field.of}`,
			});
		for (const [other, times] of field.types) {
			if (other === name) continue;
			findings.push({
				level: 'review',
				text: `${path} is ${other}, documented as ${name}${part(times, field.times)}`,
			});
		}
		const strange = words.length === 0 ? [] : [...field.words].filter((word) => !words.includes(word));
		if (strange.length > 0)
			findings.push({ level: 'review', text: `${path} is ${strange.slice(0, 5).map(shownWord).join(', ')}` });
	}
	for (const [path, { types, times, of }] of seen) {
		if (times === 0 || isDocumented(path, documented) || !leadsTo(parentOf(path), documented)) continue;
		findings.push({
			level: 'note',
			text: `${path} is new (${[...types.keys()].join(' or ')})${part(times, of)}`,
		});
	}
	return findings;
}

const part = (times: number, of: number) => (of > 1 && times < of ? ` in ${times} of ${of}` : '');

function parsed(type: string | readonly string[]): { name: string; optional: boolean; words: string[] } {
	if (typeof type !== 'string')
		return { name: 'text', optional: type.includes(''), words: type.filter((word) => word !== '') };
	return { name: type.replace('?', ''), optional: type.endsWith('?'), words: [] };
}

/** Notes every field below a value. Null counts as missing. */
function collect(value: unknown, path: string, documented: Documented, seen: Map<string, Seen>): void {
	if (Array.isArray(value)) {
		const below = `${path}[]`;
		for (const entry of value) {
			note(seen, below, entry);
			collect(entry, below, documented, seen);
		}
		return;
	}
	if (typeof value !== 'object' || value === null) return;
	const inside = path === '' ? '' : `${path}.`;
	const anyName = `${inside}*` in documented;
	for (const [key, inner] of Object.entries(value)) {
		const below = `${inside}${anyName ? '*' : key}`;
		note(seen, below, inner);
		collect(inner, below, documented, seen);
	}
	for (const known of Object.keys(documented)) {
		if (parentOf(known) !== path || known.endsWith('[]')) continue;
		const name = known.slice(inside.length);
		if (name !== '*' && !Object.hasOwn(value, name)) note(seen, known, undefined);
	}
}

function note(seen: Map<string, Seen>, path: string, value: unknown): void {
	let field = seen.get(path);
	if (field === undefined) seen.set(path, (field = { types: new Map(), words: new Set(), of: 0, times: 0 }));
	field.of++;
	if (value === undefined || value === null) return;
	field.times++;
	const type = typeOf(value);
	field.types.set(type, (field.types.get(type) ?? 0) + 1);
	if (typeof value === 'string' && field.words.size < 50) field.words.add(value);
}

/** `data.stars[].id` is in `data.stars[]`, which is in `data.stars`. */
function parentOf(path: string): string {
	if (path.endsWith('[]')) return path.slice(0, -2);
	const dot = path.lastIndexOf('.');
	return dot === -1 ? '' : path.slice(0, dot);
}

/** The outermost missing part of a path; undefined where only a list is empty, which proves nothing. */
function firstMissing(path: string, seen: Map<string, Seen>): string | undefined {
	const there = (part: string) => part === '' || (seen.get(part)?.times ?? 0) > 0;
	let missing = path;
	while (!there(parentOf(missing))) missing = parentOf(missing);
	return missing.endsWith('[]') ? undefined : missing;
}

const isDocumented = (path: string, documented: Documented): boolean =>
	path in documented || leadsTo(path, documented);

/** Whether documented fields are below it. */
const leadsTo = (path: string, documented: Documented): boolean =>
	path === '' ||
	Object.keys(documented).some((known) => known.startsWith(`${path}.`) || known.startsWith(`${path}[]`));
