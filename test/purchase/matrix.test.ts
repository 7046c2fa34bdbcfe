import { providerNames, type ProviderName } from '../../sandbox/provider';
import { full, sampled } from '../support/full';
import { useHarness } from '../support/harness';
import type { Fault } from '../support/sandboxFaults';
import { deviations, violations } from './support/invariants';
import type { RunMode, Scenario } from './support/model';
import { countCharges, type ChargeCount } from './support/purchaseHarness';
import { purchaseKinds, type PurchaseKind } from './support/purchaseKinds';
import { runScenario, SHORT_TIMEOUTS, type ScenarioResult, type Timeouts } from './support/scenarios';

/**
 * Every purchase kind × every fault × every run mode: what was charged, counted at the provider, and what n8n
 * reports of it. A full run prints the table.
 */

interface Column {
	name: string;
	mode: RunMode;
	rounds: number[][];
}

const columns: Column[] = [
	{ name: 'plain', mode: 'stop', rounds: [[0]] },
	{ name: 'continue', mode: 'continue', rounds: [[0]] },
	{ name: 'error output', mode: 'errorOutput', rounds: [[0]] },
	{ name: 'two alike', mode: 'continue', rounds: [[0, 0]] },
	{ name: 'loop', mode: 'stop', rounds: [[0], [1]] },
	{ name: 'tool', mode: 'engine', rounds: [[0]] },
	{ name: 'function', mode: 'function', rounds: [[0]] },
];
const TRIES = [1, 3];

function faultsOf(kind: PurchaseKind): Array<[name: string, fault?: Fault]> {
	const phases = ['before', 'after'] as const;
	return [
		['none'],
		['refused', { type: 'refuse', code: kind.refusal }],
		...phases.map((phase): [string, Fault] => [`500 ${phase}`, { type: 'error', status: 500, phase }]),
		...phases.map((phase): [string, Fault] => [`504 ${phase}`, { type: 'error', status: 504, phase }]),
		...phases.map((phase): [string, Fault] => [`dropped ${phase}`, { type: 'drop', phase }]),
		...phases.map((phase): [string, Fault] => [`hangs ${phase}`, { type: 'hang', phase }]),
		['429', { type: 'rateLimit' }],
		['429, 1 s', { type: 'rateLimit', retryAfterSeconds: 1 }],
		...(['html', 'truncated', 'empty', 'wrongShape'] as const).map((body): [string, Fault] => [
			body,
			{ type: 'unreadable', kind: body },
		]),
		['unknown status', { type: 'unknownStatus', status: 'thinking_about_it' }],
		...([302, 307, 308] as const).map((status): [string, Fault] => [
			`${status}`,
			{ type: 'redirect', status },
		]),
		...(kind.provider === 'tgMarket'
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
	scenario: Scenario;
}

const allCells: Cell[] = purchaseKinds.flatMap((kind) =>
	faultsOf(kind).flatMap(([faultName, fault]) =>
		(fault === undefined ? [0] : [1, -1]).flatMap((times) =>
			columns.flatMap(({ name, mode, rounds }) =>
				TRIES.map((tries): Cell => ({
					row: `${kind.name}: ${faultName}${times === -1 ? ', always' : ''}`,
					column: tries === 1 ? name : `${name}, ${tries} tries`,
					scenario: {
						kind,
						mode,
						tries,
						rounds,
						faults: fault === undefined ? [] : [{ fault, skip: 0, times }],
					},
				})),
			),
		),
	),
);

/** Result of a cell: `b`ought, `r`ejected, `u`nknown or not reached, for each intent, and the charges. */
interface Result {
	text: string;
	violations: string[];
	deviations: string[];
	outcomes: string[];
	charges: number;
	requests: number;
	/** Whether it was repeated alone. */
	repeated: boolean;
}

/** How long a cell mostly waits, in seconds; those run many at a time, the longest first. The others are a matter of computing. */
function waitOf({ scenario: { kind, tries, faults, rounds } }: Cell): number {
	const [first] = faults;
	if (first === undefined) return 0;
	if (kind.recovery === 'repeat' && first.times === -1)
		return first.fault.type === 'rateLimit' ? 2 * tries * rounds.flat().length : 2;
	if (first.fault.type === 'hang') return 2;
	return first.fault.type === 'rateLimit' || kind.recovery === 'lookUp' ? 1 : 0;
}
/** The longest wait of a cell in a quick run, in seconds. */
const LONGEST_WAIT = 4;

const cells = sampled(
	full ? allCells : allCells.filter((cell) => waitOf(cell) <= LONGEST_WAIT),
	120,
	({ scenario: { kind, tries, faults }, column }) => [kind.name, tries, faults[0], column],
);

/** In a full run, repeating all that short time-outs let deviate would take longer. */
const FIRST_TIMEOUTS = full ? undefined : SHORT_TIMEOUTS;
const WAITING_AT_ONCE = 40;
const COMPUTING_AT_ONCE = 3;

const harness = useHarness({ keepRequests: 100_000 });

async function fill(): Promise<Map<Cell, Result>> {
	const done = new Map<Cell, ScenarioResult>();
	const run = async (some: Cell[], atOnce: number, timeouts?: Timeouts) => {
		const lanes = Array.from({ length: atOnce }, async () => {
			for (let cell = some.shift(); cell !== undefined; cell = some.shift())
				done.set(cell, await runScenario(harness, cell.scenario, timeouts));
		});
		await Promise.all(lanes);
	};
	const waiting = cells.filter((cell) => waitOf(cell) > 0).sort((one, other) => waitOf(other) - waitOf(one));
	const computing = cells.filter((cell) => waitOf(cell) === 0);
	await Promise.all([
		run(waiting, WAITING_AT_ONCE, FIRST_TIMEOUTS),
		run(computing, COMPUTING_AT_ONCE, FIRST_TIMEOUTS),
	]);

	const results = await read(done);
	// Deviations from the model are repeated with nothing beside them: then time-outs come when they should.
	const deviating = cells.filter((cell) => results.get(cell)!.deviations.length > 0);
	await run([...deviating], 1);
	for (const [cell, result] of await read(new Map(deviating.map((cell) => [cell, done.get(cell)!])))) {
		const before = results.get(cell)!.violations;
		results.set(cell, { ...result, violations: [...before, ...result.violations], repeated: true });
	}
	return results;
}

async function read(done: Map<Cell, ScenarioResult>): Promise<Map<Cell, Result>> {
	const counts = new Map<ProviderName, Map<string, ChargeCount>>();
	for (const provider of providerNames) counts.set(provider, await countCharges(harness, provider));
	const results = new Map<Cell, Result>();
	for (const [cell, result] of done) {
		const { scenario } = cell;
		const count = counts.get(scenario.kind.provider)!.get(result.account) ?? { charged: [], requests: [] };
		const outcomes = result.reported.flat().map((one) => one?.outcome ?? '-');
		results.set(cell, {
			text: `${outcomes.map((outcome) => outcome[0]).join('')}${count.charged.length}`,
			violations: violations(result, count),
			deviations: deviations(scenario, result, count),
			outcomes,
			charges: count.charged.length,
			requests: count.requests.length,
			repeated: false,
		});
	}
	return results;
}

const wrong = (result: Result) => [...result.violations, ...result.deviations];

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
	const reported = (outcome: string) =>
		sum((result) => result.outcomes.filter((one) => one === outcome).length);
	return (
		`${all.length} cells, ${reported('bought') + reported('rejected') + reported('unknown')} purchases meant and tried: ` +
		`${reported('bought')} bought, ${reported('rejected')} rejected, ${reported('unknown')} of unknown outcome; ` +
		`${sum(({ charges }) => charges)} charges, ${sum(({ requests }) => requests)} requests that could buy; ` +
		`${all.filter((result) => wrong(result).length > 0).length} cells broken, ` +
		`${all.filter(({ repeated }) => repeated).length} repeated alone; ${seconds.toFixed(0)} s`
	);
}

it('buys once for each intent, whatever goes wrong and however n8n runs the node', async () => {
	await harness.sandbox.client.changeProduct({ provider: 'aiMarket', productId: '002', stock: 1_000_000 });
	const started = Date.now();
	const results = await fill();
	const complaints = cells.flatMap((cell) =>
		wrong(results.get(cell)!).map((complaint) => `${cell.row} × ${cell.column}: ${complaint}`),
	);
	if (full) process.stdout.write(`${table(results)}\n${totals(results, (Date.now() - started) / 1_000)}\n`);
	expect(complaints).toEqual([]);
}, 1_200_000);
