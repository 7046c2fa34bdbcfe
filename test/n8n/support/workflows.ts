import type { Demo } from '../../../scripts/host/demo';
import type { WorkflowJson, WorkflowNode } from '../../../scripts/host/host';

type Part = Pick<WorkflowNode, 'name' | 'type' | 'typeVersion' | 'parameters'> & Record<string, unknown>;

/** A workflow whose nodes follow one another. */
export function chain(name: string, settings: Record<string, unknown>, ...parts: Part[]): WorkflowJson {
	const nodes = parts.map((part, index) => ({
		id: `node-${index}`,
		position: [index * 200, 0] as [number, number],
		...part,
	}));
	const connections = Object.fromEntries(
		parts
			.slice(1)
			.map((part, index) => [parts[index]!.name, { main: [[{ node: part.name, type: 'main', index: 0 }]] }]),
	);
	return { name, nodes, connections, settings: { executionOrder: 'v1', ...settings } };
}

/** Starts a workflow on a call of `path`; answered by a later node, or with what the last one gives. */
export const webhook = (path: string, responseMode: 'responseNode' | 'lastNode'): Part => ({
	name: 'Called',
	type: 'n8n-nodes-base.webhook',
	typeVersion: 2,
	webhookId: path,
	parameters: { httpMethod: 'POST', path, responseMode },
});

/** Starts a workflow when an execution of another that names it has failed. */
export const alarm: Part = {
	name: 'Failed',
	type: 'n8n-nodes-base.errorTrigger',
	typeVersion: 1,
	parameters: {},
};

/** Answers the call with the ID of its execution, before anything is bought. */
export const tellExecution: Part = {
	name: 'Tell Execution',
	type: 'n8n-nodes-base.respondToWebhook',
	typeVersion: 1.1,
	parameters: { respondWith: 'json', responseBody: '={{ { execution: $execution.id } }}' },
};

/** One item for each entry of a list in the call's body, as `to`. */
export const each = (list: string, to: string): Part => ({
	name: 'Each',
	type: 'n8n-nodes-base.splitOut',
	typeVersion: 1,
	parameters: { fieldToSplitOut: `body.${list}`, options: { destinationFieldName: to } },
});

/** Poll times: n8n takes no schedule of less than a minute, but several of one. */
export const EVERY_20_SECONDS = {
	item: [0, 20, 40].map((second) => ({ mode: 'custom', cronExpression: `${second} * * * * *` })),
};

/** Passes every item on to an address. */
export const passOn = (url: string): Part => ({
	name: 'Pass On',
	type: 'n8n-nodes-base.httpRequest',
	typeVersion: 4.2,
	parameters: { method: 'POST', url, sendBody: true, specifyBody: 'json', jsonBody: '={{ $json }}' },
});

/** One of this package's nodes, with the saved credential of each provider it names and that for tracking. */
export function ours(
	{ credentials }: Pick<Demo, 'credentials'>,
	name: string,
	type: string,
	parameters: Record<string, unknown>,
	settings: Record<string, unknown> = {},
): Part {
	const providers = (parameters.providers as string[] | undefined) ?? [type];
	const types = [...providers.map((provider) => `${provider}Api`), 'orderTrackingApi'];
	return {
		name,
		type: `n8n-nodes-digital-goods.${type}`,
		typeVersion: 1,
		credentials: Object.fromEntries(types.map((one) => [one, { id: credentials[one]!.id, name: one }])),
		parameters,
		...settings,
	};
}
