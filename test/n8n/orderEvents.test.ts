import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { startDemo, type Demo } from '../../scripts/host/demo';
import { EVERY_20_SECONDS } from './support/workflows';

/**
 * Orders placed by one workflow and told of by others, in a real n8n that is restarted and killed on the way.
 * What a workflow was told counts when it has passed it on to the collector: an event lost inside n8n is lost.
 */
const TABLE = 'events_orders';
/** n8n's poll engine of today, or with POLL_ENGINE=durable the one that commits a trigger's memory with the execution. */
const DURABLE = {
	N8N_SCHEDULER_ENABLED: 'true',
	N8N_SCHEDULER_POLL_TRIGGERS_ENABLED: 'true',
	N8N_USE_WORKFLOW_PUBLICATION_SERVICE: 'true',
};
const ENGINE = process.env.POLL_ENGINE === 'durable' ? DURABLE : {};
const CRASHES = Number(process.env.CRASHES ?? 4);
const ORDERS_PER_CRASH = 4;
const KILLED_WITHIN_MS = 6_000;
const POLLED_WITHIN_MS = 30_000;

let demo: Demo;
/** Kept over the stops of n8n. */
let folder: string;
let collector: FastifyInstance;
let collected: Array<{
	by: string;
	eventId: string;
	reference: string;
	previousState: string | null;
	state: string;
}>;
let collectorUrl: string;
let buyer: string;

const pause = async (ms: number) => await new Promise((resolve) => setTimeout(resolve, ms));
const eventsOf = (orderId: string, by?: string) =>
	collected.filter(
		(event) => event.eventId.includes(`:${orderId}:`) && (by === undefined || event.by === by),
	);

async function until(what: string, holds: () => boolean, timeoutMs = 150_000): Promise<void> {
	const end = Date.now() + timeoutMs;
	while (!holds()) {
		if (Date.now() > end) throw new Error(`still waiting for ${what}`);
		await pause(200);
	}
}

beforeAll(async () => {
	collected = [];
	collector = Fastify();
	collector.post('/:by', async (request) => {
		collected.push({
			...(request.body as (typeof collected)[number]),
			by: (request.params as { by: string }).by,
		});
		return {};
	});
	collectorUrl = await collector.listen({ host: '127.0.0.1', port: 0 });
	folder = await mkdtemp(join(tmpdir(), 'order-events-'));
	demo = await startDemo({ examples: 'none', userFolder: folder, env: ENGINE });
	await demo.sandbox.client.changeAccount({ provider: 'teleKartStars', balance: 1e6 });
	await demo.sandbox.client.changeSettings({
		timelines: { teleKartStars: [{ afterMs: 0, status: 'pending' }] },
	});
	const use = (...types: string[]) => ({
		credentials: Object.fromEntries(
			types.map((type) => [type, { id: demo.credentials[type]!.id, name: type }]),
		),
	});
	const at = (x: number) => [x, 0] as [number, number];
	buyer = (
		await demo.host.workflows.create({
			name: 'Buy',
			nodes: [
				{
					id: 'a',
					name: 'Start',
					type: 'n8n-nodes-base.manualTrigger',
					typeVersion: 1,
					position: at(0),
					parameters: {},
				},
				{
					id: 'b',
					name: 'Order',
					type: 'n8n-nodes-digital-goods.teleKartStars',
					typeVersion: 1,
					position: at(200),
					...use('teleKartStarsApi', 'orderTrackingApi'),
					parameters: {
						resource: 'order',
						operation: 'create',
						productId: { __rl: true, mode: 'id', value: 'stars_50' },
						target: '@somebody',
						trackCompletion: true,
						reference: '={{ "chat " + $execution.id }}',
						options: { tableName: TABLE },
					},
				},
			],
			connections: { Start: { main: [[{ node: 'Order', type: 'main', index: 0 }]] } },
		} as never)
	).id;
	for (const by of ['one', 'other']) {
		const { id } = await demo.host.workflows.create({
			name: `Told ${by}`,
			nodes: [
				{
					id: 'a',
					name: 'Ended',
					type: 'n8n-nodes-digital-goods.digitalGoodsOrderTrigger',
					typeVersion: 1,
					position: at(0),
					...use('teleKartStarsApi', 'orderTrackingApi'),
					parameters: {
						pollTimes: EVERY_20_SECONDS,
						source: 'trackedOrders',
						providers: ['teleKartStars'],
						events: ['completed'],
						tableName: TABLE,
					},
				},
				{
					id: 'b',
					name: 'Pass on',
					type: 'n8n-nodes-base.httpRequest',
					typeVersion: 4.2,
					position: at(200),
					parameters: {
						method: 'POST',
						url: `${collectorUrl}/${by}`,
						sendBody: true,
						specifyBody: 'json',
						jsonBody: '={{ $json }}',
					},
				},
			],
			connections: { Ended: { main: [[{ node: 'Pass on', type: 'main', index: 0 }]] } },
		} as never);
		await demo.host.workflows.activate(id);
	}
});

afterAll(async () => {
	await demo?.stop();
	await collector?.close();
	await rm(folder, { recursive: true, force: true });
});

async function order(): Promise<{ orderId: string; reference: string }> {
	const run = await demo.host.executions.run(buyer);
	expect(run.status).toBe('success');
	const { resultData } = run.data as {
		resultData: {
			runData: Record<string, Array<{ data: { main: Array<Array<{ json: { orderId: string } }>> } }>>;
		};
	};
	const [item] = resultData.runData.Order![0]!.data.main[0]!;
	return { orderId: item!.json.orderId, reference: `chat ${run.id}` };
}

const complete = async (orderId: string) =>
	await demo.sandbox.client.changeOrder({ provider: 'teleKartStars', orderId, status: 'confirmed' });

it('tells each workflow once when an order completes, and not before', async () => {
	const { orderId, reference } = await order();
	await pause(POLLED_WITHIN_MS);
	expect(eventsOf(orderId)).toEqual([]);
	await complete(orderId);
	await until('both workflows to be told', () => eventsOf(orderId).length >= 2);
	expect(
		eventsOf(orderId)
			.map(({ by }) => by)
			.sort(),
	).toEqual(['one', 'other']);
	expect(eventsOf(orderId)).toEqual([
		expect.objectContaining({ reference, previousState: 'pending', state: 'completed' }),
		expect.objectContaining({ reference }),
	]);
});

it('repeats and loses nothing over a clean restart', async () => {
	const { orderId } = await order();
	const before = collected.length;
	await demo.host.stop();
	await complete(orderId);
	await demo.host.launch();
	await until('both workflows to be told', () => eventsOf(orderId).length >= 2);
	await demo.host.stop();
	await demo.host.launch();
	await pause(POLLED_WITHIN_MS);
	expect(eventsOf(orderId)).toHaveLength(2);
	expect(collected).toHaveLength(before + 2);
});

it(`loses nothing when n8n is killed ${CRASHES} times at random moments`, async () => {
	const placed: string[] = [];
	for (let i = 0; i < CRASHES * ORDERS_PER_CRASH; i++) placed.push((await order()).orderId);
	for (let crash = 0; crash < CRASHES; crash++) {
		await demo.host.kill();
		for (const orderId of placed.slice(crash * ORDERS_PER_CRASH, (crash + 1) * ORDERS_PER_CRASH))
			await complete(orderId);
		// n8n polls as soon as it is back: killed again within seconds, it is killed in the midst of telling.
		await demo.host.launch();
		await pause(Math.random() * KILLED_WITHIN_MS);
	}
	await demo.host.kill();
	await demo.host.launch();
	const missing = () =>
		placed.flatMap((orderId) =>
			['one', 'other'].filter((by) => eventsOf(orderId, by).length === 0).map((by) => `${orderId} ${by}`),
		);
	await until('every workflow to be told of every order', () => missing().length === 0, 200_000).catch(
		() => undefined,
	);
	expect(missing()).toEqual([]);
	const repeated = placed.flatMap((orderId) =>
		['one', 'other'].filter((by) => eventsOf(orderId, by).length > 1),
	);
	process.stdout.write(
		`${placed.length} orders over ${CRASHES + 1} kills: every one told to both workflows, ${repeated.length} told again after a crash\n`,
	);
}, 1_200_000);
