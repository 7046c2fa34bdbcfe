import 'reflect-metadata';
import { PollContext } from 'n8n-core';
import {
	Workflow,
	type IDataObject,
	type INode,
	type INodeParameters,
	type WorkflowActivateMode,
	type WorkflowExecuteMode,
} from 'n8n-workflow';
import { additionalDataFor, NodeTypes, type Host } from './engine';
import { node } from './workflows';

const TYPE = 'digitalGoodsOrderTrigger';
const CREDENTIALS = ['teleKartStarsApi', 'tgMarketApi', 'gamesDropApi', 'aiMarketApi', 'orderTrackingApi'];

/**
 * How n8n keeps a trigger's static data. `default`: one workflow object from the activation on, saved at the activation
 * and with each emission. `durable`: each poll begins with what was committed and commits, the activation only with an
 * emission. `scheduler`: the same without durable cursors, so only emissions are saved.
 */
export type Engine = 'default' | 'durable' | 'scheduler';

/** A polling trigger as n8n keeps it, saved by one of n8n's poll engines and read back at the next start. */
export class Poller {
	/** What n8n has in its database. */
	protected saved: IDataObject = {};
	private workflow!: Workflow;
	private context!: PollContext;
	protected readonly node: INode;

	constructor(
		private readonly host: Host,
		parameters: INodeParameters,
		private readonly engine: Engine = 'default',
		type = TYPE,
		private readonly id = `poller-${Math.random().toString(36).slice(2)}`,
	) {
		this.node = node('Trigger', type, parameters, {
			credentials: Object.fromEntries(CREDENTIALS.map((name) => [name, { id: name, name }])),
		});
	}

	/** Starts the trigger: at the user's wish, or because n8n starts. Polls once, as n8n does. */
	async activate(activation: WorkflowActivateMode = 'activate'): Promise<IDataObject[]> {
		this.workflow = this.workflowFrom(this.saved);
		this.context = this.contextOf(this.workflow, 'trigger', activation);
		const events = await this.call(this.workflow, this.context);
		if (this.engine === 'default' || events.length > 0) this.save();
		return events;
	}

	/** One poll: the events it emits. */
	async poll(): Promise<IDataObject[]> {
		if (this.engine !== 'default') {
			this.workflow = this.workflowFrom(this.saved);
			this.context = this.contextOf(this.workflow, 'trigger', 'update');
		}
		const events = await this.call(this.workflow, this.context);
		if (this.engine === 'durable' || events.length > 0) this.save();
		return events;
	}

	/** What a test in the editor shows. */
	async test(): Promise<IDataObject[]> {
		const workflow = this.workflowFrom(this.saved);
		const before = JSON.stringify(workflow.staticData);
		const events = await this.call(workflow, this.contextOf(workflow, 'manual', 'manual'));
		if (JSON.stringify(workflow.staticData) !== before) throw new Error('a test run changed static data');
		return events;
	}

	/** Size of what n8n keeps for the trigger, in bytes. */
	get kept(): number {
		return JSON.stringify(this.saved).length;
	}

	private save(): void {
		this.saved = JSON.parse(JSON.stringify(this.workflow.staticData)) as IDataObject;
	}

	private async call(workflow: Workflow, context: PollContext): Promise<IDataObject[]> {
		const type = workflow.nodeTypes.getByNameAndVersion(this.node.type);
		const output = await (
			type as { poll: (this: PollContext) => Promise<Array<Array<{ json: IDataObject }>> | null> }
		).poll.call(context);
		return (output?.[0] ?? []).map(({ json }) => json);
	}

	private workflowFrom(staticData: IDataObject): Workflow {
		return new Workflow({
			id: this.id,
			nodes: [structuredClone(this.node)],
			connections: {},
			active: true,
			nodeTypes: new NodeTypes(this.host.nodes),
			staticData: structuredClone(staticData),
			settings: {},
		});
	}

	protected contextOf(
		workflow: Workflow,
		mode: WorkflowExecuteMode,
		activation: WorkflowActivateMode,
	): PollContext {
		const own = workflow.getNode('Trigger')!;
		return new PollContext(workflow, own, additionalDataFor(this.host, '', workflow, mode), mode, activation);
	}
}
