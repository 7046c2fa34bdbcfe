import { anyOf, PAGE_SIZE, where, type Condition } from '../shared/ledger/dataTable';
import type { Ledger } from '../shared/ledger/ledger';
import type { StoredRow } from '../shared/ledger/row';
import type { Warnings } from '../shared/trigger/warnings';
import { eventsOf, type RowEvent } from './event';
import { orderProviders } from './providers';
import type { Settings } from './settings';

type SortBy = Parameters<Ledger['page']>[1];

export const NOT_REJECTED: Condition = { columnName: 'state', condition: 'neq', value: 'rejected' };

/** The ledger as one trigger sees it: the rows of its providers. */
export class Table {
	private readonly chosen: ReadonlySet<string>;
	private readonly others: Condition[];

	constructor(
		readonly ledger: Ledger,
		private readonly settings: Pick<Settings, 'providers' | 'expireAfter'>,
		/** When this poll began, epoch milliseconds. */
		readonly now: number,
		private readonly warnings: Warnings,
	) {
		this.expireAfter = settings.expireAfter;
		this.chosen = new Set(settings.providers.map(({ name }) => name));
		this.others = orderProviders
			.filter(({ name }) => !this.chosen.has(name))
			.map(({ name }) => ({ columnName: 'provider', condition: 'neq', value: name }));
	}

	/** After how many milliseconds an open order is given up; Infinity for never. */
	readonly expireAfter: number;

	/** The same table with the rows of all providers. */
	withAllProviders(): Table {
		return new Table(this.ledger, { ...this.settings, providers: orderProviders }, this.now, this.warnings);
	}

	/** One page of the rows that meet all conditions. */
	async page(
		conditions: Condition[],
		sortBy: SortBy,
		limit = PAGE_SIZE,
	): Promise<{ rows: StoredRow[]; more: boolean }> {
		const { rows, more } = await this.ledger.page(where(...conditions, ...this.others), sortBy, limit);
		return { rows, more };
	}

	/** All rows of these providers that meet any of the conditions. */
	async all(conditions: Condition[], after = 0): Promise<StoredRow[]> {
		const [only] = conditions;
		const afterLast: Condition = { columnName: 'id', condition: 'gt', value: after };
		const isSplit = conditions.length > 1;
		const filter = isSplit ? anyOf(...conditions) : where(only!, afterLast);
		const { rows, more } = await this.ledger.page(filter, 'id:asc');
		if (!more) return rows.filter(({ provider }) => this.chosen.has(provider));
		if (!isSplit) return [...rows, ...(await this.all(conditions, rows.at(-1)!.id))];
		const half = conditions.length >> 1;
		return [...(await this.all(conditions.slice(0, half))), ...(await this.all(conditions.slice(half)))];
	}

	/** The events of a row. A row that makes no sense has none, and is named in a warning. */
	eventsOf(row: StoredRow): RowEvent[] {
		if (!this.isOwn(row)) return [];
		const events = eventsOf(row, this.expireAfter, this.now);
		if (typeof events !== 'string') return events;
		this.warnings.add(events);
		return [];
	}

	/** Changes a row. That it cannot be changed stops no other row. */
	async change<T>(row: StoredRow, change: () => Promise<T>): Promise<T | undefined> {
		try {
			return await change();
		} catch (error) {
			this.warnings.add(`row ${row.id} could not be changed: ${(error as Error).message}`);
			return undefined;
		}
	}

	/** Whether a row is of one of this trigger's providers and says which order it means. */
	isOwn(row: StoredRow): boolean {
		if (!this.chosen.has(row.provider)) {
			if (!orderProviders.some(({ name }) => name === row.provider))
				this.warnings.add(`row ${row.id}: "${row.provider.slice(0, 40)}" is not a provider of orders`);
			return false;
		}
		const types = orderProviders.find(({ name }) => name === row.provider)?.orders?.types ?? [];
		if (types.length === 0 || types.some(({ value }) => value === row.orderType)) return true;
		this.warnings.add(
			`row ${row.id}: orderType "${row.orderType.slice(0, 40)}" is none of ${types.map(({ value }) => value).join(', ')}`,
		);
		return false;
	}

	/**
	 * Rows that were added at a time or later. In SQLite n8n compares times as text that differs behind the day, so a
	 * filter is exact to the day only, and whoever needs it exact looks at the rows once more.
	 */
	createdSince(time: number): Condition {
		const dayBefore = new Date(time - 86_400_000).toISOString().slice(0, 10);
		return { columnName: 'createdAt', condition: 'gte', value: `${dayBefore}T23:59:59.999Z` };
	}

	/** Rows that were added up to a time, exact to the day, see {@link createdSince}. */
	createdUntil(time: number): Condition {
		return {
			columnName: 'createdAt',
			condition: 'lte',
			value: `${new Date(time).toISOString().slice(0, 10)}T23:59:59.999Z`,
		};
	}
}
