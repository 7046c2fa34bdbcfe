import { randomUUID } from 'node:crypto';
import { isFinal } from '../domain/order';
import type { ClaimState, Row, StoredRow } from './row';

/**
 * How purchases share one table without locks. It rests on three facts of n8n's Data Tables: a row that was answered
 * is visible to every later read, row IDs grow, and an update with the state in its filter is one compare-and-swap.
 *
 * A claim is inserted first and all claims of the key are read afterwards, so of any two claimants at least one sees
 * the other. Who is alone swaps `preparing` for `sending`. Who is not: the higher ID withdraws, the lower waits until
 * the others have withdrawn or sent, and refuses when its time is up. A claim whose owner died is freed by swapping it
 * to `rejected`, from which the owner's own swap to `sending` fails. Spending limits rest on the same order: the own
 * row is among those that are summed. `test/ledger` explores every interleaving of this file.
 */

/** Which state may follow which, and by whose hand. `resolver`: the trigger, once `answerBy` has passed. */
export const TRANSITIONS: Record<ClaimState, { owner: string[]; others: string[]; resolver: string[] }> = {
	preparing: { owner: ['sending', 'rejected'], others: ['rejected'], resolver: ['rejected'] },
	sending: { owner: ['order', 'unconfirmed', 'rejected'], others: [], resolver: ['unconfirmed', 'order'] },
	unconfirmed: { owner: ['order', 'rejected'], others: [], resolver: ['order'] },
	rejected: { owner: [], others: [], resolver: [] },
};

/** A claim that stands. */
export const isLive = ({ state }: Pick<Row, 'state'>): boolean => state !== 'rejected';

/** What the protocol needs of the table. Each method is one step: a process may stop before or after any of them. */
export interface ClaimStore {
	/** Adds the row; returns once it is certainly there. */
	insert(row: Row): Promise<StoredRow>;
	/** All live rows with this row's key, its own included. @throws where they cannot be read completely */
	withKey(row: Row): Promise<StoredRow[]>;
	/** All live rows of this row's account since the time (ISO 8601), its own included. */
	ofAccount(row: Row, since: string): Promise<StoredRow[]>;
	/** Changes the row if it is still in the state; whether it was this call that changed it. */
	swap(row: StoredRow, from: ClaimState, data: Partial<Row>): Promise<boolean>;
}

/** Time as the protocol sees it. */
export interface Clock {
	/** ISO 8601. */
	now(): string;
	/** Whether a time has passed for every process, however their clocks differ. */
	isPast(time: string): boolean;
	/** Whether the claimant's own time is up. */
	isUp(): boolean;
	/** Lets others go on. */
	pause(): Promise<void>;
}

/** A ceiling for the sum of an account's rows. */
export interface SpendingLimit {
	amount: number;
	/** Rows from before do not count (ISO 8601). */
	since: string;
}

/** What a purchase has to be granted before it may be sent. */
export interface Terms {
	/** Whether its key is the user's, and so to be claimed. A key that was derived for one purchase is unique. */
	exclusive: boolean;
	limit?: SpendingLimit | undefined;
}

export type ClaimResult =
	| { result: 'sending'; row: StoredRow }
	/** The key has its purchase already, or another claimant is before this one. */
	| { result: 'taken'; earlier: StoredRow }
	/** `spent`: without this purchase. */
	| { result: 'overLimit'; spent: number }
	/** A row of the account has no price, so nobody can say what was spent. */
	| { result: 'priceMissing'; row: StoredRow }
	/** Others kept this claimant waiting until its time was up, or freed it. */
	| { result: 'busy'; rival: StoredRow | undefined };

/** Without the nonce: a claim from which nothing was sent says nothing about the purchase it was made for. */
const WITHDRAWN: Partial<Row> = {
	...{ state: 'rejected', nonce: '' },
	message: 'Withdrawn before anything was sent',
};

/**
 * Claims the row's key and its share of the spending limit, and goes on to `sending`. Exactly one of any number of
 * claimants of a key gets there, and the live rows of an account never exceed a limit that all of them hold.
 * @param row in state `preparing`, its `answerBy` after the claimant's own time is up
 * @param sending what the row holds from `sending` on
 */
export async function claim(
	store: ClaimStore,
	row: Row,
	sending: () => Partial<Row>,
	{ exclusive, limit }: Terms,
	clock: Clock,
): Promise<ClaimResult> {
	let own = await store.insert(row);
	const isOwn = ({ nonce }: StoredRow) => nonce === row.nonce;
	const withdraw = async <R extends ClaimResult>(result: R): Promise<R> => {
		await store.swap(own, 'preparing', { ...WITHDRAWN, stateAt: clock.now() });
		return result;
	};
	/**
	 * The other live claims; those are freed first whose owners can no longer be alive. A repeated request has written
	 * the own claim more than once: the lowest ID stands, as it does for the others, and the rest is withdrawn.
	 */
	const rivals = async (read: () => Promise<StoredRow[]>): Promise<StoredRow[]> => {
		for (;;) {
			const claims = await read();
			const [lowest, ...copies] = claims.filter(isOwn).sort((one, other) => one.id - other.id);
			own = lowest ?? own;
			for (const copy of copies) await store.swap(copy, 'preparing', { ...WITHDRAWN, stateAt: clock.now() });
			const others = claims.filter((claimed) => !isOwn(claimed));
			const dead = others.filter(({ state, answerBy }) => state === 'preparing' && clock.isPast(answerBy));
			if (dead.length === 0) return others;
			for (const abandoned of dead) await free(store, abandoned, clock);
		}
	};
	for (;;) {
		const keyed = !exclusive ? [] : await rivals(async () => await store.withKey(row));
		const taken = keyed.find(({ state }) => state !== 'preparing');
		if (taken !== undefined) return await withdraw({ result: 'taken', earlier: taken });
		const first = keyed.find(({ id }) => id < own.id);
		if (first !== undefined) return await withdraw({ result: 'taken', earlier: first });

		let verdict: LimitVerdict = { may: 'go' };
		if (limit !== undefined)
			verdict = judge(await rivals(async () => await store.ofAccount(row, limit.since)), own, limit);
		if (verdict.may === 'notGo') return await withdraw(verdict.because);

		if (keyed.length === 0 && verdict.may === 'go') {
			const data = { ...sending(), state: 'sending', stateAt: clock.now(), previousState: 'preparing' };
			if (await store.swap(own, 'preparing', data)) return { result: 'sending', row: { ...own, ...data } };
			return await withdraw({ result: 'busy', rival: undefined });
		}
		if (clock.isUp()) return await withdraw({ result: 'busy', rival: keyed[0] });
		if (verdict.may === 'tryAgain') {
			await store.swap(own, 'preparing', { ...WITHDRAWN, stateAt: clock.now() });
			await clock.pause();
			row = { ...row, nonce: randomUUID() };
			own = await store.insert(row);
		} else await clock.pause();
	}
}

/** Frees a claim from which nothing was sent. False when its owner was quicker. */
export const free = async (
	store: Pick<ClaimStore, 'swap'>,
	row: StoredRow,
	clock: Pick<Clock, 'now'>,
): Promise<boolean> =>
	await store.swap(row, 'preparing', {
		...WITHDRAWN,
		stateAt: clock.now(),
		message: 'Stopped before anything was sent',
	});

export type LimitVerdict =
	| { may: 'go' }
	| { may: 'wait' | 'tryAgain' }
	| { may: 'notGo'; because: Extract<ClaimResult, { result: 'overLimit' | 'priceMissing' }> };

const inCents = (amount: number): number => Number(amount.toFixed(9));

/**
 * Whether a purchase fits below its limit. Claims that are still being prepared count like purchases; where only they
 * are in the way, the lowest ID waits for what becomes of them, and the others withdraw and claim again.
 */
export function judge(others: StoredRow[], own: StoredRow, { amount }: SpendingLimit): LimitVerdict {
	const comparable = others.filter(
		({ currency }) => currency === '' || own.currency === '' || currency === own.currency,
	);
	// Rows with one nonce are one purchase, written twice by a repeated request.
	const purchases = [...new Map(comparable.map((row) => [row.nonce || row.id, row])).values()];
	const preparing = purchases.filter(({ state }) => state === 'preparing');
	const made = purchases.filter(({ state }) => state !== 'preparing');
	const priceless = made.find(({ price }) => price === null);
	if (priceless !== undefined && own.price !== null)
		return { may: 'notGo', because: { result: 'priceMissing', row: priceless } };
	const sum = (rows: StoredRow[]): number =>
		inCents(rows.reduce((total, { price }) => total + Math.max(0, price ?? 0), 0));
	const spent = sum(made);
	const fits = (before: number) =>
		own.price === null ? before < amount : inCents(before + own.price) <= amount;
	if (!fits(spent)) return { may: 'notGo', because: { result: 'overLimit', spent } };
	if (fits(inCents(spent + sum(preparing)))) return { may: 'go' };
	return { may: preparing.every(({ id }) => id > own.id) ? 'wait' : 'tryAgain' };
}

/** What a row holds once its order is known; the time it became final is kept from the first who saw it. */
export function orderCells(
	before: Pick<Row, 'state' | 'finalAt'>,
	order: Pick<Row, 'state' | 'status'>,
	now: string,
): Partial<Row> {
	if (before.state === order.state) return { status: order.status };
	return {
		state: order.state,
		status: order.status,
		previousState: before.state,
		stateAt: now,
		...(isFinal(order.state) && before.finalAt === '' ? { finalAt: now } : {}),
	};
}
