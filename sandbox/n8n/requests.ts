import { z } from 'zod';

import type { OpenCall } from '../provider';
import { says } from './refusal';

/*
 * What n8n checks of a request, in its order and its words: its OpenAPI document first (n8n/dist/public-api/v1/
 * openapi.yml), then the classes of @n8n/api-types.
 */

/** A value of any kind that must be there. */
const present = z.unknown().superRefine((value, { addIssue }) => {
	if (value !== undefined) return;
	addIssue({ code: 'invalid_type', expected: 'unknown', received: 'undefined' });
});
const anyObject = z.record(z.unknown());

const document = {
	table: z.object({
		name: z.string().min(1).max(128),
		columns: z.array(
			z.object({
				name: z.string().min(1),
				type: z.enum(['string', 'number', 'boolean', 'date', 'json']),
			}),
		),
		projectId: z.string().optional(),
	}),
	column: z.object({
		name: z
			.string()
			.min(1)
			.max(63)
			.regex(/^[a-zA-Z][a-zA-Z0-9_]*$/),
		type: z.enum(['string', 'number', 'boolean', 'date']),
		index: z.number().int().min(0).optional(),
	}),
	insertion: z.object({
		data: z.array(anyObject).min(1),
		returnType: z.enum(['count', 'id', 'all']).optional(),
	}),
	change: z.object({
		filter: z.object({
			type: z.enum(['and', 'or']).optional(),
			filters: z
				.array(
					z.object({
						columnName: z.string(),
						condition: z.enum(['eq', 'neq', 'like', 'ilike', 'gt', 'gte', 'lt', 'lte']),
						value: present,
					}),
				)
				.min(1),
		}),
		data: anyObject,
		returnData: z.boolean().optional(),
		dryRun: z.boolean().optional(),
	}),
};

const columnName = z
	.string()
	.trim()
	.min(1)
	.max(63)
	.regex(
		/^[a-zA-Z][a-zA-Z0-9_]*$/,
		'Only alphabetical characters and non-leading numbers and underscores are allowed for column names, and the maximum length is 63 characters.',
	);
const value = z.union([z.string(), z.number(), z.boolean(), z.null(), z.date()]);
const row = z.record(columnName, value);
const filter = z.object({
	type: z.union([z.literal('and'), z.literal('or')]).default('and'),
	filters: z
		.array(
			z.object({
				columnName,
				condition: z
					.enum(['eq', 'neq', 'like', 'ilike', 'gt', 'gte', 'lt', 'lte', 'isEmpty', 'isNotEmpty'])
					.default('eq'),
				value: z.union([z.string(), z.number(), z.boolean(), z.null()]),
			}),
		)
		.default([]),
});
const columnType = z.enum(['string', 'number', 'boolean', 'date']);

const classes = {
	table: z.object({
		name: z.string().trim().min(1).max(128),
		columns: z.array(z.object({ name: columnName, type: columnType })),
		projectId: z.string().optional(),
	}),
	column: z.object({ name: columnName, type: columnType, index: z.number().optional() }),
	insertion: z.object({
		data: z.array(row),
		returnType: z.enum(['all', 'count', 'id']).default('count'),
	}),
	change: z.object({
		filter,
		data: row.refine((data) => Object.keys(data).length > 0, { message: 'data must not be empty' }),
		returnData: z.boolean().default(false),
		dryRun: z.boolean().default(false),
	}),
};

type Bodies = { [K in keyof typeof classes]: z.output<(typeof classes)[K]> };

/** The body as n8n takes it, or n8n's refusal. */
export function bodyOf<K extends keyof Bodies>(kind: K, { body, headers }: OpenCall): Bodies[K] {
	if (!headers['content-type']?.startsWith('application/json')) {
		throw says(415, `unsupported media type ${headers['content-type'] ?? 'undefined'}`);
	}
	const documented = document[kind].safeParse(body ?? {});
	if (!documented.success) throw says(400, inDocumentWords(documented.error.issues));
	const parsed = classes[kind].safeParse(body);
	if (!parsed.success) throw says(400, parsed.error.issues[0]!.message);
	return parsed.data as Bodies[K];
}

/** Query parameters of a route, by whether they are JSON. */
const parameters = {
	tables: { limit: false, cursor: false, filter: true, sortBy: false },
	rows: { limit: false, cursor: false, filter: true, sortBy: false, search: false },
	deletion: { filter: true, returnData: false, dryRun: false },
	none: {},
} as const;

/** Checks names, encoding and form of the query. */
export function checkQuery(kind: keyof typeof parameters, { query, url }: OpenCall): void {
	const known: Record<string, boolean> = parameters[kind];
	for (const pair of url.split('?')[1]?.split('&') ?? []) {
		const [name = '', raw = ''] = pair.split('=');
		if (name in known && /[:/?#[\]@!$&'()*+;]/.test(raw)) {
			const text = `Parameter '${name}' must be url encoded. Its value may not contain reserved characters.`;
			throw says(400, text);
		}
	}
	for (const [name, content] of Object.entries(query)) {
		if (!(name in known)) throw says(400, `Unknown query parameter '${name}'`);
		if (content === '') throw says(400, `Empty value found for query parameter '${name}'`);
	}
	for (const [name, json] of Object.entries(known)) {
		const content = query[name];
		if (json && content !== undefined && !isJson(content)) {
			throw says(400, `request/query/${name} must match format "jsonString"`);
		}
	}
	if (kind === 'deletion' && query.filter === undefined) {
		throw says(400, "request/query must have required property 'filter'");
	}
	if (query.limit !== undefined) {
		const limit = Number(query.limit);
		if (Number.isNaN(limit)) throw says(400, 'request/query/limit must be number');
		if (limit > 250) throw says(400, 'request/query/limit must be <= 250');
	}
	for (const name of ['returnData', 'dryRun']) {
		if (!['true', 'false', undefined].includes(query[name])) {
			throw says(400, `request/query/${name} must be boolean`);
		}
	}
}

export interface Page {
	offset: number;
	limit: number;
}

/** Where a list begins and how long it is; a cursor holds both. */
export function pageOf({ query }: OpenCall): Page {
	let page: { offset?: unknown; limit?: unknown } = { limit: query.limit };
	if (query.cursor) {
		try {
			page = JSON.parse(Buffer.from(query.cursor, 'base64').toString()) as typeof page;
		} catch {
			throw says(400, 'An invalid cursor was provided');
		}
	}
	return {
		offset: whole('offset', page.offset, 0),
		limit: Math.min(whole('limit', page.limit, 100), 250),
	};
}

function whole(name: string, given: unknown, otherwise: number): number {
	const number = given ? parseInt(String(given), 10) : otherwise;
	if (Number.isNaN(number)) throw says(400, `Param \`${name}\` must be a valid integer`);
	if (number < 0) throw says(400, `Param \`${name}\` must be a non-negative integer`);
	return number;
}

export const nextCursor = ({ offset, limit }: Page, count: number): string | null =>
	count > offset + limit
		? Buffer.from(JSON.stringify({ limit, offset: offset + limit })).toString('base64')
		: null;

/** The filter of rows in a query. */
export function filterOf({ query }: OpenCall): z.output<typeof filter> | undefined {
	if (!query.filter) return undefined;
	const parsed = filter.safeParse(JSON.parse(query.filter));
	if (!parsed.success) throw says(400, 'Invalid filter fields');
	return parsed.data;
}

const tableFilter = z.strictObject({
	id: z.union([z.string(), z.array(z.string())]).optional(),
	name: z.union([z.string(), z.array(z.string())]).optional(),
	projectId: z.string().optional(),
});

/** The filter of tables in a query. */
export function tableFilterOf({ query }: OpenCall): z.output<typeof tableFilter> {
	if (!query.filter) return {};
	const parsed = tableFilter.safeParse(JSON.parse(query.filter));
	if (!parsed.success) throw says(400, 'Invalid filter fields');
	return parsed.data;
}

export function sortByOf({ query }: OpenCall): readonly [string, 'ASC' | 'DESC'] | undefined {
	if (query.sortBy === undefined) return undefined;
	if (!query.sortBy.includes(':')) {
		throw says(400, 'Invalid sort format, expected <columnName>:<asc/desc>');
	}
	const [name = '', order = ''] = query.sortBy.split(':');
	const column = columnName.safeParse(name);
	if (!column.success) throw says(400, column.error.issues[0]!.message);
	const direction = order.toUpperCase();
	if (direction !== 'ASC' && direction !== 'DESC') throw says(400, 'Invalid sort direction');
	return [column.data, direction];
}

const tableOrders = ['name', 'createdAt', 'updatedAt', 'size'].flatMap((field) =>
	['asc', 'desc'].map((order) => `${field}:${order}`),
);

export function tableSortOf({ query }: OpenCall): [field: string, direction: string] {
	const sortBy = query.sortBy ?? 'updatedAt:desc';
	if (!tableOrders.includes(sortBy)) throw says(400, `sortBy must be one of: ${tableOrders.join(', ')}`);
	return sortBy.split(':') as [string, string];
}

function isJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

/** The first thing wrong, as the validator of n8n's OpenAPI document words it: missing properties first. */
function inDocumentWords(issues: z.ZodIssue[]): string {
	const missing = issues.find((issue) => issue.code === 'invalid_type' && issue.received === 'undefined');
	const issue = missing ?? issues[0]!;
	const place = ['request/body', ...issue.path].join('/');
	switch (issue.code) {
		case 'invalid_type': {
			if (!missing) return `${place} must be ${issue.expected}`;
			const parent = ['request/body', ...issue.path.slice(0, -1)].join('/');
			return `${parent} must have required property '${String(issue.path.at(-1))}'`;
		}
		case 'invalid_enum_value':
			return `${place} must be equal to one of the allowed values: ${issue.options.join(', ')}`;
		case 'too_small':
			if (issue.type === 'number') return `${place} must be >= ${String(issue.minimum)}`;
			return `${place} must NOT have fewer than ${String(issue.minimum)} ${issue.type === 'array' ? 'items' : 'characters'}`;
		case 'too_big':
			return `${place} must NOT have more than ${String(issue.maximum)} characters`;
		case 'invalid_string':
			return `${place} must match pattern "^[a-zA-Z][a-zA-Z0-9_]*$"`;
		default:
			return `${place} ${issue.message}`;
	}
}
