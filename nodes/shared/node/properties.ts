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

/**
 * Where the credential of Track Completion is shown. The editor puts all credentials of a node beside the last
 * parameter that one of them depends on, and looks for it by its bare name: with paths they stay on top.
 */
export const shownWhenTracking: ICredentialsDisplayOptions = {
	show: { '/resource': ['order'], '/operation': ['create'], '/trackCompletion': [true] },
};
