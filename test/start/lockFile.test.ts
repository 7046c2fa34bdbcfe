import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { DEFAULT_N8N_VERSION } from '../../scripts/host/install';
import { REPOSITORY } from '../../scripts/host/pack';

interface Entry {
	version?: string;
	resolved?: string;
	optionalDependencies?: Record<string, string>;
}

const HOST = join('scripts/host/n8n', DEFAULT_N8N_VERSION);

const packagesOf = (file: string): Record<string, Entry> =>
	JSON.parse(readFileSync(join(REPOSITORY, file), 'utf8')).packages;

/** Whether Node.js would find `name` when the package at `from` asks for it. */
function isLocked(packages: Record<string, Entry>, name: string, from: string): boolean {
	if (`${from === '' ? '' : `${from}/`}node_modules/${name}` in packages) return true;
	return (
		from !== '' && isLocked(packages, name, from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/'))))
	);
}

describe.each(['package-lock.json', join(HOST, 'package-lock.json')])('%s', (file) => {
	const packages = packagesOf(file);

	it('has an entry for every optional package of every platform, without which `npm ci` refuses it', () => {
		const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
			Object.keys(optionalDependencies).filter((name) => !isLocked(packages, name, path)),
		);
		expect(missing).toEqual([]);
	});

	it('names no registry', () => {
		expect(Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
	});
});

it("tests the nodes on the engine of the demo's n8n", () => {
	const own = packagesOf('package-lock.json');
	const host = packagesOf(join(HOST, 'package-lock.json'));
	for (const name of ['n8n-core', 'n8n-workflow'].map((each) => `node_modules/${each}`))
		expect(own[name]!.version).toBe(host[name]!.version);
	expect(host['node_modules/n8n']!.version).toBe(DEFAULT_N8N_VERSION);
	expect(existsSync(join(REPOSITORY, HOST, 'package.json'))).toBe(true);
});
