import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';
import type { Product } from '../domain/product';
import { monotonic } from '../async/monotonic';
import { asProviderError, toNodeApiError } from '../errors/nodeApiError';
import type { Api } from '../http/api';
import { LIST_SEARCH } from '../http/retryPolicy';
import { processState } from '../processState';
import type { Provider } from './operation';

/** A product, and the parameters of an order that it asks for, as the editor names them. */
export type ListedProduct = Product & { needs?: string[] };

/** How long a catalog counts as current, in milliseconds. */
const CURRENT_FOR = 30_000;
const CHOICES_A_PAGE = 50;

const priceOf = ({ price, unitPrice, unit, currency }: Product): string => {
	if (price !== null) return ` (${price} ${currency ?? ''})`;
	return unitPrice === null ? '' : ` (${unitPrice} ${currency ?? ''} per ${unit})`;
};

/** A product as the list shows it: name, price, whether it is sold out, and what an order of it needs. */
const choice = (product: ListedProduct) => ({
	name: [
		`${product.name}${priceOf(product)}`,
		...(product.inStock === false ? ['out of stock'] : []),
		...(product.needs?.length ? [`needs ${product.needs.join(' and ')}`] : []),
	].join(', '),
	value: product.productId,
});

/** Text as it is compared: any dash is a hyphen, any white space one space. */
const comparable = (text: string): string =>
	text
		.normalize('NFKC')
		.toLowerCase()
		.replace(/\p{Dash}/gu, '-')
		.replace(/\s+/g, ' ')
		.trim();

/** The products whose ID or text in the list holds every word of the filter; first those that hold them in a row. */
function matching(products: ListedProduct[], filter: string) {
	const phrase = comparable(filter);
	const words = phrase.split(' ');
	const found = products
		.map(choice)
		.map((shown) => ({ shown, text: comparable(`${shown.name} ${shown.value}`) }))
		.filter(({ text }) => words.every((word) => text.includes(word)));
	const isExact = ({ text }: { text: string }) => text.includes(phrase);
	return [...found.filter(isExact), ...found.filter((one) => !isExact(one))].map(({ shown }) => shown);
}

const searching = async (
	context: ILoadOptionsFunctions,
	provider: Provider,
	search: (api: Api) => Promise<INodeListSearchResult>,
): Promise<INodeListSearchResult> => {
	const { connect } = await import('../http/api');
	try {
		return await search(await connect(context, provider.connection, 0, LIST_SEARCH));
	} catch (error) {
		throw toNodeApiError(context.getNode(), asProviderError(error, provider.name));
	}
};

/** A catalog read whole, kept for half a minute, since every key stroke searches. */
function wholeCatalog(fetch: (api: Api) => Promise<ListedProduct[]>) {
	const catalogs = processState<{ at: number; products: Promise<ListedProduct[]> }>('catalogs');
	return async (api: Api): Promise<ListedProduct[]> => {
		let catalog = catalogs.get(api.account);
		if (catalog === undefined || monotonic() - catalog.at > CURRENT_FOR) {
			catalog = { at: monotonic(), products: fetch(api) };
			catalogs.set(api.account, catalog);
			catalog.products.catch(() => catalogs.delete(api.account));
		}
		return await catalog.products;
	};
}

/** Searches a catalog that comes whole. */
export function searchCatalog(provider: Provider, fetch: (api: Api) => Promise<ListedProduct[]>) {
	const catalogOf = wholeCatalog(fetch);
	return async function (this: ILoadOptionsFunctions, filter = ''): Promise<INodeListSearchResult> {
		return await searching(this, provider, async (api) => ({
			results: matching(await catalogOf(api), filter),
		}));
	};
}

/**
 * Searches a catalog of many pages. The list opens with the provider's first page; what is typed is compared with
 * all that the list shows, which the provider's own search cannot do. The token is the next page's number.
 */
export function searchPages(
	provider: Provider,
	fetchPage: (api: Api, page: number, size: number) => Promise<{ products: ListedProduct[]; more: boolean }>,
	fetchAll: (api: Api) => Promise<ListedProduct[]>,
) {
	const catalogOf = wholeCatalog(fetchAll);
	return async function (
		this: ILoadOptionsFunctions,
		filter = '',
		token = '1',
	): Promise<INodeListSearchResult> {
		return await searching(this, provider, async (api) => {
			const page = Number(token);
			const next = (more: boolean) => (more ? { paginationToken: String(page + 1) } : {});
			if (filter.trim() === '') {
				const { products, more } = await fetchPage(api, page, CHOICES_A_PAGE);
				return { results: products.map(choice), ...next(more) };
			}
			const found = matching(await catalogOf(api), filter);
			const end = page * CHOICES_A_PAGE;
			return { results: found.slice(end - CHOICES_A_PAGE, end), ...next(found.length > end) };
		});
	};
}
