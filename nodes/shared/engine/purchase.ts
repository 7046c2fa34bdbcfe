import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { agentCall, isChosenByModel } from './agent';
import { ProviderError, toNodeApiError, type PlacedOrder } from './errors';
import { unknownOutcome } from './http';
import { intentsOf, type Intent } from './intent';
import type { Item } from './item';
import { OrderOnceKey } from './once';
import type { Placed, Provider, PurchaseOperation } from './operation';
import { mapBounded } from './parallel';
import { errorItem, outputItems, READS_AT_ONCE, asProviderError } from './items';
import { track, trackingOf, type Tracking } from './tracking';
import { waitOf, waitUntilFinal } from './wait';

/** One item on its way from parameters to an order. */
interface Purchase {
	item: Item;
	intent: Intent;
	/** The user's own key, or the derived one; empty where there is none. */
	key: string;
	once: string;
	claim?: OrderOnceKey;
	simplify: boolean;
	tracking?: Tracking;
	/** How long to wait for the order, in milliseconds. */
	wait?: number;
	plan?: unknown;
	placed?: Placed;
	error?: ProviderError;
}

/** Orders that are waited for at the same time; each is asked every few seconds. */
const WAITS_AT_ONCE = 100;

/**
 * Buys what the items ask for: at most once for one intent, whatever n8n repeats.
 * All items are checked and priced before the first is bought, then bought one after the other, and an
 * order is remembered, then tracked, before the next one goes out.
 */
export async function purchase(
	context: IExecuteFunctions,
	provider: Provider,
	operation: PurchaseOperation,
	items: Item[],
): Promise<INodeExecutionData[]> {
	const proceed = context.continueOnFail();
	const intents = intentsOf(context, items.length, (index) => argumentsOf(context, operation, index));
	const purchases = items.map((item, index): Purchase => ({
		item,
		intent: intents[index]!,
		key: '',
		once: '',
		simplify: true,
	}));

	await mapBounded(purchases, READS_AT_ONCE, async (each) => {
		try {
			refuseAgents(each.item, operation);
			await prepare(each, operation);
		} catch (error) {
			if (each.intent.memory === undefined) each.error = asProviderError(error, provider);
		}
	});
	const fail = ({ item, error }: Purchase) =>
		toNodeApiError(context.getNode(), error!, item.index, placedSoFar(purchases));
	const refused = purchases.find((each) => each.error !== undefined);
	if (refused && !proceed) throw fail(refused);

	try {
		for (const each of purchases) {
			if (each.error === undefined) await buy(each, provider, operation);
			if (each.error !== undefined && !proceed) throw fail(each);
		}
	} finally {
		await OrderOnceKey.settle(purchases.flatMap(({ claim }) => claim ?? []));
	}

	await mapBounded(purchases, WAITS_AT_ONCE, async (each) => {
		const { item, placed, wait, tracking } = each;
		if (placed === undefined || wait === undefined || provider.orders === undefined) return;
		each.placed = await waitUntilFinal(item, provider.orders, placed, wait);
		if (each.placed === placed) return;
		if (tracking) await track(item, tracking, each.placed);
		each.intent.remember(each.key, each.placed);
	});

	return purchases.flatMap(({ item, placed, error, simplify }) => {
		if (placed === undefined) return [errorItem(context, error!, item.index)];
		return outputItems(simplify ? placed.output : placed.raw, item.index);
	});
}

/**
 * Reads and prices everything an item says, so that nothing is left to go wrong once money has moved: the
 * credential too. Items that are bought already go through it as well, since some are held against each other.
 */
async function prepare(each: Purchase, operation: PurchaseOperation): Promise<void> {
	const { item, intent } = each;
	const { keyParameter } = operation;
	each.simplify = item.flag('simplify', true);
	each.tracking = trackingOf(item);
	each.wait = waitOf(item);
	each.once = operation.once ? item.optionalText('options.orderOnceKey') : '';
	each.key = keyParameter === undefined ? each.once : item.optionalText(keyParameter) || intent.derivedKey;
	each.plan = await operation.prepare(item);
	await item.api();
}

async function buy(each: Purchase, provider: Provider, operation: PurchaseOperation): Promise<void> {
	const { item, intent, key, once, tracking } = each;
	each.placed = intent.bought;
	each.error = intent.unresolved(provider.connection);
	if (each.placed !== undefined || each.error !== undefined) return;

	try {
		intent.sending(key);
		if (once !== '') each.claim = await OrderOnceKey.claim(item.context, provider.name, once);
		each.placed = await operation.place(item, each.plan, key);
	} catch (caught) {
		const error = caught instanceof ProviderError ? caught : interrupted(provider);
		each.error = named(error, key);
		intent.conclude(key, each.error);
		await (error.outcome === 'rejected' ? each.claim?.free() : each.claim?.keep());
		return;
	}
	// It is bought: from here on nothing makes a failure of it.
	intent.remember(key, each.placed);
	await each.claim?.keep();
	if (tracking) await track(item, tracking, each.placed);
}

/** Whatever is not a clear answer happened when the request may have left. */
const interrupted = ({ connection }: Provider): ProviderError =>
	unknownOutcome(connection, 'it was interrupted while it was being sent');

/** Names the key in the text: at some providers the only way to find the order again. */
const named = (error: ProviderError, key: string): ProviderError =>
	key === '' || error.message.includes(`"${key}"`)
		? error
		: new ProviderError({ ...error, message: `${error.message} (key ${key})` });

const placedSoFar = (purchases: Purchase[]): PlacedOrder[] =>
	purchases.flatMap(({ item, intent }) => {
		const { memory } = intent;
		return memory?.state === 'bought'
			? [{ item: item.index, orderId: memory.placed.orderId, key: memory.key || null }]
			: [];
	});

/** Everything the operation reads, as the agent's call filled it in. */
const argumentsOf = (context: IExecuteFunctions, operation: PurchaseOperation, index: number): string =>
	JSON.stringify(operation.properties.map(({ name }) => [name, context.getNodeParameter(name, index, null)]));

/** A model spends money only where a person said so, up to a ceiling a person set. */
function refuseAgents(item: Item, operation: PurchaseOperation): void {
	const { context } = item;
	if (agentCall(context) === undefined) return;
	if (context.getNode().parameters.allowAgentPurchases !== true) {
		throw item.refuse(
			'AGENT_PURCHASE_NOT_ALLOWED',
			'AI agents may not move money with this node, and nothing was sent. Do not call it again; tell the user.',
			'Switch on "Allow AI Agent Purchases" in the node if the agent may spend money.',
		);
	}
	const paths = [
		operation.keyParameter,
		operation.once ? 'options.orderOnceKey' : undefined,
		hasCeiling(operation) ? 'options.maxPrice' : undefined,
	];
	for (const path of paths) {
		if (path === undefined || !isChosenByModel(context, path)) continue;
		throw item.refuse(
			'CHOSEN_BY_MODEL',
			`An AI model may not choose ${path.split('.').at(-1)}, nothing was ordered. Do not try again; tell the user.`,
			'Enter a fixed value, or an expression that does not use what the model writes ($fromAI, $json, $input).',
		);
	}
	if (hasCeiling(operation) && item.number('options.maxPrice') === undefined) {
		throw item.refuse(
			'MAX_PRICE_REQUIRED',
			'An AI agent may only buy below a Max Price, and none is set; nothing was ordered. Do not try again; tell the user.',
			'Add the option "Max Price" to the node.',
		);
	}
}

const hasCeiling = (operation: PurchaseOperation): boolean =>
	operation.properties.some(
		(property) =>
			property.name === 'options' && property.options?.some((option) => option.name === 'maxPrice'),
	);
