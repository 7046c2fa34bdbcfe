import type { ICredentialType, INodeProperties } from 'n8n-workflow';
import { keyInHeader } from './shared/auth';
import { connectionTest } from './shared/connectionTest';

export class TributeApi implements ICredentialType {
	name = 'tributeApi';

	displayName = 'Tribute API';

	icon = { light: 'file:../icons/tribute.svg', dark: 'file:../icons/tribute.dark.svg' } as const;

	documentationUrl = 'https://wiki.tribute.tg/for-content-creators/api-documentation';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			description:
				'Created in Tribute under Creator Dashboard → Settings → API Keys. The Tribute Trigger checks the signature of every event with it.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			required: true,
			default: 'https://tribute.tg',
			description: 'Where the API is reached. Change it only to go through a proxy of your own.',
		},
	];

	authenticate = keyInHeader('Api-Key', 'apiKey');

	test = connectionTest({
		provider: 'Tribute',
		path: '/api/v1/products',
		query: { page: 1, size: 1 },
		status: {
			400: 'Tribute did not understand the request, which an API key cut short can cause. Copy it again in Tribute: Creator Dashboard → Settings → API Keys.',
			401: 'The API key was not accepted. Copy it again in Tribute: Creator Dashboard → Settings → API Keys.',
			403: 'Tribute knows the API key but does not let it read products. It must belong to the account that sells them.',
		},
	});
}
