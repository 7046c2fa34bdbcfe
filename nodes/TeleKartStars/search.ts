import { searchCatalog } from '../shared/node/listSearch';
import { getProducts } from './api';
import { provider } from './provider';

export const searchProducts = searchCatalog(provider, async (api) =>
	(await getProducts(api, 'all')).map(({ data }) => data),
);
