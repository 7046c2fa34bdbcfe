import './quiet';
import { providerNames, type ProviderName } from '../../sandbox/provider';
import { startBed, type Bed } from '../support/bed';
import { unexpected, violated } from './checks';
import { count, run, type Counted, type Ran } from './errands';
import type { Errand, Way } from './model';
import { shops, type Fault, type Shop } from './shops';

/**
 * Every provider × every way a purchase can go wrong × every way n8n runs a node: what was charged, counted at
 * the provider, and what n8n was told of it.
 */

interface Column {
	name: string;
	way: Way;
	rounds: number[][];
}

const columns: Column[] = [
	{ name: 'plain', way: 'stop', rounds: [[0]] },
	{ name: 'continue', way: 'continue', rounds: [[0]] },
	{ name: 'error output', way: 'errorOutput', rounds: [[0]] },
	{ name: 'two alike', way: 'continue', rounds: [[0, 0]] },
	{ name: 'loop', way: 'stop', rounds: [[0], [1]] },
	{ name: 'tool', way: 'engine', rounds: [[0]] },
	{ name: 'function', way: 'function', rounds: [[0]] },
];
const TRIES = [1, 3];

function faultsOf(shop: Shop): Array<[name: string, fault?: Fault]> {
	const phases = ['before', 'after'] as const;
	return [
		['none'],
		['refused', { type: 'refuse', code: shop.refusal }],
		...phases.map((phase): [string, Fault] => [`500 ${phase}`, { type: 'error', status: 500, phase }]),
		...phases.map((phase): [string, Fault] => [`504 ${phase}`, { type: 'error', status: 504, phase }]),
		...phases.map((phase): [string, Fault] => [`dropped ${phase}`, { type: 'drop', phase }]),
		...phases.map((phase): [string, Fault] => [`hangs ${phase}`, { type: 'hang', phase }]),
		['429', { type: 'rateLimit' }],
		['429, 1 s', { type: 'rateLimit', retryAfterSeconds: 1 }],
		...(['html', 'truncated', 'empty', 'wrongShape'] as const).map((kind): [string, Fault] => [
			kind,
			{ type: 'unreadable', kind },
		]),
		['unknown status', { type: 'unknownStatus', status: 'thinking_about_it' }],
		...([302, 307, 308] as const).map((status): [string, Fault] => [
			`${status}`,
			{ type: 'redirect', status },
		]),
		...(shop.provider === 'tgMarket'
			? ([
					['408 + order', { type: 'timeout408', withOrderId: true }],
					['408', { type: 'timeout408', withOrderId: false }],
				] as Array<[string, Fault]>)
			: []),
	];
}

interface Cell {
	row: string;
	column: string;
	errand: Errand;
}

const cells: Cell[] = shops.flatMap((shop) =>
	faultsOf(shop).flatMap(([faultName, fault]) =>
		(fault === undefined ? [0] : [1, -1]).flatMap((times) =>
			columns.flatMap(({ name, way, rounds }) =>
				TRIES.map((tries): Cell => ({
					row: `${shop.name}: ${faultName}${times === -1 ? ', always' : ''}`,
					column: tries === 1 ? name : `${name}, ${tries} tries`,
					errand: {
						shop,
						way,
						tries,
						rounds,
						strikes: fault === undefined ? [] : [{ fault, skip: 0, times }],
					},
				})),
			),
		),
	),
);

/** What became of a cell: `b`ought, `r`ejected, `u`nknown or not reached, for each intent, and the charges. */
interface Result {
	text: string;
	violated: string[];
	unexpected: string[];
	told: string[];
	charges: number;
	sends: number;
	/** Whether it took a second run. */
	again: boolean;
}

/** How long a cell mostly waits; those run many at a time, the longest first. The others are a matter of computing. */
function waitOf({ errand: { shop, tries, strikes, rounds } }: Cell): number {
	const [strike] = strikes;
	if (strike === undefined) return 0;
	const inVain = shop.recovery === 'repeat' && strike.times === -1;
	if (inVain) return strike.fault.type === 'rateLimit' ? 10 * tries * rounds.flat().length : 10;
	if (strike.fault.type === 'hang') return 6;
	return strike.fault.type === 'rateLimit' || shop.recovery === 'lookUp' ? 3 : 0;
}
const WAITING_AT_ONCE = 40;
const COMPUTING_AT_ONCE = 3;

async function fill(bed: Bed): Promise<Map<Cell, Result>> {
	const ran = new Map<Cell, Ran>();
	const go = async (some: Cell[], width: number) => {
		const lanes = Array.from({ length: width }, async () => {
			for (let cell = some.shift(); cell !== undefined; cell = some.shift())
				ran.set(cell, await run(bed, cell.errand));
		});
		await Promise.all(lanes);
	};
	const waiting = cells.filter((cell) => waitOf(cell) > 0).sort((one, other) => waitOf(other) - waitOf(one));
	const computing = cells.filter((cell) => waitOf(cell) === 0);
	await Promise.all([go(waiting, WAITING_AT_ONCE), go(computing, COMPUTING_AT_ONCE)]);

	const results = await read(bed, ran);
	// What is not as the model has it is run once more, with nothing beside it: there time-outs come when they should.
	const again = cells.filter((cell) => results.get(cell)!.unexpected.length > 0);
	await go([...again], 1);
	for (const [cell, result] of await read(bed, new Map(again.map((cell) => [cell, ran.get(cell)!])))) {
		const { violated: before } = results.get(cell)!;
		results.set(cell, { ...result, violated: [...before, ...result.violated], again: true });
	}
	return results;
}

async function read(bed: Bed, ran: Map<Cell, Ran>): Promise<Map<Cell, Result>> {
	const counted = new Map<ProviderName, Map<string, Counted>>();
	for (const provider of providerNames) counted.set(provider, await count(bed, provider));
	const results = new Map<Cell, Result>();
	for (const [cell, { account, told }] of ran) {
		const { errand } = cell;
		const found = counted.get(errand.shop.provider)!.get(account) ?? { charged: [], sends: [] };
		const reports = told.flat().map((one) => one?.report ?? '-');
		results.set(cell, {
			text: `${reports.map((report) => report[0]).join('')}${found.charged.length}`,
			violated: violated({ account, told }, found),
			unexpected: unexpected(errand, { account, told }, found),
			told: reports,
			charges: found.charged.length,
			sends: found.sends.length,
			again: false,
		});
	}
	return results;
}

const wrong = (result: Result) => [...result.violated, ...result.unexpected];

function table(results: Map<Cell, Result>): string {
	const names = [...new Set(cells.map(({ column }) => column))];
	const rows = new Set(cells.map(({ row }) => row));
	const first = Math.max(...[...rows].map(({ length }) => length));
	const line = (row: string, texts: string[]) => `${row.padEnd(first)}  ${texts.join('  ')}`.trimEnd();
	const head = names.map((name, index) => `${index + 1} ${name}`).join(' | ');
	return [
		`columns: ${head}`,
		line(
			'',
			names.map((_, index) => String(index + 1).padEnd(4)),
		),
		...[...rows].map((row) =>
			line(
				row,
				cells
					.filter((cell) => cell.row === row)
					.map((cell) => {
						const result = results.get(cell)!;
						return `${result.text}${wrong(result).length > 0 ? '!' : ''}`.padEnd(4);
					}),
			),
		),
	].join('\n');
}

function totals(results: Map<Cell, Result>, seconds: number): string {
	const all = [...results.values()];
	const sum = (count: (result: Result) => number) => all.reduce((total, result) => total + count(result), 0);
	const told = (report: string) => sum((result) => result.told.filter((one) => one === report).length);
	return (
		`${all.length} cells, ${told('bought') + told('rejected') + told('unknown')} purchases meant and tried: ` +
		`${told('bought')} bought, ${told('rejected')} rejected, ${told('unknown')} of unknown outcome; ` +
		`${sum(({ charges }) => charges)} charges, ${sum(({ sends }) => sends)} requests that could buy; ` +
		`${all.filter((result) => wrong(result).length > 0).length} cells broken, ` +
		`${all.filter(({ again }) => again).length} run again alone; ${seconds.toFixed(0)} s`
	);
}

it('buys once for each intent, whatever goes wrong and however n8n runs the node', async () => {
	const bed = await startBed({ keepRequests: 100_000 });
	try {
		await bed.sandbox.client.changeProduct({ provider: 'aiMarket', productId: '002', stock: 1_000_000 });
		const started = Date.now();
		const results = await fill(bed);
		process.stdout.write(`\n${table(results)}\n${totals(results, (Date.now() - started) / 1_000)}\n`);
		const complaints = cells.flatMap((cell) =>
			wrong(results.get(cell)!).map((complaint) => `${cell.row} × ${cell.column}: ${complaint}`),
		);
		expect(complaints).toEqual([]);
	} finally {
		await bed.close();
	}
}, 600_000);
