import { createHash } from 'node:crypto';
import type { ClaimResult, ClaimStore, Clock, Terms } from '../../../nodes/shared/ledger/protocol';
import { emptyRow, type Row, type StoredRow } from '../../../nodes/shared/ledger/row';

/**
 * Explores every order in which the steps of several claimants can fall, with crashes and the passing of time as
 * further choices. The claimants run the real code; the table and the clock are played here, one step at a time.
 */

export type Claim = (
	store: ClaimStore,
	row: Row,
	sending: () => Partial<Row>,
	terms: Terms,
	clock: Clock,
) => Promise<ClaimResult>;

export interface Scenario {
	claim: Claim;
	claimants: number;
	/** Whether they claim one key. */
	exclusive: boolean;
	/** Each asks for 1. */
	limit?: number;
	/** How many of them may crash. */
	crashes: number;
	/** How often the time may come at which every claim so far counts as abandoned. */
	ticks: number;
	/** Whether a row may become visible after rows with higher IDs. */
	lateRows: boolean;
	/** How often a claimant may pause before its time is up. */
	pauses: number;
	/** How many of the claimants have their first insert repeated, its answer being that of the second one. */
	repeated?: number;
}

export interface Ending {
	results: Array<ClaimResult | 'crashed' | { error: unknown }>;
	rows: StoredRow[];
	schedule: string[];
	crashes: number;
	ticks: number;
}

interface Pending {
	label: string;
	perform: () => unknown;
	resume: (value: unknown) => void;
}

class World {
	readonly rows: Array<StoredRow & { visible: boolean }> = [];
	readonly pending: Array<Pending | undefined> = [];
	readonly results: Ending['results'] = [];
	readonly seen: string[] = [];
	readonly paused: number[] = [];
	tick = 0;
	crashes = 0;
	private lastId = 0;

	constructor(private readonly scenario: Scenario) {
		for (let index = 0; index < scenario.claimants; index++) this.start(index);
	}

	private step<T>(index: number, label: string, perform: () => T): Promise<T> {
		return new Promise((resume) => {
			this.pending[index] = { label, perform, resume: resume as (value: unknown) => void };
		});
	}

	private start(index: number): void {
		const { claim, exclusive, limit, lateRows, pauses, repeated = 0 } = this.scenario;
		this.seen[index] = '';
		const live = () =>
			structuredClone(this.rows.filter(({ visible, state }) => visible && state !== 'rejected'));
		let repeats = index < repeated ? 1 : 0;
		const write = async (row: Row): Promise<StoredRow> => {
			const id = await this.step(index, 'insert', () => {
				const stored = { ...row, id: ++this.lastId, createdAt: '', updatedAt: '', noFinalAt: '' as const };
				this.rows.push({ ...stored, visible: !lateRows });
				return stored.id;
			});
			if (lateRows)
				await this.step(index, 'commit', () => {
					this.rows.find((candidate) => candidate.id === id)!.visible = true;
				});
			return structuredClone(this.rows.find((candidate) => candidate.id === id)!);
		};
		const store: ClaimStore = {
			insert: async (row) => {
				for (; repeats > 0; repeats--) await write(row);
				return await write(row);
			},
			withKey: async () => await this.step(index, 'read key', live),
			ofAccount: async () => await this.step(index, 'read account', live),
			swap: async ({ id }, from, data) =>
				await this.step(index, `swap ${from}→${data.state}`, () => {
					const row = this.rows.find((candidate) => candidate.id === id)!;
					if (!row.visible || row.state !== from) return false;
					Object.assign(row, data);
					return true;
				}),
		};
		this.paused[index] = 0;
		const clock: Clock = {
			now: () => '',
			isPast: (time) => Number(time) < this.tick,
			isUp: () => this.paused[index]! >= pauses,
			pause: async () => {
				this.paused[index]!++;
				await this.step(index, 'pause', () => undefined);
			},
		};
		const row: Row = {
			...emptyRow(),
			...{ state: 'preparing', key: 'key', nonce: `n${index}`, answerBy: String(this.tick), price: 1 },
		};
		const terms: Terms = {
			exclusive,
			limit: limit === undefined ? undefined : { amount: limit, since: '' },
		};
		const done = (result: Ending['results'][number]) => {
			if (this.results[index] === undefined) this.results[index] = result;
			this.pending[index] = undefined;
		};
		claim(store, row, () => ({ answerBy: String(this.tick) }), terms, clock).then(done, (error: unknown) =>
			done({ error }),
		);
	}

	/** What can happen next. */
	choices(): string[] {
		const { crashes, ticks } = this.scenario;
		const able = this.pending.flatMap((pending, index) => (pending === undefined ? [] : [index]));
		return [
			...able.map((index) => `${index}`),
			...(this.crashes < crashes ? able.map((index) => `crash ${index}`) : []),
			...(able.length > 0 && this.tick < ticks ? ['tick'] : []),
		];
	}

	async choose(choice: string): Promise<void> {
		if (choice === 'tick') this.tick++;
		else if (choice.startsWith('crash')) {
			const index = Number(choice.slice(6));
			this.crashes++;
			this.results[index] = 'crashed';
			this.pending[index] = undefined;
		} else {
			const index = Number(choice);
			const { label, perform, resume } = this.pending[index]!;
			this.pending[index] = undefined;
			const value = perform();
			this.note(index, label, value);
			resume(value);
		}
		await quiescent();
	}

	/** A claimant's future depends on what it has read since its loop began anew, and on how often it has paused. */
	private note(index: number, label: string, value: unknown): void {
		const rows = Array.isArray(value)
			? (value as StoredRow[]).map(({ id, state, nonce, answerBy }) => [
					id,
					state,
					nonce === this.nonceOf(index),
					answerBy,
				])
			: value;
		const isStart = label === 'read key' || label === 'pause' || label === 'insert';
		this.seen[index] = `${isStart ? '' : this.seen[index]}${label}=${JSON.stringify(rows)};`;
	}

	private nonceOf(index: number): string {
		return `n${index}`;
	}

	/** Two worlds with the same fingerprint have the same future. */
	fingerprint(): string {
		const rows = this.rows.map(({ id, state, visible, answerBy }) => [id, state, visible, answerBy]);
		const results = this.results.map((result) =>
			typeof result === 'object' && 'result' in result ? result.result : result,
		);
		const next = this.pending.map((pending) => pending?.label);
		const world = [rows, this.seen, this.paused, next, results, this.tick, this.crashes];
		return createHash('sha1').update(JSON.stringify(world)).digest('base64');
	}
}

/** Lets every continuation run that the last step has set free. */
const quiescent = async () => {
	for (let tick = 0; tick < 12; tick++) await Promise.resolve();
};

/** Visits every reachable world once, and every ending by one of the ways that lead there. */
export async function explore(scenario: Scenario, visit: (ending: Ending) => void): Promise<number> {
	const known = new Set<string>();
	const open: string[][] = [[]];
	while (open.length > 0) {
		const schedule = open.pop()!;
		const world = new World(scenario);
		await quiescent();
		for (const choice of schedule) await world.choose(choice);
		for (;;) {
			const fingerprint = world.fingerprint();
			if (known.has(fingerprint)) break;
			known.add(fingerprint);
			const [first, ...others] = world.choices();
			if (first === undefined) {
				const { results, rows, crashes, tick } = world;
				visit({ results, rows, schedule, crashes, ticks: tick });
				break;
			}
			for (const other of others) open.push([...schedule, other]);
			schedule.push(first);
			await world.choose(first);
		}
	}
	return known.size;
}
