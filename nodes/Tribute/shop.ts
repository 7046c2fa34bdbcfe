import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import { stateOf, type Order, type OrderReference, type OrderState } from '../shared/domain/order';
import { ProviderError } from '../shared/errors/providerError';
import type { Api } from '../shared/http/api';
import { amount, optional, segment, text, type Parsed } from '../shared/http/schemas';
import { DISPLAY_NAME, NAME } from './connection';
import { fromMinorUnits } from './money';
import { withoutTag } from './orderTag';

/**
 * The shop: an order is a payment link, and what a buyer paid by it. Amounts of orders are in minor units; those of
 * transactions are in units the documents contradict each other about, so nothing here reads them.
 * Source: https://wiki.tribute.tg (pages "Methods" and "Models" for shops, "Orders" of the API documentation).
 */
const ORDERS = '/api/v1/shop/orders';
export const orderPath = (orderId: string) => `${ORDERS}/${segment(orderId)}`;

/** A UUID, and whatever else Tribute may number its orders with. */
export const ORDER_ID = /^[\w-]{1,64}$/;
export const LONGEST_TITLE = 100;
export const LONGEST_DESCRIPTION = 300;
export const LONGEST_CUSTOMER_ID = 256;
export const LONGEST_EMAIL = 320;
export const periods = ['onetime', 'weekly', 'monthly', 'quarterly', 'halfyearly', 'yearly'] as const;
export type Period = (typeof periods)[number];
export const statuses = ['pending', 'prepaid', 'paid', 'failed'] as const;
export type Status = (typeof statuses)[number];

const STATES: Record<Status, OrderState> = {
	pending: 'pending',
	prepaid: 'processing',
	paid: 'completed',
	failed: 'failed',
};
/** What the state alone does not say. No status says that an order was refunded: `paid` stays. */
const REMARKS = new Map<string | undefined, string>([
	['prepaid', 'The money is on its way. Do not deliver yet.'],
	['failed', 'The payment failed. The buyer may be able to try once more.'],
]);

/** A payment link, and how the order stands. */
export interface ShopOrder extends Order {
	/** Page to pay on in a browser. Null in shops that take Telegram Stars only. */
	paymentUrl: string | null;
	/** Link to pay in Telegram. */
	webappPaymentUrl: string | null;
	title: string | null;
	/** As the seller wrote it. */
	comment: string | null;
	/** The seller's own reference. */
	customerId: string | null;
	period: string | null;
	/** Of a recurring order: `active` or `cancelled`. */
	memberStatus: string | null;
	/** ISO 8601. */
	memberExpiresAt: string | null;
	/** As Tribute writes it, in older answers without a time zone. */
	createdAt: string | null;
}

const word = optional(z.string().trim().min(1));
const link = optional(z.string().refine((url) => URL.canParse(url) && new URL(url).protocol === 'https:'));
const fields = z.object({
	uuid: word,
	status: word,
	amount: optional(amount),
	currency: word,
	title: word,
	comment: word,
	customerId: optional(text.refine((id) => id !== '')),
	shopId: optional(text),
	period: word,
	paymentUrl: link,
	webappPaymentUrl: link,
	memberStatus: word,
	memberExpiresAt: word,
	createdAt: word,
});
type Fields = z.output<typeof fields>;

const foundOrder = fields.refine(({ uuid, status }) => uuid !== null || status !== null, {
	message: 'neither uuid nor status',
});
const listedOrder = fields.extend({ uuid: z.string().trim().min(1) });
/** A link that cannot be paid by is none, so an answer without one leaves open what was made. */
const createdOrder = listedOrder.refine(
	({ paymentUrl, webappPaymentUrl }) => paymentUrl !== null || webappPaymentUrl !== null,
	{ message: 'no payment URL' },
);
const orderStatus = z.object({ status: z.string().trim().min(1) });

/** The document has a bare array; other lists of Tribute lie in an object. */
function rowsIn(body: unknown): unknown {
	if (body === null) return [];
	if (typeof body !== 'object' || Array.isArray(body)) return body;
	const { rows, orders, result, data } = body as Record<string, unknown>;
	return [rows, orders, result, data].find(Array.isArray);
}
const orderList = z.preprocess(rowsIn, z.array(listedOrder));

export const done = z.object({ success: z.literal(true), status: word, message: word });

export const NO_SUCH_ORDER = 'Check the Order ID: orders of another account are not shown.';
const NO_SHOP = 'The account needs an active shop, which the support of Tribute sets up. Check the Shop ID.';

export interface NewOrder {
	/** In minor units. */
	amount: number;
	/** Lower case. */
	currency: string;
	title: string;
	description: string;
	period: Period;
	successUrl?: string;
	failUrl?: string;
	email?: string;
	comment?: string;
	customerId?: string;
	shopId?: number;
	starsAmount?: number;
}

/** An order that nothing is known of but what was asked for. */
export const orderAsAsked = (asked: NewOrder): ShopOrder =>
	asNew(
		toOrder({
			...fields.parse({}),
			...{ amount: asked.amount, currency: asked.currency, title: asked.title, period: asked.period },
			...{ comment: asked.comment ?? null, customerId: asked.customerId ?? null },
		}),
	);

/** Older answers have no status: a new order waits for its buyer. */
const asNew = (order: ShopOrder): ShopOrder =>
	order.status === null ? { ...order, state: 'pending' } : order;

/** Makes a payment link. Tribute knows no idempotency key: a repeat makes a second link, and both can be paid. */
export async function createOrder(api: Api, order: NewOrder): Promise<Parsed<ShopOrder>> {
	const { raw, data } = await api.buy({ method: 'POST', path: ORDERS, body: { ...order } }, createdOrder);
	return { raw, data: asNew(toOrder(data)) };
}

/** Looks an order up. Where only its status can be had, all else is null, and `message` says so. */
export async function getOrder(
	api: Api,
	{ orderId }: Pick<OrderReference, 'orderId'>,
): Promise<Parsed<ShopOrder>> {
	if (!ORDER_ID.test(orderId)) {
		throw new ProviderError({
			provider: NAME,
			code: 'INVALID_PARAMETER',
			message: `${DISPLAY_NAME} cannot have an order with this ID`,
			description: 'An order ID is the uuid that Tribute gave the order, such as Order: Get Many shows it.',
		});
	}
	const request = { method: 'GET', path: orderPath(orderId), notFound: NO_SUCH_ORDER } as const;
	return await api.read(request, foundOrder).then(
		({ raw, data }) => ({ raw, data: toOrder({ ...data, uuid: data.uuid ?? orderId }) }),
		async (error: unknown) => {
			if (isUnknownRoute(error)) return await getStatus(api, orderId);
			throw error;
		},
	);
}

/** Older versions of the API know the status of an order alone. */
async function getStatus(api: Api, orderId: string): Promise<Parsed<ShopOrder>> {
	const request = { method: 'GET', path: `${orderPath(orderId)}/status`, notFound: NO_SUCH_ORDER } as const;
	const { raw, data } = await api.read(request, orderStatus).catch((error: unknown) => {
		throw isUnknownRoute(error) ? noSuchOrder(error) : error;
	});
	const order = toOrder({ ...fields.parse(data), uuid: orderId });
	const partial = 'Tribute gave only the status of this order.';
	return {
		raw: { uuid: orderId, ...raw },
		data: { ...order, message: order.message === null ? partial : `${order.message} ${partial}` },
	};
}

const isUnknownRoute = (error: unknown): error is ProviderError =>
	error instanceof ProviderError && (error.status === 404 || error.status === 405);

/** Also where a trigger looks the order up, by the connection for products. */
const noSuchOrder = (error: ProviderError): ProviderError =>
	error.with({ message: `${DISPLAY_NAME}: there is no such order`, description: NO_SUCH_ORDER });

/** Days in UTC, as yyyy-mm-dd, both inclusive. */
export interface OrderFilter {
	dateFrom?: string;
	dateTo?: string;
	shopId?: number;
}

/** All orders of a time, newest first. Tribute gives them at once: its list has no pages. */
export async function getOrders(api: Api, filter: OrderFilter): Promise<Array<Parsed<ShopOrder>>> {
	const request = { method: 'GET', path: ORDERS, query: { ...filter }, notFound: NO_SHOP } as const;
	const { raw, data } = await api.read(request, orderList);
	const untouched = rowsIn(raw) as IDataObject[];
	const orders = data.map((row, index) => ({ raw: untouched[index]!, data: toOrder(row) }));
	return [...new Map(orders.map((order) => [order.data.orderId, order])).values()];
}

/** Stops the payments to come of a recurring order. Nothing is paid back. A repeat changes nothing more. */
export async function cancelSubscription(api: Api, orderId: string): Promise<void> {
	const notFound =
		'Check the Order ID. Only a recurring order can be cancelled; a one-time order and a payment link cannot.';
	await api.buy({ method: 'POST', path: `${orderPath(orderId)}/cancel`, notFound }, done);
}

function toOrder(entry: Fields): ShopOrder {
	const { uuid, status, amount: minor, currency, customerId } = entry;
	return {
		provider: NAME,
		orderId: uuid,
		state: stateOf(status, STATES),
		status,
		productId: null,
		recipient: customerId,
		price: minor === null ? null : fromMinorUnits(minor, currency),
		currency: currency?.toUpperCase() ?? null,
		codes: [],
		message: REMARKS.get(status?.toLowerCase()) ?? null,
		paymentUrl: entry.paymentUrl,
		webappPaymentUrl: entry.webappPaymentUrl,
		title: entry.title,
		comment: withoutTag(entry.comment),
		customerId,
		period: entry.period,
		memberStatus: entry.memberStatus,
		memberExpiresAt: entry.memberExpiresAt,
		createdAt: entry.createdAt,
	};
}
