import type { IExecuteFunctions, IRunExecutionData, ITaskData } from 'n8n-workflow';
import type { Item } from '../node/item';
import type { PurchaseOperation } from '../node/operation';

/** How an AI agent came to call this node; undefined when a workflow runs it. */
export interface AgentCall {
	/** The model's own ID of the call, where the engine passes it on. */
	callId: string | undefined;
	/** Whether the agent called the node as a function: n8n then tells the model nothing of an error that is thrown. */
	isFunction: boolean;
}

/**
 * n8n runs a tool in two ways. The engine runs it as a node whose output goes back to the agent, with the
 * call's ID in the input and the same run index on each attempt; or the agent calls it as a function, with no
 * input at all and a new run index on each attempt.
 */
export function agentCall(context: IExecuteFunctions): AgentCall | undefined {
	const node = context.getNode();
	const isFunction = context.isToolExecution?.() === true;
	if (isFunction || node.rewireOutputLogTo === 'ai_tool' || node.type.endsWith('Tool')) {
		const callId = context.getInputData()[0]?.json.toolCallId;
		return { callId: typeof callId === 'string' && callId !== '' ? callId : undefined, isFunction };
	}
	return undefined;
}

/**
 * Whether the model had seen an answer of this node when it made this call: the mark that stood in the answer stands
 * in the prompt that n8n recorded last, or in one of an agent's run that has ended well since. Older prompts prove
 * nothing: under Retry On Fail an agent begins its conversation anew and forgets what an earlier one was told.
 */
export function hasReachedModel(context: IExecuteFunctions, mark: string): boolean {
	const { runExecutionData } = context as unknown as { runExecutionData?: IRunExecutionData | null };
	const runData = runExecutionData?.resultData?.runData ?? {};
	const prompts = Object.values(runData)
		.map((runs) => runs.filter(({ inputOverride }) => inputOverride?.ai_languageModel !== undefined))
		.filter(({ length }) => length > 0);
	// By n8n's own order within a node; its execution indices begin anew when an execution has waited.
	const [latest] = prompts.map((runs) => runs.at(-1)!).sort((one, other) => other.startTime - one.startTime);
	const hasEndedWell = ({ source, startTime }: ITaskData) =>
		(runData[source[0]?.previousNode ?? ''] ?? []).some(
			({ executionStatus, data, ...run }) =>
				executionStatus === 'success' &&
				data?.main !== undefined &&
				run.startTime + run.executionTime >= startTime,
		);
	return prompts
		.flat()
		.filter((prompt) => prompt === latest || hasEndedWell(prompt))
		.some(({ inputOverride }) => JSON.stringify(inputOverride!.ai_languageModel).includes(mark));
}

/**
 * What a model writes into: its arguments, also where they arrive as the tool's input item under one of its
 * names, or by way of another parameter.
 */
const WRITTEN_BY_MODEL =
	/\$(fromai|json|data|binary|input|items?|thisItem|tool|parameter|rawParameter|self|evaluateExpression)\b/i;

/** Whether the model decides this parameter, judged by its raw value. */
function isChosenByModel(context: IExecuteFunctions, path: string): boolean {
	let value: unknown = context.getNode().parameters;
	for (const name of path.split('.')) {
		if (typeof value === 'string') break;
		value = (value as Record<string, unknown> | undefined)?.[name];
	}
	return WRITTEN_BY_MODEL.test(typeof value === 'string' ? value : JSON.stringify(value ?? ''));
}

/** What a person decides and no model: keys, ceilings, limits and what holds them. */
const GUARDS = [
	'trackCompletion',
	'options.maxPrice',
	'options.spendingLimit',
	'options.spendingPeriod',
	'options.ifAlreadyOrdered',
	'options.checkOnly',
	'options.tableName',
];

/**
 * A model spends money only where a person said so, up to a ceiling a person set.
 * @throws ProviderError; nothing was sent then
 */
export function refuseAgents(item: Item, operation: PurchaseOperation): void {
	const { context } = item;
	if (agentCall(context) === undefined) return;
	if (context.getNode().parameters.allowAgentPurchases !== true) {
		throw item.refuse(
			'AGENT_PURCHASE_NOT_ALLOWED',
			'AI agents may not move money with this node, and nothing was sent. Do not call it again; tell the user.',
			'Switch on "Allow AI Agent Purchases" in the node if the agent may spend money.',
		);
	}
	for (const path of [operation.key?.path, ...GUARDS]) {
		if (path === undefined || !isChosenByModel(context, path)) continue;
		throw item.refuse(
			'CHOSEN_BY_MODEL',
			`An AI model may not choose ${path.split('.').at(-1)}, nothing was ordered. Do not try again; tell the user.`,
			'Enter a fixed value, or an expression that does not use what the model writes ($fromAI, $json, $input).',
		);
	}
	if (operation.quote !== undefined && item.guardNumber('options.maxPrice', { min: 0 }) === undefined) {
		throw item.refuse(
			'MAX_PRICE_REQUIRED',
			'An AI agent may only buy below a Max Price, and none is set; nothing was ordered. Do not try again; tell the user.',
			'Add the option "Max Price" to the node.',
		);
	}
}
