import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** What the documents name exists, so that a reader can follow every link, command, file and code. */

const ROOT = join(__dirname, '../..');
const tracked = (...patterns: string[]): string[] =>
	execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...patterns], {
		cwd: ROOT,
		encoding: 'utf8',
	})
		.split('\n')
		.filter((file) => file !== '' && existsSync(join(ROOT, file)));
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const exists = (path: string): boolean => existsSync(join(ROOT, path));

const documents = tracked('*.md').filter((file) => !file.startsWith('.'));
const sources = tracked('nodes/*.ts', 'credentials/*.ts', 'sandbox/*.ts', 'scripts/*', 'test/*.ts');
const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);

const withoutCode = (markdown: string): string => markdown.replace(/```[\s\S]*?```/g, '');
const inlineCode = (markdown: string): string[] =>
	[...withoutCode(markdown).matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);

/** The anchors that GitHub gives a page's headings. */
const anchorsOf = (file: string): string[] =>
	[...withoutCode(read(file)).matchAll(/^#+ +(.+)$/gm)].map(([, title]) =>
		title!
			.toLowerCase()
			.replace(/[^\p{L}\p{N} _-]/gu, '')
			.replace(/ /g, '-'),
	);

const linksOf = (file: string): string[] =>
	[...withoutCode(read(file)).matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)].map(
		([, link, source]) => link ?? source!,
	);

const targetOf = (file: string, link: string): string => normalize(join(dirname(file), link.split('#')[0]!));

describe.each(documents)('%s', (file) => {
	it('links to what exists', () => {
		const broken = linksOf(file).filter((link) => {
			if (/^(https?|mailto):/.test(link)) return false;
			const anchor = link.split('#')[1];
			const page = link.startsWith('#') ? file : targetOf(file, link);
			return !exists(page) || (anchor !== undefined && !anchorsOf(page).includes(anchor));
		});
		expect(broken).toEqual([]);
	});

	it('names npm scripts that exist', () => {
		const named = [...read(file).matchAll(/\bnpm (?:run ([\w:]+)|(start|test)\b)/g)];
		expect(scripts).toEqual(expect.arrayContaining(named.map(([, run, plain]) => run ?? plain)));
	});
});

describe('README.md', () => {
	it('is short', () => {
		const words = withoutCode(read('README.md'))
			.replace(/<[^>]+>|\]\([^)]*\)|[^\p{L}\p{N}\s]/gu, ' ')
			.match(/\S*\p{L}\S*/gu)!;
		expect(words.length).toBeLessThan(700);
	});

	it('leads to every page of the documentation', () => {
		const found = new Set(['README.md']);
		for (const page of found)
			for (const link of linksOf(page))
				if (!/^(https?|mailto):|^#/.test(link) && /\.md(#|$)/.test(link)) found.add(targetOf(page, link));
		expect([...found]).toEqual(expect.arrayContaining(documents));
		const direct = linksOf('README.md').map((link) => link.split('#')[0]);
		expect(direct).toEqual(expect.arrayContaining(documents.filter((file) => file.startsWith('docs/'))));
	});
});

describe('CONTRIBUTING.md', () => {
	const text = read('CONTRIBUTING.md');

	it('has every folder in its layout, and nothing else', () => {
		const layout = text.slice(text.indexOf('## Layout'), text.indexOf('## Commands'));
		const rows = [...layout.matchAll(/^\| `([^`]+)` \|/gm)].map(([, path]) => path!);
		expect(rows.filter((path) => !path.includes('<') && !exists(path))).toEqual([]);
		const shared = readdirSync(join(ROOT, 'nodes/shared')).map((name) => `nodes/shared/${name}`);
		expect(rows).toEqual(expect.arrayContaining(shared));
		const folders = new Set(tracked().map((file) => file.split('/')[0]!));
		const visible = [...folders].filter(
			(name) => !name.startsWith('.') && statSync(join(ROOT, name)).isDirectory(),
		);
		expect([...new Set(rows.map((path) => path.split('/')[0]))]).toEqual(expect.arrayContaining(visible));
	});

	it('names files that exist', () => {
		const paths = inlineCode(text).filter((code) =>
			/^(nodes|credentials|sandbox|scripts|test|docs|\.ci)\/[\w./-]+$/.test(code),
		);
		const generated = ['nodes/providers.generated.ts'];
		expect(paths.filter((path) => !exists(path) && !generated.includes(path))).toEqual([]);
	});

	it('names only what is in the code', () => {
		const code = sources.map(read).join('\n');
		const adding = text.slice(text.indexOf('## Adding a provider'), text.indexOf('## Rules'));
		const names = inlineCode(adding)
			.map((name) => /^(?:api\.)?([A-Za-z]+)(?:<.*>|\(…\))?$/.exec(name)?.[1])
			.filter((name) => name !== undefined);
		expect(names.length).toBeGreaterThan(15);
		expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(code))).toEqual([]);
	});
});

/** Codes that only say what kind of answer a provider gave. */
const PROVIDERS_OWN = /^(nodes\/(AiMarket|GamesDrop|TeleKartStars|TgMarket|Tribute)\/)/;

it('docs/errors.md explains every code of this package', () => {
	const codes = sources
		.filter((file) => file.startsWith('nodes/') && !PROVIDERS_OWN.test(file))
		.flatMap((file) =>
			[...read(file).matchAll(/(?:code: |refuse\(\s*)'([A-Z]+(?:_[A-Z]+)+)'/g)].map(([, code]) => code!),
		);
	expect(codes.length).toBeGreaterThan(10);
	const explained = inlineCode(read('docs/errors.md'));
	expect(explained).toEqual(expect.arrayContaining([...new Set(codes)]));
});

it('docs/credentials.md names every scope that the ledger asks for', () => {
	const scopes = read('nodes/shared/ledger/connection.ts').match(/\bdataTable\w*:\w+/g)!;
	expect(inlineCode(read('docs/credentials.md'))).toEqual(expect.arrayContaining(scopes));
});

it('docs/ledger.md names every column of the ledger', () => {
	const row = read('nodes/shared/ledger/row.ts');
	const lists = row.slice(row.indexOf('TEXT_COLUMNS'), row.indexOf('export type TextColumn'));
	const columns = [...lists.matchAll(/'(\w+)'/g)].map(([, name]) => name!);
	expect(inlineCode(read('docs/ledger.md'))).toEqual(expect.arrayContaining(columns));
});

it('examples/README.md lists every example', () => {
	const files = readdirSync(join(ROOT, 'examples')).filter((file) => file.endsWith('.json'));
	expect(linksOf('examples/README.md')).toEqual(expect.arrayContaining(files));
});
