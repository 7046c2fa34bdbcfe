import { searchCatalog } from '../shared/engine/listSearch';
import { getProducts } from './api';
import { provider } from './provider';

export const searchProducts = searchCatalog(provider, async (api) => (await getProducts(api)).products);
