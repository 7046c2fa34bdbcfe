import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';

/**
 * Building blocks for what is sent to providers, and for what they send: as tolerant as the documents are vague, so
 * unknown fields pass, a missing or odd optional field is null, numbers may come as strings and identifiers as numbers.
 */

/** What a provider sent, and what it means. */
export interface Parsed<T> {
	/** The provider's own object, untouched. */
	raw: IDataObject;
	data: T;
}

/** One segment of a path, whatever the user typed. */
export const segment = (value: string): string => encodeURIComponent(value);

/** An identifier or text; numbers become strings, digits and leading zeros stay. */
export const text = z
	.custom<string | number>((value) => typeof value === 'string' || typeof value === 'number', 'expected text')
	.transform(String);

/** A decimal amount, also when it comes as a string. */
export const amount = z.union([
	z.number().finite(),
	z
		.string()
		.trim()
		.regex(/^-?\d+(\.\d+)?$/)
		.transform(Number),
]);

const absent = <T>(value: T | null | undefined): T | null => value ?? null;

/** A field that may be missing, null or unusable: then it is null. */
export const optional = <T extends z.ZodTypeAny>(schema: T) =>
	schema
		.nullish()
		.catch(null)
		.transform(absent<z.output<T>>);

/** The first thing that is wrong with a body, in words: "data.balance_usd: Required". */
export const complaint = (error: z.ZodError): string => {
	const [issue] = error.issues;
	return issue === undefined ? 'not readable' : `${issue.path.join('.') || 'body'}: ${issue.message}`;
};

const LONG_NUMBER = /\d{16}/;
/** Strings and whole numbers with their fractions: neither digits in a text nor those behind a point are an integer. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const exact = (token: string): string =>
	/^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;

/**
 * The JSON in a body, or its text when it holds none. Integers beyond 2^53 stay what they are, as strings:
 * JavaScript's numbers would make other numbers of them, and an order ID that of another order.
 */
export function parsedBody(body: unknown): unknown {
	if (typeof body !== 'string') return body;
	try {
		return JSON.parse(LONG_NUMBER.test(body) ? body.replace(STRING_OR_NUMBER, exact) : body) as unknown;
	} catch {
		return body;
	}
}
