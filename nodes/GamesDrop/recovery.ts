import type { Order } from '../shared/domain/order';
import { pause } from '../shared/async/pause';
import { monotonic } from '../shared/async/monotonic';
import { ProviderError, unknownOutcome } from '../shared/errors/providerError';
import type { Api } from '../shared/http/api';
import { RECOVERY, RECOVERY_FIRST_PAUSE } from '../shared/http/retryPolicy';
import type { Parsed } from '../shared/http/schemas';
import { asPlaced, createOrder, getOrderByTransaction, recipientOf, type NewOrder } from './api';
import { connection, TRANSACTION_DUPLICATE } from './connections';

/**
 * Orders once, and finds out by the transaction ID what became of it where the answer leaves that open.
 * GamesDrop refuses a transaction ID it knows, so nothing is ever sent a second time.
 * `hasOwnId`: whether the ID is the user's; a derived one is unique, so an order under it is this one.
 * `returnsEarlier`: whether an order placed before under the user's ID is the result.
 * @throws ProviderError with outcome `rejected`, `duplicate` or `unknown`
 */
export async function orderAndRecover(
	api: Api,
	order: NewOrder,
	{ hasOwnId, returnsEarlier }: { hasOwnId: boolean; returnsEarlier: boolean },
	signal?: AbortSignal,
): Promise<Parsed<Order>> {
	return await createOrder(api, order).catch(async (error: unknown) => {
		if (!(error instanceof ProviderError)) throw error;
		const isDuplicate = error.code === TRANSACTION_DUPLICATE;
		if (isDuplicate && hasOwnId) return await findEarlier(api, order, returnsEarlier, error, signal);
		if (isDuplicate || error.outcome === 'unknown') {
			const lost = isDuplicate ? repeatedOnTheWay(order) : error;
			return await findLost(api, order, lost, signal);
		}
		throw error;
	});
}

/** The ID was made for this order a moment ago: something on the way sent the request twice, and one of them ordered. */
const repeatedOnTheWay = ({ transactionId }: NewOrder): ProviderError =>
	unknownOutcome(
		connection,
		`GamesDrop has an order with Transaction ID "${transactionId}" already, which only this order can be`,
		{ code: TRANSACTION_DUPLICATE },
	);

/** The answer was lost: whatever GamesDrop has under this transaction ID is the order, unless it says otherwise. */
async function findLost(
	api: Api,
	order: NewOrder,
	lost: ProviderError,
	signal?: AbortSignal,
): Promise<Parsed<Order>> {
	const found = await lookUp(api, order, signal, true);
	if (found !== undefined && !isAnother(found.data, order)) return found;
	const advice = `Look it up first: Order: Get by Transaction ID "${order.transactionId}".`;
	throw lost.with({
		description:
			found === undefined
				? `${advice} It may appear after some minutes. GamesDrop takes each Transaction ID once, so this one can never be charged twice.`
				: `${advice} GamesDrop has ${named(found.data)} under it, which is for another product or recipient: for this order use another Transaction ID.`,
	});
}

/** The user's transaction ID was used before: for this very order, or for another one, which must not pass for it. */
async function findEarlier(
	api: Api,
	order: NewOrder,
	returnsEarlier: boolean,
	refused: ProviderError,
	signal?: AbortSignal,
): Promise<Parsed<Order>> {
	const found = await lookUp(api, order, signal, false);
	if (found === undefined) {
		throw refused.with({
			outcome: 'unknown',
			message: `This Transaction ID was used for an order before, which could not be looked up now. The outcome of that purchase is unknown, it may have gone through. Do not repeat it before checking ${connection.check}.`,
		});
	}
	if (returnsEarlier && !isAnother(found.data, order)) return found;
	throw refused.with({
		outcome: 'duplicate',
		message: `This Transaction ID was used before, for ${named(found.data)}`,
		earlier: { orderId: found.data.orderId, state: found.data.state, executionId: null },
	});
}

/** Looks an order up, repeatedly where it may still appear. Undefined when it was not found. */
async function lookUp(
	api: Api,
	order: NewOrder,
	signal: AbortSignal | undefined,
	mayAppear: boolean,
): Promise<Parsed<Order> | undefined> {
	const budget = Math.min(api.timeout, RECOVERY.budget);
	const end = monotonic() + budget;
	const quick = api.within({ timeout: budget, budget });
	for (let wait = RECOVERY_FIRST_PAUSE; ; wait *= 2) {
		try {
			const { raw, data } = await getOrderByTransaction(quick, order.transactionId);
			return { raw, data: isAnother(data, order) ? data : asPlaced(data, order) };
		} catch {
			if (!mayAppear || monotonic() + wait > end || signal?.aborted) return undefined;
		}
		await pause(wait, signal).catch(() => {});
	}
}

/** Whether the order found is certainly not this one. What GamesDrop leaves out speaks for neither. */
function isAnother(found: Order, { offerId, customer }: NewOrder): boolean {
	const recipient = recipientOf(customer);
	return (
		(found.productId !== null && found.productId !== String(offerId)) ||
		(found.recipient !== null && recipient !== null && found.recipient !== recipient)
	);
}

const named = ({ orderId, status, productId }: Order): string =>
	`order ${orderId ?? 'without ID'} (${status ?? 'status unknown'}${productId === null ? '' : `, product ${productId}`})`;
