import fc from 'fast-check';

/** What an expression of a workflow can give: the expression, and its value as this process has it. */
export interface Given {
	expression: string;
	value: unknown;
}

/** Every kind of value that JavaScript, or n8n, makes of an expression, first of all of one with a misspelt field. */
export const VALUES: Given[] = [
	['$json.missing', undefined],
	['$json.missing?.deeper', undefined],
	['undefined', undefined],
	['null', null],
	['""', ''],
	['" "', ' '],
	['"\\n\\t"', '\n\t'],
	['NaN', NaN],
	['Number($json.missing)', NaN],
	['Infinity', Infinity],
	['-Infinity', -Infinity],
	['[]', []],
	['[0.5]', [0.5]],
	['["key"]', ['key']],
	['({})', {}],
	['({ value: 5 })', { value: 5 }],
	['"abc"', 'abc'],
	['"undefined"', 'undefined'],
	['"null"', 'null'],
	['"NaN"', 'NaN'],
	['String({})', '[object Object]'],
	['"0,5"', '0,5'],
	['"0.5"', '0.5'],
	['" 5 "', ' 5 '],
	['"5 USD"', '5 USD'],
	['"1e3"', '1e3'],
	['"0x10"', '0x10'],
	['"٥"', '٥'],
	['-1', -1],
	['-0', -0],
	['0', 0],
	['0.5', 0.5],
	['5', 5],
	['true', true],
	['false', false],
	['"true"', 'true'],
	['"false"', 'false'],
	['"yes"', 'yes'],
	['new Date(0)', new Date(0)],
	['new Date("no date")', new Date(NaN)],
	['DateTime.fromMillis(0)', { isLuxonDateTime: true }],
	['$now', { isLuxonDateTime: true }],
	['1e300', 1e300],
	['Number.MAX_SAFE_INTEGER', Number.MAX_SAFE_INTEGER],
	['9007199254740993', Number('9007199254740993')],
	['123456789012345678901234567890', Number('123456789012345678901234567890')],
	['10n', 10n],
	['/5/', /5/],
	['(() => 5)', () => 5],
	['new Map()', new Map()],
	['"x".repeat(1048576)', 'x'.repeat(1_048_576)],
].map(([expression, value]) => ({ expression: `={{ ${expression as string} }}`, value }));

/** Any value of JSON, as an expression. */
export const anyGiven: fc.Arbitrary<Given> = fc
	.jsonValue({ maxDepth: 2 })
	.map((value) => ({ expression: `={{ (${JSON.stringify(value)}) }}`, value }));

/** The number that a value clearly is, or undefined. */
export function numberIn(value: unknown): number | undefined {
	const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
	return /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}
