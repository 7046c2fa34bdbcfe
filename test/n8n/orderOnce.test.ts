import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemo, type Demo } from '../../scripts/host/demo';
import { chain, ours, webhook } from './support/workflows';

/** Keys in a real n8n: two workflows that order under one key, whose ledger lies in n8n's own database. */
let demo: Demo;
let folder: string;
const workflows: string[] = [];

/** `refuse`, `refuse-too` (another workflow) and `return` say how the workflow answers a key that is known. */
const CALLS = ['refuse', 'refuse-too', 'return'] as const;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'order-once-'));
	demo = await startDemo({ examples: 'none', userFolder: folder });
	for (const name of CALLS) {
		const order = ours(
			demo,
			'Order',
			'teleKartStars',
			{
				resource: 'order',
				operation: 'create',
				productId: { __rl: true, mode: 'id', value: 'stars_50' },
				target: '={{ $json.body.target }}',
				trackCompletion: true,
				options: {
					orderOnceKey: '={{ $json.body.key }}',
					...(name === 'return' ? { ifAlreadyOrdered: 'return' } : {}),
				},
			},
			{ onError: 'continueRegularOutput' },
		);
		const { id } = await demo.host.workflows.create(chain(name, {}, webhook(name, 'lastNode'), order));
		await demo.host.workflows.activate(id);
		workflows.push(id);
	}
});
afterAll(async () => {
	await demo?.stop();
	await rm(folder, { recursive: true, force: true });
});

interface Answer {
	orderId?: string;
	state?: string;
	error?: string;
	details?: { code: string | null; outcome: string; earlier?: unknown };
}
const order = async (key: string, by: (typeof CALLS)[number] = 'refuse', target = '@somebody') =>
	(await demo.host.webhooks.call(by, { body: { key, target } })).body as Answer;
const charges = async () => (await demo.sandbox.client.charges({ provider: 'teleKartStars' })).charges.length;
const injectFault = async (fault: Parameters<Demo['sandbox']['client']['addFault']>[0]['fault']) =>
	await demo.sandbox.client.addFault({ provider: 'teleKartStars', operation: 'order.create', fault });

const refused = (outcome: string) => ({ details: { code: 'ALREADY_ORDERED', outcome } });
const isRefused = ({ details }: Answer) => details?.code === 'ALREADY_ORDERED';

it('orders once for a key, over workflows and restarts, and names the earlier order', async () => {
	const { orderId } = await order('first');
	expect(orderId).toEqual(expect.any(String));
	const earlier = { orderId, state: 'pending', executionId: expect.any(String) };
	expect(await order('first')).toMatchObject({ details: { ...refused('duplicate').details, earlier } });
	expect(await order('first', 'refuse-too')).toMatchObject(refused('duplicate'));
	await demo.host.stop();
	await demo.host.launch();
	for (const workflow of workflows) await demo.host.workflows.waitUntilActive(workflow);
	expect(await order('first')).toMatchObject(refused('duplicate'));
	expect(await charges()).toBe(1);
});

it('returns the earlier order as it stands now, and only the same order', async () => {
	const before = await charges();
	const { orderId } = await order('returned', 'return');
	await demo.sandbox.client.changeOrder({
		provider: 'teleKartStars',
		orderId: orderId!,
		status: 'confirmed',
	});
	expect(await order('returned', 'return')).toMatchObject({ orderId, state: 'completed' });
	expect(await order('returned', 'return', '@another')).toMatchObject(refused('duplicate'));
	expect(await charges()).toBe(before + 1);
});

it('orders once when ten executions of two workflows come with a key at the same moment', async () => {
	const before = await charges();
	const answers = await Promise.all(
		Array.from({ length: 10 }, async (_, index) =>
			order('at once', index % 2 === 0 ? 'refuse' : 'refuse-too'),
		),
	);
	expect(answers.filter(({ orderId }) => orderId !== undefined)).toHaveLength(1);
	expect(answers.filter(isRefused)).toHaveLength(9);
	expect(await charges()).toBe(before + 1);
});

it('loses no key when many different ones come at the same moment', async () => {
	const keys = Array.from({ length: 20 }, (_, index) => `many ${index}`);
	const before = await charges();
	await Promise.all(keys.map(async (key) => await order(key)));
	const later = await Promise.all(keys.map(async (key) => await order(key)));
	expect(later.every(isRefused)).toBe(true);
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
	expect(await order('unknown')).toMatchObject(refused('unknown'));
	expect(await order('unknown', 'return')).toMatchObject(refused('unknown'));
	expect(await charges()).toBe(before + 1);
});
