import type { IDataObject, INodeCredentialDescription, INodeProperties, IPollFunctions } from 'n8n-workflow';
import { providers } from '../providers.generated';
import { finalStates } from '../shared/domain/order';
import { ProviderError, toNodeApiError } from '../shared/engine/errors';
import type { Provider } from '../shared/engine/operation';
import { compareNames, DEFAULT_TABLE, selector } from '../shared/engine/properties';
import type { Watched } from './event';
import type { Followed, Settings } from './poll';

const DAY = 86_400_000;

const isFollowed = (provider: Provider): provider is Followed => provider.orders !== undefined;

/** Providers whose API can tell how an order stands. */
const followed: Followed[] = providers
	.filter(isFollowed)
	.sort((one, other) => compareNames(one.displayName, other.displayName));
const choices = followed.map(({ displayName, name }) => ({ name: displayName, value: name }));

/** By its bare name the editor would take Providers for the way to authenticate, and hide it. */
export const triggerCredentials: INodeCredentialDescription[] = [
	...followed.map(({ name, connection }) => ({
		name: connection.credential,
		required: true,
		displayOptions: { show: { '/providers': [name] } },
	})),
	{
		name: 'orderTrackingApi',
		required: true,
		displayOptions: { show: { '/source': ['trackedOrders'] } },
	},
];

export const triggerProperties: INodeProperties[] = [
	{
		displayName: 'Orders to Watch',
		name: 'source',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Tracked Orders',
				value: 'trackedOrders',
				description: 'Orders placed with "Track Completion" on, and rows you add to the Data Table yourself',
			},
			{ name: 'Order IDs', value: 'orderIds', description: 'A fixed list of orders' },
		],
		default: 'trackedOrders',
		description:
			'Where the orders to watch come from. No provider lists its orders or calls back, so they are looked up one by one.',
	},
	{
		displayName: 'Providers',
		name: 'providers',
		type: 'multiOptions',
		noDataExpression: true,
		required: true,
		options: choices,
		default: [],
		description: 'Whose orders to watch. Each one needs its credential.',
	},
	{ displayName: 'Credentials', name: 'credentials', type: 'credentials', default: '' },
	{
		displayName: 'Events',
		name: 'events',
		type: 'multiOptions',
		noDataExpression: true,
		required: true,
		options: [
			{
				name: 'Cancelled',
				value: 'cancelled',
				action: 'On order cancelled',
				description: 'The order was called off',
			},
			{
				name: 'Completed',
				value: 'completed',
				action: 'On order completed',
				description: 'The order was delivered',
			},
			{
				name: 'Failed',
				value: 'failed',
				action: 'On order failed',
				description: 'The order could not be delivered',
			},
			{
				name: 'Refunded',
				value: 'refunded',
				action: 'On order refunded',
				description: 'The money came back; looked up for three days after an order failed',
			},
		],
		default: ['completed'],
		description: 'Which ends of an order start the workflow',
	},
	{
		displayName: 'Table Name',
		name: 'tableName',
		type: 'string',
		required: true,
		displayOptions: { show: { source: ['trackedOrders'] } },
		default: DEFAULT_TABLE,
		description: 'Data Table the orders are tracked in, made on first use',
	},
	{
		displayName: 'Orders',
		name: 'orders',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		displayOptions: { show: { source: ['orderIds'] } },
		placeholder: 'Add order',
		default: {},
		options: [
			{
				displayName: 'Order',
				name: 'order',
				values: [
					selector('Provider', 'provider', choices),
					...followed
						.filter(({ orders }) => orders.types.length > 0)
						.map(({ name, orders }) => ({
							...selector(
								'Order Type',
								'orderType',
								orders.types.map((type) => ({ ...type })),
							),
							displayOptions: { show: { provider: [name] } },
						})),
					{
						displayName: 'Order ID',
						name: 'orderId',
						type: 'string',
						default: '',
						placeholder: 'e.g. 202607050001',
					},
					{
						displayName: 'Reference',
						name: 'reference',
						type: 'string',
						default: '',
						placeholder: 'e.g. 123456789',
						description: 'Anything the event should carry back, such as a chat ID',
					},
				],
			},
		],
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		displayOptions: { show: { source: ['trackedOrders'] } },
		default: {},
		options: [
			{
				displayName: 'Give Up After',
				name: 'expireAfter',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 30,
				description:
					'After how many days an order that is still open is reported once as order.expired and no longer watched. 0 watches forever.',
			},
		],
	},
];

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
