import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Bench } from '../harness';
import { duration, median, megabytes, times, type Line } from '../table';

const run = promisify(execFile);
const SCRIPT = join(__dirname, '..', 'loading.cjs');
const MOST_MS = 20;
const MOST_BYTES = 1e6;

/** n8n's own, as many as this package has, and of its kind: services with a few operations, and triggers. */
const NODES_OF_N8N = [
	'HttpRequest/HttpRequest',
	'Airtable/Airtable',
	'Stripe/Stripe',
	'Stripe/StripeTrigger',
	'Telegram/Telegram',
	'Telegram/TelegramTrigger',
	'WooCommerce/WooCommerce',
];
const CREDENTIALS_OF_N8N = [
	'HttpHeaderAuth',
	'AirtableTokenApi',
	'StripeApi',
	'TelegramApi',
	'WooCommerceApi',
	'ShopifyApi',
	'SlackApi',
];

interface Loaded {
	ms: number;
	heap: number;
	classes: number;
}

/** All classes of the package, which n8n loads whenever it starts, in a fresh process each. */
export async function loading(bench: Bench): Promise<Line[]> {
	const { installed, userFolder } = bench.host;
	const modules = join(installed.dir, 'node_modules');
	const own = join(userFolder, '.n8n', 'nodes', 'node_modules', 'n8n-nodes-digital-goods');
	const manifest = JSON.parse(await readFile(join(own, 'package.json'), 'utf8')) as {
		n8n: { nodes: string[]; credentials: string[] };
	};
	const ours = [...manifest.n8n.nodes, ...manifest.n8n.credentials].map((file) => join(own, file));
	const base = join(modules, 'n8n-nodes-base', 'dist');
	const theirs = [
		...NODES_OF_N8N.map((name) => join(base, 'nodes', `${name}.node.js`)),
		...CREDENTIALS_OF_N8N.map((name) => join(base, 'credentials', `${name}.credentials.js`)),
	];
	const load = async (files: string[]): Promise<Loaded> => {
		const { stdout } = await run(installed.node, ['--expose-gc', SCRIPT, ...files], {
			env: { ...process.env, NODE_PATH: modules, NODE_OPTIONS: '' },
			cwd: userFolder,
		});
		const loaded = JSON.parse(stdout) as Loaded;
		bench.check(loaded.classes === files.length, `loading: ${loaded.classes} of ${files.length} classes`);
		return loaded;
	};
	const loads: Array<{ our: Loaded; their: Loaded }> = [];
	for (let i = 0; i < bench.rounds(9); i++) loads.push({ our: await load(ours), their: await load(theirs) });
	const ms = (side: 'our' | 'their') => median(loads.map((round) => round[side].ms));
	const heap = (side: 'our' | 'their') => median(loads.map((round) => round[side].heap));
	return [
		{
			work: `Loading all ${ours.length} classes into n8n`,
			ours: `${duration(ms('our'))}, ${megabytes(heap('our'))} of heap`,
			theirs: `${theirs.length} classes of n8n's own (HTTP Request, Airtable, Stripe, Telegram, WooCommerce …): ${duration(ms('their'))}, ${megabytes(heap('their'))}`,
			result: `${times(ms('our') / ms('their'))} the time, ${times(heap('our') / heap('their'))} the heap`,
			goal: `≤ ${MOST_MS} ms, ≤ ${megabytes(MOST_BYTES)}`,
			met: ms('our') <= MOST_MS && heap('our') <= MOST_BYTES,
		},
	];
}
