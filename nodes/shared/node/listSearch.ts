import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';
import type { Product } from '../domain/product';
import { monotonic } from '../async/monotonic';
import { asProviderError, toNodeApiError } from '../errors/nodeApiError';
import type { Api } from '../http/api';
import { LIST_SEARCH } from '../http/retryPolicy';
import { processState } from '../processState';
import type { Provider } from './operation';

/** How long a catalog counts as current, in milliseconds. */
const CURRENT_FOR = 30_000;

const priceOf = ({ price, unitPrice, unit, currency }: Product): string => {
	if (price !== null) return ` (${price} ${currency ?? ''})`;
	return unitPrice === null ? '' : ` (${unitPrice} ${currency ?? ''} per ${unit})`;
};

/** A product as the list shows it: name, price, and whether it is sold out. */
const choice = (product: Product) => ({
	name: `${product.name}${priceOf(product)}${product.inStock === false ? ', out of stock' : ''}`,
	value: product.productId,
});

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

/** Searches a catalog that comes whole. It is kept for half a minute, since every key stroke searches. */
export function searchCatalog(provider: Provider, fetch: (api: Api) => Promise<Product[]>) {
	const catalogs = processState<{ at: number; products: Promise<Product[]> }>('catalogs');
	return async function (this: ILoadOptionsFunctions, filter?: string): Promise<INodeListSearchResult> {
		return await searching(this, provider, async (api) => {
			let catalog = catalogs.get(api.account);
			if (catalog === undefined || monotonic() - catalog.at > CURRENT_FOR) {
				catalog = { at: monotonic(), products: fetch(api) };
				catalogs.set(api.account, catalog);
				catalog.products.catch(() => catalogs.delete(api.account));
			}
			const wanted = filter?.trim().toLowerCase() ?? '';
			const matches = (product: Product) =>
				`${product.name} ${product.productId}`.toLowerCase().includes(wanted);
			return { results: (await catalog.products).filter(matches).map(choice) };
		});
	};
}

/** Searches a catalog that the provider filters and pages itself. The token is the next page's number. */
export function searchPages(
	provider: Provider,
	fetch: (api: Api, filter: string, page: number) => Promise<{ products: Product[]; more: boolean }>,
) {
	return async function (
		this: ILoadOptionsFunctions,
		filter?: string,
		token?: string,
	): Promise<INodeListSearchResult> {
		return await searching(this, provider, async (api) => {
			const page = token === undefined ? 1 : Number(token);
			const { products, more } = await fetch(api, filter?.trim() ?? '', page);
			return { results: products.map(choice), ...(more ? { paginationToken: String(page + 1) } : {}) };
		});
	};
}
