import { mapBounded } from '../shared/async/mapBounded';
import { monotonic } from '../shared/async/monotonic';
import { is } from '../shared/ledger/dataTable';
import { isOver } from '../shared/ledger/ledger';
import type { StoredRow } from '../shared/ledger/row';
import { timeOf } from './event';
import { OVERLAP, TABLE_REQUESTS_AT_ONCE, UNANSWERED_PAGES } from './limits';
import type { LookUp } from './lookUps';
import type { Progress } from './progress';
import { canLookUp, orderProviders } from './providers';
import { nextShare } from './rotation';
import type { Settings } from './settings';
import type { Table } from './table';
import type { Change } from './trackedOrders';

/** Purchases that a crash has left without an answer: what became of them, as far as anybody can tell. */
export class Unanswered {
	/** Rows this poll has brought up to date. */
	readonly changes: Change[] = [];
	/** Purchases that are still to be looked up. */
	private readonly unreached = new Set<StoredRow>();
	private readonly table: Table;

	constructor(
		table: Table,
		private readonly settings: Settings,
		private readonly progress: Progress,
		/** When no further purchase may be begun with, in the time of `monotonic`. */
		private readonly deadline: number,
	) {
		this.table = table.withAllProviders();
	}

	/** Frees claims from which nothing was sent, and settles what needs no look-up. The rest is returned. */
	async resolve(): Promise<LookUp[]> {
		const { ledger } = this.table;
		await this.each(await this.over('preparing'), async (row) => void (await ledger.free(row)));
		const lookUps: LookUp[] = [];
		const attempts = new Map<string, StoredRow>();
		for (const row of await this.over('sending')) attempts.set(row.nonce || `row ${row.id}`, row);
		await this.each([...attempts.values()], async (row) => {
			const purchase = await this.withoutRepeated(row);
			const lookUp = purchase && this.lookUpOf(purchase);
			if (lookUp !== undefined) {
				lookUps.push(lookUp);
				this.unreached.add(purchase!);
			} else if (purchase !== undefined && !this.isOfAnother(purchase)) await this.unconfirm(purchase);
		});
		return lookUps;
	}

	/** Rows in a state in which nobody leaves them for so long. */
	private async over(state: 'preparing' | 'sending'): Promise<StoredRow[]> {
		const round = this.progress.round(state, () => 0, this.table.now);
		const share = await nextShare(this.table, [is('state', state)], round, UNANSWERED_PAGES);
		share.done();
		return share.rows.filter(({ answerBy }) => isOver(answerBy));
	}

	/** One row of a purchase; a repeated request may have added more, even after the answer. */
	private async withoutRepeated(row: StoredRow): Promise<StoredRow | undefined> {
		const rows = await this.table.ledger.ofAttempt(row);
		const answered = rows.find(({ state }) => state !== 'sending' && state !== 'preparing');
		const [first, ...others] = rows.filter(({ state }) => state === 'sending');
		const repeated = answered === undefined ? others : [first ?? [], others].flat();
		for (const each of repeated) await this.table.ledger.dismiss(each);
		return answered === undefined ? first : undefined;
	}

	/** Whether a trigger that watches the provider may still find the order. */
	private isOfAnother({ provider, answerBy, key }: StoredRow): boolean {
		const isWatched = this.settings.providers.some(({ name }) => name === provider);
		const canFind = orderProviders.some(({ name, orders }) => name === provider && orders?.getByKey);
		const until = (timeOf(answerBy) ?? NaN) + OVERLAP;
		return !isWatched && canFind && key !== '' && this.table.now < until;
	}

	private lookUpOf(row: StoredRow): LookUp | undefined {
		const provider = this.settings.providers.filter(canLookUp).find(({ name }) => name === row.provider);
		if (provider?.orders.getByKey === undefined || row.key === '') return undefined;
		return {
			provider,
			question: { key: row.key },
			answered: async (answer) => {
				this.unreached.delete(row);
				if (answer.result !== 'found') return await this.unconfirm(row);
				const { order } = answer;
				const changed = await this.table.change(row, async () => await this.table.ledger.record(row, order));
				if (changed !== undefined) this.changes.push({ row: changed, order });
			},
		};
	}

	/** Purchases that were to be looked up at a provider that failed are unconfirmed, and looked up later. */
	async finish(failures: ReadonlyMap<string, unknown>): Promise<void> {
		const failed = [...this.unreached].filter(({ provider }) => failures.has(provider));
		await this.each(failed, async (row) => await this.unconfirm(row));
	}

	private async each(rows: StoredRow[], work: (row: StoredRow) => Promise<void>): Promise<void> {
		await mapBounded(rows, TABLE_REQUESTS_AT_ONCE, async (row) => {
			if (monotonic() < this.deadline) await this.table.change(row, async () => await work(row));
		});
	}

	private async unconfirm(row: StoredRow): Promise<void> {
		const { ledger } = this.table;
		const [changed] =
			(await this.table.change(row, async () => {
				await ledger.unconfirm(row, 'No answer came before its time was over');
				return await ledger.ofAttempt(row);
			})) ?? [];
		if (changed?.state === 'unconfirmed') this.changes.push({ row: changed });
	}
}
