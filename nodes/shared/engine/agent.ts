import type { IExecuteFunctions } from 'n8n-workflow';

/** How an AI agent came to call this node; undefined when a workflow runs it. */
export interface AgentCall {
	/** The model's own ID of the call, where the engine hands it on. */
	callId: string | undefined;
}

/**
 * n8n runs a tool in two ways. The engine runs it as a node whose output goes back to the agent, with the
 * call's ID in the input and the same run index on each try; or the agent calls it as a function, with no
 * input at all and a new run index on each try.
 */
export function agentCall(context: IExecuteFunctions): AgentCall | undefined {
	const node = context.getNode();
	if (context.isToolExecution?.() || node.rewireOutputLogTo === 'ai_tool' || node.type.endsWith('Tool')) {
		const callId = context.getInputData()[0]?.json.toolCallId;
		return { callId: typeof callId === 'string' && callId !== '' ? callId : undefined };
	}
	return undefined;
}

/**
 * What a model writes into: its arguments, also where they arrive as the tool's input item under one of its
 * names, or by way of another parameter.
 */
const WRITTEN_BY_MODEL =
	/\$(fromai|json|data|binary|input|items?|thisItem|tool|parameter|rawParameter|self|evaluateExpression)\b/i;

/** Whether the model decides this parameter, judged by its raw value. */
export function isChosenByModel(context: IExecuteFunctions, path: string): boolean {
	let value: unknown = context.getNode().parameters;
	for (const name of path.split('.')) {
		if (typeof value === 'string') break;
		value = (value as Record<string, unknown> | undefined)?.[name];
	}
	return WRITTEN_BY_MODEL.test(typeof value === 'string' ? value : JSON.stringify(value ?? ''));
}
