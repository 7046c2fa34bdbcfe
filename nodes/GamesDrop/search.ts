import { searchPages, type ListedProduct } from '../shared/node/listSearch';
import { getOffers, getPage, type Offer } from './api';
import { provider } from './provider';

const LABELS = { gameUserId: 'Game User ID', gameServerId: 'Game Server ID' };

const listed = ({ requires, ...product }: Offer): ListedProduct => ({
	...product,
	needs: (requires ?? []).map((name) => LABELS[name]),
});

export const searchProducts = searchPages(
	provider,
	async (api, page, size) => {
		const { rows, total } = await getPage(api, {}, page, size);
		return {
			products: rows.map(({ value }) => listed(value.data)),
			more: total === null ? rows.length === size : rows.length > 0 && page * size < total,
		};
	},
	async (api) => (await getOffers(api, {}, Infinity)).map(({ data }) => listed(data)),
);
