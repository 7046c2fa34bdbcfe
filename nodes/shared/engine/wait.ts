import { isFinal } from '../domain/order';
import type { Item } from './item';
import type { Orders, Placed } from './operation';
import { pause } from './pause';

/** How long a node waits for its order, in milliseconds; undefined when it does not. */
export function waitOf(item: Item): number | undefined {
	if (!item.flag('options.waitForCompletion')) return undefined;
	return (item.number('options.waitTimeout', { min: 0 }) ?? 60) * 1_000;
}

/** Each look is a quick one: another follows. */
const LOOK = { budget: 5_000 };

/**
 * Looks an order up until it is final or the time is over, and gives it as it then stands. A look that
 * fails changes nothing: the order is placed, and the next look may work.
 */
export async function waitUntilFinal(
	item: Item,
	orders: Orders,
	placed: Placed,
	timeout: number,
): Promise<Placed> {
	const end = Date.now() + timeout;
	const signal = item.context.getExecutionCancelSignal();
	const [first, longest] = orders.lookEvery;
	const api = (await item.api()).within(LOOK);
	let latest = placed;
	for (
		let every = first;
		latest.order !== undefined && !isFinal(latest.order.state);
		every = Math.min(longest, every * 1.5)
	) {
		const wait = Math.min(every * 1_000, end - Date.now());
		if (wait <= 0) break;
		try {
			await pause(wait, signal);
			const { order, raw } = await orders.get(api, {
				orderType: placed.orderType ?? '',
				orderId: latest.order.orderId,
			});
			latest = { ...latest, ...merged(latest, order), raw };
		} catch {
			if (signal?.aborted) break;
		}
	}
	return latest;
}

/** A status answer says less than the order's own: what it leaves open stays as it was. */
function merged({ order: before, output }: Placed, order: NonNullable<Placed['order']>) {
	const known = Object.fromEntries(
		Object.entries(order).filter(
			([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
		),
	);
	return { order: { ...before!, ...known }, output: { ...output, ...known } };
}
