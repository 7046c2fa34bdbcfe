import type { Order } from '../domain/order';
import { ProviderError } from '../errors/providerError';
import { connect } from '../http/api';
import { LEDGER, LEDGER_AFTER } from '../http/retryPolicy';
import { orderTrackingConnection } from '../ledger/connection';
import { Ledger } from '../ledger/ledger';
import type { ClaimResult, Terms } from '../ledger/protocol';
import { emptyRow, type Row, type StoredRow } from '../ledger/row';
import type { Item } from '../node/item';
import type { PurchaseIdentity } from '../node/operation';
import { SPENDING_PERIOD_HOURS } from '../node/orderProperties';
import { fingerprintOf } from './intent';
import type { Settings, Tracking } from './settings';

const HOUR = 3_600_000;
/** Rows are dated by n8n's database: a little more than the period counts, never less. */
const CLOCKS_DIFFER_BY = 60_000;

/** The ledger of one item's purchase. Before the request leaves its failures refuse, afterwards they only warn. */
export class Bookkeeping {
	private row: StoredRow | undefined;

	private constructor(
		private readonly item: Item,
		private readonly tracking: Tracking,
		private readonly before: Ledger,
		private readonly after: Ledger,
	) {}

	/** @throws ProviderError with code `LEDGER_UNAVAILABLE`; nothing was sent then */
	static async open(item: Item, tracking: Tracking): Promise<Bookkeeping> {
		const open = async (limits: typeof LEDGER) =>
			await Ledger.open(
				await connect(item.context, orderTrackingConnection, item.index, limits),
				tracking.table,
			);
		return await orUnavailable(
			item,
			async () => new Bookkeeping(item, tracking, await open(LEDGER), await open(LEDGER_AFTER)),
		);
	}

	/** Claims the key and the spending limit, and writes the purchase down as `sending`. */
	async begin(row: Row, longest: number, terms: Terms): Promise<ClaimResult> {
		const claimed = await orUnavailable(this.item, async () => await this.before.begin(row, longest, terms));
		if (claimed.result === 'sending') this.row = claimed.row;
		return claimed;
	}

	/** What {@link begin} would meet. Writes nothing. */
	async preview(row: Row, terms: Terms): Promise<ClaimResult> {
		return await orUnavailable(this.item, async () => await this.before.preview(row, terms));
	}

	/** Goes on with the row of an earlier purchase, which is asked for again by its key. */
	adopt(row: StoredRow): void {
		this.row = row;
	}

	/** The order the purchase became. */
	async settle(order: Order): Promise<boolean> {
		return await this.orWarn(
			async (row) => await this.after.settle(row, order),
			`Order ${order.orderId ?? 'without ID'} (${order.state})`,
		);
	}

	/** What the order has come to since. */
	async record(order: Order): Promise<boolean> {
		return await this.orWarn(
			async (row) => {
				for (const each of await this.after.ofAttempt(row)) await this.after.record(each, order);
			},
			`Order ${order.orderId ?? 'without ID'} (${order.state})`,
		);
	}

	/** The purchase failed: it is free to be made again, or nobody knows. */
	async fail({ outcome, message }: ProviderError): Promise<void> {
		await this.orWarn(
			async (row) =>
				outcome === 'unknown'
					? await this.after.unconfirm(row, message)
					: await this.after.reject(row, message),
			outcome === 'unknown' ? 'A purchase of unknown outcome' : 'A purchase that was refused',
		);
	}

	private async orWarn(write: (row: StoredRow) => Promise<void>, what: string): Promise<boolean> {
		if (this.row === undefined) return false;
		try {
			await write(this.row);
			return true;
		} catch (error) {
			const message =
				`${what} could not be updated in the Data Table "${this.tracking.table}": ${(error as Error).message}. ` +
				`Its row ${this.row.id} still says "sending"; the Digital Goods Order Trigger reports it as unconfirmed unless you correct it.`;
			this.item.context.addExecutionHints?.({ message, location: 'outputPane', type: 'warning' });
			this.item.context.logger.warn(message);
			return false;
		}
	}
}

/** The row of a purchase that is about to be made. */
export const rowFor = (
	item: Item,
	provider: string,
	account: string,
	identity: PurchaseIdentity,
	{ tracking }: Settings,
	{ key, price, currency }: { key: string; price: number | null; currency: string | null },
): Row => ({
	...emptyRow(),
	provider,
	account,
	orderType: identity.orderType,
	productId: identity.productId,
	quantity: identity.quantity,
	recipient: identity.recipient ?? '',
	fingerprint: fingerprintOf(provider, identity),
	reference: tracking?.reference ?? '',
	key,
	price,
	currency: currency ?? '',
	workflowId: item.context.getWorkflow().id ?? '',
	executionId: item.context.getExecutionId(),
});

/** What a purchase has to be granted by the ledger. */
export const termsOf = ({ userKey, spending }: Settings): Terms => ({
	exclusive: userKey !== '',
	limit:
		spending === undefined
			? undefined
			: {
					amount: spending.limit,
					since: new Date(
						Date.now() - SPENDING_PERIOD_HOURS[spending.period] * HOUR - CLOCKS_DIFFER_BY,
					).toISOString(),
				},
});

async function orUnavailable<T>(item: Item, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		const { message, description, status } = error as ProviderError;
		throw item
			.refuse(
				'LEDGER_UNAVAILABLE',
				`Nothing was ordered, since the order could not be written to its Data Table first: ${message}`,
				description ??
					'Choose the Order Tracking credential in the node and test it, then run the workflow again.',
			)
			.with(status === undefined ? {} : { status });
	}
}
