'use strict';

const { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { dirname, join, resolve } = require('node:path');
const { dest, src } = require('gulp');
const { outputSchemas } = require('./scripts/outputSchemas');

/** Copies what the compiler leaves out: icons and the nodes' codex files. */
function assets() {
	return src(['icons/*.svg', 'nodes/**/*.node.json'], { base: '.', encoding: false }).pipe(dest('dist'));
}

/** Writes the output schema of each operation, for n8n's editor. */
async function schemas() {
	for (const { path, schema } of outputSchemas()) {
		const file = join('dist', path);
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, JSON.stringify(schema));
	}
}

/**
 * Replaces each node's `properties.js` by the data it produces. n8n loads every node when it starts, and so it loads
 * neither operations nor providers with them.
 */
async function properties() {
	for (const folder of namesIn('dist/nodes')) {
		const file = resolve('dist/nodes', folder, 'properties.js');
		if (!existsSync(file)) continue;
		const exported = Object.entries(require(file)).map(
			([name, value]) => `exports.${name} = ${JSON.stringify(value)};\n`,
		);
		writeFileSync(file, `'use strict';\n${exported.join('')}`);
	}
}

/** Deletes the earlier build, so that nothing of it is published. */
async function clean() {
	rmSync('dist', { recursive: true, force: true });
}

/** Writes the lists of nodes, credentials and providers, so that a new provider is a new folder and nothing else. */
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
			'// Written by `gulp register` from the folders that have a provider.ts, and not kept in git:',
			'// adding a provider adds its folder and its credential, and changes nothing else.',
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
