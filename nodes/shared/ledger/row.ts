import { z } from 'zod';
import { isFinal, type Order, type OrderState } from '../domain/order';
import { optional, text } from '../http/schemas';

/**
 * The columns of the ledger's table and the states of its rows. One row is one purchase: claim, intent, tracking and
 * account book in one. Times are ISO 8601.
 */

/** Text columns; empty is ''. */
export const TEXT_COLUMNS = [
	'provider',
	'orderType',
	'orderId',
	'state',
	'status',
	'reference',
	/** When the order was first seen final; set once. */
	'finalAt',
	/** The user's own key, or the one the provider was sent. */
	'key',
	/** Tells provider accounts apart without revealing a key. */
	'account',
	'productId',
	'recipient',
	'currency',
	'message',
	'workflowId',
	'executionId',
	/** After this time no answer can be expected any more. */
	'answerBy',
	/** Marks the rows of one attempt to purchase, whatever of their requests was lost or repeated. */
	'nonce',
	/** Hash of what the purchase would order. */
	'fingerprint',
	/** When the purchase was written down, right before it was sent. */
	'sentAt',
	/** When the row came to its present state. */
	'stateAt',
	'previousState',
] as const;

export const NUMBER_COLUMNS = ['quantity', 'price'] as const;

export type TextColumn = (typeof TEXT_COLUMNS)[number];

/** What a row holds. Numbers are null while unknown; `price` is for all units and targets. */
export type Row = Record<TextColumn, string> & Record<(typeof NUMBER_COLUMNS)[number], number | null>;

/** A row as n8n keeps it. */
export interface StoredRow extends Row {
	/** Grows with each row. */
	id: number;
	createdAt: string;
	updatedAt: string;
	/** How n8n keeps an empty `finalAt`: '' where this package wrote it, null where n8n's own node did. */
	noFinalAt: '' | null;
}

/** States that only the ledger knows; the others are those of an order. */
export type ClaimState = 'preparing' | 'sending' | 'unconfirmed' | 'rejected';

const cell = optional(text).transform((value) => value ?? '');
const textCells = Object.fromEntries(TEXT_COLUMNS.map((name) => [name, cell])) as Record<
	TextColumn,
	typeof cell
>;
const numberCell = optional(z.coerce.number().finite());

/** A row as n8n's public API gives it; columns that a table lacks are empty. */
export const storedRow = z
	.object({ id: z.number(), createdAt: z.string(), updatedAt: z.string(), ...textCells })
	.extend({ finalAt: optional(text), quantity: numberCell, price: numberCell })
	.transform(({ finalAt, ...row }): StoredRow => ({
		...row,
		finalAt: finalAt ?? '',
		noFinalAt: finalAt === null ? null : '',
	}));

/** A row with nothing in it. */
export const emptyRow = (): Row => ({
	...(Object.fromEntries(TEXT_COLUMNS.map((name) => [name, ''])) as Record<TextColumn, string>),
	quantity: null,
	price: null,
});

const orNull = (cell: string): string | null => (cell === '' ? null : cell);

/** The order as its row tells it. A purchase without an answer is an order of unknown state. */
export const orderOf = (row: Row): Order => ({
	provider: row.provider,
	orderId: orNull(row.orderId),
	state: orderStateOf(row.state),
	status: orNull(row.status),
	productId: orNull(row.productId),
	recipient: orNull(row.recipient),
	price: row.price,
	currency: orNull(row.currency),
	codes: [],
	message: orNull(row.message),
});

const orderStateOf = (state: string): OrderState => {
	if (isFinal(state) || state === 'pending' || state === 'processing') return state;
	return state === '' ? 'pending' : 'unknown';
};
