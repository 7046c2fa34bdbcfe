import 'reflect-metadata';
import { PollContext } from 'n8n-core';
import {
	Workflow,
	type IDataObject,
	type IHttpRequestOptions,
	type INode,
	type INodeParameters,
	type INodeType,
	type WorkflowActivateMode,
	type WorkflowExecuteMode,
} from 'n8n-workflow';
import type { World, ExecutionDouble } from './world';
// The one file that knows the harness of the other tests.
import { DigitalGoodsOrderTrigger } from '../../../nodes/DigitalGoodsOrderTrigger/DigitalGoodsOrderTrigger.node.ts';
import { additionalDataFor, NodeTypes, type Host } from '../../support/engine';
import { node } from '../../support/workflows';

/**
 * How n8n keeps a trigger's static data. `default`: one workflow object from the activation on, saved at the activation
 * and with each emission. `durable`: each poll begins with what was committed and commits, the activation only with an
 * emission. `scheduler`: the same without durable cursors, so only emissions are saved.
 */
export type Engine = 'default' | 'durable' | 'scheduler';

/** What becomes of an emission: n8n drops it, or saves static data and starts its execution, or not. */
export type Fate =
	'discarded' | 'delivered' | 'neverStarted' | 'running' | 'crashed' | 'crashedEmpty' | 'workerDied';

export interface Emitted {
	items: IDataObject[];
	execution: ExecutionDouble | undefined;
}

const CREDENTIALS = ['teleKartStarsApi', 'tgMarketApi', 'gamesDropApi', 'tributeApi', 'orderTrackingApi'];

const addresses: Host['credentials'] = Object.fromEntries(
	CREDENTIALS.map((name) => [
		name,
		{ apiKey: `${name} key`, token: `${name} key`, baseUrl: `http://${name}.test` },
	]),
);

/** The node as n8n's server loads it: with the times of its polls as a parameter. */
class LoadedTrigger extends DigitalGoodsOrderTrigger {
	constructor() {
		super();
		const pollTimes = {
			displayName: 'Poll Times',
			name: 'pollTimes',
			type: 'fixedCollection',
			default: {},
		} as const;
		const text = (name: string) => ({ displayName: name, name, type: 'string', default: '' }) as const;
		const item = { displayName: 'Item', name: 'item', values: ['mode', 'value', 'unit'].map(text) };
		const properties = [
			{ ...pollTimes, typeOptions: { multipleValues: true }, options: [item] },
			...this.description.properties,
		];
		this.description = { ...this.description, properties };
	}
}

const host: Host = { nodes: [LoadedTrigger], credentialTypes: [], credentials: addresses };
const nodeTypes = new NodeTypes(host.nodes);

let count = 0;

/** A trigger of an n8n, with the real node and the real context for polls. */
export class TriggerDouble {
	/** What n8n has in its database. */
	saved: IDataObject = {};
	readonly emissions: Emitted[] = [];
	/** What the engine does with the next emission. */
	fate: Fate = 'delivered';
	readonly workflowId: string;
	private workflow: Workflow | undefined;
	private context: PollContext | undefined;
	private readonly node: INode;

	constructor(
		private readonly world: World,
		readonly engine: Engine,
		parameters: INodeParameters,
	) {
		this.workflowId = `workflow-${++count}`;
		this.node = node('Trigger', 'digitalGoodsOrderTrigger', parameters, {
			credentials: Object.fromEntries(CREDENTIALS.map((name) => [name, { id: name, name }])),
		});
	}

	/** The user edits the node; to be followed by an activation. */
	setParameters(parameters: INodeParameters): void {
		this.node.parameters = parameters;
	}

	get isActive(): boolean {
		return this.workflow !== undefined;
	}

	/** The node's part of the static data in n8n's database. */
	get kept(): IDataObject {
		return (this.saved['node:Trigger'] ?? {}) as IDataObject;
	}

	/** Switches the workflow on (`activate`), or n8n starts (`init`). n8n polls once. */
	async activate(mode: WorkflowActivateMode = 'activate'): Promise<IDataObject[]> {
		if (mode === 'activate') this.world.activatedAt.set(this.workflowId, new Date().toISOString());
		const workflow = this.workflowFrom();
		const context = this.contextOf(workflow, 'trigger', mode);
		[this.workflow, this.context] = [workflow, context];
		return await this.finish(workflow, await this.call(context), this.engine === 'default');
	}

	deactivate(): void {
		[this.workflow, this.context] = [undefined, undefined];
	}

	async poll(): Promise<IDataObject[]> {
		if (this.engine === 'default')
			return await this.finish(this.workflow!, await this.call(this.context!), false);
		const workflow = this.workflowFrom();
		const items = await this.call(this.contextOf(workflow, 'trigger', 'update'));
		return await this.finish(workflow, items, this.engine === 'durable');
	}

	/** A test run in the editor. */
	async test(): Promise<IDataObject[]> {
		const workflow = this.workflowFrom();
		return await this.call(this.contextOf(workflow, 'manual', 'manual'));
	}

	private async finish(workflow: Workflow, items: IDataObject[], saves: boolean): Promise<IDataObject[]> {
		// The durable scheduler drops the result of a poll that took too long, or lost its lease.
		if (this.fate === 'discarded' && items.length > 0) {
			this.fate = 'delivered';
			if (this.engine !== 'default') return [];
		}
		if (items.length > 0 || saves)
			this.saved = JSON.parse(JSON.stringify(workflow.staticData)) as IDataObject;
		if (items.length === 0) return items;
		// With a durable cursor the execution is committed together with it.
		const fate = this.fate === 'neverStarted' && this.engine === 'durable' ? 'crashed' : this.fate;
		this.fate = 'delivered';
		const execution = fate === 'neverStarted' || fate === 'discarded' ? undefined : this.start(items, fate);
		this.emissions.push({ items, execution });
		return items;
	}

	private start(items: IDataObject[], fate: Exclude<Fate, 'neverStarted' | 'discarded'>): ExecutionDouble {
		const main = [items.map((json) => ({ json }))];
		const stack = { executionData: { nodeExecutionStack: [{ node: { name: 'Trigger' }, data: { main } }] } };
		const ran = { resultData: { runData: { Trigger: [{ data: { main } }] } } };
		const execution = { mode: 'trigger', workflowId: this.workflowId };
		switch (fate) {
			case 'delivered':
				return this.world.newExecution({ ...execution, status: 'success', data: ran });
			case 'running':
				return this.world.newExecution({
					...execution,
					status: 'running',
					data: { resultData: { runData: {} }, ...stack },
				});
			case 'crashed':
				return this.world.newExecution({ ...execution, status: 'crashed', data: { ...ran, ...stack } });
			case 'crashedEmpty':
				return this.world.newExecution({
					...execution,
					status: 'crashed',
					data: { resultData: { runData: {} } },
				});
			case 'workerDied':
				return this.world.newExecution({
					...execution,
					status: 'error',
					data: { resultData: { runData: {} }, ...stack },
				});
		}
	}

	private async call(context: PollContext): Promise<IDataObject[]> {
		const type = nodeTypes.getByNameAndVersion('digitalGoodsOrderTrigger');
		const output = await (type as Required<INodeType>).poll.call(context);
		return (output?.[0] ?? []).map(({ json }) => json);
	}

	private workflowFrom(): Workflow {
		return new Workflow({
			...{ id: this.workflowId, nodes: [structuredClone(this.node)], connections: {}, active: true },
			...{ nodeTypes, staticData: structuredClone(this.saved), settings: {} },
		});
	}

	private contextOf(
		workflow: Workflow,
		mode: WorkflowExecuteMode,
		activation: WorkflowActivateMode,
	): PollContext {
		const own = workflow.getNode('Trigger')!;
		const additionalData = additionalDataFor(host, '', workflow, mode);
		const unused = [undefined, undefined, undefined, undefined, undefined] as const;
		// Only the durable scheduler abandons a poll.
		const budget = this.engine !== 'default' && activation === 'update' ? () => 36_000 : undefined;
		const context = new PollContext(workflow, own, additionalData, mode, activation, ...unused, budget);
		Object.assign(context.helpers, {
			httpRequestWithAuthentication: async (credential: string, options: IHttpRequestOptions) =>
				this.world.request(credential, options),
		});
		// n8n's logger is not set up outside of its server.
		Object.defineProperty(context, 'logger', { value: { warn: (text: string) => this.warnings.push(text) } });
		return context;
	}

	/** What the trigger has logged. */
	readonly warnings: string[] = [];
}
