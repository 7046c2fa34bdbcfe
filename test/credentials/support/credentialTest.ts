import { ExecuteContext, RoutingNode } from 'n8n-core';
import {
	createEmptyRunExecutionData,
	NodeConnectionTypes,
	Workflow,
	type ICredentialDataDecryptedObject,
	type ICredentialType,
	type IExecuteData,
	type IHttpRequestOptions,
	type INode,
	type INodeType,
	type INodeTypes,
	type IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';
import { GivenCredentials } from '../../support/engine';

const node: INode = {
	id: 'temp',
	name: 'Temp-Node',
	type: 'temp',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

function contextFor(credential: ICredentialType, data: ICredentialDataDecryptedObject) {
	const withCredential = { ...node, credentials: { [credential.name]: { id: '1', name: 'test' } } };
	const nodeType: INodeType = {
		description: {
			displayName: 'Temp',
			name: 'temp',
			group: [],
			version: 1,
			description: '',
			defaults: {},
			inputs: [NodeConnectionTypes.Main],
			outputs: [NodeConnectionTypes.Main],
			credentials: [{ name: credential.name, required: true }],
			properties: [
				{
					displayName: 'Temp',
					name: 'temp',
					type: 'string',
					default: '',
					routing: { request: credential.test?.request },
				},
			],
		},
	};
	const nodeTypes: INodeTypes = {
		getByName: () => nodeType,
		getByNameAndVersion: () => nodeType,
		getKnownTypes: () => ({}),
	};
	const workflow = new Workflow({ nodes: [withCredential], connections: {}, active: false, nodeTypes });
	const executeData: IExecuteData = { node: withCredential, data: {}, source: null };
	const context = new ExecuteContext(
		workflow,
		withCredential,
		{
			credentialsHelper: new GivenCredentials([credential], { [credential.name]: data }),
		} as unknown as IWorkflowExecuteAdditionalData,
		'internal',
		createEmptyRunExecutionData(),
		0,
		[],
		{ main: [[{ json: {} }]] },
		executeData,
		[],
	);
	return { context, workflow, nodeType };
}

/** Sends a request as a node of this package does. */
export async function requestAsNode(
	credential: ICredentialType,
	data: ICredentialDataDecryptedObject,
	request: IHttpRequestOptions,
): Promise<unknown> {
	const { context } = contextFor(credential, data);
	return await context.helpers.httpRequestWithAuthentication.call(context, credential.name, request);
}

/** Runs the credential's test as n8n does behind "Retry" and "Save": the body of the answer, or what it throws. */
export async function runTest(
	credential: ICredentialType,
	data: ICredentialDataDecryptedObject,
): Promise<unknown> {
	const { context, workflow, nodeType } = contextFor(credential, data);
	await workflow.expression.acquireIsolate();
	try {
		const output = await new RoutingNode(context, nodeType, {
			id: '1',
			name: 'test',
			type: credential.name,
			data,
		}).runNode();
		return output?.[0]?.[0]?.json;
	} finally {
		await workflow.expression.releaseIsolate();
	}
}
