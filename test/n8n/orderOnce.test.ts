import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemo, type Demo } from '../../scripts/host/demo';

/** Order Once Key in a real n8n, whose database keeps it. */
let demo: Demo;
let folder: string;
let workflow: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'order-once-'));
	demo = await startDemo({ examples: 'none', userFolder: folder });
	const { id } = demo.credentials.teleKartStarsApi!;
	workflow = (
		await demo.host.createWorkflow({
			name: 'Order once',
			nodes: [
				{
					id: 'a',
					name: 'Start',
					type: 'n8n-nodes-base.webhook',
					typeVersion: 2,
					position: [0, 0],
					webhookId: 'order-once',
					parameters: { httpMethod: 'POST', path: 'order-once', responseMode: 'lastNode' },
				},
				{
					id: 'b',
					name: 'Order',
					type: 'n8n-nodes-digital-goods.teleKartStars',
					typeVersion: 1,
					position: [200, 0],
					credentials: { teleKartStarsApi: { id, name: 'TeleKart' } },
					onError: 'continueRegularOutput',
					parameters: {
						resource: 'order',
						operation: 'create',
						productId: { __rl: true, mode: 'id', value: 'stars_50' },
						target: '@somebody',
						options: { orderOnceKey: '={{ $json.body.key }}' },
					},
				},
			],
			connections: { Start: { main: [[{ node: 'Order', type: 'main', index: 0 }]] } },
		} as never)
	).id;
	await demo.host.activate(workflow);
});
afterAll(async () => {
	await demo?.stop();
	await rm(folder, { recursive: true, force: true });
});

interface Answer {
	orderId?: string;
	error?: string;
	details?: { code: string | null; outcome: string };
}
const order = async (key: string): Promise<Answer> =>
	(await demo.host.callWebhook('order-once', { method: 'POST', body: { key } })).body as Answer;
const charges = async () => (await demo.sandbox.client.charges({ provider: 'teleKartStars' })).charges.length;
const injectFault = async (fault: Parameters<Demo['sandbox']['client']['addFault']>[0]['fault']) =>
	await demo.sandbox.client.addFault({ provider: 'teleKartStars', operation: 'order.create', fault });

const refused = { details: { provider: 'teleKartStars', code: 'ALREADY_ORDERED', outcome: 'rejected' } };

it('orders once for a key, over executions and restarts', async () => {
	expect(await order('first')).toMatchObject({ orderId: expect.any(String) });
	expect(await order('first')).toMatchObject(refused);
	await demo.host.stop();
	await demo.host.launch();
	await demo.host.published(workflow);
	expect(await order('first')).toMatchObject(refused);
	expect(await charges()).toBe(1);
});

it('orders once when ten executions come with a key at the same moment', async () => {
	const before = await charges();
	const answers = await Promise.all(Array.from({ length: 10 }, async () => await order('at once')));
	expect(answers.filter(({ orderId }) => orderId !== undefined)).toHaveLength(1);
	expect(answers.filter(({ details }) => details?.code === 'ALREADY_ORDERED')).toHaveLength(9);
	expect(await charges()).toBe(before + 1);
});

it('loses no key when many different ones come at the same moment', async () => {
	const keys = Array.from({ length: 20 }, (_, index) => `many ${index}`);
	const before = await charges();
	await Promise.all(keys.map(order));
	const repeated = await Promise.all(keys.map(order));
	expect(repeated.every(({ details }) => details?.code === 'ALREADY_ORDERED')).toBe(true);
	expect(await charges()).toBe(before + keys.length);
});

it('frees the key of a rejected order and keeps that of an unknown one', async () => {
	await injectFault({ type: 'refuse', code: 'INVALID_PRODUCT' });
	expect(await order('rejected')).toMatchObject({
		details: { code: 'INVALID_PRODUCT', outcome: 'rejected' },
	});
	expect(await order('rejected')).toMatchObject({ orderId: expect.any(String) });
	const before = await charges();
	await injectFault({ type: 'drop', phase: 'after' });
	expect(await order('unknown')).toMatchObject({ details: { outcome: 'unknown' } });
	expect(await order('unknown')).toMatchObject(refused);
	expect(await charges()).toBe(before + 1);
});
