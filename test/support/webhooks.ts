import 'reflect-metadata';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { HookContext, WebhookContext } from 'n8n-core';
import {
	Workflow,
	type IDataObject,
	type INode,
	type INodeParameters,
	type INodeType,
	type IWebhookData,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';
import { additionalDataFor, NodeTypes, type Host } from './engine';
import { listen } from './listen';
import { node } from './workflows';

/** Where n8n crashes while it works on a call. */
export type CrashPoint = 'before the execution' | 'before it is remembered' | 'before the answer';

/**
 * A webhook trigger as n8n serves it, over HTTP: a workflow object with a copy of the static data for each call, the
 * node's own `webhook` on n8n's context, then the execution, the static data and the answer, in n8n's order.
 */
export class Webhooks {
	/** The items of each execution that was created. */
	readonly executions: IDataObject[][] = [];

	/** What the node threw; n8n makes a failed execution of each. */
	readonly thrown: unknown[] = [];

	/** Called when an execution is about to be created: may take its time, or throw when there is to be none. */
	creating: (items: IDataObject[]) => Promise<void> | void = () => {};

	/** Called between static data being ready to be written and written. */
	writing: () => Promise<void> | void = () => {};

	/** Static data as the database has it. */
	saved: string | null = null;

	mode: 'webhook' | 'manual' = 'webhook';

	private crashPoint: CrashPoint | undefined;
	private hasCrashed = false;
	private readonly node: INode;
	private readonly server: Server;
	private readonly types: NodeTypes;
	private id = newId();
	private port = 0;

	private constructor(
		private readonly host: Host,
		type: string,
		parameters: INodeParameters,
		more: Partial<INode>,
	) {
		this.node = node('Trigger', type, parameters, more);
		this.types = new NodeTypes(host.nodes);
		this.server = createServer((request, response) => {
			this.serve(request, response).catch((error: unknown) => {
				this.thrown.push(error);
				response.destroy();
			});
		});
	}

	static async open(
		host: Host,
		type: string,
		parameters: INodeParameters = {},
		more: Partial<INode> = {},
	): Promise<Webhooks> {
		const webhooks = new Webhooks(host, type, parameters, more);
		webhooks.port = await listen(webhooks.server);
		return webhooks;
	}

	get url(): string {
		return `http://127.0.0.1:${this.port}/webhook`;
	}

	/** All items of all executions. */
	get items(): IDataObject[] {
		return this.executions.flat();
	}

	/** Lets n8n crash at this point of the next call that gets there. */
	crashAt(point: CrashPoint): void {
		this.crashPoint = point;
	}

	/** Continues as another process, with nothing but the database: what the last one kept belongs to another workflow ID. */
	restart(): void {
		this.id = newId();
		this.crashPoint = undefined;
		this.hasCrashed = false;
	}

	/** What the editor calls when the workflow is activated. */
	async register(): Promise<boolean> {
		const workflow = this.workflowFrom(undefined);
		const context = new HookContext(
			workflow,
			workflow.getNode('Trigger')!,
			additionalDataFor(this.host, '', workflow, 'trigger'),
			'trigger',
			'activate',
			WEBHOOK,
		);
		const methods = this.type.webhookMethods!.default!;
		return (await methods.checkExists!.call(context)) || (await methods.create!.call(context));
	}

	async close(): Promise<void> {
		this.server.closeAllConnections();
		await new Promise((done) => this.server.close(done));
	}

	private get type(): INodeType {
		return this.types.getByNameAndVersion(this.node.type);
	}

	private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		if (this.hasCrashed) return void response.destroy();
		const staticData = this.saved === null ? undefined : (JSON.parse(this.saved) as IDataObject);
		const workflow = this.workflowFrom(staticData);
		const result = await this.call(workflow, request, response);
		if (result === undefined) return answer(response, 500, { message: 'could not be started' });
		const items = result.workflowData?.flat().map(({ json }) => json);
		if (items === undefined) {
			await this.save(workflow);
			if (result.noWebhookResponse !== true) answer(response, 200, result.webhookResponse);
			return;
		}
		if (this.crashes('before the execution')) return void response.destroy();
		try {
			await this.creating(items);
		} catch {
			return answer(response, 500, { message: 'There was a problem executing the workflow' });
		}
		// n8n builds another workflow on the same static data now, which takes it for unchanged.
		this.workflowFrom(staticData);
		this.executions.push(items);
		if (this.crashes('before it is remembered')) return void response.destroy();
		const body = result.webhookResponse as unknown;
		if (this.mode === 'webhook') await this.save(workflow);
		if (this.crashes('before the answer')) return void response.destroy();
		answer(response, 200, body);
	}

	private async call(
		workflow: Workflow,
		request: IncomingMessage,
		response: ServerResponse,
	): Promise<IWebhookResponseData | undefined> {
		const raw = Object.assign(request, {
			rawBody: undefined as Buffer | undefined,
			readRawBody: async () => {
				raw.rawBody = await buffer(request);
			},
		});
		const additional = additionalDataFor(this.host, '', workflow, this.mode);
		const context = new WebhookContext(
			workflow,
			workflow.getNode('Trigger')!,
			Object.assign(additional, { httpRequest: raw, httpResponse: response }) as unknown as typeof additional,
			this.mode,
			WEBHOOK,
			[],
			null,
		);
		try {
			return await this.type.webhook!.call(context as unknown as IWebhookFunctions);
		} catch (error) {
			this.thrown.push(error);
			return undefined;
		}
	}

	private async save({ staticData }: Workflow): Promise<void> {
		if ((staticData as { __dataChanged: boolean }).__dataChanged !== true) return;
		const written = JSON.stringify(staticData);
		await this.writing();
		this.saved = written;
	}

	private crashes(point: CrashPoint): boolean {
		if (this.crashPoint === point) this.hasCrashed = true;
		return this.hasCrashed;
	}

	private workflowFrom(staticData: IDataObject | undefined): Workflow {
		return new Workflow({
			id: this.id,
			nodes: [structuredClone(this.node)],
			connections: {},
			active: true,
			nodeTypes: this.types,
			...(staticData === undefined ? {} : { staticData }),
			settings: {},
		});
	}
}

let count = 0;
const newId = () => `webhooks-${++count}`;

const WEBHOOK = {
	httpMethod: 'POST',
	node: 'Trigger',
	path: 'webhook',
	webhookDescription: { name: 'default', httpMethod: 'POST', path: 'webhook' },
	workflowId: '',
	workflowExecuteAdditionalData: {},
} as unknown as IWebhookData;

function answer(response: ServerResponse, status: number, body: unknown): void {
	response.statusCode = status;
	response.setHeader('Content-Type', 'application/json');
	response.end(JSON.stringify(body));
}
