import { createHash } from 'node:crypto';
import type { IPollFunctions } from 'n8n-workflow';
import type { Balance } from '../shared/domain/balance';
import type { Product } from '../shared/domain/product';
import { asProviderError } from '../shared/errors/nodeApiError';
import { ProviderError } from '../shared/errors/providerError';
import { connect, type Api } from '../shared/http/api';
import { POLLING_LOOK_UP } from '../shared/http/retryPolicy';
import type { CatalogProvider } from './providers';
import type { Filter, Settings } from './settings';

/** A provider's catalog, every page of it. */
export interface CatalogInFull {
	/** The provider's name. */
	provider: string;
	/** Stands for the filter. */
	filter: string;
	/** Those that fit the filter. */
	products: Product[];
	/** How many the provider gave, before those that do not fit were left out. */
	listed: number;
	/** Whether what is not in it is not in the catalog either. */
	isComplete: boolean;
}

/** What one poll has read. What failed is missing. */
export interface Readings {
	catalogs: CatalogInFull[];
	balances: Balance[];
	failures: ProviderError[];
}

/**
 * Reads all providers side by side, so that none waits for another.
 * @param deadline when everything ends, in the time of `monotonic`
 * @param enough how many products of each provider are enough
 */
export async function readAll(
	context: IPollFunctions,
	{ providers, events, filter, balanceBelow }: Settings,
	deadline: number,
	enough = Infinity,
): Promise<Readings> {
	const readings: Readings = { catalogs: [], balances: [], failures: [] };
	const limits = { ...POLLING_LOOK_UP, deadline };
	await Promise.all(
		providers.map(async (provider) => {
			const { name, connection, catalog } = provider;
			const attempt = async (work: () => Promise<unknown>): Promise<void> => {
				await work().catch((error: unknown) => readings.failures.push(asProviderError(error, name)));
			};
			await attempt(async () => {
				const api = await connect(context, connection, 0, limits);
				const products = async () => readings.catalogs.push(await readCatalog(provider, api, filter, enough));
				const balance = async () => readings.balances.push((await catalog.getBalance(api)).data);
				await Promise.all([
					...(events.size > 0 ? [attempt(products)] : []),
					...(balanceBelow === undefined ? [] : [attempt(balance)]),
				]);
			});
		}),
	);
	return inOrder(readings, providers);
}

/** By provider, whichever was faster. */
function inOrder({ catalogs, balances, failures }: Readings, providers: CatalogProvider[]): Readings {
	const names = providers.map(({ name }) => name);
	const byProvider = (one: { provider: string }, other: { provider: string }): number =>
		names.indexOf(one.provider) - names.indexOf(other.provider);
	return {
		catalogs: catalogs.sort(byProvider),
		balances: balances.sort(byProvider),
		failures: failures.sort(byProvider),
	};
}

const EVERYTHING = { search: '', category: '' };

async function readCatalog(
	{ name, catalog }: CatalogProvider,
	api: Api,
	filter: Filter,
	enough: number,
): Promise<CatalogInFull> {
	const { search, category, productIds } = filter;
	const asked = catalog.isSearchable ? { search, category } : EVERYTHING;
	const isAll = asked.search === '' && asked.category === '';
	const fits = (product: Product): boolean =>
		(productIds.size === 0 || productIds.has(product.productId)) &&
		(catalog.isSearchable || (isNamed(product, search) && isOfCategory(product, category)));
	const isFiltered = productIds.size > 0 || (!catalog.isSearchable && (search !== '' || category !== ''));
	const limit = isFiltered ? Infinity : enough;
	const { products, isStable } = await catalog.getProducts(api, asked, limit);
	const listed = products.length;
	// Nothing at all is an outage rather than a catalog; nothing that fits is believed when there is something else.
	const isEmpty =
		listed === 0 && (isAll || (await catalog.getProducts(api, EVERYTHING, 1)).products.length === 0);
	return {
		provider: name,
		filter: shortOf(filter),
		products: products.filter(fits),
		listed,
		isComplete: isStable && !isEmpty,
	};
}

const isNamed = ({ name }: Product, search: string): boolean =>
	name.toLowerCase().includes(search.toLowerCase());

const isOfCategory = ({ type }: Product, category: string): boolean =>
	category === '' || type?.toLowerCase() === category.toLowerCase();

/** Stands for a filter, in a few characters. */
const shortOf = ({ search, category, productIds }: Filter): string =>
	createHash('sha256')
		.update(JSON.stringify([search, category, ...[...productIds].sort()]))
		.digest('base64url')
		.slice(0, 12);

/** A catalog of which n8n would have to keep too much. */
export const tooLarge = ({ name, displayName }: CatalogProvider, products: number): ProviderError =>
	new ProviderError({
		...{ provider: name, code: 'CATALOG_TOO_LARGE' },
		message: `${displayName}: its ${products} products are too many to watch`,
		description: 'Narrow them down with Filters.',
	});
