/*
 * `npm run measure:lookups`: 500 TG Market orders looked up by one node at the documented ten a second, on n8n's
 * engine against the sandbox. Prints how long it took beside the ideal and how often the provider had to refuse.
 */
import axios from 'axios';
import { jsonOf, startBed } from '../../test/support/bed';

const LOOK_UPS = Number(process.env.LOOK_UPS ?? 500);
const PER_SECOND = 10;

async function main(): Promise<void> {
	const bed = await startBed();
	try {
		const { baseUrl, apiKey } = bed.sandbox.providers.tgMarket;
		await bed.sandbox.client.changeAccount({ provider: 'tgMarket', rate: null });
		const { data } = await axios.post<{ order_id: number }>(
			`${baseUrl}/api/v2/stars`,
			{ username: 'somebody', amount: 50 },
			{ headers: { Authorization: `Bearer ${apiKey}` } },
		);
		await bed.sandbox.client.changeAccount({
			provider: 'tgMarket',
			rate: { limit: PER_SECOND, windowMs: 1_000 },
		});
		const started = Date.now();
		const done = await bed.runNode(
			'tgMarket',
			{ resource: 'order', operation: 'get', orderType: 'stars', orderId: String(data.order_id) },
			Array.from({ length: LOOK_UPS }, () => ({})),
		);
		const seconds = (Date.now() - started) / 1_000;
		const { counters } = await bed.sandbox.client.requests({ provider: 'tgMarket' });
		const found = jsonOf(done).filter(({ orderId }) => orderId === String(data.order_id)).length;
		console.log(
			`${found} of ${LOOK_UPS} found in ${seconds.toFixed(1)} s (ideal ${LOOK_UPS / PER_SECOND} s, ratio ${((seconds * PER_SECOND) / LOOK_UPS).toFixed(3)}); answered ${JSON.stringify(counters['tgMarket/order.get']?.statuses)}`,
		);
		if (found < LOOK_UPS || done.error) process.exitCode = 1;
	} finally {
		await bed.close();
	}
}

void main();
