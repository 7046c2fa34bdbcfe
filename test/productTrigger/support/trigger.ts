import type { PollContext } from 'n8n-core';
import type {
	IDataObject,
	IHttpRequestOptions,
	INodeParameters,
	Workflow,
	WorkflowActivateMode,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import type { Market, ProviderName } from './market';
import { DigitalGoodsProductTrigger } from '../../../nodes/DigitalGoodsProductTrigger/DigitalGoodsProductTrigger.node.ts';
import type { Host } from '../../support/engine';
import { Poller, type Engine } from '../../support/polling';
import { endProcess } from '../../trigger/support/processes';

const CREDENTIALS = ['teleKartStarsApi', 'aiMarketApi', 'gamesDropApi'];

const host: Host = {
	nodes: [DigitalGoodsProductTrigger],
	credentialTypes: [],
	credentials: Object.fromEntries(
		CREDENTIALS.map((name) => [
			name,
			{ apiKey: `${name} key`, token: `${name} key`, baseUrl: `http://${name}.test` },
		]),
	),
};

export interface Parameters extends INodeParameters {
	providers: ProviderName[];
	events: string[];
	filters: { search?: string; category?: string; productIds?: string };
	options: { minimumChange?: number; balanceBelow?: number };
}

/** A product trigger, saved by one of n8n's poll engines, whose requests reach the market. */
export class ProductTrigger extends Poller {
	private savedBefore: IDataObject = {};
	/** What the trigger has logged. */
	readonly warnings: string[] = [];
	/** What n8n says of the time for one poll, in milliseconds. */
	budget: number | undefined;

	constructor(
		private readonly market: Market,
		parameters: Partial<Parameters>,
		engine: Engine = 'default',
	) {
		super(host, { filters: {}, options: {}, ...parameters }, engine, 'digitalGoodsProductTrigger');
	}

	override async poll() {
		this.savedBefore = this.saved;
		return await super.poll();
	}

	/** The process ends, at any moment, and n8n starts anew. */
	async restart() {
		endProcess();
		return await this.activate('init');
	}

	/** The process is killed before n8n has saved what the last poll emitted. */
	async crashBeforeSaving() {
		this.saved = this.savedBefore;
		return await this.restart();
	}

	/** Changes what n8n has in its database for the node. */
	spoil(change: (state: object) => object): void {
		const kept = this.saved['node:Trigger'] as { state: object };
		kept.state = change(kept.state);
	}

	/** n8n drops what the last poll emitted, with what it would have saved, and lives on. */
	dropEmission(): void {
		this.saved = this.savedBefore;
	}

	/** What n8n has in its database for the node. */
	get memory(): string {
		return JSON.stringify(this.saved);
	}

	/** Somebody saves the workflow with other parameters. */
	async change(parameters: Partial<Parameters>) {
		Object.assign(this.node.parameters, parameters);
		return await this.activate('update');
	}

	protected override contextOf(
		workflow: Workflow,
		mode: WorkflowExecuteMode,
		activation: WorkflowActivateMode,
	): PollContext {
		const context = super.contextOf(workflow, mode, activation);
		Object.assign(context.helpers, {
			httpRequestWithAuthentication: async (credential: string, options: IHttpRequestOptions) =>
				await this.market.request(credential, options),
		});
		// n8n's logger is not set up outside of its server.
		Object.defineProperty(context, 'logger', { value: { warn: (text: string) => this.warnings.push(text) } });
		if (this.budget !== undefined)
			Object.defineProperty(context, 'getPollBudgetMs', { value: () => this.budget });
		return context;
	}
}
