import { isFinal, type Order } from '../shared/domain/order';
import { is, type Condition } from '../shared/ledger/dataTable';
import type { StoredRow } from '../shared/ledger/row';
import type { Warnings } from '../shared/trigger/warnings';
import { identityOf, timeOf, type EventState } from './event';
import { HOUR, KEY_WATCH, NEWEST_ROWS, REFUND_WATCH, ROTATING_PAGES } from './limits';
import type { Answer, LookUp, Question } from './lookUps';
import type { Progress } from './progress';
import { canLookUp, type LookUpProvider } from './providers';
import { nextShare, type Share } from './rotation';
import { isDue } from './schedule';
import type { Settings } from './settings';
import type { Table } from './table';

const isNot = (state: string): Condition => ({ columnName: 'state', condition: 'neq', value: state });

/** Where a round through the table begins when nothing is known of it: anywhere, so that no restart favours a row. */
const ANYWHERE = 3 * HOUR;

/** A row that has changed, with the order it was changed to where a provider has answered. */
export interface Change {
	row: StoredRow;
	order?: Order;
}

/** The orders of the table that may still change: which are due for a look-up, and what becomes of them. */
export class TrackedOrders {
	/** Rows this poll has brought up to date. */
	readonly changes: Change[] = [];
	private readonly shares: Array<{ share: Share; due: StoredRow[] }> = [];
	private readonly visited = new Set<string>();

	constructor(
		private readonly table: Table,
		private readonly settings: Settings,
		private readonly progress: Progress,
		private readonly warnings: Warnings,
	) {}

	/** The look-ups that are due, those first that matter most. Rows of one order are looked up once. */
	async due(): Promise<LookUp[]> {
		const { rows: newest, more } = await this.table.page(this.openRows(), 'id:desc', NEWEST_ROWS);
		const lastPoll = this.progress.polledAt;
		const queues = [await this.dueAmong(newest, lastPoll)];
		if (more)
			for (const { name } of this.settings.providers) queues.push(await this.rotating(name, newest[0]!.id));
		const refunds: EventState = 'refunded';
		if (this.settings.events.has(refunds))
			for (const state of ['failed', 'cancelled'] as const) queues.push(await this.refundable(state));

		const orders = new Map<string, StoredRow[]>();
		for (const row of interleaved(queues)) {
			const rows = orders.get(identityOf(row)) ?? [];
			if (!rows.some(({ id }) => id === row.id)) rows.push(row);
			orders.set(identityOf(row), rows);
		}
		return [...orders].flatMap(([identity, rows]) => this.lookUpOf(identity, rows) ?? []);
	}

	/** Moves on through the table, past what was looked up. */
	finish(): void {
		for (const { share, due } of this.shares)
			share.done(due.find((row) => !this.visited.has(identityOf(row))));
	}

	private openRows(...more: Condition[]): Condition[] {
		const { expireAfter, now } = this.table;
		const notExpired = Number.isFinite(expireAfter) ? [this.table.createdSince(now - expireAfter)] : [];
		return [is('finalAt', ''), ...['rejected', 'sending', 'preparing'].map(isNot), ...notExpired, ...more];
	}

	private async rotating(provider: string, newest: number): Promise<StoredRow[]> {
		const { table } = this;
		const anywhere = () => Math.floor((newest * (table.now % ANYWHERE)) / ANYWHERE);
		const round = this.progress.round(provider, anywhere, table.now);
		const share = await nextShare(table, this.openRows(is('provider', provider)), round, ROTATING_PAGES);
		const due = await this.dueAmong(share.rows, share.lastVisit);
		this.shares.push({ share, due });
		return due;
	}

	private async refundable(state: 'failed' | 'cancelled'): Promise<StoredRow[]> {
		const since = new Date(this.table.now - REFUND_WATCH).toISOString();
		const recent: Condition = { columnName: 'finalAt', condition: 'gte', value: since };
		const round = this.progress.round(state, () => 0, this.table.now);
		const share = await nextShare(this.table, [is('state', state), recent], round, 1);
		const due = share.rows.filter(
			(row) =>
				this.questionOf(row) !== undefined &&
				isDue(row.id, timeOf(row.finalAt) ?? NaN, share.lastVisit, this.table.now),
		);
		this.shares.push({ share, due });
		return due;
	}

	/** @param lastVisit when these rows were read before, epoch milliseconds */
	private async dueAmong(rows: StoredRow[], lastVisit: number): Promise<StoredRow[]> {
		const { now, expireAfter } = this.table;
		const due: StoredRow[] = [];
		for (const row of rows) {
			if (!this.table.isOwn(row)) continue;
			const created = Date.parse(row.createdAt);
			if (isFinal(row.state)) await this.date(row);
			else if (created + expireAfter > now && this.questionOf(row) && isDue(row.id, created, lastVisit, now))
				due.push(row);
		}
		return due;
	}

	/** Somebody has set the state by hand: the order is final from now on. */
	private async date(row: StoredRow): Promise<void> {
		const dated = await this.table.change(row, async () => await this.table.ledger.date(row));
		if (dated !== undefined) this.changes.push({ row: dated });
	}

	private providerOf({ provider }: StoredRow): LookUpProvider | undefined {
		return this.settings.providers.filter(canLookUp).find(({ name }) => name === provider);
	}

	/** How to look a row's order up; undefined where its provider cannot. */
	private questionOf(row: StoredRow): Question | undefined {
		const provider = this.providerOf(row);
		if (provider === undefined) return undefined;
		if (row.orderId !== '') return { orderType: row.orderType, orderId: row.orderId };
		const sentAt = timeOf(row.sentAt) ?? Date.parse(row.createdAt);
		const isWatched = this.table.now - sentAt < KEY_WATCH;
		return provider.orders.getByKey && row.key !== '' && isWatched ? { key: row.key } : undefined;
	}

	private lookUpOf(identity: string, rows: StoredRow[]): LookUp | undefined {
		const [provider, question] = [this.providerOf(rows[0]!), this.questionOf(rows[0]!)];
		if (provider === undefined || question === undefined) return undefined;
		return {
			provider,
			question,
			answered: async (answer) => {
				this.visited.add(identity);
				if (answer.result === 'found') for (const row of rows) await this.note(row, answer.order);
				else this.warn(rows[0]!, question, answer);
			},
		};
	}

	/** Brings a row up to date. A row that somebody else changed meanwhile is read anew by the next poll. */
	private async note(row: StoredRow, order: Order): Promise<void> {
		if (row.state === order.state && row.status === (order.status ?? '')) return;
		// A final row stays final, whatever its provider says.
		if (isFinal(row.state) && !isFinal(order.state)) return;
		const changed = await this.table.change(row, async () => await this.table.ledger.record(row, order));
		if (changed !== undefined) this.changes.push({ row: changed, order });
	}

	private warn(row: StoredRow, question: Question, answer: Exclude<Answer, { result: 'found' }>): void {
		if ('key' in question && answer.result === 'unknown') return;
		const why = answer.result === 'unknown' ? 'its provider has no such order' : answer.error.message;
		this.warnings.add(`row ${row.id}, order "${row.orderId}" of ${row.provider}: ${why}`);
	}
}

/** One of each in turn, so that none has to wait until another is done. */
function* interleaved<T>(queues: T[][]): Generator<T> {
	const longest = Math.max(0, ...queues.map(({ length }) => length));
	for (let index = 0; index < longest; index++)
		for (const queue of queues) if (index < queue.length) yield queue[index]!;
}
