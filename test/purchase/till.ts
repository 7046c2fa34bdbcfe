import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import type { AccountView, ControlInput } from '../../sandbox/control';
import type { RequestEntry } from '../../sandbox/journal';
import type { Bed } from '../support/bed';
import type { Finished, RunOptions, TestWorkflow } from '../support/engine';
import { chain, node } from '../support/nodes';
import { count, openAccount } from './errands';
import { shops, type Fault, type Shop } from './shops';

/** One account of its own at one provider, and the node that buys with it: named `Buy` in every workflow. */
export class Till {
	private constructor(
		private readonly bed: Bed,
		readonly shop: Shop,
		readonly account: AccountView,
		/** Names the account's credential in a node. */
		readonly use: Pick<INode, 'credentials'>,
	) {}

	static async open(
		bed: Bed,
		shop: Shop | string,
		spec: Omit<ControlInput['newAccount'], 'provider'> = {},
	): Promise<Till> {
		const found = typeof shop === 'string' ? shopOf(shop) : shop;
		const account = await openAccount(bed, found, spec);
		return new Till(bed, found, account, account.use);
	}

	get recipients(): string[] {
		return this.shop.recipients(this.account);
	}

	/** A purchase for each item; the item's `who` receives it. */
	order(more: INodeParameters = {}): INodeParameters {
		return { ...this.shop.order('={{ $json.who }}'), ...more };
	}

	/** Items for so many recipients, as far as there are some, then the first again. */
	items(count: number, each: (index: number) => IDataObject = () => ({})): IDataObject[] {
		const { recipients } = this;
		return Array.from({ length: count }, (_, index) => ({
			who: recipients[index % recipients.length]!,
			...each(index),
		}));
	}

	node(parameters: INodeParameters = this.order(), more: Partial<INode> = {}): INode {
		return node('Buy', this.shop.provider, parameters, { ...this.use, ...more });
	}

	/** Start → Buy → Rest, what fails goes to Errors where it may. */
	workflow(items: IDataObject[], parameters?: INodeParameters, more?: Partial<INode>): TestWorkflow {
		const to = (name: string) => [{ node: name, type: 'main' as const, index: 0 }];
		return {
			nodes: [
				node('Start', 'items', { items: items as unknown as string }),
				this.node(parameters, more),
				node('Rest', 'through'),
				node('Errors', 'through'),
			],
			connections: { ...chain('Start', 'Buy'), Buy: { main: [to('Rest'), to('Errors')] } },
		};
	}

	async buy(
		items: IDataObject[] = this.items(1),
		parameters?: INodeParameters,
		more?: Partial<INode>,
		options?: RunOptions,
	): Promise<Finished> {
		return await this.bed.run(this.workflow(items, parameters, more), options);
	}

	/** An agent with the node as its tool, which it calls so often; `input` is what the model writes. */
	async ask(
		through: 'engine' | 'function',
		calls: Array<{ input: IDataObject; id?: string }>,
		parameters: INodeParameters = {},
		more: Partial<INode> = {},
		chat: IDataObject = {},
	): Promise<Finished> {
		return await this.bed.run({
			nodes: [
				node('Start', 'items', { items: [chat] as unknown as string }),
				node('Agent', 'agent', {
					through,
					calls: calls.map(({ input, id }, index) => ({
						tool: 'Buy',
						input,
						id: id ?? `call-${index}`,
					})) as unknown as string,
				}),
				node(
					'Buy',
					`${this.shop.provider}Tool`,
					{ ...this.shop.order("={{ $fromAI('who', '', 'string') }}"), ...parameters },
					{ ...this.use, ...more },
				),
			],
			connections: {
				...chain('Start', 'Agent'),
				Buy: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
			},
		});
	}

	async strike(fault: Fault, more: Partial<ControlInput['fault']> = {}): Promise<void> {
		const { provider, operation } = this.shop;
		await this.bed.sandbox.client.addFault({
			provider,
			operation,
			account: this.account.name,
			fault,
			...more,
		});
	}

	/** IDs of what was really bought. */
	async charged(): Promise<string[]> {
		return (await this.counted()).charged;
	}

	/** Requests that could buy. */
	async sends(): Promise<RequestEntry[]> {
		return (await this.counted()).sends;
	}

	private async counted() {
		const { provider } = this.shop;
		return (await count(this.bed, provider, this.account.name)).get(this.account.name)!;
	}
}

export const shopOf = (name: string): Shop => shops.find((shop) => shop.name === name)!;

/** The key a request carried. */
export const keyOf = ({ headers, body }: RequestEntry): unknown =>
	headers['idempotency-key'] ?? (JSON.parse(body) as { transactionId?: string }).transactionId;

/** What the failed run said. */
export const saidOf = ({ error }: Finished) => ({
	message: error?.message ?? '',
	description: (error as { description?: string } | undefined)?.description ?? '',
	data: error?.context?.data as
		| {
				code: string | null;
				outcome: string;
				placed?: Array<{ item: number; orderId: string; key: string | null }>;
		  }
		| undefined,
});

/** What each call of an agent was answered, as text. */
export const answersOf = (finished: Finished): string[] =>
	finished
		.output('Agent')
		.map(({ json: { answer } }) => (typeof answer === 'string' ? answer : JSON.stringify(answer)));

export const retrying = (maxTries = 3): Partial<INode> => ({
	retryOnFail: true,
	maxTries,
	waitBetweenTries: 1,
});
export const continuing: Partial<INode> = { onError: 'continueRegularOutput' };
