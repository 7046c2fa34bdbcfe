import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import type { Product } from '../shared/domain/product';
import type { Api } from '../shared/http/api';
import { collectPages } from '../shared/async/collectPages';
import { amount, optional, segment, text, type Parsed } from '../shared/http/schemas';
import { NAME } from './connection';
import { fromMinorUnits } from './money';

/**
 * Tribute is the seller's side: the key's owner sells these products, and may give a buyer's Stars back.
 * Source: https://wiki.tribute.tg (page "Products" of the API documentation). Amounts are in minor units.
 */
const PRODUCTS = '/api/v1/products';
const cancelPath = (purchaseId: string) => `${PRODUCTS}/purchases/${segment(purchaseId)}/cancel`;

export const productTypes = ['digital', 'custom', 'physical'] as const;
export type ProductType = (typeof productTypes)[number];
/** Products and purchases are numbered from 1. */
export const ID = /^[1-9]\d{0,17}$/;
const LARGEST_PAGE = 100;

const product = z.object({
	id: text,
	type: optional(z.string()),
	name: optional(z.string()),
	amount: optional(amount),
	currency: optional(z.string()),
});
const productPage = z.object({
	rows: z
		.array(product)
		.nullish()
		.transform((rows) => rows ?? []),
	meta: optional(z.object({ total: optional(amount) })),
});
const cancelled = z.object({ success: z.literal(true) });

export interface Wanted {
	type?: ProductType;
	/** Newest, that is highest ID, first. */
	descending: boolean;
	limit: number;
}

/**
 * The key owner's products, page by page and no page more than needed. A product that moves to another page
 * meanwhile comes once.
 */
export async function getProducts(
	api: Api,
	{ type, descending, limit }: Wanted,
): Promise<Array<Parsed<Product>>> {
	return await collectPages(limit, LARGEST_PAGE, async (page, size) => {
		const query = { page, size, desc: descending, ...(type === undefined ? {} : { type }) };
		const { raw, data } = await api.read({ method: 'GET', path: PRODUCTS, query }, productPage);
		const untouched = raw.rows as IDataObject[];
		return {
			rows: data.rows.map((row, index) => ({
				id: row.id,
				value: { raw: untouched[index]!, data: toProduct(row) },
			})),
			total: data.meta?.total ?? null,
		};
	});
}

export async function getProduct(api: Api, productId: string): Promise<Parsed<Product>> {
	const path = `${PRODUCTS}/${segment(productId)}`;
	const { raw, data } = await api.read({ method: 'GET', path }, product);
	return { raw, data: toProduct(data) };
}

function toProduct({ id, type, name, amount: minor, currency }: z.output<typeof product>): Product {
	const price = minor === null ? null : fromMinorUnits(minor, currency);
	return {
		provider: NAME,
		productId: id,
		name: name ?? id,
		type,
		quantity: 1,
		unit: 'piece',
		price,
		unitPrice: price,
		currency: currency?.toUpperCase() ?? null,
		inStock: null,
	};
}

/** As the document has it; handed on as it comes. */
export interface Cancelled extends IDataObject {
	success: boolean;
	purchaseId?: number;
	message?: string;
}

/** Gives the buyer's Stars back, for good. The provider knows no idempotency and cannot be asked afterwards. */
export async function cancelPurchase(api: Api, purchaseId: string): Promise<Cancelled> {
	const { raw, data } = await api.buy({ method: 'POST', path: cancelPath(purchaseId) }, cancelled);
	return { ...raw, ...data };
}
