import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { mapBounded } from '../async/mapBounded';
import type { Order } from '../domain/order';
import { asProviderError, toNodeApiError, type PlacedOrder } from '../errors/nodeApiError';
import { ProviderError, unknownOutcome } from '../errors/providerError';
import type { Api } from '../http/api';
import { OLDEST_BOOKED_PRICE, OLDEST_QUOTE } from '../http/retryPolicy';
import type { Item } from '../node/item';
import type { Prepared, Provider, PurchaseOperation } from '../node/operation';
import { errorItem, outputItems } from '../node/output';
import { agentCall, refuseAgents, type AgentCall } from './agent';
import { Bookkeeping, rowFor, termsOf } from './bookkeeping';
import { isOutdated, quoteBelow, type ReadQuote } from './ceiling';
import { alreadyOrdered, recall, refusalOf } from './earlier';
import { fingerprintOf, Intent, type Purchased } from './intent';
import { settingsOf, type Settings } from './settings';
import { waitUntilFinal } from './waitForCompletion';

/** How many requests of one run are under way at the same time. */
export const READS_AT_ONCE = 16;
/** Orders that are waited for at the same time; each is looked up every few seconds. */
const WAITS_AT_ONCE = 100;

const NO_QUOTE: ReadQuote = { price: null, currency: null, readAt: Infinity };

/**
 * Buys what the items ask for: at most once for one intent, whatever n8n repeats.
 * All items are checked and priced before the first is bought, then bought one after the other, each against its own
 * fresh price. A purchase is written down before it is sent and remembered before the next one.
 */
export async function purchase(
	context: IExecuteFunctions,
	provider: Provider,
	operation: PurchaseOperation,
	items: Item[],
): Promise<INodeExecutionData[]> {
	const agent = agentCall(context);
	// n8n tells a model nothing of an error that a function throws, so it gets the error as its result.
	const proceeds = context.continueOnFail() || agent?.isFunction === true;
	const purchases = items.map((item) => new Purchase(item, provider, operation, agent));
	const fail = ({ item, error }: Purchase) =>
		toNodeApiError(context.getNode(), error!, item.index, placedSoFar(purchases));

	await mapBounded(purchases, READS_AT_ONCE, async (each) => await each.prepare());
	const refused = purchases.find(({ error }) => error !== undefined);
	if (refused && !proceeds) throw fail(refused);

	for (const each of purchases) {
		if (each.error === undefined) await each.buy();
		if (each.error !== undefined && !proceeds) throw fail(each);
	}
	await mapBounded(purchases, WAITS_AT_ONCE, async (each) => await each.wait());
	return purchases.flatMap((each) => each.items(context));
}

const placedSoFar = (purchases: Purchase[]): PlacedOrder[] =>
	purchases.flatMap(({ item, intent }) => {
		const memory = intent?.memory;
		if (memory?.state !== 'bought') return [];
		const { orderId, purchaseId } = memory.purchased.output as IDataObject;
		const id = orderId ?? purchaseId ?? null;
		return [{ item: item.index, orderId: id === null ? null : String(id), key: memory.key || null }];
	});

/** One item on its way from parameters to an order. */
class Purchase {
	intent?: Intent;
	error?: ProviderError;
	private settings!: Settings;
	private prepared!: Prepared<unknown>;
	private books?: Bookkeeping;
	private purchased?: Purchased;
	/** Whether the order was made before, and not by this call. */
	private isEarlier = false;

	constructor(
		readonly item: Item,
		private readonly provider: Provider,
		private readonly operation: PurchaseOperation,
		private readonly agent: AgentCall | undefined,
	) {}

	/** The key the provider or the ledger knows the purchase by; empty where there is none. */
	private get key(): string {
		const { userKey } = this.settings;
		return userKey || (this.operation.key?.isProviders ? this.intent!.derivedKey : '');
	}

	/**
	 * Reads and prices everything the item says, so that nothing is left to go wrong once money has moved: the
	 * credentials and the ledger too. Items that are bought already are only read, since some are compared with each other.
	 */
	async prepare(): Promise<void> {
		const { item, operation, provider } = this;
		try {
			refuseAgents(item, operation);
			this.settings = settingsOf(item, operation);
			this.prepared = await operation.prepare(item);
			const fingerprint = fingerprintOf(provider.name, this.prepared.identity);
			this.intent = Intent.of(item.context, item.index, fingerprint);
			if (this.intent.memory !== undefined) return;
			const api = await item.api();
			const { tracking } = this.settings;
			if (tracking !== undefined) this.books = await Bookkeeping.open(item, tracking);
			if (this.isGuarded) await this.quote(api, Infinity);
		} catch (error) {
			this.error = asProviderError(error, provider.name);
		}
	}

	/** Buys, or gives what an earlier attempt bought. */
	async buy(): Promise<void> {
		await this.intent!.alone(async () => {
			const { intent, provider } = this;
			this.purchased = intent!.bought;
			this.isEarlier = this.purchased !== undefined && this.agent !== undefined && !intent!.isSameCall;
			this.error = intent!.unresolved(provider.connection);
			if (this.purchased !== undefined || this.error !== undefined) return;
			try {
				this.purchased = this.settings.checkOnly ? await this.check() : await this.place();
			} catch (caught) {
				this.error = this.named(
					caught instanceof ProviderError
						? caught
						: unknownOutcome(provider.connection, 'it was interrupted while it was being sent'),
				);
				intent!.conclude(this.key, this.error);
				await this.books?.fail(this.error);
			}
		});
	}

	/** Waits until the order is final, where the user wants that. */
	async wait(): Promise<void> {
		const { purchased, books, intent, item, provider } = this;
		if (purchased === undefined || this.settings.wait === undefined || provider.orders === undefined) return;
		const { orderId, state } = purchased.output as unknown as Order;
		if (orderId === null || (state as string) === 'checked') return;
		const { orderType } = this.prepared.identity;
		const reference = { orderType, orderId };
		this.purchased = await waitUntilFinal(item, provider.orders, purchased, reference, this.settings.wait);
		if (this.purchased === purchased) return;
		await books?.record(this.purchased.output as unknown as Order);
		intent!.remember(this.key, this.purchased);
	}

	/** The output items. */
	items(context: IExecuteFunctions): INodeExecutionData[] {
		const { item, purchased, settings } = this;
		if (purchased === undefined) return [errorItem(context, this.error!, item.index)];
		const json = settings.simplify ? purchased.output : purchased.raw;
		if (this.agent === undefined) return outputItems(json, item.index);
		// The mark by which a later call is told from one that repeats this one.
		const mark = { purchase: this.intent!.derivedKey };
		const note =
			'This is the order that an equal call in this execution placed before. Nothing new was ordered.';
		return outputItems({ ...json, ...mark, ...(this.isEarlier ? { note } : {}) }, item.index);
	}

	private get isGuarded(): boolean {
		const { maxPrice, spending, checkOnly } = this.settings;
		return maxPrice !== undefined || spending !== undefined || checkOnly;
	}

	/** Whether the order leaves only at a price of this moment. Otherwise the price is for the books alone. */
	private get dependsOnPrice(): boolean {
		return this.isGuarded || this.operation.quote?.isNeeded(this.prepared.plan) === true;
	}

	/** How old the price of an order may be when it leaves, in milliseconds. */
	private get oldestPrice(): number {
		return this.dependsOnPrice ? OLDEST_QUOTE / 2 : OLDEST_BOOKED_PRICE;
	}

	/**
	 * What the order costs, below Max Price.
	 * @param maxAge in milliseconds; infinite where nothing is ordered at this price
	 */
	private async quote(api: Api, maxAge = this.oldestPrice): Promise<ReadQuote> {
		const { operation, settings, prepared } = this;
		const { quote } = operation;
		if (quote === undefined || !(this.dependsOnPrice || settings.tracking !== undefined)) return NO_QUOTE;
		try {
			return await quoteBelow(this.item, api, quote, prepared.plan, {
				maxPrice: settings.maxPrice,
				isPriceNeeded: settings.spending !== undefined || quote.isNeeded(prepared.plan),
				maxAge,
			});
		} catch (error) {
			if (this.dependsOnPrice) throw this.notSent(error);
			return NO_QUOTE;
		}
	}

	/** Whatever went wrong before the request left, nothing was ordered. */
	private notSent(error: unknown): ProviderError {
		return error instanceof ProviderError
			? error
			: this.item.refuse(
					'PRICE_UNKNOWN',
					'The order was stopped before its price was read',
					'Nothing was ordered. Run the workflow again.',
				);
	}

	private async place(): Promise<Purchased> {
		const { intent, item, operation, prepared, key, books } = this;
		const isQuoted = operation.quote !== undefined && this.dependsOnPrice;
		const api = await (await item.api()).reserve(isQuoted ? 2 : 1);
		try {
			intent!.sending(key);
			const quote = await this.quote(api);
			if (books !== undefined) {
				const earlier = await this.begin(api, books, quote);
				if (earlier !== undefined) return earlier;
				if (isOutdated(quote)) await this.confirm(api, quote);
			}
			const { tracking, ifAlreadyOrdered } = this.settings;
			const returnsEarlier = tracking === undefined || ifAlreadyOrdered === 'return';
			const placing = { plan: prepared.plan, key, quote, returnsEarlier };
			const { data, raw } = await operation.place(item, api, placing);
			const purchased = { output: data as IDataObject, raw };
			// It is bought: from here on nothing makes a failure of it.
			intent!.remember(key, purchased);
			if (books === undefined) return purchased;
			const tracked = await books.settle(data as Order);
			const output = { ...purchased.output, tracked };
			intent!.remember(key, { output, raw });
			return { output, raw };
		} finally {
			api.giveBack();
			if (this.isGuarded) item.cache.clear();
		}
	}

	/** Writes the purchase down. Gives the earlier order where the key has one and the user wants it. */
	private async begin(api: Api, books: Bookkeeping, quote: ReadQuote): Promise<Purchased | undefined> {
		const { item, provider, operation, settings, prepared, key } = this;
		const row = rowFor(item, provider.name, api.account, prepared.identity, settings, { key, ...quote });
		const claimed = await books.begin(row, api.longestPurchase, termsOf(settings));
		if (claimed.result === 'sending') return undefined;
		if (claimed.result !== 'taken') throw refusalOf(item, settings, quote.price, quote.currency, claimed);
		if (settings.ifAlreadyOrdered === 'refuse') throw alreadyOrdered(provider, key, claimed.earlier);
		const purchase = { ...prepared, key };
		const { order, output, raw, isFresh } = await recall(api, provider, operation, purchase, claimed.earlier);
		books.adopt(claimed.earlier);
		const earlier = { output: { ...output, tracked: true }, raw };
		this.intent!.remember(key, earlier);
		if (isFresh) await books.record(order);
		return earlier;
	}

	/** The ledger took its time: the order leaves only at the price it was written down with. */
	private async confirm(api: Api, { price }: ReadQuote): Promise<void> {
		const current = await this.quote(api);
		if (current.price === price) return;
		throw this.item.refuse(
			'PRICE_CHANGED',
			`The price changed from ${price} to ${current.price} while the order was being written down`,
			'Nothing was ordered. Run the workflow again.',
		);
	}

	/** Everything but ordering: nothing is sent to the ordering endpoint, and no row is left. */
	private async check(): Promise<Purchased> {
		const { item, provider, operation, settings, prepared, key, books } = this;
		const api = await item.api();
		const quote = await this.quote(api);
		if (books !== undefined) {
			const row = rowFor(item, provider.name, api.account, prepared.identity, settings, { key, ...quote });
			const claimed = await books.preview(row, termsOf(settings));
			if (claimed.result === 'taken') throw alreadyOrdered(provider, key, claimed.earlier);
			if (claimed.result !== 'sending') throw refusalOf(item, settings, quote.price, quote.currency, claimed);
		}
		const { productId, recipient } = prepared.identity;
		const order = {
			provider: provider.name,
			orderId: null,
			state: 'checked',
			...{ status: null, productId, recipient, price: quote.price, currency: quote.currency },
			...{ codes: [], message: 'Checked only: nothing was ordered' },
		} satisfies Omit<Order, 'state'> & { state: string };
		const output = operation.outputOf!(
			order as unknown as Order,
			prepared.plan,
			settings.userKey,
		) as IDataObject;
		return { output, raw: output };
	}

	/** Names the key in the text: at some providers it is the only way to find the order. */
	private named(error: ProviderError): ProviderError {
		const { key } = this;
		const isWorthNaming = this.settings.userKey !== '' || error.outcome === 'unknown';
		return key === '' || !isWorthNaming || error.message.includes(`"${key}"`)
			? error
			: error.with({ message: `${error.message} (key ${key})` });
	}
}
