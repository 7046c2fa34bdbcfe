import type { Clock } from './clock';
import type { Charge } from './charges';
import type { Kept } from './state';

/** From `afterMs` after the order was taken its status is `status`. */
export interface Step {
	afterMs: number;
	status: string;
}

/** How an order progresses by itself. The first step is its status at the start. */
export type Timeline = readonly Step[];

export interface Order {
	/** Unique within the account; where a provider has several id spaces, with the space in front. */
	id: string;
	createdAt: number;
	status: string;
	timeline: Timeline;
	charge: Charge;
	refunded: boolean;
	/** Fields set by hand, added to every answer about this order. */
	extra: Record<string, unknown>;
}

export interface OrderChange {
	status?: string;
	timeline?: Timeline;
	extra?: Record<string, unknown>;
}

/** What a person is shown of an order. */
export interface OrderView {
	orderId: string;
	status: string;
	productId: string;
	recipient: string | null;
	amount: number;
	currency: string;
	/** ISO 8601. */
	createdAt: string;
}

/**
 * The orders of one account. Statuses follow from the clock when they are read, so that there is no timer
 * per order and moving the clock moves them all. `reached` is called with every change: it moves the money.
 */
export class OrderBook<O extends Order> implements Kept {
	private readonly orders = new Map<string, O>();
	private readonly moving = new Set<O>();
	private nextDue = Infinity;

	constructor(
		private readonly clock: Clock,
		private readonly reached: (order: O) => void,
	) {}

	add(order: O): O {
		this.orders.set(order.id, order);
		this.follow(order);
		return order;
	}

	get(id: string): O | undefined {
		const order = this.orders.get(id);
		if (order) this.advance(order);
		return order;
	}

	/** Brings every order up to date, so that what they give back counts. */
	advanceAll(): void {
		if (this.clock.now() < this.nextDue) return;
		this.nextDue = Infinity;
		for (const order of this.moving) this.advance(order);
	}

	/** Every order as it stands, the latest first. */
	views(): OrderView[] {
		this.advanceAll();
		return [...this.orders.values()].reverse().map(({ charge, status, createdAt }) => ({
			orderId: charge.orderId,
			status,
			productId: charge.productId,
			recipient: charge.recipient,
			amount: charge.amount,
			currency: charge.currency,
			createdAt: new Date(createdAt).toISOString(),
		}));
	}

	snapshot(): O[] {
		return [...this.orders.values()];
	}

	/** Orders go on where they would be now. */
	restore(state: unknown): void {
		for (const order of state as O[]) this.add(order);
	}

	/** A status set by hand stays: the order no longer moves by itself, unless it is given a new timeline. */
	change(id: string, { status, timeline, extra }: OrderChange): O | undefined {
		const order = this.get(id);
		if (!order) return undefined;
		if (extra) order.extra = { ...order.extra, ...extra };
		if (status !== undefined) {
			order.timeline = [];
			this.set(order, status);
		}
		if (timeline) {
			const age = this.clock.now() - order.createdAt;
			order.timeline = timeline.map((step) => ({ ...step, afterMs: step.afterMs + age }));
		}
		this.follow(order);
		this.clock.notify();
		return order;
	}

	/** When the order next changes by itself. */
	nextChange(order: O): number {
		const age = this.clock.now() - order.createdAt;
		const next = order.timeline.find((step) => step.afterMs > age);
		return next ? order.createdAt + next.afterMs : Infinity;
	}

	private follow(order: O): void {
		this.moving.add(order);
		this.advance(order);
	}

	private advance(order: O): void {
		if (!this.moving.has(order)) return;
		const age = this.clock.now() - order.createdAt;
		const current = order.timeline.findLast((step) => step.afterMs <= age);
		if (current) this.set(order, current.status);
		const next = this.nextChange(order);
		if (next === Infinity) this.moving.delete(order);
		else this.nextDue = Math.min(this.nextDue, next);
	}

	private set(order: O, status: string): void {
		if (order.status === status) return;
		order.status = status;
		this.reached(order);
	}
}
