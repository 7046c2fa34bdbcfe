import { z } from 'zod';
import type { Api } from '../shared/http/api';
import { segment, text } from '../shared/http/schemas';
import { done, NO_SUCH_ORDER, orderPath } from './shop';

/**
 * The payments of an order and their refunds.
 * Source: https://wiki.tribute.tg (pages "Methods" and "Models" for shops).
 */
const refundPath = (orderId: string, transactionId: string) =>
	`${orderPath(orderId)}/transactions/${segment(transactionId)}/refund`;

/** Money that moved for an order. */
export interface Transaction {
	id: string;
	/** `shop_order_sell` is a payment of the buyer's. */
	type: string | null;
	isRefunded: boolean | null;
	isRefundable: boolean | null;
}

/** Strict: what cannot be read here must not be taken for leave to refund. */
const said = <T extends z.ZodTypeAny>(schema: T) =>
	schema.nullish().transform((value: z.output<T> | null | undefined) => value ?? null);
const transaction = z.object({
	id: text.refine((id) => id !== ''),
	type: said(z.string()),
	isRefunded: said(z.boolean()),
	isRefundable: said(z.boolean()),
});
const transactionPage = z.object({
	transactions: z
		.array(transaction)
		.nullable()
		.transform((rows) => rows ?? []),
	nextFrom: said(text),
});

/** Far more than an order of many years has. */
const MOST_TRANSACTION_PAGES = 20;

/**
 * All transactions of an order.
 * @returns undefined where they do not end
 */
export async function getTransactions(api: Api, orderId: string): Promise<Transaction[] | undefined> {
	const found = new Map<string, Transaction>();
	let startFrom = '';
	for (let page = 0; page < MOST_TRANSACTION_PAGES; page++) {
		const { data } = await api.read(
			{
				method: 'GET',
				path: `${orderPath(orderId)}/transactions`,
				...(startFrom === '' ? {} : { query: { startFrom } }),
				notFound: NO_SUCH_ORDER,
			},
			transactionPage,
		);
		const before = found.size;
		for (const each of data.transactions) found.set(each.id, each);
		startFrom = data.nextFrom ?? '';
		if (startFrom === '' || data.transactions.length === 0) return [...found.values()];
		// The same page once more: what comes after it cannot be read.
		if (found.size === before) return undefined;
	}
	return undefined;
}

/**
 * Gives one payment back, whole. Tribute only begins with it now; the event `shop_order_refunded` reports the end.
 * @returns Tribute's word for how far it is
 */
export async function refundTransaction(
	api: Api,
	orderId: string,
	transactionId: string,
): Promise<string | null> {
	const notFound = 'Check the Order ID in the Creator Dashboard of Tribute: nothing was refunded.';
	const request = { method: 'POST', path: refundPath(orderId, transactionId), notFound } as const;
	return (await api.buy(request, done)).data.status;
}
