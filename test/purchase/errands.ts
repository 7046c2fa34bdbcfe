import { randomUUID } from 'node:crypto';
import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import type { AccountView, ControlInput } from '../../sandbox/control';
import type { RequestEntry } from '../../sandbox/journal';
import type { ProviderName } from '../../sandbox/provider';
import type { Bed } from '../support/bed';
import type { Finished, TestWorkflow } from '../support/engine';
import { chain, node } from '../support/nodes';
import { isAgent, type Errand, type Report, type Strike } from './model';
import type { Shop } from './shops';

/** Runs errands on the engine and tells what came of them, at the provider and in n8n. */

/** What n8n was told of one intent. */
export interface Told {
	report: Report;
	/** Where it was bought. */
	orderId?: unknown;
	/** Everything said in words: the message, and the description where the way of running shows it. */
	words: string;
}

/** What was bought of an account. */
export interface Counted {
	/** Each purchase once: its order's ID. */
	charged: string[];
	/** Requests that could buy. */
	sends: RequestEntry[];
}

/** An account of its own for each errand: they run side by side, and no limit is reached. */
export async function openAccount(
	bed: Bed,
	{ provider, credential }: Shop,
	spec: Omit<ControlInput['newAccount'], 'provider'> = {},
): Promise<AccountView & { use: Pick<INode, 'credentials'> }> {
	const account = await bed.sandbox.client.createAccount({
		provider,
		rate: null,
		...(provider === 'tribute' ? { products: 5 } : { balance: 100_000 }),
		...spec,
	});
	const id = `${provider} ${account.name}`;
	bed.credentials[id] = account.credentials;
	return { ...account, use: { credentials: { [credential]: { id, name: id } } } };
}

export async function strike(
	bed: Bed,
	{ provider, operation }: { provider: ProviderName; operation: string },
	account: string,
	strikes: Strike[],
): Promise<void> {
	for (const { fault, skip, times } of strikes)
		await bed.sandbox.client.addFault({ provider, operation, account, fault, skip, times });
}

/** How long a request may take, in seconds, where that is what ends it. */
export interface Patience {
	/** Where a fault never answers. */
	hangs: number;
	/** Where requests are repeated in vain: they are for twice this time. */
	inVain: number;
	/** Where orders are looked up that may not be there. */
	lookUp: number;
}
const PATIENCE: Patience = { hangs: 3, inVain: 4, lookUp: 30 };
/** Otherwise no request is to time out, however busy the machine. */
const LONG = 30;

function timeoutOf({ shop, strikes }: Errand, { hangs, inVain, lookUp }: Patience): number {
	if (strikes.some(({ fault }) => fault.type === 'hang')) return hangs;
	if (shop.recovery === 'lookUp') return lookUp;
	const isRepeated = ({ fault, times }: Strike) =>
		times !== 1 && !(fault.type === 'redirect' && fault.status !== 302) && fault.type !== 'refuse';
	return shop.recovery === 'repeat' && strikes.some(isRepeated) ? inVain : LONG;
}

/** An errand that was run, and whose account it was. */
export interface Ran {
	account: string;
	/** Round by round; undefined where nothing was told. */
	told: Array<Array<Told | undefined>>;
}

/** Runs one errand, with an account opened for it. */
export async function run(bed: Bed, errand: Errand, patience = PATIENCE): Promise<Ran> {
	const { shop, strikes, blind } = errand;
	const account = await openAccount(bed, shop);
	await strike(bed, shop, account.name, strikes);
	if (blind === true && shop.recovery === 'lookUp')
		await strike(bed, { ...shop, operation: 'order.get' }, account.name, [
			{ fault: { type: 'drop' }, skip: 0, times: -1 },
		]);
	const options = { requestTimeout: timeoutOf(errand, patience) };
	const finished = await bed.run(workflowOf(errand, options, shop.recipients(account), account.use));
	return { account: account.name, told: toldOf(errand, finished) };
}

/** What the sandbox counted, for one account or for all of a provider. */
export async function count(
	bed: Bed,
	provider: ProviderName,
	account?: string,
): Promise<Map<string, Counted>> {
	const filter = { provider, ...(account === undefined ? {} : { account }) };
	const counted = new Map<string, Counted>();
	const of = (name: string) => {
		if (!counted.has(name)) counted.set(name, { charged: [], sends: [] });
		return counted.get(name)!;
	};
	if (account !== undefined) of(account);
	const { charges, refunds } = await bed.sandbox.client.charges(filter);
	// The seller's side refunds; anywhere else a refund follows from a charge.
	for (const booking of provider === 'tribute' ? refunds : charges)
		of(booking.account).charged.push(booking.orderId);
	const { requests } = await bed.sandbox.client.requests(filter);
	for (const request of requests) {
		if (request.account === null || !/^(order.create|purchase.cancel)$/.test(request.operation)) continue;
		of(request.account).sends.push(request);
	}
	return counted;
}

export function workflowOf(
	errand: Errand,
	options: INodeParameters,
	recipients: string[],
	use: Partial<INode>,
): TestWorkflow {
	const { shop, way, tries, rounds } = errand;
	const retry = tries > 1 ? { retryOnFail: true, maxTries: tries, waitBetweenTries: 1 } : {};
	const onError =
		way === 'continue'
			? ({ onError: 'continueRegularOutput' } as const)
			: way === 'errorOutput'
				? ({ onError: 'continueErrorOutput' } as const)
				: {};
	const id = `errand-${randomUUID()}`;
	const whos = rounds.map((round) => round.map((number) => recipients[number]!));

	if (isAgent(way)) {
		const calls = whos.map(([who], index) => ({ tool: 'Buy', input: { who }, id: `call-${index}` }));
		const parameters: INodeParameters = {
			...shop.order("={{ $fromAI('who', '', 'string') }}"),
			allowAgentPurchases: true,
			options: shop.ceiling === undefined ? options : { ...options, maxPrice: shop.ceiling },
		};
		return {
			id,
			nodes: [
				node('Start', 'items', { items: [{}] as unknown as string }),
				node('Agent', 'agent', { through: way, calls: calls as unknown as string }),
				node('Buy', `${shop.provider}Tool`, parameters, { ...use, ...retry }),
			],
			connections: {
				...chain('Start', 'Agent'),
				Buy: { ai_tool: [[{ node: 'Agent', type: 'ai_tool' as const, index: 0 }]] },
			},
		};
	}

	// Recipients are looked up by round and item: behind a loop the items are the orders of the round before.
	const items = rounds[0]!.map((_, index) => ({ whos: whos.map((round) => round[index]!) }));
	const parameters = {
		...shop.order("={{ $('Start').all()[$itemIndex].json.whos[$runIndex] }}"),
		options,
	};
	const start = node('Start', 'items', { items: items as unknown as string });
	const buy = node('Buy', shop.provider, parameters, { ...use, ...retry, ...onError });
	const rest = [node('Rest', 'through'), node('Errors', 'through')];
	const to = (name: string) => [{ node: name, type: 'main' as const, index: 0 }];
	if (rounds.length === 1)
		return {
			id,
			nodes: [start, buy, ...rest],
			connections: { ...chain('Start', 'Buy'), Buy: { main: [to('Rest'), to('Errors')] } },
		};
	return {
		id,
		nodes: [start, node('Loop', 'loop', { rounds: rounds.length }), buy, ...rest],
		connections: {
			...chain('Start', 'Loop'),
			Loop: { main: [to('Buy'), to('Rest')] },
			Buy: { main: [to('Loop')] },
		},
	};
}

interface Details extends IDataObject {
	outcome: Report;
	placed?: Array<{ item: number; orderId: string }>;
}

/** What was told of each intent, round by round; nothing where it was never reached. */
export function toldOf(errand: Errand, finished: Finished): Array<Array<Told | undefined>> {
	const { shop, way, rounds } = errand;
	if (isAgent(way)) return answersOf(finished, way).map((answer) => [toModel(shop, answer)]);
	return rounds.map((round, index) => {
		const told: Array<Told | undefined> = round.map(() => undefined);
		const task = finished.data.resultData.runData.Buy?.[index];
		const error = task?.error as Finished['error'] & { description?: string };
		if (error) {
			const { data, itemIndex } = error.context as { data: Details; itemIndex: number };
			for (const { item, orderId } of data.placed ?? [])
				told[item] = { report: 'bought', orderId, words: '' };
			told[itemIndex] = { report: data.outcome, words: `${error.message} ${error.description}` };
			return told;
		}
		for (const output of task?.data?.main?.flat() ?? []) {
			const { json, pairedItem } = output!;
			const { item } = pairedItem as { item: number };
			const details = json.details as Details | undefined;
			told[item] = details
				? { report: details.outcome, words: json.error as string }
				: { report: 'bought', orderId: shop.idOf(json), words: '' };
		}
		return told;
	});
}

/** What the model was answered, call by call. */
function answersOf(finished: Finished, way: Errand['way']): unknown[] {
	return finished.output('Agent').map(({ json: { answer } }) => {
		if (way === 'engine') return (answer as unknown[])[0];
		try {
			return (JSON.parse(answer as string) as unknown[])[0];
		} catch {
			return { error: answer };
		}
	});
}

/** Errors reach a model as words only. */
function toModel(shop: Shop, answer: unknown): Told {
	const json = answer as IDataObject;
	if (typeof json.error !== 'string') return { report: 'bought', orderId: shop.idOf(json), words: '' };
	const report = /outcome of this purchase is unknown/.test(json.error) ? 'unknown' : 'rejected';
	return { report, words: json.error };
}
