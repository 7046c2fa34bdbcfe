import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadOutputSchema, PackageDirectoryLoader } from 'n8n-core';
import type { ICredentialType, INodeType, INodeTypeDescription } from 'n8n-workflow';
import { providers } from '../../nodes/providers.generated';

/** These tests look at the build: `npm run build` comes first. */
const ROOT = join(__dirname, '../..');

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
	name: string;
	n8n: { nodes: string[]; credentials: string[] };
};
const LISTED = [...manifest.n8n.nodes, ...manifest.n8n.credentials];
const classOf = (file: string) => file.replace(/^.*\//, '').replace(/\..*$/, '');

/** What a fresh Node.js process prints when it has run the code in the package's folder. */
const inNode = (code: string): unknown =>
	JSON.parse(execFileSync(process.execPath, ['-e', code], { cwd: ROOT, encoding: 'utf8' }));

describe('the package entry', () => {
	it('loads no class until it is asked for one', () => {
		const [names, before, after] = inNode(`
			const entry = require('./index.js');
			const built = () => Object.keys(require.cache).filter((file) => file.includes('/dist/'));
			const names = Object.keys(entry);
			const before = built();
			new entry.TributeApi();
			console.log(JSON.stringify([names, before, built()]));
		`) as string[][];

		expect(names).toEqual(LISTED.map(classOf));
		expect(before).toEqual([]);
		expect(after?.filter((file) => /\.(node|credentials)\.js$/.test(file))).toEqual([
			expect.stringMatching(/dist\/credentials\/TributeApi\.credentials\.js$/),
		]);
	});

	it('loads with its classes only what describes them, and the rest when it runs', () => {
		const loaded = inNode(`
			for (const Type of Object.values(require('./index.js'))) new Type();
			console.log(JSON.stringify(Object.keys(require.cache)));
		`) as string[];
		const built = loaded.filter((file) => file.startsWith(join(ROOT, 'dist')));
		const describes = /\/(\w+\.(node|credentials)|properties)\.js$|\/dist\/credentials\/shared\//;
		expect(built.length).toBeGreaterThan(LISTED.length);
		expect(built.filter((file) => !describes.test(file))).toEqual([]);
	});

	it('has the parameters written out as the sources make them', async () => {
		const written = inNode(`
			const entry = require('./index.js');
			console.log(JSON.stringify(${JSON.stringify(manifest.n8n.nodes.map(classOf))}.map((name) => new entry[name]().description)));
		`);
		const made = await Promise.all(
			manifest.n8n.nodes.map(async (file) => {
				const source = file.replace(/^dist/, ROOT).replace(/js$/, 'ts');
				const types = (await import(source)) as Record<string, new () => INodeType>;
				return new types[classOf(file)]!().description;
			}),
		);
		expect(written).toEqual(made);
	});

	it('has every class the manifest lists', () => {
		const kinds = inNode(`
			const entry = require('./index.js');
			console.log(JSON.stringify(Object.entries(entry).map(([name, type]) => [name, new type().constructor.name])));
		`);
		expect(kinds).toEqual(LISTED.map((file) => [classOf(file), classOf(file)]));
	});
});

describe('the manifest', () => {
	const sources = (folder: string, suffix: string) =>
		readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
			.filter((file) => file.endsWith(suffix))
			.map((file) => `dist/${folder}/${file.replace(/ts$/, 'js')}`);

	it('lists every node and credential there is, sorted', () => {
		expect(manifest.n8n.nodes).toEqual(sources('nodes', '.node.ts').sort());
		expect(manifest.n8n.credentials).toEqual(sources('credentials', '.credentials.ts').sort());
	});
});

describe('in n8n', () => {
	const loader = new PackageDirectoryLoader(ROOT);
	beforeAll(async () => await loader.loadAll());

	/** The files n8n serves as an icon, light and dark. */
	function iconFiles({ iconUrl }: ICredentialType | INodeTypeDescription): string[] {
		if (typeof iconUrl !== 'object') throw new Error(`Not a light and a dark icon: ${String(iconUrl)}`);
		return [iconUrl.light, iconUrl.dark].map((url) => url.replace(`icons/${manifest.name}/`, ''));
	}

	it('loads all of it, every icon in a light and a dark variant inside the build', () => {
		const types = [...loader.types.nodes, ...loader.types.credentials];
		expect(types).toHaveLength(LISTED.length);
		for (const type of types) {
			const [light, dark] = iconFiles(type);
			expect(light).toMatch(/^dist\/icons\/\w+\.svg$/);
			expect(dark).toBe(light?.replace('.svg', '.dark.svg'));
			for (const file of [light, dark]) expect(existsSync(join(ROOT, String(file)))).toBe(true);
		}
	});

	it('gives every node its codex, so that users find it', () => {
		for (const { codex } of loader.types.nodes) expect(codex?.categories?.length).toBeGreaterThan(0);
	});
});

describe('the output schemas', () => {
	it.each(providers.map((provider) => [provider.displayName, provider] as const))(
		'of %s are there for every operation, where n8n looks for them',
		(_name, { name, operations }) => {
			const source = manifest.n8n.nodes.find((file) =>
				file.endsWith(`/${name[0]!.toUpperCase()}${name.slice(1)}.node.js`),
			)!;
			const found = operations.map(({ resource, operation }) =>
				loadOutputSchema({ nodeDir: dirname(join(ROOT, source)), version: 1, resource, operation }),
			);
			expect(found).toEqual(
				operations.map(() =>
					expect.objectContaining({ type: 'object', properties: expect.any(Object) as object }),
				),
			);
		},
	);
});

describe('the icons', () => {
	const icons = readdirSync(join(ROOT, 'icons'));

	it.each(icons)('%s is small, square and nothing but drawing', (icon) => {
		const svg = readFileSync(join(ROOT, 'icons', icon), 'utf8');
		expect(svg.length).toBeLessThan(2_048);
		expect(svg).toContain('viewBox="0 0 60 60"');
		expect(
			svg.match(/<(?!\/)\w+/g)?.filter((tag) => !['<svg', '<path', '<circle', '<rect'].includes(tag)),
		).toEqual([]);
		expect(readFileSync(join(ROOT, 'dist/icons', icon), 'utf8')).toBe(svg);
	});
});

describe('the tarball', () => {
	it('holds the build, the entry and the documents, and nothing else', () => {
		const [{ files }] = JSON.parse(
			execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
				cwd: ROOT,
				encoding: 'utf8',
			}),
		) as [{ files: Array<{ path: string }> }];
		const paths = files.map(({ path }) => path);
		expect(paths.filter((path) => !path.startsWith('dist/')).sort()).toEqual([
			'LICENSE',
			'README.md',
			'index.js',
			'package.json',
		]);
		expect(paths.filter((path) => !/\.(js|svg|json)$/.test(path) && path.startsWith('dist/'))).toEqual([]);
	});
});
