import type {
	EngineRequest,
	EngineResponse,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
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

/**
 * Stands for n8n's AI agent: calls the tools connected to it the way the agents do. The model's words are the
 * parameter `calls`: `{ tool, input, id }` each.
 */
export class Agent implements INodeType {
	description: INodeTypeDescription = {
		...description('agent'),
		inputs: ['main', { type: 'ai_tool', displayName: 'Tools' }],
		properties: [
			{ displayName: 'Calls', name: 'calls', type: 'json', default: [] },
			{ displayName: 'Mode', name: 'mode', type: 'string', default: 'engine' },
		],
	};

	async execute(
		this: IExecuteFunctions,
		response?: EngineResponse,
	): Promise<INodeExecutionData[][] | EngineRequest> {
		const calls = this.getNodeParameter('calls', 0) as unknown as Array<{
			tool: string;
			input: IDataObject;
			id: string;
		}>;
		if (this.getNodeParameter('mode', 0) === 'engine') {
			if (response?.actionResponses?.length) {
				return [
					response.actionResponses.map(({ data }) => ({
						json: {
							answer: (data.data?.ai_tool?.[0] ?? []).map((item) => item.json) as unknown as IDataObject,
						},
					})),
				];
			}
			return {
				actions: calls.map(({ tool, input, id }) => ({
					actionType: 'ExecutionNodeAction' as const,
					nodeName: tool,
					input,
					type: 'ai_tool' as const,
					id,
					metadata: {},
				})),
				metadata: {},
			};
		}
		const tools = (await this.getInputConnectionData('ai_tool', 0)) as Array<{
			name: string;
			invoke: (input: IDataObject) => Promise<string>;
		}>;
		const answers: INodeExecutionData[] = [];
		for (const { tool, input } of calls) {
			const found = tools.find((candidate) => candidate.name === tool.replace(/ /g, '_'))!;
			answers.push({ json: { answer: await found.invoke(input).catch((error: Error) => error.message) } });
		}
		return [answers];
	}
}
