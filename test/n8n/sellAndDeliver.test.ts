import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { startDemo, type Demo } from '../../scripts/host/demo';
import { isUnfinished, pause, type Execution, type WorkflowJson } from '../../scripts/host/host';
import { REPOSITORY } from '../../scripts/host/pack';
import { listen } from '../support/listen';
import { passOn } from './support/workflows';

/** The example "Sell and deliver" in a real n8n, started by signed webhooks of the sandbox. */

const SALES = 10;
const DELIVERIES = 5;
const GOODS = [
	{ productId: 2548, provider: 'aiMarket' },
	{ productId: 2549, provider: 'gamesDrop' },
] as const;
/** Nodes whose items go to the buyer or to a person. */
const MESSAGES = ['Message: Code', 'Message: Refunded', 'Message to a Person'];

interface Message {
	kind: string;
	sale: string;
	text: string;
}

let demo: Demo;
let folder: string;
let inbox: Server;
let flow: string;
const messages: Message[] = [];

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'sell-and-deliver-'));
	inbox = createServer((request, response) => {
		void json(request).then((message) => {
			messages.push(message as Message);
			response.setHeader('content-type', 'application/json').end('{}');
		});
	});
	const port = await listen(inbox);
	demo = await startDemo({ examples: 'none', userFolder: folder });
	flow = (await demo.host.workflows.create(await example(`http://127.0.0.1:${port}`))).id;
	await demo.host.workflows.activate(flow);
	await demo.sandbox.client.changeProduct({ provider: 'aiMarket', productId: '002', stock: 1_000 });
});
afterAll(async () => {
	await demo?.stop();
	inbox?.close();
	await rm(folder, { recursive: true, force: true });
});

/** The example with its switches on, its credentials, and its messages sent to the inbox. */
async function example(inboxUrl: string): Promise<WorkflowJson> {
	const text = await readFile(join(REPOSITORY, 'examples/sell-and-deliver.json'), 'utf8');
	const workflow = JSON.parse(text) as WorkflowJson;
	const { nodes, connections } = workflow;
	for (const node of nodes) {
		node.credentials &&= Object.fromEntries(
			Object.keys(node.credentials).map((type) => [type, { id: demo.credentials[type]!.id, name: type }]),
		);
		const { assignments } = (node.parameters.assignments ?? {}) as {
			assignments?: Array<{ name: string; value: unknown }>;
		};
		for (const assignment of assignments ?? []) {
			if (assignment.name === 'onlyCheck') assignment.value = false;
			if (assignment.name === 'refundRejected') assignment.value = true;
		}
	}
	for (const kind of MESSAGES) {
		const sender = passOn(inboxUrl);
		const name = `Send ${kind}`;
		nodes.push({
			...{ ...sender, id: name, name, position: [0, 0] },
			parameters: {
				...sender.parameters,
				jsonBody: `={{ { kind: ${JSON.stringify(kind)}, sale: $('Your Goods').first().json.purchaseId, text: $json.text } }}`,
			},
		});
		connections[kind] = { main: [[{ node: name, type: 'main', index: 0 }]] };
	}
	return workflow;
}

/** Delivers a sale, and says whether n8n took it. */
async function deliver(sale: number): Promise<boolean> {
	const { productId } = GOODS[sale % 2]!;
	const trigger = `${demo.host.url}/webhook/d7fedf55-105c-4ad9-8c05-5a8400f12964/webhook`;
	const [sent] = await demo.sandbox.client.deliverTributeWebhook({
		url: trigger,
		name: 'new_digital_product',
		payload: { purchase_id: sale, product_id: productId },
	});
	return sent!.status === 200;
}

/** Every sale several times, all at the same moment. */
const deliverAll = async (sales: number[]): Promise<boolean[]> =>
	await Promise.all(sales.flatMap((sale) => Array.from({ length: DELIVERIES }, () => deliver(sale))));

const salesFrom = (first: number) => Array.from({ length: SALES }, (_, index) => first + index);

/** The executions once none is under way. */
async function executions(): Promise<Execution[]> {
	for (let before = -1; ; await pause(1_000)) {
		// What runs is in a list of its own.
		const running = await demo.host.executions.list({ workflowId: flow, status: 'running' });
		const all = await demo.host.executions.list({ workflowId: flow, limit: 250 });
		const isOver = running.length === 0 && all.every(({ status }) => !isUnfinished(status));
		if (isOver && all.length === before) return all;
		before = isOver ? all.length : -1;
	}
}

/** For each sale how often it was charged. */
async function charged(sales: number[]): Promise<number[]> {
	const keys = await Promise.all(
		GOODS.map(async ({ provider }) => (await demo.sandbox.client.charges({ provider })).charges),
	);
	return sales.map((sale) => keys.flat().filter(({ key }) => key === `tribute-${sale}`).length);
}

const messagesOf = (sale: number, kind = 'Message: Code') =>
	messages.filter((message) => message.sale === String(sale) && message.kind === kind);

it(`buys and delivers once for each of ${SALES} sales that come ${DELIVERIES} times at once, over a kill -9`, async () => {
	const sales = salesFrom(71_000);
	expect(await deliverAll(sales)).toEqual(Array(SALES * DELIVERIES).fill(true));
	expect((await executions()).map(({ status }) => status)).toEqual(Array(SALES).fill('success'));
	await demo.host.kill();
	await demo.host.launch();
	await demo.host.workflows.waitUntilActive(flow);
	expect(await deliverAll(sales)).toEqual(Array(SALES * DELIVERIES).fill(true));
	expect(await executions()).toHaveLength(SALES);
	expect(await charged(sales)).toEqual(sales.map(() => 1));
	for (const sale of sales)
		expect(messagesOf(sale)).toEqual([expect.objectContaining({ text: expect.stringMatching(/code: \S/) })]);
});

it('buys at most once for each sale when n8n is killed in the midst of it, and leaves none unmentioned', async () => {
	const sales = salesFrom(72_000);
	for (const { provider } of GOODS)
		await demo.sandbox.client.addFault({
			...{ provider, operation: 'order.create', times: -1 },
			fault: { type: 'latency', ms: 700 },
		});
	const first = Promise.all(sales.map(async (sale) => await deliver(sale).catch(() => false)));
	await pause(1_500);
	await demo.host.kill();
	await first;
	await demo.host.launch();
	await demo.host.workflows.waitUntilActive(flow);
	await deliverAll(sales);
	await executions();
	const charges = await charged(sales);
	for (const [index, sale] of sales.entries()) {
		// An execution that was saved but never answered runs beside the one of the next delivery, for the same code.
		const codes = new Set(messagesOf(sale).map(({ text }) => text));
		const isWithPerson = messagesOf(sale, 'Message to a Person').length > 0;
		expect([sale, charges[index]! <= 1, codes.size <= charges[index]!]).toEqual([sale, true, true]);
		expect([sale, codes.size === 1 || isWithPerson]).toEqual([sale, true]);
		expect(messagesOf(sale, 'Message: Refunded')).toEqual([]);
	}
});

it('refunds only a sale whose order was certainly rejected', async () => {
	const [rejected, lost] = salesFrom(73_000) as [number, number];
	await demo.sandbox.client.clearFaults({});
	const refuse = { type: 'refuse', code: 'INSUFFICIENT_BALANCE' } as const;
	for (const fault of [refuse, { type: 'drop', phase: 'after' } as const]) {
		await demo.sandbox.client.clearFaults({});
		const operation = { operation: 'order.create', times: -1, fault };
		await demo.sandbox.client.addFault({ provider: 'aiMarket', ...operation });
		await demo.sandbox.client.addFault({
			provider: 'gamesDrop',
			operation: 'order.get',
			times: -1,
			fault: { type: 'drop' },
		});
		if (fault !== refuse) await demo.sandbox.client.addFault({ provider: 'gamesDrop', ...operation });
		expect(await deliver(fault === refuse ? rejected : lost)).toBe(true);
		await executions();
	}
	await demo.sandbox.client.clearFaults({});
	const { refunds } = await demo.sandbox.client.charges({ provider: 'tribute' });
	expect(refunds.map(({ orderId }) => orderId)).toEqual([String(rejected)]);
	expect(messagesOf(rejected, 'Message: Refunded')).toHaveLength(1);
	expect(messagesOf(lost, 'Message to a Person')).toEqual([
		expect.objectContaining({ text: expect.stringMatching(/outcome of this purchase is unknown/) }),
	]);
});
