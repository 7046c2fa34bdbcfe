/** Where an order stands, in one vocabulary for all providers. */
export type OrderState =
	'pending' | 'processing' | 'completed' | 'cancelled' | 'failed' | 'refunded' | 'unknown';

/** The states after which a provider changes nothing any more by itself. */
export const finalStates = ['completed', 'cancelled', 'failed', 'refunded'] as const;
export type FinalState = (typeof finalStates)[number];

export const isFinal = (state: string): state is FinalState =>
	(finalStates as readonly string[]).includes(state);

/** One order at one provider. Keys are always present; unknown is null. */
export interface Order {
	/** The provider's node name. */
	provider: string;
	/** Null where the provider names none. */
	orderId: string | null;
	state: OrderState;
	/** The provider's own word for the state. */
	status: string | null;
	productId: string | null;
	recipient: string | null;
	/** Decimal amount in `currency`, for all units and targets. */
	price: number | null;
	/** Upper case, e.g. `USD`. */
	currency: string | null;
	/** Delivered keys and codes. Secrets: they belong in the output and nowhere else. */
	codes: string[];
	/** What the provider says about the order. */
	message: string | null;
}

/** Which of several orders at one provider: some count Stars and Premium apart, so the number alone does not tell. */
export interface OrderReference {
	/** Empty where the provider has one kind of order only. */
	orderType: string;
	orderId: string;
}

/** Maps a provider's word to a state. A word the table lacks is `unknown`: providers add statuses. */
export const stateOf = (
	word: string | null | undefined,
	table: Readonly<Record<string, OrderState>>,
): OrderState => {
	const key = word?.toLowerCase() ?? '';
	return Object.hasOwn(table, key) ? table[key]! : 'unknown';
};
