/*
 * `npm run measure:orders`: 10,000 tracked orders in the Data Table of a real n8n, 300 of them completing, and the
 * order trigger's polls over them. Prints what each poll asked, how long it took and what it told; fails when a
 * completion is not told, told twice, or a poll goes beyond its bounds. Sizes by ORDERS and COMPLETING.
 */
import axios from 'axios';
import { startBed, type Bed } from '../../test/support/bed';
import { Poller } from '../../test/support/polling';
import { startHost, type N8nHost } from '../host/host';

const ORDERS = Number(process.env.ORDERS ?? 10_000);
const COMPLETING = Number(process.env.COMPLETING ?? 300);
const MOST_POLLS = 100;
const LONGEST_POLL_MS = 30_000;
const MOST_ASKED_PER_POLL = 1_500;
const TABLE = 'measured_orders';

/** TG Market takes ten look-ups a second, so its share decides how many polls one round takes. */
const SHARES = { teleKartStars: 0.6, gamesDrop: 0.3, tgMarket: 0.1 } as const;
type Name = keyof typeof SHARES;
const FINAL: Record<Name, string> = {
	teleKartStars: 'confirmed',
	gamesDrop: 'COMPLETED',
	tgMarket: 'completed',
};

interface Order {
	provider: Name;
	orderType: string;
	orderId: string;
}

const inBatches = async <T>(all: T[], size: number, work: (batch: T[]) => Promise<unknown>) => {
	for (let i = 0; i < all.length; i += size) await work(all.slice(i, i + size));
};

async function placeOrders({ sandbox }: Bed): Promise<Order[]> {
	const { teleKartStars, tgMarket, gamesDrop } = sandbox.providers;
	for (const provider of Object.keys(SHARES) as Name[])
		await sandbox.client.changeAccount({ provider, balance: 1e9, rate: null });
	const place: Record<Name, (index: number) => Promise<Order>> = {
		teleKartStars: async () => {
			const { data } = await axios.post(
				`${teleKartStars.baseUrl}/api/v1/orders`,
				{ product_id: 'stars_50', target: '@somebody' },
				{ headers: { Authorization: `Bearer ${teleKartStars.apiKey}` } },
			);
			return { provider: 'teleKartStars', orderType: '', orderId: String(data.data.order_id) };
		},
		tgMarket: async () => {
			const { data } = await axios.post(
				`${tgMarket.baseUrl}/api/v2/stars`,
				{ username: 'somebody', amount: 50 },
				{ headers: { Authorization: `Bearer ${tgMarket.apiKey}` } },
			);
			return { provider: 'tgMarket', orderType: 'stars', orderId: String(data.order_id) };
		},
		gamesDrop: async (index) => {
			const headers = { Authorization: gamesDrop.token };
			const { data } = await axios.post(
				`${gamesDrop.baseUrl}/api/v1/offers/create-order`,
				{ offerId: 999, price: 23.09, transactionId: `measure-${index}` },
				{ headers },
			);
			await sandbox.client.changeOrder({
				provider: 'gamesDrop',
				orderId: String(data.orderId),
				status: 'PROCESSING',
			});
			return { provider: 'gamesDrop', orderType: '', orderId: String(data.orderId) };
		},
	};
	const wanted = (Object.entries(SHARES) as Array<[Name, number]>).flatMap(([name, share]) =>
		Array.from({ length: Math.round(ORDERS * share) }, () => name),
	);
	const orders: Order[] = [];
	await inBatches(wanted, 50, async (batch) =>
		orders.push(
			...(await Promise.all(batch.map(async (name, index) => await place[name](orders.length + index)))),
		),
	);
	await sandbox.client.changeAccount({ provider: 'tgMarket', rate: { limit: 10, windowMs: 1_000 } });
	return orders;
}

async function trackOrders(n8n: N8nHost, orders: Order[]): Promise<void> {
	const columns = ['provider', 'orderType', 'orderId', 'state', 'status', 'reference', 'finalAt'].map(
		(name) => ({ name, type: 'string' }),
	);
	const { id } = await n8n.api<{ id: string }>('POST', '/data-tables', { name: TABLE, columns });
	await inBatches(
		orders,
		500,
		async (batch) =>
			await n8n.api('POST', `/data-tables/${id}/rows`, {
				data: batch.map((order, index) => ({
					...order,
					state: 'pending',
					status: '',
					reference: `ref-${index}`,
					finalAt: '',
				})),
			}),
	);
}

async function main(): Promise<void> {
	const n8n = await startHost();
	const bed = await startBed({
		timelines: {
			teleKartStars: [{ afterMs: 0, status: 'pending' }],
			tgMarket: [{ afterMs: 0, status: 'pending' }],
		},
	});
	try {
		bed.credentials.orderTrackingApi = { apiKey: n8n.apiKey, baseUrl: n8n.url };
		const orders = await placeOrders(bed);
		await trackOrders(n8n, orders);
		const poller = new Poller(bed, {
			source: 'trackedOrders',
			providers: Object.keys(SHARES),
			events: ['completed'],
			tableName: TABLE,
		});
		const completing = orders
			.filter((_, index) => index % Math.floor(orders.length / COMPLETING) === 0)
			.slice(0, COMPLETING);
		const open = new Set(completing.map(({ provider, orderId }) => `${provider} ${orderId}`));
		const rows: Array<Record<string, number>> = [];
		let told = 0;
		let extra = 0;
		let asked = 0;
		const lookUps = async () => {
			const { counters } = await bed.sandbox.client.requests();
			return Object.entries(counters)
				.filter(([name]) => name.endsWith('/order.get'))
				.reduce((sum, [, { count }]) => sum + count, 0);
		};
		for (let poll = 0; poll <= MOST_POLLS && open.size > 0; poll++) {
			if (poll === 1)
				for (const { provider, orderType, orderId } of completing)
					await bed.sandbox.client.changeOrder({
						provider,
						orderId,
						status: FINAL[provider],
						...(orderType ? { orderType: orderType as 'stars' } : {}),
					});
			const started = Date.now();
			const events = poll === 0 ? await poller.activate() : await poller.poll();
			const ms = Date.now() - started;
			for (const { provider, orderId } of events) {
				told++;
				if (!open.delete(`${String(provider)} ${String(orderId)}`)) extra++;
			}
			const now = await lookUps();
			rows.push({
				poll,
				seconds: ms / 1_000,
				'orders asked': now - asked,
				events: events.length,
				'still open': open.size,
				'heap MB': Math.round(process.memoryUsage().heapUsed / 1e6),
				'memory kept KB': Math.round(poller.kept / 1_000),
			});
			asked = now;
		}
		console.table(rows);
		const statuses = (await bed.sandbox.client.requests({ provider: 'tgMarket' })).counters[
			'tgMarket/order.get'
		]?.statuses;
		console.log(
			`${orders.length} orders tracked, ${completing.length} completed: ${told} told in ${rows.length} polls, ${extra} not expected, ${open.size} missing.`,
		);
		console.log(
			`Longest poll ${Math.max(...rows.map(({ seconds }) => seconds!))} s; most orders asked in one poll ${Math.max(...rows.map((row) => row['orders asked']!))}; TG Market answered ${JSON.stringify(statuses)}.`,
		);
		const bounded = rows.every(
			(row) => row.seconds! * 1_000 < LONGEST_POLL_MS && row['orders asked']! <= MOST_ASKED_PER_POLL,
		);
		if (open.size > 0 || extra > 0 || !bounded) process.exitCode = 1;
	} finally {
		await bed.close();
		await n8n.stop();
	}
}

void main();
