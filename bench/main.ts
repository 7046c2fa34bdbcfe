/*
 * `npm run bench`: compares this package with n8n's own HTTP Request node, in a real n8n against the sandbox, and
 * prints a table of medians. It asserts nothing about time: it fails only when the work itself has errors.
 * `-- --quick` does a little of each row, `-- --only <row>` some rows.
 */
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';

import { Bench } from './harness';
import { ledger } from './rows/ledger';
import { listSearch } from './rows/listSearch';
import { loading } from './rows/loading';
import { lookUps } from './rows/lookUps';
import { offers } from './rows/offers';
import { oneLookUp } from './rows/oneLookUp';
import { polls } from './rows/polls';
import { rateLimit } from './rows/rateLimit';
import { size } from './rows/size';
import { markdown, type Line } from './table';

/** In this order: what is measured in milliseconds comes before what fills n8n's database. */
const ROWS: Record<string, (bench: Bench) => Promise<Line[]>> = {
	size,
	loading,
	'one-look-up': oneLookUp,
	'list-search': listSearch,
	ledger,
	offers,
	'look-ups': lookUps,
	'rate-limit': rateLimit,
	polls,
};

async function main(): Promise<number> {
	const { values } = parseArgs({
		options: {
			quick: { type: 'boolean', default: false },
			only: { type: 'string', multiple: true, default: [] },
		},
	});
	const chosen = values.only.flatMap((names) => names.split(','));
	const unknown = chosen.find((name) => !(name in ROWS));
	if (unknown !== undefined)
		throw new Error(`There is no row "${unknown}"; there are ${Object.keys(ROWS).join(', ')}`);

	const started = Date.now();
	say('Starting the sandbox and n8n …');
	const bench = await Bench.start({ quick: values.quick, say });
	const lines: Line[] = [];
	try {
		for (const [name, row] of Object.entries(ROWS)) {
			if (chosen.length > 0 && !chosen.includes(name)) continue;
			say(`${name} (after ${seconds(started)} s)`);
			lines.push(...(await row(bench)));
		}
		const { version } = bench.host.installed;
		const [cpu] = cpus();
		say(`\n${markdown(lines, !values.quick)}\n`);
		say(
			`n8n ${version}, ${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform}; ${values.quick ? 'one small round each (--quick)' : 'medians of several rounds'}; ${seconds(started)} s.`,
		);
	} finally {
		await bench.stop();
	}
	for (const wrong of bench.wrong) process.stderr.write(`Wrong: ${wrong}\n`);
	return bench.wrong.length > 0 ? 1 : 0;
}

const seconds = (since: number): number => Math.round((Date.now() - since) / 1_000);

function say(line: string): void {
	process.stdout.write(`${line}\n`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

main().then(
	(code) => process.exit(code),
	(error: unknown) => {
		process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
		process.exit(1);
	},
);
