import type { IDataObject, INodeProperties } from 'n8n-workflow';
import type { Order, OrderReference } from '../domain/order';
import type { Api, Connection } from './http';
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
 * Asks for something; may be asked again, side by side, at will.
 * `Output` is an item's JSON as the node gives it by default: the build writes it down for the editor
 * (`scripts/outputSchemas.js`), which offers the fields before the node has run.
 */
export interface ReadOperation<Output extends object = object> extends Described {
	/** One object gives one item, an array as many as it holds. Without Simplify they are the provider's own. */
	read: (item: Item) => Promise<Output | IDataObject | Array<Output | IDataObject>>;
}

/** What one purchase came to. */
export interface Placed<Output extends object = object> {
	orderId: string | null;
	/** The normalised answer. */
	output: Output;
	/** The provider's own answer. */
	raw: IDataObject;
	/** Present where the purchase is an order that can be followed. */
	order?: Order;
	/** Which of the provider's kinds of order, where they count apart. */
	orderType?: string;
	/** Whether the tracking table has it. */
	tracked?: boolean;
}

/** Moves money. Runs once for one intent, see `purchase.ts`. `Output` as with a {@link ReadOperation}. */
export interface PurchaseOperation<Plan = unknown, Output extends object = object> extends Described {
	/** The parameter with the user's own idempotency key, where the provider knows such a key. */
	keyParameter?: string;
	/** Whether `options.orderOnceKey` stands in for a key the provider does not know. */
	once?: boolean;
	/** Checks all parameters and prices of an item, so that `place` reads none any more. Buys nothing. */
	prepare(item: Item): Promise<Plan>;
	/** Buys. `key` is the provider's idempotency key; where it knows none, the user's Order Once Key or nothing. */
	place(item: Item, plan: Plan, key: string): Promise<Placed<Output>>;
}

export type Operation = ReadOperation | PurchaseOperation;

/** How the orders of a provider are looked up again. */
export interface Orders {
	/** Kinds of order that count apart, empty when there is one kind only. */
	types: ReadonlyArray<{ name: string; value: string }>;
	/** Seconds between two looks while an order node waits: first and longest. */
	lookEvery: readonly [number, number];
	/** Looks one order up; costs nothing. */
	get: (api: Api, reference: OrderReference) => Promise<{ order: Order; raw: IDataObject }>;
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
}
