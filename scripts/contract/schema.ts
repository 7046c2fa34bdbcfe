/** Finds with the nodes' own zod schemas which fields of an answer the nodes cannot read. */
import { z } from 'zod';

import { typeOf } from './fields';

/** A field that the node takes for missing because it cannot read its value. */
export interface Lost {
	path: string;
	expected: string;
	found: string;
	times: number;
}

/**
 * The fields that the schema could not read. The nodes' schemas turn such an optional field into null, so that one
 * unexpected value does not make a whole answer unreadable.
 */
export function lostFields(schema: z.ZodTypeAny, value: unknown): Lost[] {
	const lost = new Map<string, Lost>();
	walk(schema, value, '', (path, wanted, found) => {
		const known = lost.get(path);
		if (known) known.times++;
		else lost.set(path, { path, expected: describe(wanted), found: typeOf(found), times: 1 });
	});
	return [...lost.values()];
}

type Report = (path: string, wanted: z.ZodTypeAny, found: unknown) => void;

function walk(schema: z.ZodTypeAny, value: unknown, path: string, report: Report): void {
	if (value === undefined || value === null) return;
	if (schema instanceof z.ZodCatch) {
		const inner = schema.removeCatch() as z.ZodTypeAny;
		if (inner.safeParse(value).success) walk(inner, value, path, report);
		else report(path, inner, value);
	} else if (schema instanceof z.ZodLazy) {
		walk(schema.schema as z.ZodTypeAny, value, path, report);
	} else if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) {
		walk(schema.unwrap() as z.ZodTypeAny, value, path, report);
	} else if (schema instanceof z.ZodEffects) {
		walk(schema.innerType() as z.ZodTypeAny, preprocessed(schema, value), path, report);
	} else if (schema instanceof z.ZodPipeline) {
		const { in: first, out } = schema._def as { in: z.ZodTypeAny; out: z.ZodTypeAny };
		const result = first.safeParse(value);
		if (result.success) walk(out, result.data, path, report);
	} else if (schema instanceof z.ZodUnion) {
		const fitting = (schema.options as z.ZodTypeAny[]).find((option) => option.safeParse(value).success);
		if (fitting) walk(fitting, value, path, report);
	} else if (schema instanceof z.ZodArray) {
		if (!Array.isArray(value)) return;
		for (const entry of value) walk(schema.element as z.ZodTypeAny, entry, `${path}[]`, report);
	} else if (schema instanceof z.ZodRecord) {
		if (typeof value !== 'object') return;
		for (const inner of Object.values(value))
			walk(schema.element as z.ZodTypeAny, inner, below(path, '*'), report);
	} else if (schema instanceof z.ZodObject) {
		if (typeof value !== 'object') return;
		for (const [key, inner] of Object.entries(schema.shape as z.ZodRawShape))
			walk(inner, (value as Record<string, unknown>)[key], below(path, key), report);
	}
}

const below = (path: string, key: string) => (path === '' ? key : `${path}.${key}`);

/** What a schema's own preparation (other spellings of keys) makes of a value before it is read. */
function preprocessed(schema: z.ZodEffects<z.ZodTypeAny>, value: unknown): unknown {
	const { effect } = schema._def;
	if (effect.type !== 'preprocess') return value;
	return effect.transform(value, { addIssue: () => {}, path: [] });
}

/** In words: "number or text". */
function describe(schema: z.ZodTypeAny): string {
	if (schema instanceof z.ZodUnion)
		return [...new Set((schema.options as z.ZodTypeAny[]).map(describe))].join(' or ');
	if (schema instanceof z.ZodLazy) return describe(schema.schema as z.ZodTypeAny);
	if (schema instanceof z.ZodEffects) return describe(schema.innerType() as z.ZodTypeAny);
	if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
		return describe(schema.unwrap() as z.ZodTypeAny);
	if (schema instanceof z.ZodString) return 'text';
	if (schema instanceof z.ZodArray) return 'list';
	return String((schema._def as { typeName?: string }).typeName ?? 'something')
		.replace('Zod', '')
		.toLowerCase();
}
