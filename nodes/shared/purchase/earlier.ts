import type { IDataObject } from 'n8n-workflow';
import { isFinal, type Order, type OrderState } from '../domain/order';
import { ProviderError } from '../errors/providerError';
import type { Api } from '../http/api';
import type { ClaimResult } from '../ledger/protocol';
import type { StoredRow } from '../ledger/row';
import type { Item } from '../node/item';
import type { Provider, PurchaseOperation } from '../node/operation';
import { fingerprintOf, type Purchased } from './intent';
import type { PurchaseIdentity } from '../node/operation';
import type { Settings } from './settings';

const HOUR = 3_600_000;

const orNull = (cell: string): string | null => (cell === '' ? null : cell);

/** The order as its row tells it. */
const orderOf = (row: StoredRow): Order => ({
	provider: row.provider,
	orderId: orNull(row.orderId),
	state: row.state as OrderState,
	status: orNull(row.status),
	productId: orNull(row.productId),
	recipient: orNull(row.recipient),
	price: row.price,
	currency: orNull(row.currency),
	codes: [],
	message: orNull(row.message),
});

const described = ({ orderId, state, executionId, productId, recipient }: StoredRow): string =>
	[
		orderId === '' ? 'an order without an ID yet' : `order ${orderId}`,
		`state ${state}`,
		...(productId === '' ? [] : [`product ${productId}`]),
		...(recipient === '' ? [] : [`for ${recipient}`]),
		...(executionId === '' ? [] : [`execution ${executionId}`]),
	].join(', ');

const isUnanswered = ({ state }: StoredRow): boolean =>
	state === 'preparing' || state === 'sending' || state === 'unconfirmed' || state === '';

/** The error of a key that has its purchase already. */
export function alreadyOrdered(provider: Provider, key: string, earlier: StoredRow, why = ''): ProviderError {
	const isOpen = isUnanswered(earlier);
	return new ProviderError({
		provider: provider.name,
		code: 'ALREADY_ORDERED',
		outcome: isOpen ? 'unknown' : 'duplicate',
		message:
			`The key "${key}" was used before, for ${described(earlier)}${why}. Nothing was ordered now.` +
			(isOpen
				? ` The outcome of that purchase is unknown, it may have gone through. Do not repeat it before checking ${provider.connection.check}.`
				: ''),
		description: isOpen
			? 'The earlier purchase is under way or was never answered. Look it up at the provider; once you know that it was not made, set its row in the Data Table to "rejected", which frees the key.'
			: 'To get the earlier order, set the option "If Already Ordered" to "Return the Earlier Order". For another order use another key.',
		earlier: {
			orderId: orNull(earlier.orderId),
			state: orNull(earlier.state),
			executionId: orNull(earlier.executionId),
		},
	});
}

/** What a claim that was not granted means for the user. */
export function refusalOf(
	item: Item,
	{ spending }: Settings,
	price: number | null,
	currency: string | null,
	claimed: Exclude<ClaimResult, { result: 'sending' | 'taken' }>,
): ProviderError {
	const unit = currency ?? '';
	if (claimed.result === 'overLimit') {
		const asked = price === null ? '' : `, and this order would cost ${price} ${unit}`;
		return item.refuse(
			'SPENDING_LIMIT_EXCEEDED',
			`Spending Limit: ${claimed.spent} of ${spending!.limit} ${unit} are spent in the last ${spending!.period}${asked}`.trim(),
			'Nothing was ordered. Raise the limit, or order again when the period has passed. The orders that count are in the tracking table.',
		);
	}
	if (claimed.result === 'priceMissing') {
		return item.refuse(
			'SPENDING_UNKNOWN',
			`Spending Limit: the price of row ${claimed.row.id} in the tracking table is missing, so nobody can say what was spent`,
			'Nothing was ordered. Enter the price in that row, then run the workflow again.',
		);
	}
	return item.refuse(
		'LEDGER_BUSY',
		'Other orders of this account were being placed at the same time, so this one was not placed',
		'Nothing was ordered. Run the workflow again.',
	);
}

/** An order that was made before under the same key. */
export interface Recalled extends Purchased {
	order: Order;
	/** Whether its row has to be brought up to date. */
	isFresh: boolean;
}

/**
 * Gives the earlier order of a key, as *If Already Ordered: Return* asks for: looked up afresh where the provider can.
 * @throws ProviderError with code `ALREADY_ORDERED` where it is another purchase, or cannot be had
 */
export async function recall(
	api: Api,
	provider: Provider,
	operation: PurchaseOperation,
	purchase: { plan: unknown; identity: PurchaseIdentity; key: string },
	earlier: StoredRow,
): Promise<Recalled> {
	const { plan, identity, key } = purchase;
	if (!isSame(provider.name, identity, earlier))
		throw alreadyOrdered(provider, key, earlier, ', which is another product, quantity or recipient');

	const canRecall =
		operation.recall !== undefined && earlier.state !== 'preparing' && earlier.state !== 'sending';
	if (canRecall) {
		const sentAt = Date.parse(earlier.sentAt || earlier.createdAt);
		if (!(Date.now() - sentAt < operation.recall!.hours * HOUR))
			throw alreadyOrdered(provider, key, earlier, ', too long ago to be fetched again');
		const { data, raw } = await operation.recall!.read(api, plan, key);
		const order = { ...(data as Order), price: (data as Order).price ?? earlier.price };
		return { order, output: { ...order }, raw, isFresh: true };
	}
	if (isUnanswered(earlier)) throw alreadyOrdered(provider, key, earlier);
	const known = orderOf(earlier);
	const { order, raw, isFresh } = await lookedUp(api, provider, earlier, known);
	return { order, output: operation.outputOf!(order, plan, key) as IDataObject, raw, isFresh };
}

const isSame = (provider: string, identity: PurchaseIdentity, row: StoredRow): boolean =>
	row.fingerprint === ''
		? row.productId === identity.productId &&
			row.recipient === (identity.recipient ?? '') &&
			(row.quantity ?? identity.quantity) === identity.quantity
		: row.fingerprint === fingerprintOf(provider, identity);

async function lookedUp(
	api: Api,
	{ orders }: Provider,
	{ orderType, orderId }: StoredRow,
	known: Order,
): Promise<{ order: Order; raw: IDataObject; isFresh: boolean }> {
	const asKnown = { order: known, raw: { ...known }, isFresh: false };
	if (orders === undefined || orderId === '') return asKnown;
	try {
		const { data, raw } = await orders.get(api, { orderType, orderId });
		const current = Object.entries(data).filter(([, value]) => value !== null);
		return { order: { ...known, ...Object.fromEntries(current) }, raw, isFresh: true };
	} catch (error) {
		const message = `The order could not be looked up now (${(error as Error).message}); this is what the tracking table says`;
		return isFinal(known.state) ? { ...asKnown, order: { ...known, message } } : asKnown;
	}
}
