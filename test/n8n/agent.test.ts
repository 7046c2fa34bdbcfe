import { startDemo, type Demo } from '../../scripts/host/demo';
import type { Execution, WorkflowNode } from '../../scripts/host/host';
import {
	startLanguageModel,
	toolAnswers,
	type LanguageModel,
	type ModelAnswer,
	type ModelRequest,
} from '../../scripts/host/languageModel';

/**
 * n8n's AI Agent with a node of this package as its tool and a scripted model. Up to version 2.2 the agent calls a
 * tool as a function, from version 3 on the engine runs it.
 */
const AGENT = '@n8n/n8n-nodes-langchain.agent';
const FUNCTION = 2.2;

let demo: Demo;
let model: LanguageModel;
let answer: (request: ModelRequest) => ModelAnswer;
let newest: number;

beforeAll(async () => {
	model = await startLanguageModel((request) => answer(request));
	demo = await startDemo({ examples: 'none', languageModel: model.url });
	const { version } = (await demo.host.nodeTypes.list()).find(({ name }) => name === AGENT)!;
	newest = Math.max(...[version].flat());
	expect(newest).toBeGreaterThanOrEqual(3);
});
afterAll(async () => {
	await demo?.stop();
	await model?.close();
});

const saved = (...types: string[]) =>
	Object.fromEntries(types.map((type) => [type, { id: demo.credentials[type]!.id, name: type }]));
const call = (target: string) => ({ name: 'Order', arguments: { product: 'stars_50', target } });

interface Settings {
	/** Parameters of the order. */
	order?: Record<string, unknown>;
	agent?: Partial<WorkflowNode>;
	/** How many items the agent gets, one after the other. */
	items?: number;
}

async function workflowOf(typeVersion: number, { order, agent, items = 1 }: Settings): Promise<string> {
	const at = (x: number, y = 0): [number, number] => [x * 200, y * 200];
	const to = (node: string, type = 'main') => ({ [type]: [[{ node, type, index: 0 }]] });
	const nodes: WorkflowNode[] = [
		{
			...{ name: 'Start', type: 'n8n-nodes-base.manualTrigger', typeVersion: 1, position: at(0) },
			parameters: {},
		},
		{
			...{ name: 'Buyers', type: 'n8n-nodes-base.code', typeVersion: 2, position: at(1) },
			parameters: { jsCode: `return Array.from({ length: ${items} }, (_, buyer) => ({ json: { buyer } }));` },
		},
		{
			...{ name: 'Each', type: 'n8n-nodes-base.splitInBatches', typeVersion: 3, position: at(2) },
			parameters: { options: {} },
		},
		{
			...{ name: 'Agent', type: AGENT, typeVersion, position: at(3) },
			parameters: { promptType: 'define', text: 'Send 50 Stars', options: {} },
			...agent,
		},
		{
			...{ name: 'Model', type: '@n8n/n8n-nodes-langchain.lmChatOpenAi', typeVersion: 1.3 },
			position: at(3, 1),
			credentials: saved('openAiApi'),
			parameters: {
				model: { __rl: true, mode: 'id', value: 'scripted' },
				responsesApiEnabled: false,
				options: { maxRetries: 0 },
			},
		},
		{
			...{ name: 'Order', type: 'n8n-nodes-digital-goods.teleKartStarsTool', typeVersion: 1 },
			position: at(4, 1),
			credentials: saved('teleKartStarsApi', 'orderTrackingApi'),
			parameters: {
				...{ resource: 'order', operation: 'create' },
				...{ descriptionType: 'manual', toolDescription: 'Orders Stars' },
				productId: { __rl: true, mode: 'id', value: "={{ $fromAI('product', '', 'string') }}" },
				target: "={{ $fromAI('target', '', 'string') }}",
				allowAgentPurchases: true,
				options: { maxPrice: 5 },
				...order,
			},
		},
	];
	const connections = {
		Start: to('Buyers'),
		Buyers: to('Each'),
		Each: { main: [[], [{ node: 'Agent', type: 'main', index: 0 }]] },
		Agent: to('Each'),
		Model: to('Agent', 'ai_languageModel'),
		Order: to('Agent', 'ai_tool'),
	};
	const withIds = nodes.map((node) => ({ id: node.name, ...node }));
	return (await demo.host.workflows.create({ name: 'Agent', nodes: withIds, connections })).id;
}

interface Conversation {
	execution: Execution;
	/** What the tool's calls had answered when the model was asked last. */
	answers: string[];
	/** IDs of the orders that were charged. */
	charged: Array<string | null>;
}

/** Runs the agent with a model that follows the script. */
async function converse(
	version: number,
	script: typeof answer,
	settings: Settings = {},
): Promise<Conversation> {
	answer = script;
	const orders = async () => (await demo.sandbox.client.charges({ provider: 'teleKartStars' })).charges;
	const before = (await orders()).length;
	const execution = await demo.host.executions.run(await workflowOf(version, settings), {
		timeoutMs: 120_000,
	});
	const charged = (await orders()).slice(before).map(({ orderId }) => orderId);
	return { execution, answers: toolAnswers(model.requests.at(-1)!), charged };
}

/** Makes the calls, and ends the conversation when their answers are there. */
const callOnce =
	(...calls: ReturnType<typeof call>[]) =>
	(request: ModelRequest): ModelAnswer =>
		toolAnswers(request).length === 0 ? calls : 'Done';
const NOTHING_NEW = /Nothing new was ordered/;

describe.each([
	['as a function', () => FUNCTION],
	['by the engine', () => newest],
])('the tool of an AI agent, run %s', (_, version) => {
	it('charges once for two equal calls in one message, and tells each what came of it', async () => {
		const script = callOnce(call('durov'), call('@durov'));
		const { execution, answers, charged } = await converse(version(), script);
		expect(execution.status).toBe('success');
		expect(charged).toHaveLength(1);
		expect(answers).toHaveLength(2);
		for (const text of answers) expect(text).toContain(charged[0]);
		expect(answers.filter((text) => NOTHING_NEW.test(text))).toHaveLength(1);
	});

	it('charges once when the model fails after the purchase and the agent tries again', async () => {
		let failures = 0;
		const script = (request: ModelRequest): ModelAnswer => {
			const answers = toolAnswers(request).length;
			if (answers === 0) return [call('first_buyer')];
			if (answers === 1) return [call('second_buyer')];
			return failures++ === 0 ? { status: 400 } : 'Done';
		};
		const retried = { retryOnFail: true, maxTries: 3, waitBetweenTries: 10 };
		const { execution, answers, charged } = await converse(version(), script, { agent: retried });
		expect(execution.status).toBe('success');
		expect(charged).toHaveLength(2);
		for (const order of charged) expect(answers.join('\n')).toContain(order);
	});

	it('charges again when the model asks again and has seen what it ordered', async () => {
		const script = (request: ModelRequest) =>
			toolAnswers(request).length < 2 ? [call('same_buyer')] : 'Done';
		const { answers, charged } = await converse(version(), script);
		expect(charged).toHaveLength(2);
		for (const [index, order] of charged.entries()) expect(answers[index]).toContain(order);
	});

	it('charges once for each conversation of an agent in a loop', async () => {
		const { execution, charged } = await converse(version(), callOnce(call('loop_buyer')), { items: 3 });
		expect(execution.status).toBe('success');
		expect(charged).toHaveLength(3);
	});

	it.each<[string, Record<string, unknown>, RegExp]>([
		['Max Price', { options: { maxPrice: 0.5 } }, /0\.83 USD, above the Max Price of 0\.5 USD/],
		['the switch for agents', { allowAgentPurchases: false }, /AI agents may not.*Do not call it again/],
	])('tells the model in words what %s refuses', async (__, order, words) => {
		const { execution, answers, charged } = await converse(version(), callOnce(call('durov')), { order });
		expect(execution.status).toBe('success');
		expect(answers).toEqual([expect.stringMatching(words)]);
		expect(charged).toEqual([]);
	});

	it('tells the model that an outcome is unknown, and orders nothing more', async () => {
		await demo.sandbox.client.addFault({
			provider: 'teleKartStars',
			operation: 'order.create',
			fault: { type: 'drop', phase: 'after' },
		});
		const script = (request: ModelRequest) =>
			toolAnswers(request).length < 2 ? [call('lost_buyer')] : 'Done';
		const { execution, answers, charged } = await converse(version(), script);
		expect(execution.status).toBe('success');
		expect(answers).toHaveLength(2);
		for (const text of answers)
			expect(text).toMatch(/outcome of this purchase is unknown.*Do not repeat it before checking/);
		expect(charged).toHaveLength(1);
	});

	it('stops at the Spending Limit, however often the model orders', async () => {
		const script = (request: ModelRequest) =>
			toolAnswers(request).length < 5 ? [call(`buyer_number_${toolAnswers(request).length}`)] : 'Done';
		const tableName = `limit_${String(version()).replace('.', '_')}`;
		// The sandbox's account is one for all tests, a table is one for each.
		const order = { trackCompletion: true, options: { maxPrice: 5, spendingLimit: 2, tableName } };
		const { answers, charged } = await converse(version(), script, { order });
		expect(charged).toHaveLength(2);
		expect(answers.slice(2)).toEqual(
			Array(3).fill(expect.stringMatching(/Spending Limit: 1\.66 of 2 USD are spent/)),
		);
	});

	it('neither sends nor repeats a recipient of a megabyte', async () => {
		const { answers, charged } = await converse(version(), callOnce(call('x'.repeat(1_000_000))));
		expect(charged).toEqual([]);
		expect(answers).toHaveLength(1);
		expect(answers[0]!.length).toBeLessThan(1_000);
	});
});
