import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import type { Api } from '../shared/http/api';
import { collectPages } from '../shared/async/collectPages';
import { amount, optional, segment, text } from '../shared/http/schemas';

/**
 * Orders of physical products. They can only be read: they are shipped, cancelled and refunded in the dashboard.
 * Source: https://wiki.tribute.tg (page "Orders" of the API documentation).
 */
const ORDERS = '/api/v1/physical/orders';
const LARGEST_PAGE = 50;

/**
 * As the document has it; handed on as it comes. The document's samples of amounts look like major units here and like
 * minor units in webhooks, so none is converted.
 */
export interface PhysicalOrder extends IDataObject {
	id?: number;
	/** Such as pending, shipped, delivered, canceled or refunded. */
	status?: string;
	/** RFC 3339. */
	created?: string;
	fullName?: string;
	email?: string;
	phone?: string;
	telegramID?: number;
	locality?: string;
	fullAddress?: string;
	customerNote?: string;
	deliveryCost?: number;
	currency?: string;
}

const order = z.object({ id: text });
const page = z.object({
	rows: z
		.array(order)
		.nullish()
		.transform((rows) => rows ?? []),
	meta: optional(z.object({ total: optional(amount) })),
});

export async function getPhysicalOrder(api: Api, orderId: string): Promise<PhysicalOrder> {
	const notFound = 'Check the Order ID: physical orders of another account are not shown.';
	const request = { method: 'GET', path: `${ORDERS}/${segment(orderId)}`, notFound } as const;
	return (await api.read(request, order)).raw;
}

/** The account's physical orders, page by page and no page more than needed. */
export async function getPhysicalOrders(api: Api, limit: number): Promise<PhysicalOrder[]> {
	return await collectPages(limit, LARGEST_PAGE, async (number, size) => {
		const query = { page: number, limit: size };
		const { raw, data } = await api.read({ method: 'GET', path: ORDERS, query }, page);
		const untouched = raw.rows as PhysicalOrder[];
		return {
			rows: data.rows.map(({ id }, index) => ({ id, value: untouched[index]! })),
			total: data.meta?.total ?? null,
		};
	});
}
