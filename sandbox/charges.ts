import type { ProviderName, ServiceName } from './names';
import type { Kept } from './state';

/** Money that moved, or an order that was taken, for one purchase. */
export interface Charge {
	id: number;
	provider: ProviderName;
	/** The account's name, never its key. */
	account: string;
	operation: string;
	orderId: string;
	productId: string;
	recipient: string | null;
	/** Units, or targets where one order serves several. */
	quantity: number;
	/** What the whole purchase took from the balance, in `currency`. */
	amount: number;
	currency: string;
	/** The buyer's own key for this purchase, where the provider knows one. */
	key: string | null;
	at: string;
}

export interface Refund {
	id: number;
	provider: ProviderName;
	account: string;
	operation: string;
	orderId: string;
	amount: number;
	currency: string;
	/** The charge it gives back; null where the purchase was made outside this API (Tribute). */
	chargeId: number | null;
	at: string;
}

export interface ChargeFilter {
	provider?: ServiceName;
	account?: string;
	orderId?: string;
	key?: string;
}

export interface ChargesView {
	charges: Charge[];
	refunds: Refund[];
}

/** Rounds to the cent without the errors of binary fractions (0.0165 * 50 is 0.825 and rounds up). */
export const toCents = (amount: number): number => Math.round(Number((amount * 100).toFixed(6))) / 100;

/** What the buyers really paid: what tests read to know whether something was bought twice. */
export class Charges implements Kept {
	private charges: Charge[] = [];
	private refunds: Refund[] = [];
	private lastId = 0;

	constructor(private readonly now: () => number) {}

	charge(entry: Omit<Charge, 'id' | 'at'>): Charge {
		const charge: Charge = { id: ++this.lastId, ...entry, at: this.timestamp() };
		this.charges.push(charge);
		return charge;
	}

	refund(entry: Omit<Refund, 'id' | 'at'>): Refund {
		const refund: Refund = { id: ++this.lastId, ...entry, at: this.timestamp() };
		this.refunds.push(refund);
		return refund;
	}

	view(filter: ChargeFilter): ChargesView {
		return { charges: this.charges.filter(matches(filter)), refunds: this.refunds.filter(matches(filter)) };
	}

	clear(filter: ChargeFilter): void {
		const gone = matches(filter);
		this.charges = this.charges.filter((charge) => !gone(charge));
		this.refunds = this.refunds.filter((refund) => !gone(refund));
	}

	snapshot(): unknown {
		const { charges, refunds, lastId } = this;
		return { charges, refunds, lastId };
	}

	restore(state: unknown): void {
		Object.assign(this, state);
	}

	private timestamp(): string {
		return new Date(this.now()).toISOString();
	}
}

function matches(filter: ChargeFilter): (entry: Charge | Refund) => boolean {
	return (entry) =>
		(filter.provider === undefined || entry.provider === filter.provider) &&
		(filter.account === undefined || entry.account === filter.account) &&
		(filter.orderId === undefined || entry.orderId === filter.orderId) &&
		(filter.key === undefined || ('key' in entry && entry.key === filter.key));
}
