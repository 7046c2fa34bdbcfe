import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import type { AccountView, ControlInput } from '../../../sandbox/control';
import type { RequestEntry } from '../../../sandbox/journal';
import type { ProviderName } from '../../../sandbox/provider';
import type { Finished, RunOptions, TestWorkflow } from '../../support/engine';
import type { Harness } from '../../support/harness';
import type { Fault, FaultOptions } from '../../support/sandboxFaults';
import {
	agentWorkflow,
	itemsWorkflow,
	node,
	type AgentOptions,
	type ToolCall,
	type ToolMode,
} from '../../support/workflows';
import { kindOf, type PurchaseKind } from './purchaseKinds';

/** What was bought with one account. */
export interface ChargeCount {
	/** The order ID of each purchase. */
	charged: string[];
	/** Requests that could buy. */
	requests: RequestEntry[];
}

/**
 * One purchase kind with an account of its own, so that tests can run side by side and reach no limit, and the node
 * that buys it: named `Buy` in every workflow.
 */
export class PurchaseHarness {
	private constructor(
		private readonly harness: Harness,
		readonly kind: PurchaseKind,
		readonly account: AccountView,
		/** The account's credential, as a node refers to it. */
		private readonly nodeCredentials: Pick<INode, 'credentials'>,
	) {}

	static async open(
		harness: Harness,
		kind: PurchaseKind | string,
		spec: Omit<ControlInput['newAccount'], 'provider'> = {},
	): Promise<PurchaseHarness> {
		const found = typeof kind === 'string' ? kindOf(kind) : kind;
		const { provider, credential } = found;
		const account = await harness.sandbox.client.createAccount({
			provider,
			rate: null,
			...(provider === 'tribute' ? { products: 5 } : { balance: 100_000 }),
			...spec,
		});
		const id = `${provider} ${account.name}`;
		const purchases = new PurchaseHarness(harness, found, account, {
			credentials: {
				[credential]: { id, name: id },
				orderTrackingApi: { id: 'orderTrackingApi', name: 'n8n' },
			},
		});
		purchases.changeCredential({});
		return purchases;
	}

	/** Gives the node's credential other values than the account has. */
	changeCredential(values: Record<string, string>): void {
		const { id } = this.nodeCredentials.credentials![this.kind.credential]!;
		this.harness.credentials[id!] = { ...this.account.credentials, ...values };
	}

	get recipients(): string[] {
		return this.kind.recipients(this.account);
	}

	/** The node's parameters for one purchase for each item, for the recipient in the item's `recipient`. */
	parameters(more: INodeParameters = {}): INodeParameters {
		return { ...this.kind.parameters('={{ $json.recipient }}'), ...more };
	}

	/** This many items. There may be fewer recipients: then their list begins anew. */
	items(count: number, each: (index: number) => IDataObject = () => ({})): IDataObject[] {
		const { recipients } = this;
		return Array.from({ length: count }, (_, index) => ({
			recipient: recipients[index % recipients.length]!,
			...each(index),
		}));
	}

	node(parameters: INodeParameters = this.parameters(), more: Partial<INode> = {}): INode {
		return node('Buy', this.kind.provider, parameters, { ...this.nodeCredentials, ...more });
	}

	/** Start → Buy → Rest, and failed items to Errors where the node has an error output. */
	workflow(items: IDataObject[], parameters?: INodeParameters, more?: Partial<INode>): TestWorkflow {
		return itemsWorkflow(items, this.node(parameters, more));
	}

	async buy(
		items: IDataObject[] = this.items(1),
		parameters?: INodeParameters,
		more?: Partial<INode>,
		options?: RunOptions,
	): Promise<Finished> {
		return await this.harness.run(this.workflow(items, parameters, more), options);
	}

	/** An agent with the node as its tool, for the recipient the model writes. */
	agentWorkflow(
		mode: ToolMode,
		messages: ToolCall[][],
		parameters: INodeParameters = {},
		{ tool = {}, ...options }: AgentOptions & { tool?: Partial<INode> } = {},
	): TestWorkflow {
		const order = this.kind.parameters("={{ $fromAI('recipient', '', 'string') }}");
		return agentWorkflow(this.node({ ...order, ...parameters }, tool), mode, messages, options);
	}

	async askAgent(...call: Parameters<PurchaseHarness['agentWorkflow']>): Promise<Finished> {
		return await this.harness.run(this.agentWorkflow(...call));
	}

	async injectFault(fault: Fault, options: FaultOptions = {}): Promise<void> {
		const { provider, operation } = this.kind;
		await this.harness.sandbox.client.addFault({
			provider,
			operation,
			account: this.account.name,
			fault,
			...options,
		});
	}

	/** The order IDs of what was really bought. */
	async charged(): Promise<string[]> {
		return (await this.count()).charged;
	}

	/** Requests that could buy. */
	async requests(): Promise<RequestEntry[]> {
		return (await this.count()).requests;
	}

	async count(): Promise<ChargeCount> {
		const { name } = this.account;
		return (await countCharges(this.harness, this.kind.provider, name)).get(name) ?? NOTHING;
	}
}

const NOTHING: ChargeCount = { charged: [], requests: [] };

/** What the sandbox counted for each account of a provider, or for one. Accounts it never heard from are missing. */
export async function countCharges(
	harness: Harness,
	provider: ProviderName,
	account?: string,
): Promise<Map<string, ChargeCount>> {
	const { client } = harness.sandbox;
	const filter = { provider, ...(account === undefined ? {} : { account }) };
	const counts = new Map<string, ChargeCount>();
	const of = (name: string) => {
		if (!counts.has(name)) counts.set(name, { charged: [], requests: [] });
		return counts.get(name)!;
	};
	const { charges, refunds } = await client.charges(filter);
	// With Tribute, the purchase under test is a refund. Elsewhere a refund follows a charge.
	for (const booking of provider === 'tribute' ? refunds : charges)
		of(booking.account).charged.push(booking.orderId);
	const { requests } = await client.requests(filter);
	for (const request of requests) {
		if (request.account === null || !/^(order.create|purchase.cancel)$/.test(request.operation)) continue;
		of(request.account).requests.push(request);
	}
	return counts;
}

/** The idempotency key of a request. */
export const keyOf = ({ headers, body }: RequestEntry): unknown =>
	headers['idempotency-key'] ??
	(body === '' ? undefined : (JSON.parse(body) as { transactionId?: string }).transactionId);

/** What the agent's tool answered to each call, as text. */
export const answersOf = (finished: Finished): string[] =>
	finished
		.output('Agent')
		.map(({ json: { answer } }) => (typeof answer === 'string' ? answer : JSON.stringify(answer)));

export const retryOnFail = (maxTries = 3): Partial<INode> => ({
	retryOnFail: true,
	maxTries,
	waitBetweenTries: 1,
});
export const continueOnFail: Partial<INode> = { onError: 'continueRegularOutput' };
