import { z } from 'zod';
import { isFinal, type Order } from '../shared/domain/order';
import type { Warnings } from '../shared/trigger/warnings';
import { eventIdOf, identityOf, parsed, type EventState, type OrderEvent } from './event';
import { REFUND_WATCH } from './limits';
import type { Answer, LookUp } from './lookUps';
import { shortOf } from './memory';
import type { Progress } from './progress';
import { isDue } from './schedule';
import type { ListedOrder, Settings } from './settings';

/** A look-up of it was tried and failed: whatever it comes to, that is news. */
const UNSEEN = 'unseen';

const entry = z.tuple([z.string(), z.number().finite()]);
const entries = z.record(entry);
/** The state an order was seen in, and since when, in epoch milliseconds. */
type Entry = z.output<typeof entry>;

/** The orders of the fixed list, with the states they were seen in. */
export class OrderList {
	readonly events: OrderEvent[] = [];
	private readonly known: Record<string, Entry>;

	/** @param kept what was kept of an earlier poll. What cannot be read is begun anew */
	constructor(
		kept: unknown,
		private readonly settings: Settings,
		private readonly progress: Progress,
		private readonly now: number,
		private readonly warnings: Warnings,
	) {
		const parsed = entries.safeParse(kept);
		this.known = parsed.success ? parsed.data : {};
	}

	/** What is to be kept: of orders that are listed still. */
	get stored(): Record<string, Entry> {
		const listed = new Set(this.orders.map(shortOfOrder));
		return Object.fromEntries(Object.entries(this.known).filter(([short]) => listed.has(short)));
	}

	private get orders(): ListedOrder[] {
		return this.settings.orders ?? [];
	}

	/** The look-ups that are due. */
	due(): LookUp[] {
		return this.orders.flatMap((order, index): LookUp[] => {
			const known = this.known[shortOfOrder(order)];
			if (known !== undefined && !this.mayChange(known)) return [];
			if (known !== undefined && !isDue(index, known[1], this.progress.polledAt, this.now)) return [];
			const { provider, orderType, orderId } = order;
			return [
				{ provider, question: { orderType, orderId }, answered: async (answer) => this.note(order, answer) },
			];
		});
	}

	private mayChange([state, since]: Entry): boolean {
		if (!isFinal(state)) return true;
		const mayBeRefunded = state === 'failed' || state === 'cancelled';
		return mayBeRefunded && this.settings.events.has('refunded') && this.now - since < REFUND_WATCH;
	}

	private note(order: ListedOrder, answer: Answer): void {
		const short = shortOfOrder(order);
		const known = this.known[short];
		if (answer.result !== 'found') {
			this.known[short] ??= [UNSEEN, this.now];
			const why = answer.result === 'unknown' ? 'its provider has no such order' : answer.error.message;
			this.warnings.add(`order "${order.orderId}" of ${order.provider.name}: ${why}`);
			return;
		}
		const { state } = answer.order;
		if (known?.[0] === state) return;
		this.known[short] = [state, this.now];
		// An order that is final when it is first seen was so before anybody watched it.
		if (known !== undefined && isFinal(state) && this.settings.events.has(state))
			this.events.push(itemOf(order, state, known[0], answer.order));
	}
}

const identified = ({ provider, orderType, orderId }: ListedOrder) => ({
	...{ provider: provider.name, orderType, orderId },
});

const shortOfOrder = (order: ListedOrder): string => shortOf(identityOf(identified(order)));

const itemOf = (order: ListedOrder, state: EventState, previousState: string, found: Order): OrderEvent => ({
	eventId: eventIdOf(identified(order), state),
	event: `order.${state}`,
	...identified(order),
	state,
	previousState: previousState === UNSEEN ? null : previousState,
	reference: parsed(order.reference),
	order: found,
	key: null,
	detectedAt: new Date().toISOString(),
});
