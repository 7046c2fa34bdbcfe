/**
 * The Tribute Trigger in a real n8n, called over HTTP by the provider sandbox.
 */
import { createHmac } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import { packPackage, pause, startHost, type N8nHost, type WorkflowNode } from '../../scripts/host/host';
import type { ControlInput } from '../../sandbox/control';
import { startSandbox, type Sandbox } from '../../sandbox/server';

const TYPE = 'n8n-nodes-digital-goods.tributeTrigger';
const OK = '200 {"status":"ok"}';
const UNDERWAY = '{"status":"error","message":"This event came before and is still being worked on"}';

interface Row {
	check: string;
	expected: unknown;
	seen: unknown;
}
const rows: Row[] = [];

function check(what: string, seen: unknown, expected: unknown): void {
	rows.push({ check: what, expected, seen });
	const good = isDeepStrictEqual(seen, expected);
	const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
	process.stdout.write(
		`${good ? 'ok  ' : 'FAIL'} ${what}: ${shown(seen)}${good ? '' : `, expected ${shown(expected)}`}\n`,
	);
}

/** How often each value occurs, in words: "100 × 200". */
const tally = (values: unknown[]): string =>
	[...new Set(values)]
		.map((value) => `${values.filter((one) => one === value).length} × ${value}`)
		.join(', ');

class Scene {
	constructor(
		readonly host: N8nHost,
		readonly sandbox: Sandbox,
		private readonly credential: { id: string; name: string },
	) {}

	get key(): string {
		return this.sandbox.providers.tribute.apiKey;
	}

	/** A workflow that starts with the trigger, not active yet. */
	async workflow(
		name: string,
		then: Partial<WorkflowNode> = {},
		credential = this.credential,
	): Promise<Flow> {
		const trigger: WorkflowNode = {
			id: 'trigger',
			name: 'Tribute Trigger',
			type: TYPE,
			typeVersion: 1,
			position: [0, 0],
			parameters: {},
			webhookId: name,
			credentials: { tributeApi: credential },
		};
		const result: WorkflowNode = {
			id: 'result',
			name: 'Result',
			type: 'n8n-nodes-base.noOp',
			typeVersion: 1,
			position: [220, 0],
			parameters: {},
			...then,
		};
		const { id } = await this.host.workflows.create({
			name,
			nodes: [trigger, result],
			connections: { 'Tribute Trigger': { main: [[{ node: 'Result', type: 'main', index: 0 }]] } },
		});
		return new Flow(this, id, name);
	}
}

type Webhook = ControlInput['webhook'];

const purchase = (id: number): Webhook => ({ name: 'new_digital_product', payload: { purchase_id: id } });
const statusOf = (answer: string) => Number(answer.split(' ')[0]);

class Flow {
	constructor(
		private readonly scene: Scene,
		readonly id: string,
		private readonly path: string,
	) {}

	url(test = false): string {
		return `${this.scene.host.url}/webhook${test ? '-test' : ''}/${this.path}/webhook`;
	}

	/** What came back for each delivery: "200 {…}". */
	async deliver(webhook: Webhook, test = false): Promise<string[]> {
		const sent = await this.scene.sandbox.client.deliverTributeWebhook({ url: this.url(test), ...webhook });
		return sent.map(({ status, response }) => `${status} ${response}`);
	}

	async purchase(id: number, more: Partial<Webhook> = {}): Promise<number> {
		return statusOf((await this.deliver({ ...purchase(id), ...more }))[0]!);
	}

	/** Delivers all at the same moment, and those n8n did not take again, as Tribute does. */
	async all(ids: number[]): Promise<number[]> {
		const answers = await Promise.all(ids.map(async (id) => await this.purchase(id)));
		for (let round = 0; round < 5; round++) {
			const refused = [...answers.entries()].filter(([, status]) => status !== 200);
			if (refused.length === 0) break;
			console.log(`     n8n was too busy: ${tally(refused.map(([, status]) => status))}, delivered again`);
			await pause(2_000);
			for (const [index] of refused) answers[index] = await this.purchase(ids[index]!);
		}
		return answers;
	}

	/** The executions once nothing changes any more, each with what stands in its data. */
	async executions(): Promise<Array<{ status: string; data: string }>> {
		const list = async (query: Record<string, unknown>) =>
			await this.scene.host.all<Record<string, unknown>>('/executions', { workflowId: this.id, ...query });
		for (let before = -1; ; await pause(700)) {
			// What runs is in a list of its own.
			const running = await list({ status: 'running' });
			const others = await list({ includeData: true });
			const open = running.length > 0 || others.some(({ status }) => status === 'new');
			if (!open && others.length === before) {
				return others.map(({ status, data }) => ({ status: String(status), data: JSON.stringify(data) }));
			}
			before = open ? -1 : others.length;
		}
	}

	async count(): Promise<number> {
		return (await this.executions()).length;
	}

	/** How many executions what is done makes. */
	async made(work: () => Promise<unknown>): Promise<number> {
		const before = await this.count();
		await work();
		return (await this.count()) - before;
	}

	async items(): Promise<Array<Record<string, unknown>>> {
		const executions = await this.scene.host.executions.list({ workflowId: this.id });
		return executions.flatMap(({ nodes }) => nodes.Result?.[0]?.items.map(({ json }) => json) ?? []);
	}
}

/** Every number from the first, so many. */
const numbers = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index);

async function answers(flow: Flow): Promise<void> {
	const created = await flow.made(async () => {
		check('a signed event', await flow.deliver(purchase(1)), [OK]);
	});
	check('runs the workflow', created, 1);
	const [item] = await flow.items();
	check(
		'with one item',
		{ ...item, createdAt: typeof item?.createdAt, payload: typeof item?.payload },
		{
			eventId: 'new_digital_product:1',
			event: 'new_digital_product',
			createdAt: 'string',
			purchaseId: '1',
			orderId: null,
			productId: '2548',
			buyer: { telegramUserId: '12321321', telegramUsername: 'buyer', tributeUserId: 'T-31326' },
			amount: 4.99,
			currency: 'USD',
			payload: 'object',
		},
	);

	const nothing = await flow.made(async () => {
		const unsigned: Array<[string, Webhook]> = [
			['an event signed with another key', { name: 'new_digital_product', signWith: 'wrong' }],
			['an event without a signature', { name: 'new_digital_product', signWith: 'none' }],
			['an event with a malformed signature', { name: 'new_digital_product', signWith: 'malformed' }],
			['no JSON, signed with another key', { name: '', rawBody: '{', signWith: 'wrong' }],
			['1 MB without a signature', { name: 'new_digital_product', pad: 1_000_000, signWith: 'none' }],
		];
		for (const [what, webhook] of unsigned) {
			check(
				what,
				(await flow.deliver(webhook)).map((answer) => answer.slice(0, 3)),
				['401'],
			);
		}
		const bodies: Array<[string, string, string]> = [
			['no JSON, signed', '{', '400'],
			['an empty body, signed', '', '400'],
			['JSON that is no event, signed', '{"hello":"world"}', '400'],
			['an event without a payload, signed', '{"name":"new_digital_product"}', '400'],
			['a test request', '{"test_event":"test"}', '200'],
		];
		for (const [what, rawBody, status] of bodies) {
			check(
				what,
				(await flow.deliver({ name: '', rawBody })).map((answer) => answer.slice(0, 3)),
				[status],
			);
		}
		check('a test request with a name', await flow.deliver({ name: 'test' }), [OK]);
		check('an unknown name', await flow.deliver({ name: 'new_gift_card' }), [OK]);
		check('an event that is not chosen', await flow.deliver({ name: 'new_donation' }), [OK]);
		const replay = { ...purchase(1), count: 5 };
		check('five replays', await flow.deliver(replay), [OK, OK, OK, OK, OK]);
		check('a replay in camel case', await flow.deliver({ ...replay, name: 'newDigitalProduct', count: 1 }), [
			OK,
		]);
	});
	check('none of which runs anything', nothing, 0);

	const large = await flow.made(async () => {
		check('an event of 1 MB', await flow.purchase(2, { pad: 1_000_000 }), 200);
	});
	check('runs the workflow', large, 1);
	const [padded] = await flow.items();
	check('with all of it', (padded?.payload as { padding?: string } | undefined)?.padding?.length, 1_000_000);
	const tooLarge = await flow.made(async () => {
		check('more than n8n reads (17 MB)', await flow.purchase(3, { pad: 17_000_000 }), 400);
	});
	check('runs nothing', tooLarge, 0);
}

async function burst(flow: Flow, ids: number[]): Promise<void> {
	const started = Date.now();
	const first = await flow.made(async () => {
		check(`${ids.length} events at the same moment`, tally(await flow.all(ids)), `${ids.length} × 200`);
		console.log(`     took ${Date.now() - started} ms`);
	});
	check('run once each', first, ids.length);
	const distinct = new Set((await flow.items()).map(({ eventId }) => eventId));
	check(
		'with an item each',
		ids.filter((id) => distinct.has(`new_digital_product:${id}`)).length,
		ids.length,
	);

	const one = await flow.made(async () => {
		const same = new Array<number>(20).fill(ids.at(-1)! + 1);
		check('one event 20 times at the same moment', tally(await flow.all(same)), '20 × 200');
	});
	check('runs once', one, 1);
}

async function restart(scene: Scene, flow: Flow, ids: number[]): Promise<void> {
	await scene.host.restart();
	await scene.host.workflows.waitUntilActive(flow.id);
	const replays = await flow.made(async () => {
		check(`${ids.length} replays after a restart`, tally(await flow.all(ids)), `${ids.length} × 200`);
	});
	check('run nothing', replays, 0);
	const fresh = await flow.made(async () => {
		check('a new event after a restart', await flow.purchase(ids.at(-1)! + 2), 200);
	});
	check('runs once', fresh, 1);
}

async function crash(scene: Scene, flow: Flow, ids: number[]): Promise<void> {
	const { host } = scene;
	let acknowledged = 0;
	const sent = ids.map(async (id) => {
		const status = await flow.purchase(id);
		if (status === 200) acknowledged++;
		return status;
	});
	while (acknowledged < ids.length / 4) await pause(5);
	await host.kill();
	const first = await Promise.all(sent);
	await host.launch();
	await host.workflows.waitUntilActive(flow.id);
	check(
		`${ids.length} events, n8n killed under them (${tally(first)}), delivered again`,
		tally(await flow.all(ids)),
		`${ids.length} × 200`,
	);

	const executions = await flow.executions();
	const runs = ids.map((id) => executions.filter(({ data }) => data.includes(`"new_digital_product:${id}"`)));
	const several = runs.filter(({ length }) => length > 1);
	check('none is lost', runs.filter(({ length }) => length === 0).length, 0);
	check(
		'none that was acknowledged runs again',
		runs.filter(({ length }, index) => first[index] === 200 && length !== 1).length,
		0,
	);
	check(
		'none runs to its end twice',
		several.filter((run) => run.filter(({ status }) => status === 'success').length > 1).length,
		0,
	);
	console.log(`     ${several.length} were interrupted before they were acknowledged and ran again`);
}

/** n8n is so busy that the sender gives up: nobody may run the event again while n8n still has it in hand. */
async function impatience(scene: Scene): Promise<void> {
	const { host, key } = scene;
	const flow = await scene.workflow('impatience', {
		type: 'n8n-nodes-base.wait',
		typeVersion: 1.1,
		parameters: { amount: 8, unit: 'seconds' },
	});
	await host.workflows.activate(flow.id);
	await host.restart({ N8N_CONCURRENCY_PRODUCTION_LIMIT: '1' });
	await host.workflows.waitUntilActive(flow.id);

	check('an event that occupies n8n', await flow.purchase(1), 200);
	const body = JSON.stringify({
		name: 'new_digital_product',
		created_at: new Date().toISOString(),
		payload: { purchase_id: 2 },
	});
	const sender = new AbortController();
	const sent = fetch(flow.url(), {
		method: 'POST',
		body,
		signal: sender.signal,
		headers: {
			'content-type': 'application/json',
			'trbt-signature': createHmac('sha256', key).update(body).digest('hex'),
		},
	}).then(
		({ status }) => `answered ${status}`,
		() => 'given up',
	);
	await pause(3_000);
	sender.abort();
	check('an event that has to wait, its sender', await sent, 'given up');
	const [meanwhile] = await flow.deliver(purchase(2));
	check('its replay meanwhile', meanwhile, `503 ${UNDERWAY}`);
	await flow.executions();
	check('its replay afterwards', await flow.purchase(2), 200);
	check('both ran once', await flow.count(), 2);
	await host.restart({ N8N_CONCURRENCY_PRODUCTION_LIMIT: undefined });
}

async function editor(scene: Scene, flow: Flow): Promise<void> {
	const { host } = scene;
	const webhook = purchase(1);
	const before = await flow.count();
	const unknown = (await flow.deliver(webhook, true)).map((answer) => answer.slice(0, 3));
	check('the test URL while nobody listens', unknown, ['404']);
	await host.webhooks.listen(flow.id);
	const forged = await flow.deliver({ ...webhook, signWith: 'wrong' }, true);
	check(
		'the test URL, signed with another key',
		forged.map((answer) => answer.slice(0, 3)),
		['401'],
	);
	check(
		'the test URL, no JSON',
		(await flow.deliver({ name: '', rawBody: '{' }, true))[0]?.slice(0, 3),
		'400',
	);
	check('the test URL, an event not chosen', await flow.deliver({ name: 'new_donation' }, true), [OK]);
	check('the test URL, an event that ran in production', await flow.deliver(webhook, true), [OK]);
	check('is shown', (await flow.count()) - before, 1);
	await host.webhooks.listen(flow.id);
	const fresh = purchase(999_999);
	check('the test URL, a new event', await flow.deliver(fresh, true), [OK]);
	const later = await flow.made(async () => {
		check('the same event in production', await flow.deliver(fresh), [OK]);
	});
	check('runs there too', later, 1);
}

async function withoutKey(scene: Scene): Promise<void> {
	const { host } = scene;
	const empty = await host.credentials.create('No key', 'tributeApi', {
		apiKey: ' ',
		baseUrl: scene.sandbox.providers.tribute.baseUrl,
	});
	const flow = await scene.workflow('without-key', {}, { id: empty.id, name: empty.name });
	const refused = await host.workflows.activate(flow.id).then(
		() => 'active',
		(error: Error) => error.message,
	);
	check('activation without an API key', /has no API key/.test(refused) || refused, true);
	await host.workflows.deactivate(flow.id);

	await host.credentials.save('No key', 'tributeApi', { ...scene.sandbox.providers.tribute });
	await host.workflows.activate(flow.id);
	check('activation with one', await flow.purchase(1), 200);
	await host.credentials.save('No key', 'tributeApi', { apiKey: ' ' });
	const body = '{"name":"new_digital_product","payload":{"purchase_id":2}}';
	const signature = createHmac('sha256', '').update(body).digest('hex');
	const forged = await flow.made(async () => {
		const { status } = await host.webhooks.call('without-key/webhook', {
			body,
			headers: { 'content-type': 'application/json', 'trbt-signature': signature },
		});
		check('the key taken away, an event signed with an empty one', status, 401);
	});
	check('runs nothing', forged, 0);
}

let host: N8nHost | undefined;
let sandbox: Sandbox;
let scene: Scene;
let flow: Flow;

beforeAll(async () => {
	sandbox = await startSandbox();
	host = await startHost({ tarball: await packPackage() });
	const data = { ...sandbox.providers.tribute };
	const { id, name } = await host.credentials.create('Tribute', 'tributeApi', data);
	scene = new Scene(host, sandbox, { id, name });
	flow = await scene.workflow('tribute');
	await host.workflows.activate(flow.id);
});
afterAll(async () => {
	await host?.stop();
	await sandbox.close();
});

const steps: Array<[string, () => Promise<void>]> = [
	['answers as Tribute expects', async () => await answers(flow)],
	['takes 100 at once', async () => await burst(flow, numbers(1_000, 100))],
	['remembers over a restart', async () => await restart(scene, flow, numbers(1_000, 100))],
	['loses none when n8n is killed', async () => await crash(scene, flow, numbers(2_000, 60))],
	['listens in the editor', async () => await editor(scene, flow)],
	['takes nothing without a key', async () => await withoutKey(scene)],
	['lets an impatient sender try again', async () => await impatience(scene)],
];
it.each(steps)('%s', async (_, step) => {
	rows.length = 0;
	await step();
	const failed = rows.filter(({ seen, expected }) => !isDeepStrictEqual(seen, expected));
	expect(rows).not.toEqual([]);
	expect(failed).toEqual([]);
});
