import type { Order } from '../shared/domain/order';
import { ProviderError } from '../shared/engine/errors';
import type { Api, Reading } from '../shared/engine/http';
import { pause } from '../shared/engine/pause';
import { createOrder, getOrderByTransaction, type NewOrder } from './api';
import { TRANSACTION_DUPLICATE } from './connections';

/** How long an order whose answer was lost is looked for, in milliseconds. */
const LOOKING = 5_000;
const FIRST_PAUSE = 1_000;

/**
 * Orders once, and finds out by the transaction ID what became of it where the answer leaves that open.
 * GamesDrop refuses a transaction ID it knows, so nothing is ever sent a second time.
 * @throws ProviderError with outcome `rejected` or `unknown`
 */
export async function orderAndRecover(
	api: Api,
	order: NewOrder,
	signal?: AbortSignal,
): Promise<Reading<Order>> {
	return await createOrder(api, order).catch(async (error: unknown) => {
		if (error instanceof ProviderError && error.outcome === 'unknown')
			return await findLost(api, order, error, signal);
		if (error instanceof ProviderError && error.code === TRANSACTION_DUPLICATE)
			return await claim(api, order, error, signal);
		throw error;
	});
}

/** The answer was lost: whatever GamesDrop has under this transaction ID is the order, unless it says otherwise. */
async function findLost(
	api: Api,
	order: NewOrder,
	lost: ProviderError,
	signal?: AbortSignal,
): Promise<Reading<Order>> {
	const found = await lookUp(api, order, signal, true);
	if (found !== undefined && !isAnother(found.data, order)) return found;
	const look = `Look it up first: Order: Get by Transaction ID "${order.transactionId}".`;
	throw new ProviderError({
		...lost,
		message: lost.message,
		description:
			found === undefined
				? `${look} It may appear after some minutes. GamesDrop takes each Transaction ID once, so this one can never be charged twice.`
				: `${look} GamesDrop has ${named(found.data)} under it, which is for another product or recipient: for this order use another Transaction ID.`,
	});
}

/** The transaction ID was used before: for this very order, or for another one, which must not pass for it. */
async function claim(
	api: Api,
	order: NewOrder,
	refused: ProviderError,
	signal?: AbortSignal,
): Promise<Reading<Order>> {
	const found = await lookUp(api, order, signal, false);
	if (found !== undefined && isSame(found.data, order)) return found;
	throw new ProviderError({
		...refused,
		message:
			found === undefined
				? 'This Transaction ID was used for an order before, which could not be looked up now'
				: `This Transaction ID was used before, for ${named(found.data)}`,
		description: refused.description,
	});
}

/** Looks an order up, again for a while where it may still appear. Undefined when it was not found. */
async function lookUp(
	api: Api,
	{ transactionId }: NewOrder,
	signal: AbortSignal | undefined,
	mayAppear: boolean,
): Promise<Reading<Order> | undefined> {
	const budget = Math.min(api.timeout, LOOKING);
	const quick = api.within({ timeout: budget, budget });
	const end = Date.now() + budget;
	for (let wait = FIRST_PAUSE; ; wait *= 2) {
		try {
			return await getOrderByTransaction(quick, transactionId);
		} catch {
			if (!mayAppear || Date.now() + wait > end || signal?.aborted) return undefined;
		}
		await pause(wait, signal).catch(() => {});
	}
}

const recipientOf = ({ customer }: NewOrder): string | null => customer.gameUserId ?? customer.email ?? null;

/** Whether nothing of the order found is missing or different. */
const isSame = (found: Order, order: NewOrder): boolean =>
	found.productId === String(order.offerId) && found.recipient === recipientOf(order);

/** Whether the order found is certainly not this one. */
const isAnother = (found: Order, order: NewOrder): boolean =>
	(found.productId !== null && found.productId !== String(order.offerId)) ||
	(found.recipient !== null && recipientOf(order) !== null && found.recipient !== recipientOf(order));

const named = ({ orderId, status, productId }: Order): string =>
	`order ${orderId} (${status ?? 'status unknown'}${productId === null ? '' : `, product ${productId}`})`;
