import type { IDataObject, IPollFunctions } from 'n8n-workflow';
import { finalStates } from '../shared/domain/order';
import { DEFAULT_TABLE } from '../shared/node/orderProperties';
import type { Provider } from '../shared/node/operation';
import { chosenEvents, chosenProviders, noEvent, numberOption, unusable } from '../shared/trigger/parameters';
import { eventIdOf, type EventState } from './event';
import { DAY, MOST_LISTED } from './limits';
import { canLookUp, orderProviders, type LookUpProvider } from './providers';

/** One order of the fixed list. */
export interface ListedOrder {
	provider: LookUpProvider;
	orderType: string;
	orderId: string;
	reference: string;
}

/** The node's parameters. */
export interface Settings {
	providers: Provider[];
	events: ReadonlySet<EventState>;
	/** After how many milliseconds an open order is given up; Infinity for never. */
	expireAfter: number;
	/** After how many milliseconds a finished row is deleted; 0 for never. */
	deleteAfter: number;
	tableName: string;
	/** The fixed list, instead of the table. */
	orders?: ListedOrder[];
}

const EVENTS: readonly EventState[] = [...finalStates, 'expired', 'unconfirmed'];

/** Reads the node's parameters. Throws, naming the parameter, when they make no sense. */
export function settingsOf(context: IPollFunctions): Settings {
	const providers = chosenProviders(context, orderProviders);
	const names = chosenEvents(context);
	const events = new Set(EVENTS.filter((event) => names.includes(event)));
	if (events.size === 0) throw noEvent(context);

	const common = { providers, events, expireAfter: Infinity, deleteAfter: 0, tableName: '' };
	if (context.getNodeParameter('source') === 'orderIds')
		return { ...common, orders: listOf(context, providers) };

	const tableName = String(context.getNodeParameter('tableName', DEFAULT_TABLE)).trim();
	if (tableName === '') throw unusable(context, 'Table Name is empty');
	const days = (name: string, displayName: string, otherwise: number): number =>
		numberOption(context, name, { displayName, otherwise, expected: 'a number of days, or 0 for never' }) *
		DAY;
	const expireAfter = days('expireAfter', 'Give Up After', 30);
	const deleteAfter = days('deleteAfter', 'Delete Finished After', 0);
	return { ...common, tableName, expireAfter: expireAfter === 0 ? Infinity : expireAfter, deleteAfter };
}

function listOf(context: IPollFunctions, chosen: Provider[]): ListedOrder[] {
	const { order: entries = [] } = context.getNodeParameter('orders', {}) as { order?: IDataObject[] };
	if (entries.length === 0) throw unusable(context, 'Orders: add at least one order');
	if (entries.length > MOST_LISTED) throw unusable(context, `Orders: at most ${MOST_LISTED} can be watched`);
	const orders = new Map<string, ListedOrder>();
	entries.forEach(({ provider: name, orderType, orderId, reference }, index) => {
		const refuse = (why: string) => unusable(context, `Orders, entry ${index + 1}: ${why}`);
		const provider = chosen.filter(canLookUp).find((candidate) => candidate.name === name);
		if (provider === undefined)
			throw refuse('its provider is not among the chosen Providers, or cannot look orders up');
		const id = String(orderId ?? '').trim();
		if (id === '') throw refuse('Order ID is empty');
		const [firstType] = provider.orders.types;
		const type = firstType === undefined ? '' : String(orderType ?? firstType.value);
		const entry = { provider, orderType: type, orderId: id, reference: String(reference ?? '') };
		const identity = eventIdOf({ ...entry, provider: provider.name }, '');
		if (!orders.has(identity)) orders.set(identity, entry);
	});
	return [...orders.values()];
}
