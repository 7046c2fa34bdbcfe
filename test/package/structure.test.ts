import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import ts from 'typescript';

/** The order of the house: the field's words in all code, folders and files of a size to read, a layout that is true. */

const ROOT = join(__dirname, '../..');
const text = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** The files that belong to the repository, also those not committed yet. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
	cwd: ROOT,
	encoding: 'utf8',
})
	.split('\n')
	.filter((file) => file !== '' && existsSync(join(ROOT, file)));
const code = files.filter((file) => /\.(ts|mts|js|mjs|cjs)$/.test(file));

/** Metaphors that the code once used, with the word of the field in their place. */
const RETIRED = new Map([
	['again', 'repeated, second'],
	['bed', 'harness'],
	['certificate', 'only for TLS, with "tls" in the name'],
	['errand', 'scenario'],
	['held', 'kept, waiting'],
	['life', 'process, lifetime'],
	['lives', 'processes'],
	['look', 'lookUp, get, poll'],
	['pace', 'rate limiter'],
	['quiet', 'silent'],
	['raise', 'throw, increase'],
	['settled', 'final, done'],
	['strike', 'injected fault'],
	['till', 'purchase harness'],
	['told', 'reported'],
	['turn', 'slot, acquire'],
	['wake', 'resume'],
	['wire', 'request, answer'],
]);

/** Names that JavaScript and n8n's API gave. */
const NAMES_OF_OTHERS = new Set(['allSettled', 'waitTill']);

/** The words of an identifier or a file name, in lower case. */
const wordsOf = (name: string): string[] =>
	(name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []).map((word) => word.toLowerCase());

/** The retired words in a name, without those that are part of a term of the field. */
function retiredIn(name: string): string[] {
	if (NAMES_OF_OTHERS.has(name)) return [];
	const words = wordsOf(name);
	return words.flatMap((word, index) => {
		const retired = RETIRED.has(word) ? word : word.replace(/s$/, '');
		if (!RETIRED.has(retired)) return [];
		if (retired === 'look' && /^ups?$/.test(words[index + 1] ?? '')) return [];
		if (retired === 'certificate' && words.includes('tls')) return [];
		return [`${name}: ${RETIRED.get(retired)}`];
	});
}

function identifiersOf(file: string): Set<string> {
	const names = new Set<string>();
	const visit = (one: ts.Node): void => {
		if (ts.isIdentifier(one) || ts.isPrivateIdentifier(one)) names.add(one.text);
		ts.forEachChild(one, visit);
	};
	visit(ts.createSourceFile(file, text(file), ts.ScriptTarget.Latest, false));
	return names;
}

it('identifiers and file names use no retired word', () => {
	const inNames = code.flatMap(retiredIn);
	const inCode = code.flatMap((file) =>
		[...identifiersOf(file)].flatMap((name) => retiredIn(name).map((found) => `${file}: ${found}`)),
	);
	expect([...inNames, ...inCode]).toEqual([]);
});

it('a folder below nodes/shared has at most nine files', () => {
	const folders = new Map<string, number>();
	for (const file of files.filter((one) => one.startsWith('nodes/shared/')))
		folders.set(dirname(file), (folders.get(dirname(file)) ?? 0) + 1);
	expect([...folders].filter(([, count]) => count > 9)).toEqual([]);
});

it('a file below nodes has at most 300 lines, unless it is the api.ts of a provider', () => {
	const isApi = (file: string) => /^nodes\/[A-Z]\w+\/api\.ts$/.test(file);
	const long = files
		.filter((file) => file.startsWith('nodes/') && file.endsWith('.ts') && !isApi(file))
		.map((file) => [file, text(file).trimEnd().split('\n').length] as const)
		.filter(([, lines]) => lines > 300);
	expect(long).toEqual([]);
});

describe('the layout in CONTRIBUTING.md', () => {
	const [, layout] = text('CONTRIBUTING.md').split(/^## Layout$/m);
	const named = [...layout!.split(/^## /m)[0]!.matchAll(/^\| `([^`]+)`/gm)].map(([, path]) => path!);

	it('names only what exists', () => {
		const paths = named.filter((path) => !path.includes('<'));
		expect(paths.length).toBeGreaterThan(5);
		expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
	});

	it('names every folder of the repository', () => {
		const top = new Set(
			files.filter((file) => file.includes('/') && !file.startsWith('.')).map((file) => file.split('/')[0]!),
		);
		const missing = [...top].filter(
			(folder) => !named.some((path) => path === folder || path.startsWith(`${folder}/`)),
		);
		expect(missing).toEqual([]);
	});

	it('names every folder of nodes/shared', () => {
		const shared = files
			.filter((file) => file.startsWith('nodes/shared/') && statSync(join(ROOT, file)).isFile())
			.map((file) => dirname(file));
		const folders = new Set(shared.filter((folder) => basename(folder) !== 'shared'));
		expect([...folders].filter((folder) => !named.includes(folder))).toEqual([]);
	});
});
