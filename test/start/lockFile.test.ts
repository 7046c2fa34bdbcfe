import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Entry {
	resolved?: string;
	link?: boolean;
	optionalDependencies?: Record<string, string>;
}

const { packages } = JSON.parse(readFileSync(join(__dirname, '../../package-lock.json'), 'utf8')) as {
	packages: Record<string, Entry>;
};

/** Where Node.js would find `name` when the package at `from` asks for it. */
function locate(name: string, from: string): string | undefined {
	const path = from === '' ? `node_modules/${name}` : `${from}/node_modules/${name}`;
	if (path in packages) return path;
	return from === ''
		? undefined
		: locate(name, from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/'))));
}

describe('package-lock.json', () => {
	it('has an entry for every optional package of every platform, without which `npm ci` refuses it', () => {
		const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
			Object.keys(optionalDependencies).filter((name) => locate(name, path) === undefined),
		);
		expect(missing).toEqual([]);
	});

	it('names no registry', () => {
		expect(Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
	});
});
