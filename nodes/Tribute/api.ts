import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import { fromMinorUnits } from '../shared/domain/money';
import type { Product } from '../shared/domain/product';
import type { Explanation } from '../shared/errors/providerError';
import type { Api } from '../shared/http/api';
import type { Answer, Connection, Refusal } from '../shared/http/connection';
import { collectPages } from '../shared/http/pages';
import { amount, optional, segment, text, type Parsed } from '../shared/http/schemas';

/**
 * Tribute is the seller's side: the key's owner sells these products, and may give a buyer's Stars back.
 * Source: https://wiki.tribute.tg (page "Products" of the API documentation). Amounts are in minor units.
 */
export const NAME = 'tribute';
export const DISPLAY_NAME = 'Tribute';

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

const failure = z.object({
	success: z.unknown(),
	error: optional(text),
	code: optional(text),
	message: optional(text),
});

const CHECK_VALUES =
	'Check the values of the node. A purchase can be cancelled only when it was paid with Telegram Stars, and only once.';
const MEANING: Record<number, Explanation> = {
	400: { message: 'the request was refused', description: CHECK_VALUES },
	401: {
		message: 'the API key was not accepted',
		description:
			'Open the credential and enter the key from Tribute: Creator Dashboard → Settings → API Keys.',
	},
	403: {
		message: 'this belongs to somebody else',
		description:
			'Use the API key of the account that sells the product, and check the ID: only your own products and purchases can be used.',
	},
	404: {
		message: 'there is no such product or purchase',
		description:
			'Check the ID. A product ID comes from Product: Get Many, a purchase ID from an event of the Tribute Trigger.',
	},
	429: {
		message: 'too many requests',
		description: 'Wait a moment, then run the workflow again with fewer items at once.',
	},
};
const NOT_AVAILABLE: Explanation = {
	message: 'not available right now',
	description: 'Run the workflow again later.',
};
const NOT_CANCELLED: Explanation = { message: 'the purchase was not cancelled', description: CHECK_VALUES };

const LONGEST_WORDS = 300;

function refusal({ status, body }: Answer): Refusal | undefined {
	const parsed = failure.safeParse(body);
	const said = parsed.success ? parsed.data : undefined;
	if (status < 400 && said?.success !== false) return undefined;
	const code = said?.code ?? said?.error ?? null;
	const words = [...new Set([said?.message, code])].filter((one) => one).join(', code ');
	const { message, description } =
		status < 400 ? NOT_CANCELLED : (MEANING[status] ?? (status >= 500 ? NOT_AVAILABLE : MEANING[400]!));
	return {
		code,
		message: `Tribute: ${message} (${words === '' ? `HTTP ${status}` : words.slice(0, LONGEST_WORDS)})`,
		description,
	};
}

export const connection: Connection = {
	provider: NAME,
	displayName: DISPLAY_NAME,
	credential: 'tributeApi',
	check:
		'the purchase in the Creator Dashboard of Tribute (the Tribute Trigger also gets digital_product_refunded)',
	refusal,
};

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
	const price = minor === null ? null : fromMinorUnits(minor);
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
