import {
	NodeOperationError,
	type EngineRequest,
	type EngineResponse,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type ISupplyDataFunctions,
	type SupplyData,
} from 'n8n-workflow';

/** The nodes that the tests' workflows are made of, beside those of this package. */

const description = (
	name: string,
	outputs: INodeTypeDescription['outputs'] = ['main'],
): INodeTypeDescription => ({
	displayName: name,
	name,
	group: ['transform'],
	version: 1,
	description: name,
	defaults: { name },
	inputs: ['main'],
	outputs,
	properties: [{ displayName: 'Items', name: 'items', type: 'json', default: [] }],
});

/** Starts a workflow with the items in its parameter. */
export class Items implements INodeType {
	description = description('items');

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const items = this.getNodeParameter('items', 0) as IDataObject[];
		return [items.map((json) => ({ json }))];
	}
}

/** Passes on what it gets. */
export class Through implements INodeType {
	description = description('through');

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [this.getInputData()];
	}
}

/** Sends its items through its first output for so many rounds, then through the second. */
export class Loop implements INodeType {
	description: INodeTypeDescription = {
		...description('loop', ['main', 'main']),
		properties: [{ displayName: 'Rounds', name: 'rounds', type: 'number', default: 1 }],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const rounds = this.getNodeParameter('rounds', 0) as number;
		const round = this.getWorkflowDataProxy(0).$runIndex as number;
		const items = this.getInputData().map(({ json }, item) => ({
			json: { ...json, round },
			pairedItem: { item },
		}));
		return round < rounds ? [items, []] : [[], items];
	}
}

/** A call of a tool, as the model writes it. */
export interface WrittenCall {
	tool: string;
	input: IDataObject;
	/** n8n's ID of the call. */
	id: string;
}

/** Asks the model with the conversation so far. */
type AskModel = (conversation: string) => Promise<void>;

/**
 * Stands for n8n's chat models: records each prompt and its answer in the execution as they do. The prompts of the
 * parameter `failing`, counted over the whole execution, get an error for an answer.
 */
export class Model implements INodeType {
	description: INodeTypeDescription = {
		...description('model', ['ai_languageModel']),
		inputs: [],
		properties: [{ displayName: 'Failing', name: 'failing', type: 'json', default: [] }],
	};

	async supplyData(this: ISupplyDataFunctions): Promise<SupplyData> {
		const failing = this.getNodeParameter('failing', 0) as unknown as number[];
		const ask: AskModel = async (conversation) => {
			const { index } = this.addInputData('ai_languageModel', [[{ json: { messages: [conversation] } }]]);
			const error = new NodeOperationError(this.getNode(), 'The model is not available');
			const fails = failing.includes(index);
			this.addOutputData('ai_languageModel', index, fails ? error : [[{ json: { response: {} } }]]);
			if (fails) throw error;
		};
		return { response: ask };
	}
}

/** What the agent hands to the engine with its calls, and gets back with their answers. */
interface AgentState {
	answers?: unknown[];
}

/**
 * Stands for n8n's AI agent: asks the model connected to it, and calls the tools connected to it the way the agents
 * do. What the model writes is the parameter `messages`: the calls of each of its messages.
 */
export class Agent implements INodeType {
	description: INodeTypeDescription = {
		...description('agent'),
		inputs: [
			'main',
			{ type: 'ai_tool', displayName: 'Tools' },
			{ type: 'ai_languageModel', displayName: 'Model', maxConnections: 1 },
		],
		properties: [
			{ displayName: 'Messages', name: 'messages', type: 'json', default: [] },
			{ displayName: 'Mode', name: 'mode', type: 'string', default: 'engine' },
		],
	};

	async execute(
		this: IExecuteFunctions,
		response?: EngineResponse<AgentState>,
	): Promise<INodeExecutionData[][] | EngineRequest<AgentState>> {
		const messages = this.getNodeParameter('messages', 0) as unknown as WrittenCall[][];
		const askModel = (await this.getInputConnectionData('ai_languageModel', 0)) as AskModel;
		const next = async (answers: unknown[]) => {
			await askModel(JSON.stringify(answers));
			let asked = 0;
			return messages.find((calls) => (asked += calls.length) > answers.length);
		};

		if (this.getNodeParameter('mode', 0) === 'engine') {
			// When n8n repeats the agent's node, it hands over each response once for each attempt.
			const arrived = new Map(
				(response?.actionResponses ?? []).map(({ action, data }) => [
					action.id,
					(data.data?.ai_tool?.[0] ?? []).map(({ json }) => json),
				]),
			);
			const answers = [...(response?.metadata.answers ?? []), ...arrived.values()];
			const calls = await next(answers);
			if (calls === undefined) return answered(answers);
			return {
				actions: calls.map(({ tool, input, id }) => ({
					actionType: 'ExecutionNodeAction' as const,
					nodeName: tool,
					input,
					type: 'ai_tool' as const,
					id,
					metadata: {},
				})),
				metadata: { answers },
			};
		}

		const tools = (await this.getInputConnectionData('ai_tool', 0)) as Array<{
			name: string;
			invoke: (input: IDataObject) => Promise<string>;
		}>;
		const answers: string[] = [];
		for (let calls = await next(answers); calls !== undefined; calls = await next(answers)) {
			const called = calls.map(async ({ tool, input }) => {
				const found = tools.find((candidate) => candidate.name === tool.replace(/ /g, '_'))!;
				return await found.invoke(input).catch((error: Error) => error.message);
			});
			answers.push(...(await Promise.all(called)));
		}
		return answered(answers);
	}
}

const answered = (answers: unknown[]): INodeExecutionData[][] => [
	answers.map((answer) => ({ json: { answer: answer as IDataObject } })),
];
