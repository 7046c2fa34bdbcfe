import type { INodeCredentialDescription, INodeProperties } from 'n8n-workflow';
import { DEFAULT_TABLE } from '../shared/node/orderProperties';
import { selector } from '../shared/node/properties';
import { followed } from './followed';

const choices = followed.map(({ displayName, name }) => ({ name: displayName, value: name }));

/** By its bare name the editor would take Providers for the way to authenticate, and hide it. */
export const credentials: INodeCredentialDescription[] = [
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

export const properties: INodeProperties[] = [
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
