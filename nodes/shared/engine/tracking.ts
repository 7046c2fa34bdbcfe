import { isFinal } from '../domain/order';
import { connect } from './http';
import type { Item } from './item';
import type { Placed } from './operation';
import { OrderTable, orderTrackingConnection, rowOf, type Row } from './orderTable';
import { DEFAULT_TABLE } from './properties';

/** Where an order is to be tracked, checked before anything is bought. */
export interface Tracking {
	table: string;
	/** What the completion event carries back, as text. */
	reference: string;
}

/** Reads the tracking parameters; undefined when the order is not tracked. */
export function trackingOf(item: Item): Tracking | undefined {
	if (!item.flag('trackCompletion')) return undefined;
	const reference = item.value('reference');
	return {
		table: item.optionalText('options.tableName') || DEFAULT_TABLE,
		reference:
			typeof reference === 'string'
				? reference
				: reference === undefined || reference === null
					? ''
					: JSON.stringify(reference),
	};
}

/** Tracking is a convenience and quick: it must not hold up an order that is bought. */
const LIMITS = { timeout: 10_000, budget: 15_000 };

/**
 * Writes an order to the tracking table, or what it has come to since. Never fails: the order is bought,
 * so a hint tells which row is missing.
 */
export async function track(item: Item, { table, reference }: Tracking, placed: Placed): Promise<void> {
	if (placed.order === undefined) return;
	const row = rowOf(placed.order, placed.orderType ?? '', reference);
	try {
		const orders = await item.run.once(
			`table ${table}`,
			async () =>
				await OrderTable.open(
					await connect(item.context, orderTrackingConnection, item.index, LIMITS),
					table,
				),
		);
		await (placed.tracked ? orders.note(row) : orders.write(row));
		placed.tracked = true;
	} catch (error) {
		item.context.addExecutionHints?.({
			message: missing(row, table, error as Error),
			location: 'outputPane',
			type: 'warning',
		});
		item.context.logger.warn(missing(row, table, error as Error));
	}
}

const missing = (row: Row, table: string, error: Error): string =>
	`Order ${row.orderId} was ${isFinal(row.state) ? row.state : 'placed'}, but could not be written to the Data Table "${table}": ${error.message}. ` +
	`To track it, add a row with provider "${row.provider}", orderType "${row.orderType}", orderId "${row.orderId}", state "${row.state}".`;
