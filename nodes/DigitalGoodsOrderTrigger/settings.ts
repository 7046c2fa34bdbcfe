import type { IDataObject, IPollFunctions } from 'n8n-workflow';
import { finalStates } from '../shared/domain/order';
import { toNodeApiError } from '../shared/errors/nodeApiError';
import { ProviderError } from '../shared/errors/providerError';
import { DEFAULT_TABLE } from '../shared/node/orderProperties';
import type { Watched } from './event';
import { followed, type Followed } from './followed';
import type { Settings } from './poll';

const DAY = 86_400_000;

/** Reads the node's parameters. Throws, naming the parameter, when they make no sense. */
export function settingsOf(context: IPollFunctions): Settings {
	const chosen = context.getNodeParameter('providers', []) as string[];
	const events = context.getNodeParameter('events', []) as string[];
	const used = followed.filter(({ name }) => chosen.includes(name));
	if (used.length === 0) throw unusable(context, 'Providers: choose at least one provider');
	if (!events.some((event) => (finalStates as readonly string[]).includes(event)))
		throw unusable(context, 'Events: choose at least one event');

	if (context.getNodeParameter('source') === 'orderIds') {
		return { providers: used, events, expireAfter: Infinity, orders: listOf(context, used) };
	}
	const tableName = String(context.getNodeParameter('tableName', DEFAULT_TABLE)).trim();
	if (tableName === '') throw unusable(context, 'Table Name is empty');
	const { expireAfter = 30 } = context.getNodeParameter('options', {}) as { expireAfter?: number };
	return { providers: used, events, tableName, expireAfter: expireAfter > 0 ? expireAfter * DAY : Infinity };
}

function listOf(context: IPollFunctions, used: Followed[]): Watched[] {
	const { order: entries = [] } = context.getNodeParameter('orders', {}) as { order?: IDataObject[] };
	if (entries.length === 0) throw unusable(context, 'Orders: add at least one order');
	return entries.map(({ provider, orderType, orderId, reference }, index): Watched => {
		const known = used.find(({ name }) => name === provider);
		if (known === undefined)
			throw unusable(context, `Orders, entry ${index + 1}: its provider is not among the chosen Providers`);
		const id = String(orderId ?? '').trim();
		if (id === '') throw unusable(context, `Orders, entry ${index + 1}: Order ID is empty`);
		const type = known.orders.types.length === 0 ? '' : String(orderType ?? known.orders.types[0]!.value);
		return {
			provider: known.name,
			orderType: type,
			orderId: id,
			reference: String(reference ?? ''),
			state: '',
		};
	});
}

const unusable = (context: IPollFunctions, message: string) =>
	toNodeApiError(
		context.getNode(),
		new ProviderError({
			provider: context.getNode().name,
			code: 'INVALID_PARAMETER',
			status: 400,
			message,
			description: 'Change it in the trigger node.',
		}),
	);
