import type { INodeCredentialDescription, INodeProperties } from 'n8n-workflow';
import { DEFAULT_TABLE } from '../shared/node/orderProperties';
import { selector } from '../shared/node/properties';
import { choicesOf, credentialsOf, providersProperties } from '../shared/trigger/properties';
import { lookUpProviders, orderProviders } from './providers';

export const credentials: INodeCredentialDescription[] = [
	...credentialsOf(lookUpProviders),
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
	...providersProperties(
		orderProviders,
		'Whose orders to watch. Each one needs its credential, except those that cannot look an order up: their events are what the Data Table says.',
	),
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
				name: 'Expired',
				value: 'expired',
				action: 'On order expired',
				description: 'The order was still open after the time in Give Up After',
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
				description: 'The money came back; looked up for three days after an order failed or was cancelled',
			},
			{
				name: 'Unconfirmed',
				value: 'unconfirmed',
				action: 'On order unconfirmed',
				description:
					'The answer to a purchase never came: it may have been ordered and paid, and somebody has to look',
			},
		],
		default: ['completed'],
		description: 'What has to happen to an order to start the workflow',
	},
	{
		displayName: 'Table Name',
		name: 'tableName',
		type: 'string',
		required: true,
		displayOptions: { show: { source: ['trackedOrders'] } },
		default: DEFAULT_TABLE,
		description: 'Data Table the orders are tracked in, created on first use',
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
					selector('Provider', 'provider', choicesOf(lookUpProviders)),
					...lookUpProviders
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
				displayName: 'Delete Finished After',
				name: 'deleteAfter',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 0,
				description:
					'After how many days finished rows are deleted from the Data Table. 0 keeps them forever. With a deleted row its Order Once Key is forgotten and its price no longer counts towards a Spending Limit, so keep them for 30 days at least where you use those.',
			},
			{
				displayName: 'Give Up After',
				name: 'expireAfter',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 30,
				description:
					'After how many days an order that is still open is no longer watched. The event Expired reports it once. 0 watches forever.',
			},
		],
	},
];
