/**
 * Takes the rules of the order trigger's memory out, one at a time, in a copy of the repository, and shows which test
 * notices: `npx tsx test/trigger/mutations.ts [part of a name]`. A rule without a test that fails is printed as missed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

interface Mutation {
	rule: string;
	file: string;
	from: string;
	to: string;
}

const NODE = 'nodes/DigitalGoodsOrderTrigger';

const mutations: Mutation[] = [
	{
		rule: 'what was emitted is not emitted once more',
		file: 'memory.ts',
		from: 'if (Object.hasOwn(emitted, short)) return false;',
		to: '',
	},
	{
		rule: 'what is forgotten was emitted, up to its position',
		file: 'memory.ts',
		from: '&& compare(position, forgotten) > 0',
		to: '',
	},
	{
		rule: 'what was final before the workflow was active gives nothing',
		file: 'memory.ts',
		from: 'position[0] > activeFrom &&',
		to: '',
	},
	{
		rule: 'what waits for its provider is emitted, however late',
		file: 'memory.ts',
		from: 'if (Object.hasOwn(due, short)) return true;',
		to: '',
	},
	{
		rule: 'a poll reads what is seen late',
		file: 'limits.ts',
		from: 'OVERLAP = 15 * MINUTE',
		to: 'OVERLAP = 0',
	},
	{
		rule: 'a clock that was set back brings back the time from which events count',
		file: 'memory.ts',
		from: 'if (now < kept.since) kept.activeFrom =',
		to: 'if (now < 0) kept.activeFrom =',
	},
	{
		rule: 'a poll reads the last interval once more',
		file: 'memory.ts',
		from: 'kept.since = Math.min(kept.since, now - interval);',
		to: '',
	},
	{
		rule: 'an activation looks back over an interval',
		file: 'memory.ts',
		from: 'kept.activeFrom = Math.max(kept.activeFrom, lastMinutes - interval);',
		to: 'kept.activeFrom = Math.max(kept.activeFrom, now);',
	},
	{
		rule: 'an activation leaves alone what was final long before',
		file: 'memory.ts',
		from: '} else if (isActivation) {',
		to: '} else if (isActivation && now < 0) {',
	},
	{
		rule: 'n8n is asked since when the workflow is active',
		file: 'memory.ts',
		from: '(activatedAt ?? Infinity) - OVERLAP',
		to: 'Infinity',
	},
	{
		rule: 'what n8n drops of a poll without an event is kept in the process',
		file: 'state.ts',
		from: 'own !== undefined && own.polls > saved.polls ? own : saved',
		to: 'saved',
	},
	{
		rule: 'after an emission the copy of n8n counts',
		file: 'state.ts',
		from: 'if (hasEmitted) latest.delete(this.trigger);',
		to: 'if (hasEmitted) latest.set(this.trigger, deepCopy({ ...this.kept, polls: this.kept.polls + 1 }));',
	},
	{
		rule: 'an event is as old as the first row that tells of it',
		file: 'newEvents.ts',
		from: 'table.eventsOf(row).forEach(consider);',
		to: '',
	},
	{
		rule: 'equal times are read by their IDs',
		file: 'newEvents.ts',
		from: 'isWithinOneTime ||= read.rows[0]![column] === last[column];',
		to: '',
	},
	{
		rule: 'what is beyond the known waits',
		file: 'selection.ts',
		from: 'if (left !== undefined && compare(left.position, this.known) < 0)',
		to: 'if (left === null)',
	},
	{
		rule: 'an order that was refunded still tells that it failed',
		file: 'event.ts',
		from: "isSecond ? [event(previousState, finalAt, ''), own] : [own]",
		to: '[own]',
	},
	{
		rule: 'a time that makes no sense is not taken for one',
		file: 'event.ts',
		from: 'if (wrong) return wrong;',
		to: '',
	},
	{
		rule: 'a row that somebody has made final is dated',
		file: 'trackedOrders.ts',
		from: 'if (isFinal(row.state)) await this.date(row);',
		to: 'if (isFinal(row.state)) continue;',
	},
	{
		rule: 'an execution that died makes its events due',
		file: 'executions.ts',
		from: "if (outcome === 'died') memory.retry(emission, MOST_RETRIES);",
		to: "if (outcome === 'died') memory.conclude(emission);",
	},
	{
		rule: 'an execution that is missing makes its events due',
		file: 'executions.ts',
		from: "if (outcome === 'missing') memory.retry(emission, MOST_RESTARTS);",
		to: "if (outcome === 'missing') memory.conclude(emission);",
	},
	{
		rule: 'an execution is followed up while it runs',
		file: 'executions.ts',
		from: "return status === 'waiting' ? 'delivered' : 'underWay';",
		to: "return status === undefined ? 'underWay' : 'delivered';",
	},
	{
		rule: 'an execution is known by its events, not by its time',
		file: 'executions.ts',
		from: 'if (![...emitted].some((short) => Object.hasOwn(emission.events, short))) continue;',
		to: '',
	},
	{
		rule: 'a first look-up that failed is remembered',
		file: 'orderList.ts',
		from: 'this.known[short] ??= [UNSEEN, this.now];',
		to: '',
	},
	{
		rule: 'an order that is final at first gives nothing',
		file: 'orderList.ts',
		from: 'if (known !== undefined && isFinal(state)',
		to: 'if (isFinal(state)',
	},
	{
		rule: 'an event that is not chosen is not emitted',
		file: 'selection.ts',
		from: 'this.settings.events.has(event.state) &&',
		to: '',
	},
];

const TESTS = ['memory', 'orderList', 'bounds', 'unanswered', 'schedules'].map(
	(name) => `test/trigger/${name}`,
);

function copyOfRepository(): string {
	const folder = mkdtempSync(join(tmpdir(), 'trigger-mutations-'));
	const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' }).split(
		'\n',
	);
	for (const file of [...files.filter((name) => name !== ''), 'nodes/providers.generated.ts']) {
		mkdirSync(dirname(join(folder, file)), { recursive: true });
		cpSync(file, join(folder, file));
	}
	symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
	return folder;
}

const folder = copyOfRepository();
let missed = 0;
try {
	for (const { rule, file, from, to } of mutations) {
		if (!rule.includes(process.argv[2] ?? '')) continue;
		const path = join(folder, NODE, file);
		const source = readFileSync(path, 'utf8');
		if (source.split(from).length !== 2) throw new Error(`"${from}" is not found once in ${file}`);
		writeFileSync(path, source.replace(from, to));
		let noticed: string | undefined;
		for (const test of TESTS) {
			const run = spawnSync('npx', ['jest', test, '-w', '1', '--bail'], {
				...{ cwd: folder, encoding: 'utf8' as const },
				env: { ...process.env, SCHEDULES: process.env.SCHEDULES ?? '300', SHRINK: '' },
			});
			if (run.status === 0) continue;
			const output = `${run.stdout}${run.stderr}`;
			noticed = /● (.*)/.exec(output)?.[1] ?? output.slice(0, 200);
			break;
		}
		writeFileSync(path, source);
		if (noticed === undefined) missed++;
		process.stdout.write(
			`${noticed === undefined ? 'MISSED ' : 'noticed'}  ${rule}: ${noticed ?? 'no test fails'}\n`,
		);
	}
} finally {
	rmSync(folder, { recursive: true, force: true });
}
process.exitCode = missed > 0 ? 1 : 0;
