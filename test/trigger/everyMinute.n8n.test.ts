import { packPackage, startHost, type N8nHost } from '../../scripts/host/host';
import { startSandbox, type Sandbox } from '../../sandbox/server';

/**
 * A real n8n that polls every minute while an order completes every minute: each event starts one execution. `MINUTES`
 * says for how long, `POLL_ENGINE=durable` takes n8n's durable scheduler.
 */
const MINUTES = Number(process.env.MINUTES ?? (process.env.FULL ? 100 : 4));
const DURABLE = {
	N8N_SCHEDULER_ENABLED: 'true',
	N8N_SCHEDULER_POLL_TRIGGERS_ENABLED: 'true',
	N8N_USE_WORKFLOW_PUBLICATION_SERVICE: 'true',
};
const MINUTE = 60_000;
const TABLE = 'orders_every_minute';
const COLUMNS = ['provider', 'orderType', 'orderId', 'state', 'status', 'reference', 'finalAt'];

let sandbox: Sandbox;
let host: N8nHost;

beforeAll(async () => {
	sandbox = await startSandbox({ timelines: { teleKartStars: [{ afterMs: 0, status: 'pending' }] } });
	host = await startHost({
		tarball: await packPackage(),
		env: process.env.POLL_ENGINE === 'durable' ? DURABLE : {},
	});
}, 10 * MINUTE);
afterAll(async () => {
	await host?.stop();
	await sandbox?.close();
});

const pause = async (ms: number) => await new Promise((resolve) => setTimeout(resolve, ms));

async function place(): Promise<string> {
	const { apiKey, baseUrl } = sandbox.providers.teleKartStars;
	const answer = await fetch(`${baseUrl}/api/v1/orders`, {
		method: 'POST',
		headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
		body: JSON.stringify({ product_id: 'stars_50', target: '@somebody' }),
	});
	const { data } = (await answer.json()) as { data: { order_id: string | number } };
	return String(data.order_id);
}

interface Execution {
	status: string;
	data: {
		resultData: { runData: Record<string, Array<{ data: { main: Array<Array<{ json: unknown }>> } }>> };
	};
}

/** The events that executions were started for. */
async function emitted(workflow: string): Promise<string[]> {
	const { data } = await host.api<{ data: Execution[] }>(
		'GET',
		`/executions?workflowId=${workflow}&includeData=true&limit=250`,
	);
	const items = data.flatMap((each) => each.data.resultData.runData.Trigger?.[0]?.data.main[0] ?? []);
	return items.map(({ json }) => (json as { eventId: string }).eventId);
}

it(
	`starts one execution for each of ${MINUTES} orders that complete one a minute`,
	async () => {
		const { id: table } = await host.api<{ id: string }>('POST', '/data-tables', {
			name: TABLE,
			columns: COLUMNS.map((name) => ({ name, type: 'string' })),
		});
		const credential = async (type: string, data: object) =>
			await host.api<{ id: string }>('POST', '/credentials', { name: type, type, data });
		const credentials = {
			teleKartStarsApi: await credential('teleKartStarsApi', { ...sandbox.providers.teleKartStars }),
			orderTrackingApi: await credential('orderTrackingApi', { apiKey: host.apiKey, baseUrl: host.url }),
		};
		const { id: workflow } = await host.api<{ id: string }>('POST', '/workflows', {
			...{ name: 'Every minute', settings: {}, connections: {} },
			nodes: [
				{
					...{ id: 'trigger', name: 'Trigger', typeVersion: 1, position: [0, 0] },
					type: 'n8n-nodes-digital-goods.digitalGoodsOrderTrigger',
					credentials: Object.fromEntries(
						Object.entries(credentials).map(([type, { id }]) => [type, { id, name: type }]),
					),
					parameters: {
						pollTimes: { item: [{ mode: 'everyMinute' }] },
						...{ source: 'trackedOrders', providers: ['teleKartStars'], events: ['completed'] },
						tableName: TABLE,
					},
				},
			],
		});
		await host.api('POST', `/workflows/${workflow}/activate`, {});
		const orders: string[] = [];
		for (let minute = 0; minute < MINUTES; minute++) {
			const orderId = await place();
			orders.push(orderId);
			await host.api('POST', `/data-tables/${table}/rows`, {
				data: [{ provider: 'teleKartStars', orderId }],
			});
			await pause((0.9 + Math.random() * 0.2) * MINUTE);
			await sandbox.client.changeOrder({ provider: 'teleKartStars', orderId, status: 'confirmed' });
		}
		// Longer than a poll reads behind what it has done, where that is asked for.
		await pause((MINUTES > 15 ? 17 : 2) * MINUTE);
		const expected = orders.map((orderId) => `teleKartStars::${orderId}:completed`);
		expect((await emitted(workflow)).sort()).toEqual(expected.sort());
	},
	(MINUTES * 1.1 + 30) * MINUTE,
);
