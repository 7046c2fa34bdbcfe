import type {
	ICredentialsDisplayOptions,
	IDisplayOptions,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';
import type { Provider } from './operation';

/**
 * Resource and Operation lists, then each operation's own parameters, shown only there. Each node's `properties.ts`
 * calls it for the build, which writes the result out (`gulp properties`): in n8n it does not run.
 */
export function nodeProperties({ resources, operations }: Provider): INodeProperties[] {
	return [
		selector(
			'Resource',
			'resource',
			resources.map((resource) => ({ ...resource })),
		),
		...resources.map(({ value }) => ({
			...selector(
				'Operation',
				'operation',
				operations
					.filter(({ resource }) => resource === value)
					.map(({ displayName, operation, action, description }) => ({
						name: displayName,
						value: operation,
						action,
						description,
					})),
			),
			displayOptions: { show: { resource: [value] } },
		})),
		...operations.flatMap(({ resource, operation, properties }) =>
			properties.map((property) => ({
				...property,
				displayOptions: shownFor(property.displayOptions, resource, operation),
			})),
		),
	];
}

/** A list to choose one of, its first entry chosen. */
export function selector(
	displayName: string,
	name: string,
	options: INodePropertyOptions[],
): INodeProperties {
	const list: INodeProperties = {
		displayName,
		name,
		type: 'options',
		noDataExpression: true,
		options,
		default: '',
	};
	return { ...list, default: options[0]?.value ?? '' };
}

const shownFor = (
	own: IDisplayOptions | undefined,
	resource: string,
	operation: string,
): IDisplayOptions => ({
	...own,
	show: { resource: [resource], operation: [operation], ...own?.show },
});

export const listProperties: INodeProperties[] = [
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: false,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		displayOptions: { show: { returnAll: [false] } },
		default: 50,
		description: 'Max number of results to return',
	},
];

export const simplifyProperty: INodeProperties = {
	displayName: 'Simplify',
	name: 'simplify',
	type: 'boolean',
	default: true,
	description: 'Whether to return the same simple fields for every provider instead of the raw answer',
};

/** A product from the provider's catalog: searched in a list, or by its ID. */
export const productProperty = (placeholder: string, description: string): INodeProperties => ({
	displayName: 'Product',
	name: 'productId',
	type: 'resourceLocator',
	default: { mode: 'list', value: '' },
	required: true,
	description,
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			placeholder: 'Select a product…',
			typeOptions: { searchListMethod: 'searchProducts', searchable: true },
		},
		{ displayName: 'By ID', name: 'id', type: 'string', placeholder },
	],
});

/** The Data Table orders are tracked in, unless told. */
export const DEFAULT_TABLE = 'digital_goods_orders';

export const allowAgentPurchasesProperty: INodeProperties = {
	displayName: 'Allow AI Agent Purchases',
	name: 'allowAgentPurchases',
	type: 'boolean',
	noDataExpression: true,
	default: false,
	description:
		'Whether an AI agent that uses this node as a tool may spend money with it. Has no effect when a workflow runs the node.',
};

const trackingProperties: INodeProperties[] = [
	{
		displayName: 'Track Completion',
		name: 'trackCompletion',
		type: 'boolean',
		noDataExpression: true,
		default: false,
		description:
			'Whether to write the order to a Data Table of n8n, where the Digital Goods Order Trigger watches it until it is final. Needs the Order Tracking credential.',
	},
	{
		displayName: 'Reference',
		name: 'reference',
		type: 'string',
		displayOptions: { show: { trackCompletion: [true] } },
		default: '',
		placeholder: 'e.g. 123456789',
		description: 'Anything the completion event should carry back, such as a chat ID or JSON',
	},
];

/**
 * Where the credential of Track Completion is shown. The editor puts all credentials of a node beside the last
 * parameter that one of them depends on, and looks for it by its bare name: with paths they stay on top.
 */
export const shownWhenTracking: ICredentialsDisplayOptions = {
	show: { '/resource': ['order'], '/operation': ['create'], '/trackCompletion': [true] },
};

const requestTimeout: INodeProperties = {
	displayName: 'Request Timeout',
	name: 'requestTimeout',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: 60,
	description: 'How many seconds one request may take. A purchase that takes longer has an unknown outcome.',
};

const orderOnceKey: INodeProperties = {
	displayName: 'Order Once Key',
	name: 'orderOnceKey',
	type: 'string',
	default: '',
	placeholder: 'e.g. {{ $json.invoiceId }}',
	description:
		'An order with this key, such as an invoice number, is never placed twice by this workflow, across executions and restarts. The second one is refused. Leave empty to order each time.',
};

const maxPrice = (description: string): INodeProperties => ({
	displayName: 'Max Price',
	name: 'maxPrice',
	type: 'number',
	typeOptions: { minValue: 0 },
	default: 0,
	placeholder: 'e.g. 20',
	description,
});

interface OrderOptions {
	/** Where the price can be known beforehand: what Max Price is compared with. */
	maxPrice?: string;
	/** Whether the provider knows no idempotency key of its own. */
	once?: boolean;
	/** Options of this provider alone. */
	own?: INodeProperties[];
	/** What the user should know before waiting. */
	waiting: string;
}

/** What every order takes beside its own parameters. */
export const orderProperties = (options: OrderOptions): INodeProperties[] => [
	...trackingProperties,
	allowAgentPurchasesProperty,
	simplifyProperty,
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			...(options.maxPrice === undefined ? [] : [maxPrice(options.maxPrice)]),
			...(options.once ? [orderOnceKey] : []),
			requestTimeout,
			...(options.own ?? []),
			{
				displayName: 'Tracking Table Name',
				name: 'tableName',
				type: 'string',
				default: DEFAULT_TABLE,
				description:
					'Data Table the order is tracked in, made on first use. Used when Track Completion is on.',
			} satisfies INodeProperties,
			{
				displayName: 'Wait for Completion',
				name: 'waitForCompletion',
				type: 'boolean',
				default: false,
				description: 'Whether to wait until the order is final. ' + options.waiting,
			} satisfies INodeProperties,
			{
				displayName: 'Wait Timeout',
				name: 'waitTimeout',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 60,
				description: 'How many seconds to wait. An order that is not final by then is returned as it stands.',
			} satisfies INodeProperties,
		].sort((one, other) => one.displayName.localeCompare(other.displayName)),
	},
];
