import { randomUUID } from 'node:crypto';
import { sleep } from 'n8n-workflow';
import { monotonic } from '../async/monotonic';
import { isFinal, type Order } from '../domain/order';
import { ProviderError } from '../errors/providerError';
import type { Api } from '../http/api';
import { CLAIM_PAUSE, CLAIM_TIME, CLOCK_SKEW } from '../http/retryPolicy';
import { processState } from '../processState';
import { anyOf, DataTable, is, where, type Condition, type Filter } from './dataTable';
import {
	claim,
	free,
	judge,
	orderCells,
	type ClaimResult,
	type ClaimStore,
	type Clock,
	type SpendingLimit,
	type Terms,
} from './protocol';
import type { ClaimState, Row, StoredRow } from './row';

export const now = (): string => new Date().toISOString();
const later = (ms: number): string => new Date(Date.now() + ms).toISOString();

/** Whether a time has passed, by the clock of any process; a time that is none has. */
export const isOver = (time: string): boolean => !(Date.parse(time) + CLOCK_SKEW > Date.now());

/** Far more rows of one key, or of one account within a month, than anybody has: more are refused, not guessed. */
const MOST_PAGES = 100;

/** Opened tables by account and name; found anew after a minute. */
const tables = processState<{ at: number; table: Promise<DataTable> }>('tables');
const OPEN_FOR = 60_000;

/**
 * The ledger of purchases: one row for each, written before the request leaves, in a Data Table of n8n.
 * It knows neither providers nor nodes. The rules by which purchases share the table are in `protocol.ts`.
 */
export class Ledger {
	private constructor(private readonly table: DataTable) {}

	/** Opens the table, and creates it or its missing columns first. */
	static async open(api: Api, name: string): Promise<Ledger> {
		const id = JSON.stringify([api.account, api.address, name]);
		let opened = tables.get(id);
		if (opened === undefined || monotonic() - opened.at > OPEN_FOR) {
			opened = { at: monotonic(), table: DataTable.open(api, name) };
			tables.set(id, opened);
			opened.table.catch(() => tables.delete(id));
		}
		return new Ledger((await opened.table).through(api));
	}

	/**
	 * Writes a purchase down as `sending`, after its key and its share of the spending limit were claimed.
	 * @param row the purchase; `state`, `nonce`, `stateAt` and `answerBy` are set here
	 * @param longest how long the answer can take from now on, in milliseconds
	 * @throws ProviderError when it could not be written: nothing may be sent then
	 */
	async begin(row: Row, longest: number, terms: Terms): Promise<ClaimResult> {
		const sending = () => ({ answerBy: later(longest) });
		const fresh = { ...row, nonce: randomUUID(), sentAt: now(), stateAt: now() };
		if (!terms.exclusive && terms.limit === undefined) {
			const written = { ...fresh, ...sending(), state: 'sending' };
			const row = await this.store.insert(written).catch(async (error: unknown) => {
				await this.reject(written, 'Stopped before anything was sent').catch(() => {});
				throw error;
			});
			return { result: 'sending', row };
		}
		const preparing = { ...fresh, state: 'preparing', answerBy: later(CLAIM_TIME) };
		return await claim(this.store, preparing, sending, terms, clockFor(CLAIM_TIME));
	}

	/**
	 * The answer of a purchase: the order it became. Whoever changed the row meanwhile, the answer counts. A repeated
	 * request has written the row more than once: one stays.
	 */
	async settle(row: StoredRow, order: Order): Promise<void> {
		const facts = factsOf(order);
		const cells = { ...missing(row, facts), ...(facts.price === undefined ? {} : { price: facts.price }) };
		const claimed = { state: 'sending', finalAt: '' };
		const asSent = where(is('nonce', row.nonce), is('state', 'sending'));
		const data = { ...cells, ...orderCells(claimed, stateOf(order), now()) };
		const changed = await this.table.update(asSent, data);
		const [own, ...copies] = changed.length > 0 ? changed : await this.ofAttempt(row);
		if (own !== undefined && changed.length === 0) await this.record(own, order);
		for (const copy of copies) await this.dismiss(copy);
	}

	/** A purchase that was refused: its key is free, its price not spent. */
	async reject(row: Pick<Row, 'nonce'> & Partial<StoredRow>, message: string): Promise<void> {
		await this.conclude(row, 'rejected', message);
	}

	/** A purchase whose answer never came or cannot be trusted. */
	async unconfirm(row: StoredRow, message: string): Promise<void> {
		await this.conclude(row, 'unconfirmed', message);
	}

	/**
	 * What a row's order has come to since.
	 * @returns the row as it stands afterwards, undefined where somebody else has changed it since it was read
	 */
	async record(row: StoredRow, order: Order): Promise<StoredRow | undefined> {
		const cells = orderCells(row, stateOf(order), now());
		const { finalAt, ...others } = { ...missing(row, factsOf(order)), ...cells };
		const asRead = [
			is('id', row.id),
			...(row.state === '' ? [] : [is('state', row.state)]),
			...(isFinal(row.state) ? [] : [is('finalAt', row.noFinalAt)]),
		];
		const [changed] = await this.table.update(where(...asRead), {
			...others,
			...(finalAt === undefined ? {} : { finalAt }),
		});
		row.state = changed?.state ?? row.state;
		return changed;
	}

	/**
	 * Dates a row that somebody has set to a final state without saying since when.
	 * @returns the row as it stands afterwards, undefined where somebody else has changed it since it was read
	 */
	async date(row: StoredRow): Promise<StoredRow | undefined> {
		const at = now();
		const undated = where(is('id', row.id), is('state', row.state), is('finalAt', row.noFinalAt));
		return (await this.table.update(undated, { finalAt: at, stateAt: at }))[0];
	}

	/** A row that a repeated request has added beside the one of its purchase. */
	async dismiss(row: StoredRow): Promise<void> {
		await this.table.update(where(is('id', row.id), is('state', row.state)), {
			...{ state: 'rejected', stateAt: now(), previousState: row.state, nonce: '' },
			message: 'A repeated request added this row beside the one of its purchase',
		});
	}

	/**
	 * Gives rows that n8n's own Data Table node has added an empty `finalAt`: it leaves them without one, which no
	 * filter can ask for together with anything else.
	 * @param most how many rows at once
	 */
	async adopt(most: number): Promise<void> {
		const withoutFinalAt = is('finalAt', null);
		const last = (await this.table.page(where(withoutFinalAt), 'id:asc', most)).rows.at(-1);
		if (last === undefined) return;
		const upToLast: Condition = { columnName: 'id', condition: 'lte', value: last.id };
		await this.table.update(where(withoutFinalAt, upToLast), { finalAt: '' });
	}

	/** What {@link begin} would meet, without writing anything. */
	async preview(row: Row, { exclusive, limit }: Terms): Promise<ClaimResult> {
		const own = { ...row, id: Infinity, createdAt: '', updatedAt: '', noFinalAt: '' as const };
		const [earlier] = exclusive ? await this.store.withKey(row) : [];
		if (earlier !== undefined) return { result: 'taken', earlier };
		if (limit !== undefined) {
			const verdict = judge(await this.store.ofAccount(row, limit.since), own, limit);
			if (verdict.may === 'notGo') return verdict.because;
		}
		return { result: 'sending', row: own };
	}

	/** The rows of one attempt: one, or several where a request was repeated on its way. */
	async ofAttempt({ nonce, id }: StoredRow): Promise<StoredRow[]> {
		return (await this.table.page(where(nonce === '' ? is('id', id) : is('nonce', nonce)), 'id:asc')).rows;
	}

	/** Sets a claim free that its owner left before anything was sent. */
	async free(row: StoredRow): Promise<boolean> {
		return await free(this.store, row, { now });
	}

	/** One page of what a filter matches. */
	async page(...args: Parameters<DataTable['page']>): ReturnType<DataTable['page']> {
		return await this.table.page(...args);
	}

	/** Changes cells of one row, whatever state it is in. */
	async amend({ id }: StoredRow, cells: Partial<Row>): Promise<void> {
		await this.table.update(where(is('id', id)), cells);
	}

	async delete(filter: Filter): Promise<void> {
		await this.table.delete(filter);
	}

	private async conclude(
		row: Pick<Row, 'nonce'> & Partial<StoredRow>,
		state: 'rejected' | 'unconfirmed',
		message: string,
	): Promise<void> {
		const data = { state, message, stateAt: now(), previousState: 'sending' };
		const attempt = row.nonce === '' ? is('id', row.id ?? null) : is('nonce', row.nonce);
		const changed = await this.table.update(where(attempt, is('state', 'sending')), data);
		if (changed.length > 0 || state === 'unconfirmed') return;
		const given = where(attempt, is('state', 'unconfirmed'));
		await this.table.update(given, { ...data, previousState: 'unconfirmed' });
	}

	private readonly store: ClaimStore = {
		insert: async (row) => {
			const inserted = await this.table.insert(row);
			if (inserted !== undefined) return inserted;
			const [own] = (await this.table.page(where(is('nonce', row.nonce)), 'id:asc')).rows;
			if (own !== undefined) return own;
			throw unreadable('n8n did not keep a row that was written');
		},
		withKey: async ({ provider, account, key }) => {
			const same = [is('provider', provider), is('account', account), is('key', key), LIVE];
			const { rows, more } = await this.table.page(where(...same), 'id:asc');
			if (more) throw unreadable(`more than ${rows.length} rows have this key`);
			return rows;
		},
		ofAccount: async ({ provider, account }, since) => {
			const found: StoredRow[] = [];
			for (let page = 0; page < MOST_PAGES; page++) {
				const after: Condition = { columnName: 'id', condition: 'gt', value: found.at(-1)?.id ?? 0 };
				// Not by n8n's own createdAt: SQLite compares dates as texts of two different forms.
				const recent: Condition = { columnName: 'sentAt', condition: 'gte', value: since };
				const same = [is('provider', provider), is('account', account), LIVE, recent, after];
				const { rows, more } = await this.table.page(where(...same), 'id:asc');
				found.push(...rows);
				if (!more) return found;
			}
			throw unreadable('too many rows to add up');
		},
		swap: async (row, from, data) => {
			const own = where(is('id', row.id), is('nonce', row.nonce), is('state', from));
			const isChanged = ({ id, state, stateAt }: StoredRow) =>
				id === row.id && state === data.state && stateAt === data.stateAt;
			const changed = await this.table.update(own, data);
			// A repeated request finds the state changed by the first one.
			return (
				changed.some(isChanged) ||
				(await this.table.page(where(is('id', row.id)), 'id:asc')).rows.some(isChanged)
			);
		},
	};
}

const LIVE: Condition = { columnName: 'state', condition: 'neq', value: 'rejected' };

/** Rows nobody has seen final. */
export const OPEN: Filter = anyOf(is('finalAt', ''), is('finalAt', null));

export const clockFor = (ms: number): Clock => {
	const end = monotonic() + ms;
	return {
		now,
		isPast: isOver,
		isUp: () => monotonic() >= end,
		pause: async () => await sleep(CLAIM_PAUSE * (0.5 + Math.random())),
	};
};

const stateOf = ({ state, status }: Order): Pick<Row, 'state' | 'status'> => ({
	state,
	status: status ?? '',
});

/** What the order tells about itself. Delivered codes are not among it: they are never written down. */
const factsOf = ({ orderId, productId, recipient, price, currency }: Order): Partial<Row> => ({
	...(orderId === null ? {} : { orderId }),
	...(productId === null ? {} : { productId }),
	...(recipient === null ? {} : { recipient }),
	...(price === null ? {} : { price }),
	...(currency === null ? {} : { currency }),
});

/** The facts a row does not hold yet. */
const missing = (row: Row, facts: Partial<Row>): Partial<Row> =>
	Object.fromEntries(
		Object.entries(facts).filter(
			([name]) => row[name as keyof Row] === '' || row[name as keyof Row] === null,
		),
	);

const unreadable = (message: string): ProviderError =>
	new ProviderError({
		provider: 'orderTracking',
		code: null,
		message,
		description: 'Nothing was sent. Look at the Data Table in n8n.',
	});

export type { ClaimState, ClaimResult, SpendingLimit };
