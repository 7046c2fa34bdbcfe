import { searchPages } from '../shared/node/listSearch';
import { searchOffers } from './api';
import { provider } from './provider';

export const searchProducts = searchPages(provider, searchOffers);
