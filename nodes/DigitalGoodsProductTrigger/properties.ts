import type { INodeCredentialDescription, INodeProperties } from 'n8n-workflow';
import { credentialsOf, providersProperties } from '../shared/trigger/properties';
import { BALANCE_BELOW } from './limits';
import { catalogProviders } from './providers';

export const credentials: INodeCredentialDescription[] = credentialsOf(catalogProviders);

export const properties: INodeProperties[] = [
	...providersProperties(
		catalogProviders,
		'Whose products or balances to watch. Each one needs its credential.',
	),
	{
		displayName: 'Events',
		name: 'events',
		type: 'multiOptions',
		noDataExpression: true,
		required: true,
		options: [
			{
				name: 'Added',
				value: 'added',
				action: 'On product added',
				description: 'A product is new in the catalog',
			},
			{
				name: 'Balance Low',
				value: 'balanceLow',
				action: 'On balance low',
				description: 'The balance falls below the amount in Balance Below',
			},
			{
				name: 'In Stock',
				value: 'inStock',
				action: 'On product in stock',
				description: 'A product that was sold out can be bought again',
			},
			{
				name: 'Out of Stock',
				value: 'outOfStock',
				action: 'On product out of stock',
				description: 'A product is sold out',
			},
			{
				name: 'Price Changed',
				value: 'priceChanged',
				action: 'On price changed',
				description: 'The price of a product changes; of custom Stars, the price of one Star',
			},
			{
				name: 'Removed',
				value: 'removed',
				action: 'On product removed',
				description: 'A product has been missing from the catalog three times in a row',
			},
		],
		default: ['priceChanged', 'inStock', 'outOfStock'],
		description: 'What has to happen to start the workflow',
		builderHint: {
			propertyHint:
				'The first poll only records what it reads, so publishing the workflow emits nothing. To try the workflow, run it in the editor: that shows up to ten products as they stand. In Stock and Out of Stock never occur at providers that do not tell their stock (TeleKart Stars).',
		},
	},
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add filter',
		default: {},
		options: [
			{
				displayName: 'Category',
				name: 'category',
				type: 'string',
				default: '',
				placeholder: 'e.g. Top Up',
				description:
					'Only products of this category: at GamesDrop such as Top Up or Gift Cards, at TeleKart Stars premium, stars or gift. AI-Market has no categories, so none of its products match.',
			},
			{
				displayName: 'Product IDs',
				name: 'productIds',
				type: 'string',
				default: '',
				placeholder: 'e.g. 002, 009',
				description: 'Only these products: IDs separated by commas, or an array from an expression',
			},
			{
				displayName: 'Search',
				name: 'search',
				type: 'string',
				default: '',
				placeholder: 'e.g. chatgpt',
				description: 'Only products with this in their name',
			},
		],
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Balance Below',
				name: 'balanceBelow',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: BALANCE_BELOW,
				description: `Balance Low occurs when what can be spent falls below this amount, in the currency of the balance. ${BALANCE_BELOW} where this option is not added.`,
			},
			{
				displayName: 'Minimum Change',
				name: 'minimumChange',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 0,
				description:
					'By how many percent a price has to change from one poll to the next. Smaller changes give no event.',
			},
		],
	},
];
