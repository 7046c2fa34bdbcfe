import type {
	EngineRequest,
	EngineResponse,
	IExecuteFunctions,
	INode,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IDataObject,
	INodeParameters,
} from 'n8n-workflow';

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

/** Sends its items round again until it has been run so many times, then on. */
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

let count = 0;

/** A node of a workflow. `type` is the short name; the rest is as n8n saves it. */
export const node = (
	name: string,
	type: string,
	parameters: INodeParameters = {},
	more: Partial<INode> = {},
): INode => ({
	id: `node-${++count}`,
	name,
	type: `n8n-nodes-digital-goods.${type}`,
	typeVersion: 1,
	position: [0, 0],
	parameters,
	...more,
});

/** Connects nodes in a row by their main outputs. */
export const chain = (...names: string[]) =>
	Object.fromEntries(
		names
			.slice(0, -1)
			.map((name, index) => [
				name,
				{ main: [[{ node: names[index + 1]!, type: 'main' as const, index: 0 }]] },
			]),
	);

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
			{ displayName: 'Through', name: 'through', type: 'string', default: 'engine' },
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
		if (this.getNodeParameter('through', 0) === 'engine') {
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
