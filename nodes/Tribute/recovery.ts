import { monotonic } from '../shared/async/monotonic';
import { pause } from '../shared/async/pause';
import { ProviderError } from '../shared/errors/providerError';
import type { Api } from '../shared/http/api';
import { RECOVERY, RECOVERY_FIRST_PAUSE } from '../shared/http/retryPolicy';
import type { Parsed } from '../shared/http/schemas';
import { newTag, withTag } from './orderTag';
import { createOrder, getOrders, type NewOrder, type ShopOrder } from './shop';

/**
 * Makes a payment link once, and finds out by the tag in its comment what became of it where the answer was lost.
 * @throws ProviderError with outcome `rejected` or `unknown`
 */
export async function createAndRecover(
	api: Api,
	order: NewOrder,
	signal?: AbortSignal,
): Promise<Parsed<ShopOrder>> {
	const tag = newTag();
	const sentAt = Date.now();
	const sent = createOrder(api, { ...order, comment: withTag(order.comment, tag) });
	return await sent.catch(async (error: unknown) => {
		if (!(error instanceof ProviderError) || error.outcome !== 'unknown') throw error;
		const found = await lookUp(api, tag, order.shopId, sentAt, signal);
		if (found !== undefined) return found;
		throw error.with({
			message: `${error.message} Its comment ends with "${tag}".`,
			description: `Order: Get Many, with Simplify off, shows the comments of orders: look for one that ends with "${tag}" before you make another link, since both could be paid. It may appear after some minutes.`,
		});
	});
}

const DAY = 86_400_000;
const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** Looks for the order, repeatedly, since it may still appear. The day before and after count: clocks differ. */
async function lookUp(
	api: Api,
	tag: string,
	shopId: number | undefined,
	sentAt: number,
	signal?: AbortSignal,
): Promise<Parsed<ShopOrder> | undefined> {
	const budget = Math.min(api.timeout, RECOVERY.budget);
	const end = monotonic() + budget;
	const quick = api.within({ timeout: budget, budget });
	const filter = {
		dateFrom: dayOf(sentAt - DAY),
		dateTo: dayOf(sentAt + DAY),
		...(shopId === undefined ? {} : { shopId }),
	};
	for (let wait = RECOVERY_FIRST_PAUSE; ; wait *= 2) {
		const orders = await getOrders(quick, filter).catch(() => []);
		const found = orders.find(({ raw }) => String(raw.comment).endsWith(tag));
		if (found !== undefined) return found;
		if (monotonic() + wait > end || signal?.aborted) return undefined;
		await pause(wait, signal).catch(() => {});
	}
}
