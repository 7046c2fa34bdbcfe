import type { IDataObject } from 'n8n-workflow';
import { isFinal, type FinalState, type Order } from '../shared/domain/order';
import { orderOf, type StoredRow } from '../shared/ledger/row';
import { FURTHEST_AHEAD } from './limits';

/** What an event says of its order: it became final, was given up, or nobody knows whether it was placed. */
export type EventState = FinalState | 'expired' | 'unconfirmed';

/** Where an event stands in the order of all events: its time (epoch milliseconds), then its row's ID. */
export type Position = [time: number, row: number];

export const compare = ([time, row]: Position, [otherTime, otherRow]: Position): number =>
	time - otherTime || row - otherRow;

/** One item of the trigger. The same event has the same `eventId` for every trigger, always. */
export interface OrderEvent {
	eventId: string;
	/** `order.completed` and so on. */
	event: string;
	provider: string;
	orderType: string;
	/** Null where the provider has named none. */
	orderId: string | null;
	state: string;
	/** The state the table held before, null where it held none. */
	previousState: string | null;
	/** What the order was tracked with; JSON comes back as JSON. */
	reference: unknown;
	order: Order;
	/** The key the order was sent with. */
	key: string | null;
	/** ISO 8601. */
	detectedAt: string;
}

/** An event as a row of the table tells it. */
export interface RowEvent {
	eventId: string;
	state: EventState;
	position: Position;
	previousState: string | null;
	row: StoredRow;
}

type Identified = Pick<StoredRow, 'provider' | 'orderType' | 'orderId'> & Partial<StoredRow>;

/** What tells one order from all others: its ID, or what marks its purchase while it has none. */
export const identityOf = ({ provider, orderType, orderId, nonce, id }: Identified): string =>
	[provider, orderType, ...(orderId === '' ? ['', nonce || `row ${id}`] : [orderId])]
		.map(encodeURIComponent)
		.join(':');

export const eventIdOf = (order: Identified, state: string): string =>
	`${identityOf(order)}:${encodeURIComponent(state)}`;

const ISO_8601 = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}|$)/;

/** Epoch milliseconds of a time in the table; undefined for an empty cell, NaN where it makes no sense. */
export function timeOf(cell: string): number | undefined {
	if (cell === '') return undefined;
	return ISO_8601.test(cell) ? Date.parse(cell) : NaN;
}

/** What is wrong with a time of a row, if anything. */
function complaint(
	{ id, ...row }: StoredRow,
	column: 'finalAt' | 'stateAt',
	now: number,
): string | undefined {
	const time = timeOf(row[column]);
	if (time === undefined || time <= now + FURTHEST_AHEAD) return undefined;
	return `row ${id}: ${column} "${row[column].slice(0, 40)}" is not a time up to now in ISO 8601`;
}

/**
 * The events a row tells of, or in words why it makes no sense. A final row tells of the state it is in and of a final
 * one it was in before, so that a rare poll loses neither; a row that is final without a time tells of nothing until
 * it is dated.
 * @param now epoch milliseconds
 */
export function eventsOf(row: StoredRow, expireAfter: number, now: number): RowEvent[] | string {
	const { id, state, previousState } = row;
	const event = (of: EventState, time: number, previous: string): RowEvent => ({
		...{ eventId: eventIdOf(row, of), state: of, position: [time, id], row },
		previousState: previous === '' ? null : previous,
	});
	const isDated = isFinal(state) || state === 'unconfirmed';
	const wrong = isDated && (complaint(row, 'finalAt', now) ?? complaint(row, 'stateAt', now));
	if (wrong) return wrong;
	const [finalAt, stateAt] = [timeOf(row.finalAt), timeOf(row.stateAt)];
	if (isFinal(state)) {
		if (finalAt === undefined) return [];
		const own = event(state, Math.max(finalAt, stateAt ?? finalAt), previousState);
		const isSecond = isFinal(previousState) && previousState !== state;
		return isSecond ? [event(previousState, finalAt, ''), own] : [own];
	}
	const createdAt = Date.parse(row.createdAt);
	if (state === 'unconfirmed') return [event(state, stateAt ?? createdAt, previousState)];
	const expiresAt = createdAt + expireAfter;
	return isOpen(state) && expiresAt <= now ? [event('expired', expiresAt, state || 'pending')] : [];
}

/** Whether a row is an order that is not final yet. Words of other hands count as such: the provider decides. */
export const isOpen = (state: string): boolean =>
	!isFinal(state) && !['preparing', 'sending', 'unconfirmed', 'rejected'].includes(state);

/** The item of an event; without an order of the provider's it has the order that its row tells. */
export function itemOf({ eventId, state, previousState, row }: RowEvent, order?: Order): OrderEvent {
	return {
		eventId,
		event: `order.${state}`,
		provider: row.provider,
		orderType: row.orderType,
		orderId: row.orderId === '' ? null : row.orderId,
		state: state === 'expired' ? row.state || 'pending' : state,
		previousState,
		reference: parsed(row.reference),
		order: order ?? orderOf(row),
		key: row.key === '' ? null : row.key,
		detectedAt: new Date().toISOString(),
	};
}

export function parsed(reference: string): unknown {
	if (!/^\s*[[{]/.test(reference)) return reference;
	try {
		return JSON.parse(reference) as IDataObject;
	} catch {
		return reference;
	}
}
