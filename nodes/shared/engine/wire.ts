import { z } from 'zod';

/**
 * Building blocks for what is sent to providers, and for what they send: as tolerant as the documents are vague, so
 * unknown fields pass, a missing or odd optional field is null, numbers may come as strings and identifiers as numbers.
 */

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
