/** Places orders at the sandbox directly, to be looked up later: placing them is not measured. */
import axios from 'axios';

import type { SandboxProviders } from '../sandbox/server';

export type Followed = 'teleKartStars' | 'tgMarket' | 'gamesDrop';

let transactions = 0;

/** Places one order and gives its ID. */
export async function place(providers: SandboxProviders, provider: Followed): Promise<string> {
	const { teleKartStars, tgMarket, gamesDrop } = providers;
	switch (provider) {
		case 'teleKartStars': {
			const body = { product_id: 'stars_50', target: '@somebody' };
			const headers = { Authorization: `Bearer ${teleKartStars.apiKey}` };
			const { data } = await axios.post(`${teleKartStars.baseUrl}/api/v1/orders`, body, { headers });
			return String(data.data.order_id);
		}
		case 'tgMarket': {
			const body = { username: 'somebody', amount: 50 };
			const headers = { Authorization: `Bearer ${tgMarket.apiKey}` };
			const { data } = await axios.post(`${tgMarket.baseUrl}/api/v2/stars`, body, { headers });
			return String(data.order_id);
		}
		case 'gamesDrop': {
			const body = { offerId: 999, price: 23.09, transactionId: `bench-${++transactions}` };
			const headers = { Authorization: gamesDrop.token };
			const { data } = await axios.post(`${gamesDrop.baseUrl}/api/v1/offers/create-order`, body, { headers });
			return String(data.orderId);
		}
	}
}

/** Places this many orders, 50 at a time. */
export async function placeMany(
	providers: SandboxProviders,
	provider: Followed,
	count: number,
): Promise<string[]> {
	const ids: string[] = [];
	while (ids.length < count) {
		const batch = Array.from({ length: Math.min(50, count - ids.length) }, () => place(providers, provider));
		ids.push(...(await Promise.all(batch)));
	}
	return ids;
}
