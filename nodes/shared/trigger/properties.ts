import type { INodeCredentialDescription, INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import type { Provider } from '../node/operation';

/** The providers as choices of a list. */
export const choicesOf = (providers: readonly Provider[]): INodePropertyOptions[] =>
	providers.map(({ displayName, name }) => ({ name: displayName, value: name }));

/**
 * The credential of each provider, shown when the provider is chosen. By its bare name the editor would take Providers
 * for the way to authenticate, and hide it.
 */
export const credentialsOf = (providers: readonly Provider[]): INodeCredentialDescription[] =>
	providers.map(({ name, connection }) => ({
		name: connection.credential,
		required: true,
		displayOptions: { show: { '/providers': [name] } },
	}));

/**
 * The parameter Providers, and the credentials below it.
 * @param description of Providers, in the editor
 */
export const providersProperties = (
	providers: readonly Provider[],
	description: string,
): INodeProperties[] => [
	{
		displayName: 'Providers',
		name: 'providers',
		type: 'multiOptions',
		noDataExpression: true,
		required: true,
		options: choicesOf(providers),
		default: [],
		description,
	},
	{ displayName: 'Credentials', name: 'credentials', type: 'credentials', default: '' },
];
