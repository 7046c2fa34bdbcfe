import type { INodeProperties } from 'n8n-workflow';
import { simplifyProperty } from './properties';

/** The Data Table orders are tracked in, unless another is named. */
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

/** Whether an order is kept in the ledger, and what its events carry. They go with {@link tableNameProperty}. */
export const trackingProperties: INodeProperties[] = [
	{
		displayName: 'Track Completion',
		name: 'trackCompletion',
		type: 'boolean',
		noDataExpression: true,
		default: false,
		description:
			'Whether to write the order to a Data Table of n8n before it is sent. The Digital Goods Order Trigger tells what becomes of it, also after a crash, and keys and limits hold across executions. Needs the Order Tracking credential.',
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

export const requestTimeoutProperty: INodeProperties = {
	displayName: 'Request Timeout',
	name: 'requestTimeout',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: 60,
	description: 'How many seconds one request may take. A purchase that takes longer has an unknown outcome.',
};

/** Among the options of an order that {@link trackingProperties} can track. */
export const tableNameProperty: INodeProperties = {
	displayName: 'Tracking Table Name',
	name: 'tableName',
	type: 'string',
	default: DEFAULT_TABLE,
	description: 'Data Table the order is tracked in, created on first use. Used when Track Completion is on.',
};

const orderOnceKey: INodeProperties = {
	displayName: 'Order Once Key',
	name: 'orderOnceKey',
	type: 'string',
	default: '',
	placeholder: 'e.g. {{ $json.invoiceId }}',
	description:
		'An order with this key, such as an invoice number, is never placed twice from this account, whichever workflow, execution or worker asks for it. Needs Track Completion, whose table keeps the keys.',
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

export const SPENDING_PERIODS = ['day', 'week', 'month'] as const;
export type SpendingPeriod = (typeof SPENDING_PERIODS)[number];
export const SPENDING_PERIOD_HOURS: Record<SpendingPeriod, number> = {
	day: 24,
	week: 7 * 24,
	month: 30 * 24,
};

interface OrderOptions {
	/** Where the price can be known beforehand: what Max Price is compared with. */
	maxPrice?: string;
	/** What Spending Limit adds up, e.g. "USD". */
	currency: string;
	/** Whether the provider knows no idempotency key of its own. */
	hasOrderOnceKey?: boolean;
	/** Options of this provider alone. */
	own?: INodeProperties[];
	/** What the user should know before waiting. */
	waiting: string;
}

const guards = ({ currency, maxPrice: ceiling }: OrderOptions): INodeProperties[] => [
	{
		displayName: 'If Already Ordered',
		name: 'ifAlreadyOrdered',
		type: 'options',
		options: [
			{
				name: 'Refuse',
				value: 'refuse',
				description: 'Fail the item and name the earlier order',
			},
			{
				name: 'Return the Earlier Order',
				value: 'return',
				description: 'Give the earlier order, if product, quantity and recipient are the same',
			},
		],
		default: 'refuse',
		description:
			'What to do when an order with the same key was placed before. Nothing is ordered either way.',
	},
	{
		displayName: 'Only Check',
		name: 'checkOnly',
		type: 'boolean',
		default: false,
		description:
			'Whether to do everything but order: the item shows what would be ordered at which price, with the state "checked"',
	},
	{
		displayName: 'Spending Limit',
		name: 'spendingLimit',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 0,
		placeholder: 'e.g. 100',
		description:
			ceiling === undefined
				? `Refuse to order once the orders of this account in the Spending Period have cost this much, in ${currency}. The price is known only afterwards, so orders that are under way can exceed it. Needs Track Completion.`
				: `Refuse to order when all orders of this account in the Spending Period, this one included, would cost more than this, in ${currency}. Needs Track Completion.`,
	},
	{
		displayName: 'Spending Period',
		name: 'spendingPeriod',
		type: 'options',
		options: [
			{ name: 'Day', value: 'day', description: 'The last 24 hours' },
			{ name: 'Month', value: 'month', description: 'The last 30 days' },
			{ name: 'Week', value: 'week', description: 'The last 7 days' },
		],
		default: 'day',
		description: 'The time over which Spending Limit adds up. Used with Spending Limit only.',
	},
];

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
			...(options.hasOrderOnceKey ? [orderOnceKey] : []),
			...guards(options),
			requestTimeoutProperty,
			...(options.own ?? []),
			tableNameProperty,
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
