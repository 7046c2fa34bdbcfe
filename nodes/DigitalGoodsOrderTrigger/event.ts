import type { IDataObject } from 'n8n-workflow';
import { isFinal, type FinalState, type Order, type OrderReference } from '../shared/domain/order';

/** What the trigger tells of: an order that became final, or that never did in time. */
export type EventState = FinalState | 'expired';

/** One order's end. The same event has the same `eventId` for every trigger, always. */
export interface OrderEvent {
	eventId: string;
	/** `order.completed` and so on. */
	event: string;
	provider: string;
	orderType: string;
	orderId: string;
	state: string;
	/** What the order was held to be before it was final; null when it never stood otherwise. */
	previousState: string | null;
	/** What the order was tracked with; JSON comes back as JSON. */
	reference: unknown;
	order: Order | null;
	/** ISO 8601. */
	detectedAt: string;
}

export const eventIdOf = (provider: string, { orderType, orderId }: OrderReference, state: string): string =>
	[provider, orderType, orderId, state].map(encodeURIComponent).join(':');

/** An order this trigger watches. */
export interface Watched extends OrderReference {
	provider: string;
	reference: string;
	/** The state it is held to have. */
	state: string;
}

export function eventOf(watched: Watched, state: string, order: Order | null): OrderEvent {
	const { provider, orderType, orderId, reference } = watched;
	return {
		eventId: eventIdOf(provider, watched, state),
		event: `order.${state}`,
		provider,
		orderType,
		orderId,
		state: state === 'expired' ? watched.state || 'pending' : state,
		previousState: isFinal(watched.state) && watched.state === state ? null : watched.state || 'pending',
		reference: parsed(reference),
		order,
		detectedAt: new Date().toISOString(),
	};
}

function parsed(reference: string): unknown {
	if (!/^\s*[[{]/.test(reference)) return reference;
	try {
		return JSON.parse(reference) as IDataObject;
	} catch {
		return reference;
	}
}
