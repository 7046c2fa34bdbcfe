import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import type { TestWorkflow } from './engine';
import type { WrittenCall } from './nodeTypes';

/** Parts of workflows, and the workflows most tests run. */

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

/** A node that starts a workflow with these items. */
export const start = (items: IDataObject[], name = 'Start'): INode =>
	node(name, 'items', { items: items as unknown as string });

/** A connection to a node's main input. */
export const to = (name: string) => ({ node: name, type: 'main' as const, index: 0 });

/** Connects nodes in a row by their main outputs. */
export const chain = (...names: string[]) =>
	Object.fromEntries(names.slice(0, -1).map((name, index) => [name, { main: [[to(names[index + 1]!)]] }]));

/** Start → the node → Rest. What leaves the node by its error output goes to Errors. */
export const itemsWorkflow = (items: IDataObject[], subject: INode): TestWorkflow => ({
	nodes: [start(items), subject, node('Rest', 'through'), node('Errors', 'through')],
	connections: {
		...chain('Start', subject.name),
		[subject.name]: { main: [[to('Rest')], [to('Errors')]] },
	},
});

/** How n8n runs an agent's tool: as a node on the engine, or as a function the agent calls. */
export type ToolMode = 'engine' | 'function';
export const toolModes: ToolMode[] = ['engine', 'function'];

/** A call of a tool: what the model writes, and n8n's ID of the call. */
export interface ToolCall {
	input: IDataObject;
	id?: string;
}

/** How the agent of a workflow is asked and answered. */
export interface AgentOptions {
	/** The item the agent gets. */
	chat?: IDataObject;
	/** Settings of the agent's node. */
	agent?: Partial<INode>;
	/** Which prompts the model fails to answer, counted over the whole execution. */
	failingPrompts?: number[];
}

/**
 * Start → Agent, which has the node as its tool. The model's messages are lists of calls: those of one message are
 * made before the model sees an answer of any of them.
 */
export const agentWorkflow = (
	tool: INode,
	mode: ToolMode,
	messages: ToolCall[][],
	{ chat = {}, agent = {}, failingPrompts = [] }: AgentOptions = {},
): TestWorkflow => {
	let calls = 0;
	const written = messages.map((message) =>
		message.map(({ input, id }): WrittenCall => ({ tool: tool.name, input, id: id ?? `call-${calls++}` })),
	);
	return {
		nodes: [
			start([chat]),
			node('Agent', 'agent', { mode, messages: written as unknown as string }, agent),
			node('Model', 'model', { failing: failingPrompts as unknown as string }),
			{ ...tool, type: `${tool.type}Tool` },
		],
		connections: {
			...chain('Start', 'Agent'),
			Model: { ai_languageModel: [[{ node: 'Agent', type: 'ai_languageModel', index: 0 }]] },
			[tool.name]: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
		},
	};
};
