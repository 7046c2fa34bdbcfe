import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Container } from '@n8n/di';
import { ExecutionLifecycleHooks, UnrecognizedNodeTypeError, WorkflowExecute } from 'n8n-core';
import { SSHClientsManager } from 'n8n-core/dist/execution-engine/ssh-clients-manager';
import {
	createEmptyRunExecutionData,
	ICredentialsHelper,
	Workflow,
	type IConnections,
	type ICredentialDataDecryptedObject,
	type ICredentialType,
	type IHttpRequestOptions,
	type INode,
	type INodeExecutionData,
	type INodeType,
	type INodeTypes,
	type IRun,
	type IRunExecutionData,
	type IVersionedNodeType,
	type IWorkflowExecuteAdditionalData,
	type WorkflowExecuteMode,
} from 'n8n-workflow';

/**
 * Runs workflows on n8n's own engine (`WorkflowExecute`), with the node and credential classes of this package
 * and requests over HTTP. What n8n's server adds around the engine (its database of credentials) is the one
 * part supplied here.
 */

// n8n's server stops this service when it shuts down. Its timer would keep all modules of a test file in memory; a process of its own just ends.
if (typeof afterAll === 'function') afterAll(() => Container.get(SSHClientsManager).onShutdown());

type NodeClass = new () => INodeType;
type CredentialClass = new () => ICredentialType;

/** Values of each credential type. */
export type Credentials = Record<string, ICredentialDataDecryptedObject>;

export class NodeTypes implements INodeTypes {
	private readonly types = new Map<string, INodeType>();

	constructor(classes: NodeClass[]) {
		for (const nodeClass of classes) {
			const type = new nodeClass();
			this.types.set(type.description.name, type);
		}
	}

	getByName(name: string): INodeType | IVersionedNodeType {
		return this.getByNameAndVersion(name);
	}

	/** A usable node's name with `Tool` behind it is the same node with the outputs of a tool, as n8n's server makes it. */
	getByNameAndVersion(name: string): INodeType {
		const short = name.split('.').at(-1)!;
		const type = this.types.get(short);
		if (type !== undefined) return type;
		const plain = this.types.get(short.replace(/Tool$/, ''));
		if (plain === undefined || !short.endsWith('Tool'))
			throw new UnrecognizedNodeTypeError('n8n-nodes-digital-goods', short);
		return Object.create(plain, {
			description: { value: { ...plain.description, name: short, inputs: [], outputs: ['ai_tool'] } },
		}) as INodeType;
	}

	getKnownTypes() {
		return {};
	}
}

/** Replaces n8n's database of credentials: gives these values, and calls the type's own `authenticate`. */
export class GivenCredentials extends ICredentialsHelper {
	private readonly types: Map<string, ICredentialType>;

	constructor(
		types: ICredentialType[],
		private readonly values: Credentials,
	) {
		super();
		this.types = new Map(types.map((type) => [type.name, type]));
	}

	getParentTypes() {
		return [];
	}

	isCredentialUsableByNode() {
		return true;
	}

	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		name: string,
		request: IHttpRequestOptions,
	) {
		const { authenticate } = this.types.get(name)!;
		if (typeof authenticate !== 'function') throw new Error(`${name} has no authenticate function`);
		return await authenticate(credentials, request);
	}

	async preAuthentication() {
		return undefined;
	}

	async runPreAuthentication() {
		return undefined;
	}

	async getCredentials(): Promise<never> {
		throw new Error('not kept encrypted here');
	}

	async getDecrypted(_: IWorkflowExecuteAdditionalData, { id }: { id: string | null }, type: string) {
		const value = this.values[id ?? type] ?? this.values[type];
		if (value === undefined) throw new Error(`no credential ${type}`);
		return { ...value };
	}

	async updateCredentials() {}

	async updateCredentialsOauthTokenData() {}

	getCredentialsProperties(name: string) {
		return this.types.get(name)?.properties ?? [];
	}
}

export interface Host {
	nodes: NodeClass[];
	credentialTypes: CredentialClass[];
	credentials: Credentials;
}

/** What n8n's server hands to the engine for one execution. */
export const additionalDataFor = (
	host: Host,
	executionId: string,
	workflow: Workflow,
	mode: WorkflowExecuteMode,
) =>
	({
		executionId,
		credentialsHelper: new GivenCredentials(
			host.credentialTypes.map((credentialType) => new credentialType()),
			host.credentials,
		),
		currentNodeExecutionIndex: 0,
		variables: {},
		restApiUrl: 'http://127.0.0.1/rest',
		instanceBaseUrl: 'http://127.0.0.1/',
		webhookBaseUrl: 'http://127.0.0.1/webhook',
		webhookWaitingBaseUrl: 'http://127.0.0.1/webhook-waiting',
		webhookTestBaseUrl: 'http://127.0.0.1/webhook-test',
		formWaitingBaseUrl: 'http://127.0.0.1/form-waiting',
		hooks: new ExecutionLifecycleHooks(mode, executionId, {
			id: workflow.id,
			name: 'test',
			active: false,
			isArchived: false,
			createdAt: new Date(),
			updatedAt: new Date(),
			nodes: Object.values(workflow.nodes),
			connections: {},
		} as never),
	}) as unknown as IWorkflowExecuteAdditionalData;

export interface TestWorkflow {
	id?: string;
	nodes: INode[];
	connections: IConnections;
}

export const workflowOf = (host: Host, { id = 'workflow-1', nodes, connections }: TestWorkflow): Workflow =>
	new Workflow({
		id,
		nodes: nodes.map((node) => structuredClone(node)),
		connections,
		active: false,
		nodeTypes: new NodeTypes(host.nodes),
		settings: { executionOrder: 'v1' },
	});

export interface Finished {
	run: IRun;
	data: IRunExecutionData;
	/** Output items of a node's run, by output. */
	output: (node: string, output?: number, runIndex?: number) => INodeExecutionData[];
	/** The error the execution ended with. */
	error:
		| (IRun['data']['resultData']['error'] & {
				context?: { data?: unknown; itemIndex?: number };
				httpCode?: string | null;
		  })
		| undefined;
	executionId: string;
}

export interface RunOptions {
	executionId?: string;
	mode?: WorkflowExecuteMode;
	/** Called with the running execution, e.g. to cancel it. */
	started?: (execution: { cancel: () => void }) => void;
	from?: string;
}

/** Runs a workflow to its end, whatever that is. */
export async function execute(
	host: Host,
	definition: TestWorkflow,
	options: RunOptions = {},
): Promise<Finished> {
	const { mode = 'trigger' } = options;
	const workflow = workflowOf(host, definition);
	const startNode = workflow.getNode(options.from ?? definition.nodes[0]!.name)!;
	return await runToEnd(host, workflow, { ...options, mode }, createEmptyRunExecutionData(), (execution) => {
		const running = execution.run({ workflow, startNode });
		options.started?.({ cancel: () => running.cancel() });
		return running;
	});
}

/** Runs a workflow from the data given, and gives back the isolate in which n8n evaluates its expressions. */
export async function runToEnd(
	host: Host,
	workflow: Workflow,
	{ executionId = randomUUID(), mode }: { executionId?: string; mode: WorkflowExecuteMode },
	data: IRunExecutionData,
	begin: (execution: WorkflowExecute) => PromiseLike<IRun>,
): Promise<Finished> {
	await workflow.expression.acquireIsolate();
	try {
		const additionalData = additionalDataFor(host, executionId, workflow, mode);
		const run = await begin(new WorkflowExecute(additionalData, mode, data));
		return {
			run,
			data: run.data,
			executionId,
			error: run.data.resultData.error as Finished['error'],
			output: (node, output = 0, runIndex = 0) =>
				run.data.resultData.runData[node]?.[runIndex]?.data?.main?.[output] ?? [],
		};
	} finally {
		await workflow.expression.releaseIsolate();
	}
}
