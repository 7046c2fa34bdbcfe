import type { Api } from '../shared/http/api';
import { collectPages } from '../shared/async/collectPages';
import type { CatalogFilter, CatalogReading } from '../shared/node/operation';
import { getPage, MOST_OFFERS_A_PAGE } from './api';

/** The catalog, page by page. When the provider's count changes meanwhile, offers have moved between the pages. */
export async function readCatalog(api: Api, filter: CatalogFilter, limit: number): Promise<CatalogReading> {
	const counts = new Set<number | null>();
	const offers = await collectPages(limit, MOST_OFFERS_A_PAGE, async (number, size) => {
		const page = await getPage(api, filter, number, size);
		counts.add(page.total);
		return page;
	});
	return { products: offers.map(({ data }) => data), isStable: counts.size <= 1 };
}
