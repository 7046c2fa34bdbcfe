import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { claim } from '../../nodes/shared/ledger/protocol';
import { full } from '../support/full';
import { explore, type Claim, type Ending, type Scenario } from './support/explore';

const FILE = join(__dirname, '../../nodes/shared/ledger/protocol.ts');

const keyed: Omit<Scenario, 'claim'> = {
	claimants: 2,
	exclusive: true,
	crashes: 0,
	ticks: 0,
	lateRows: false,
	pauses: 3,
};

const winners = ({ results }: Ending): number =>
	results.filter((result) => typeof result === 'object' && 'result' in result && result.result === 'sending')
		.length;

/** Rows from which a request left or may have left. */
const sent = ({ rows }: Ending): number => rows.filter(({ state }) => state === 'sending').length;

const shown = (ending: Ending): string =>
	`${ending.schedule.join(' ')} → ${JSON.stringify(ending.results)} ${JSON.stringify(ending.rows.map(({ id, state }) => [id, state]))}`;

/** Runs all schedules; the first that breaks a rule fails. */
async function endings(scenario: Scenario, check: (ending: Ending) => void): Promise<number> {
	let count = 0;
	await explore(scenario, (ending) => {
		count++;
		for (const result of ending.results)
			if (typeof result === 'object' && 'error' in result) throw result.error;
		check(ending);
	});
	return count;
}

const atMost = (limit: number) => (ending: Ending) => {
	if (winners(ending) > limit || sent(ending) > limit)
		throw new Error(`more than ${limit}: ${shown(ending)}`);
};

describe('one key', () => {
	const claimants: Array<[string, Partial<Scenario>]> = [
		['two', { claimants: 2 }],
		['two, rows that appear late', { claimants: 2, lateRows: true }],
		['three', { claimants: 3, pauses: full ? 2 : 1 }],
	];
	if (full) claimants.push(['three, rows that appear late', { claimants: 3, pauses: 1, lateRows: true }]);
	it.each(claimants)('is given to exactly one of %s claimants', async (_, more) => {
		const count = await endings({ ...keyed, ...more, claim }, (ending) => {
			atMost(1)(ending);
			const busy = ending.results.some(
				(result) => typeof result === 'object' && 'result' in result && result.result === 'busy',
			);
			if (winners(ending) === 0 && !busy) throw new Error(`nobody: ${shown(ending)}`);
		});
		expect(count).toBeGreaterThan(2);
	});

	const crashing: Array<[string, Partial<Scenario>]> = [
		['two claimants, crashes at any step', { claimants: 2, crashes: 2, lateRows: true }],
		[
			'two, crashes, and claims given up for dead',
			{ claimants: 2, crashes: 1, ticks: 2, pauses: 1, lateRows: true },
		],
		['three, crashes', { claimants: 3, crashes: full ? 2 : 1, pauses: full ? 1 : 0 }],
	];
	if (full) crashing.push(['three, claims given up for dead', { claimants: 3, ticks: 1, pauses: 0 }]);
	it.each(crashing)('is sent at most once: %s', async (_, more) => {
		await endings({ ...keyed, ...more, claim }, atMost(1));
	});

	it('is free again once a claimant that died before sending counts as dead', async () => {
		let freed = 0;
		await endings({ ...keyed, claimants: 2, crashes: 1, ticks: 1, claim }, (ending) => {
			const [first, second] = ending.results;
			const died =
				first === 'crashed' && ending.rows.some(({ message }) => message.startsWith('Stopped before'));
			if (died && typeof second === 'object' && 'result' in second && second.result === 'sending') freed++;
		});
		expect(freed).toBeGreaterThan(0);
	});
});

describe('a spending limit', () => {
	const limited = { ...keyed, exclusive: false };
	const scenarios: Array<[string, Partial<Scenario>, number]> = [
		['two under a limit for one', { claimants: 2, limit: 1 }, 1],
		['two under a limit for one, rows that appear late', { claimants: 2, limit: 1, lateRows: true }, 1],
		[
			'two, crashes and claims given up',
			{ claimants: 2, limit: 1, crashes: 1, ticks: 1, pauses: full ? 2 : 1 },
			1,
		],
		['three under a limit for two', { claimants: 3, limit: 2, pauses: 1 }, 2],
		['three under a limit for one', { claimants: 3, limit: 1, pauses: 1 }, 1],
		['two with one key', { claimants: 2, limit: 2, exclusive: true }, 1],
	];
	it.each(scenarios.filter(([, { claimants }]) => full || claimants === 2))(
		'is never exceeded: %s',
		async (_, more, most) => {
			let reached = 0;
			await endings({ ...limited, ...more, claim }, (ending) => {
				atMost(most)(ending);
				reached = Math.max(reached, winners(ending));
			});
			expect(reached).toBe(most);
		},
	);
});

describe('every rule is needed', () => {
	/** The protocol with one rule replaced. */
	function without(...changes: Array<[rule: string, instead: string]>): Claim {
		let source = readFileSync(FILE, 'utf8');
		for (const [rule, instead] of changes) {
			expect(source.split(rule)).toHaveLength(2);
			source = source.replace(rule, instead);
		}
		const { outputText } = transpileModule(source, {
			compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022 },
		});
		const module = { exports: {} as { claim: Claim } };
		const load = createRequire(FILE);
		const resolve = (name: string): unknown =>
			name.endsWith('domain/order') ? { isFinal: () => false } : load(name);
		new Function('exports', 'require', outputText)(module.exports, resolve);
		return module.exports.claim;
	}

	const goesAlone: [string, string] = [
		"if (keyed.length === 0 && verdict.may === 'go') {",
		"if (verdict.may === 'go') {",
	];
	const rules: Array<[name: string, changes: Array<[string, string]>, more: Partial<Scenario>]> = [
		[
			'only lower IDs are read',
			[
				[
					"keyed.find(({ state }) => state !== 'preparing')",
					"keyed.find(({ state, id }) => state !== 'preparing' && id < own.id)",
				],
				goesAlone,
			],
			{ lateRows: true },
		],
		[
			'a waiter whose time is up goes on',
			[
				[
					"if (clock.isUp()) return await withdraw({ result: 'busy', rival: keyed[0] });",
					"if (clock.isUp()) { await store.swap(own, 'preparing', { state: 'sending' }); return { result: 'sending', row: own }; }",
				],
			],
			{ lateRows: true, pauses: 1 },
		],
		['nobody waits for a higher ID', [goesAlone], { lateRows: true }],
		[
			'the state is written blindly',
			[
				[
					"if (await store.swap(own, 'preparing', data)) return",
					"await store.swap(own, 'preparing', data); if (true) return",
				],
			],
			{ ticks: 1 },
		],
	];

	it.each(rules)('%s: two send', async (_, changes, more) => {
		const broken = without(...changes);
		await expect(endings({ ...keyed, ...more, claim: broken }, atMost(1))).rejects.toThrow(/more than 1/);
	});

	it('claims that are being prepared do not count: a limit is exceeded', async () => {
		const broken = without(['if (fits(inCents(spent + sum(preparing)))) return', 'if (fits(spent)) return']);
		await expect(endings({ ...keyed, exclusive: false, limit: 1, claim: broken }, atMost(1))).rejects.toThrow(
			/more than 1/,
		);
	});
});
