'use strict';

const { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { dirname, join, resolve } = require('node:path');
const { dest, src } = require('gulp');
const { outputSchemas } = require('./scripts/outputSchemas');

/** Copies what the compiler leaves behind: icons and the nodes' codex files. */
function assets() {
	return src(['icons/*.svg', 'nodes/**/*.node.json'], { base: '.', encoding: false }).pipe(dest('dist'));
}

/** What each operation gives, for n8n's editor. */
async function schemas() {
	for (const { path, schema } of outputSchemas()) {
		const file = join('dist', path);
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, JSON.stringify(schema));
	}
}

/**
 * Writes out as data what each node's `properties.ts` makes. n8n loads every node when it starts, and most of them
 * never run there: so it loads no operation and no provider with them.
 */
async function properties() {
	for (const folder of namesIn('dist/nodes')) {
		const file = resolve('dist/nodes', folder, 'properties.js');
		if (!existsSync(file)) continue;
		const made = Object.entries(require(file)).map(
			([name, value]) => `exports.${name} = ${JSON.stringify(value)};\n`,
		);
		writeFileSync(file, `'use strict';\n${made.join('')}`);
	}
}

/** So that nothing of an earlier build is published. */
async function clean() {
	rmSync('dist', { recursive: true, force: true });
}

/** Lists nodes, credentials and providers where they are needed: a new provider needs no hand edit of either. */
async function register() {
	const folders = readdirSync('nodes', { withFileTypes: true })
		.filter((entry) => entry.isDirectory())
		.map(({ name }) => name)
		.sort();

	const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
	manifest.n8n.credentials = built('credentials', '.credentials.ts');
	manifest.n8n.nodes = folders.flatMap((folder) => built(`nodes/${folder}`, '.node.ts'));
	writeWhenChanged('package.json', JSON.stringify(manifest, null, 2) + '\n');

	const providers = folders.filter((folder) => existsSync(`nodes/${folder}/provider.ts`));
	writeWhenChanged(
		'nodes/providers.generated.ts',
		[
			'// Written by `gulp register` from the folders that hold a provider.ts, and not kept in git:',
			'// whoever adds a provider touches its own folder and credential only.',
			...providers.map((folder, i) => `import { provider as p${i} } from './${folder}/provider';`),
			'',
			`export const providers = [${providers.map((_, i) => `p${i}`).join(', ')}] as const;`,
			'',
		].join('\n'),
	);
}

const namesIn = (folder) => (existsSync(folder) ? readdirSync(folder).sort() : []);

const built = (folder, suffix) =>
	namesIn(folder)
		.filter((file) => file.endsWith(suffix))
		.map((file) => `dist/${folder}/${file.replace(/ts$/, 'js')}`);

function writeWhenChanged(file, text) {
	if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
}

module.exports = { assets, clean, default: assets, properties, register, schemas };
