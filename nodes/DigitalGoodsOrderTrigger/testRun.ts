import type { IPollFunctions } from 'n8n-workflow';
import { monotonic } from '../shared/async/monotonic';
import type { Order } from '../shared/domain/order';
import { toNodeApiError } from '../shared/errors/nodeApiError';
import { connect } from '../shared/http/api';
import { LONGEST_POLL, POLLING_LEDGER } from '../shared/http/retryPolicy';
import { orderTrackingConnection } from '../shared/ledger/connection';
import { Ledger } from '../shared/ledger/ledger';
import { emptyRow, orderOf, type StoredRow } from '../shared/ledger/row';
import { Warnings } from '../shared/trigger/warnings';
import { eventIdOf, itemOf, type OrderEvent } from './event';
import { SHOWN_IN_TEST } from './limits';
import { LookUps, type LookUp } from './lookUps';
import { canLookUp } from './providers';
import type { ListedOrder, Settings } from './settings';
import { NOT_REJECTED, Table } from './table';

/** What a test run in the editor shows: the newest watched orders as they stand. It changes nothing. */
export async function showOrders(context: IPollFunctions, settings: Settings): Promise<OrderEvent[]> {
	const lookUps = new LookUps(context, monotonic() + LONGEST_POLL);
	const rows = settings.orders
		? settings.orders.slice(0, SHOWN_IN_TEST).map(asRow)
		: await newestRows(context, settings);
	const orders = new Map<StoredRow, Order>();
	await lookUps.run(
		rows.flatMap((row): LookUp[] => {
			const provider = settings.providers.filter(canLookUp).find(({ name }) => name === row.provider);
			if (provider === undefined || row.orderId === '') return [];
			const { orderType, orderId } = row;
			const answered: LookUp['answered'] = async (answer) => {
				if (answer.result === 'found') orders.set(row, answer.order);
			};
			return [{ provider, question: { orderType, orderId }, answered }];
		}),
	);
	const [failure] = lookUps.failures.values();
	if (failure !== undefined && orders.size === 0) throw toNodeApiError(context.getNode(), failure);
	return rows.map((row) => shown(row, orders.get(row) ?? orderOf(row)));
}

async function newestRows(context: IPollFunctions, settings: Settings): Promise<StoredRow[]> {
	const api = await connect(context, orderTrackingConnection, 0, POLLING_LEDGER);
	const ledger = await Ledger.open(api, settings.tableName);
	const table = new Table(ledger, settings, Date.now(), new Warnings(context));
	const { rows } = await table.page([NOT_REJECTED], 'id:desc', SHOWN_IN_TEST);
	return rows.filter((row) => table.isOwn(row));
}

const asRow = ({ provider, orderType, orderId, reference }: ListedOrder, index: number): StoredRow => ({
	...{ ...emptyRow(), provider: provider.name, orderType, orderId, reference },
	...{ id: index, createdAt: '', updatedAt: '', noFinalAt: '' },
});

function shown(row: StoredRow, order: Order): OrderEvent {
	const { state } = order;
	const previousState = row.state === state ? row.previousState || null : row.state || 'pending';
	const event = {
		eventId: eventIdOf(row, state),
		state: 'completed',
		position: [0, 0],
		previousState,
		row,
	} as const;
	return { ...itemOf({ ...event, position: [0, 0] }, order), event: `order.${state}`, state };
}
