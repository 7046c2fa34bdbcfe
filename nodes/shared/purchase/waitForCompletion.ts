import type { IDataObject } from 'n8n-workflow';
import { monotonic } from '../async/monotonic';
import { pause } from '../async/pause';
import { isFinal, type Order } from '../domain/order';
import { LAST_LOOK_UP, LAST_SHARE, WAITING_LOOK_UP } from '../http/retryPolicy';
import type { Item } from '../node/item';
import type { Orders } from '../node/operation';
import type { Purchased } from './intent';

/**
 * Looks an order up until it is final or the time is over, and gives it as it then stands. A look-up that
 * fails changes nothing: the order is placed, and the next one may work.
 * @param timeout milliseconds, kept whatever the request time-out
 */
export async function waitUntilFinal(
	item: Item,
	orders: Orders,
	purchased: Purchased,
	reference: { orderType: string; orderId: string },
	timeout: number,
): Promise<Purchased> {
	const deadline = monotonic() + timeout;
	const lastLookUp = Math.min(LAST_LOOK_UP, timeout * LAST_SHARE);
	const signal = item.context.getExecutionCancelSignal();
	const [first, longest] = orders.lookUpEvery;
	const api = (await item.api()).within({ ...WAITING_LOOK_UP, deadline });
	let latest = purchased;
	for (
		let every = first, isLast = false;
		!isLast && !isFinal((latest.output as unknown as Order).state);
		every = Math.min(longest, every * 1.5)
	) {
		const untilLast = Math.max(0, deadline - lastLookUp - monotonic());
		isLast = untilLast <= every * 1_000;
		try {
			await pause(Math.min(every * 1_000, untilLast), signal);
			const { data, raw } = await orders.get(api, reference);
			latest = { output: { ...latest.output, ...known(data) }, raw };
		} catch {
			if (signal?.aborted) break;
		}
	}
	return latest;
}

/** A status answer says less than the order's own: what it leaves open stays as it was. */
const known = (order: Order): IDataObject =>
	Object.fromEntries(
		Object.entries(order).filter(
			([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
		),
	) as IDataObject;
