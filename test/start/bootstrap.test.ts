import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';

import { cacheFolder } from '../../scripts/host/cache';
import { freePort } from '../../scripts/host/process';
import { Steps } from '../../scripts/steps.cjs';
import { freshClone, type FreshClone } from './support/freshClone';

const ROOT = join(__dirname, '../..');
const MINUTE_MS = 60_000;

let clone: FreshClone;
beforeAll(async () => {
	clone = await freshClone();
});
afterAll(async () => await clone.remove());

it('is the first thing that every npm script does', () => {
	const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
		scripts: Record<string, string>;
	};
	const others = Object.values(scripts).filter(
		(script) => !/^(exec )?node scripts\/bootstrap\.mjs\b/.test(script),
	);
	expect(others).toEqual([]);
});

it(
	'fails within a minute, naming the registry, when there is no network',
	async () => {
		const registry = `http://127.0.0.1:${await freePort()}/`;
		const { code, output, ms } = await clone.npmRun('sandbox', { npm_config_registry: registry });
		expect(output).toContain(`The npm registry ${registry} cannot be reached (ECONNREFUSED)`);
		expect(code).toBe(1);
		expect(ms).toBeLessThan(MINUTE_MS);
	},
	MINUTE_MS,
);

describe('a HOME that cannot be written to', () => {
	it("says what to set for npm's cache", async () => {
		const file = join(clone.folder, 'file');
		await writeFile(file, '');
		const cache = join(file, '.npm');
		const { code, output } = await clone.npmRun('sandbox', { npm_config_cache: cache });
		expect(output).toContain(
			`Cannot write to ${cache} (ENOTDIR). Set HOME to a folder that you can write to, or`,
		);
		expect(output).toContain('npm_config_cache');
		expect(code).toBe(1);
	});

	it("says what to set for n8n's installation", async () => {
		const file = join(clone.folder, 'other file');
		await writeFile(file, '');
		const before = process.env.XDG_CACHE_HOME;
		process.env.XDG_CACHE_HOME = file;
		try {
			expect(() => cacheFolder()).toThrow(
				/^Cannot write to .+ Set HOME to a folder that .+, or XDG_CACHE_HOME /,
			);
		} finally {
			if (before === undefined) delete process.env.XDG_CACHE_HOME;
			else process.env.XDG_CACHE_HOME = before;
		}
	});
});

it('shows each step with the total, on one line where the output is not a terminal', async () => {
	const out = new PassThrough();
	const steps = new Steps(3, 0, out as never);
	steps.skip('The dependencies are installed');
	await steps.run('Building …', (update) => update('12 of 30 files'));
	await steps
		.run('Starting …', () => {
			throw new Error('no port');
		})
		.catch(() => undefined);
	out.end();
	expect(await text(out)).toMatch(
		/^1 of 3 {2}The dependencies are installed\n2 of 3 {2}Building … \d+ s\n3 of 3 {2}Starting … failed\n$/,
	);
});
