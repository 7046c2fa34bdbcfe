import type { IDataObject, INodeProperties } from 'n8n-workflow';
import type { Balance } from '../domain/balance';
import type { Order, OrderReference } from '../domain/order';
import type { Product } from '../domain/product';
import type { Api } from '../http/api';
import type { Connection } from '../http/connection';
import type { Parsed } from '../http/schemas';
import type { Item } from './item';

interface Described {
	/** Value of the Resource parameter. */
	resource: string;
	/** Value of the Operation parameter. */
	operation: string;
	/** Title Case, as in the Operation list. */
	displayName: string;
	/** Sentence case without articles, as in the node panel. */
	action: string;
	description: string;
	properties: INodeProperties[];
	/** Where this operation needs another credential or host than its provider's others. */
	connection?: Connection;
}

/**
 * Asks for something; may be repeated, side by side, at will.
 * `Output` is an item's JSON as the node gives it by default: the build writes it down for the editor
 * (`scripts/outputSchemas.js`), which offers the fields before the node has run.
 */
export interface ReadOperation<Output extends object = object> extends Described {
	/** One object gives one item, an array as many as it holds. Without Simplify they are the provider's own. */
	read: (item: Item) => Promise<Output | IDataObject | Array<Output | IDataObject>>;
}

/** What a purchase would order, after normalisation: however its parameters are written, the same is the same. */
export interface PurchaseIdentity {
	/** The provider's kind of order, empty where there is one only. */
	orderType: string;
	productId: string;
	/** Units of the product; for custom Stars the Stars. */
	quantity: number;
	/** All recipients, null where the provider takes none. */
	recipient: string | null;
	/** What else makes it another purchase, such as a game server. */
	details?: string;
}

export interface Prepared<Plan> {
	plan: Plan;
	identity: PurchaseIdentity;
}

/** What an order would cost now: all units and targets. Null when the provider does not say. */
export interface Quote {
	price: number | null;
	currency: string | null;
}

/** What the engine of purchases adds to an output. */
export interface PurchaseMarks {
	/** Whether the ledger has the order. Where Track Completion is on. */
	tracked?: boolean;
	/** Identifies the purchase to an AI agent, in its answers alone. */
	purchase?: string;
	/** What an agent should know about its call. */
	note?: string;
}

/** What is bought, now that everything is checked. */
export interface Placing<Plan> {
	plan: Plan;
	/** The provider's idempotency key; where it knows none, the user's own or nothing. */
	key: string;
	quote: Quote;
	/** Whether an order that the provider has under this key already is the result, and no error. */
	returnsEarlier: boolean;
}

/** The user's own key of a purchase. */
export interface KeyParameter {
	/** Path of the parameter. */
	path: string;
	/** Whether the provider itself knows the key. If so, a purchase without one gets one derived. */
	isProviders: boolean;
}

/** Moves money. Runs once for one intent, see `purchase/`. `Output` as with a {@link ReadOperation}. */
export interface PurchaseOperation<Plan = unknown, Output extends object = object> extends Described {
	/** Whether the purchase is an order, which the ledger can keep. Its output is a normalised order and more. */
	isOrder: boolean;
	key?: KeyParameter;
	/** Checks all parameters of an item, so that nothing that follows reads any. Sends nothing. */
	prepare(item: Item): Promise<Prepared<Plan>>;
	/**
	 * Asks what the order would cost. Absent where the provider tells only afterwards.
	 * `isNeeded`: whether `place` needs the answer even where no ceiling does.
	 */
	quote?: {
		isNeeded(plan: Plan): boolean;
		/** @param maxAge how old the price may be, in milliseconds, where a catalog is read for several items */
		read(item: Item, api: Api, plan: Plan, maxAge: number): Promise<Quote>;
	};
	/** Buys. */
	place(item: Item, api: Api, purchase: Placing<Plan>): Promise<Parsed<Output>>;
	/** The output for an order known by other means: one found again, or one that was only checked. */
	outputOf?(order: Order, plan: Plan, key: string): Output;
	/**
	 * Asks for the order of an earlier purchase by its key, where the provider then charges nothing and there is no
	 * other way. Only within `hours` of its first sending.
	 */
	recall?: { hours: number; read(api: Api, plan: Plan, key: string): Promise<Parsed<Output>> };
}

export type Operation = ReadOperation | PurchaseOperation;

/** How the orders of a provider are looked up. */
export interface Orders {
	/** Kinds of order that count apart, empty when there is one kind only. */
	types: ReadonlyArray<{ name: string; value: string }>;
	/** Seconds between two look-ups while an order node waits: first and longest. */
	lookUpEvery: readonly [number, number];
	/** Looks one order up; costs nothing. */
	get: (api: Api, reference: OrderReference) => Promise<Parsed<Order>>;
	/** Looks an order up by the key it was sent with, where the provider can. Undefined when it has none. */
	getByKey?: (api: Api, key: string) => Promise<Parsed<Order> | undefined>;
}

/** Which products to read; empty for any. */
export interface CatalogFilter {
	search: string;
	category: string;
}

export interface CatalogReading {
	products: Product[];
	/** Whether the catalog stayed the same while its pages were read. If not, products may be missing. */
	isStable: boolean;
}

/** How the products and the balance of a provider are read. Both cost nothing. */
export interface Catalog {
	/** Whether the provider itself searches and knows categories. Where it does not, it is read as a whole. */
	isSearchable: boolean;
	/** @param limit how many products are enough; Infinity for all */
	getProducts: (api: Api, filter: CatalogFilter, limit: number) => Promise<CatalogReading>;
	getBalance: (api: Api) => Promise<Parsed<Balance>>;
}

/** One provider: its whole API as this package uses it. */
export interface Provider {
	/** Node name, e.g. `teleKartStars`. */
	name: string;
	displayName: string;
	connection: Connection;
	resources: ReadonlyArray<{ name: string; value: string; description?: string }>;
	operations: readonly Operation[];
	/** Absent where the API cannot tell how an order stands. */
	orders?: Orders;
	/** Absent where the API has no list of products with prices to buy at. */
	catalog?: Catalog;
}
