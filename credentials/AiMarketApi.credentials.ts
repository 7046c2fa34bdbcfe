import type { ICredentialType, INodeProperties } from 'n8n-workflow';
import { keyInHeader } from './shared/auth';
import { connectionTest } from './shared/connectionTest';

const REFUSED =
	'The API key was not accepted. Copy it again or generate a new one in the AI-Market bot: API → Generate. It starts with mk_.';
const SUSPENDED = 'AI-Market knows the API key but has suspended it. Ask the support in the bot why.';

export class AiMarketApi implements ICredentialType {
	name = 'aiMarketApi';

	displayName = 'AI-Market API';

	icon = { light: 'file:../icons/aiMarket.svg', dark: 'file:../icons/aiMarket.dark.svg' } as const;

	documentationUrl = 'https://docs.ai-market.store';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			placeholder: 'e.g. mk_…',
			description: 'Generated in the AI-Market bot in Telegram: API → Generate. It starts with mk_.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			required: true,
			default: 'https://api.ai-market.store',
			description: 'Where the API is reached. Change it only to go through a proxy of your own.',
		},
	];

	authenticate = keyInHeader('X-API-Key', 'apiKey');

	test = connectionTest({
		provider: 'AI-Market',
		path: '/api/v1/balance',
		status: { 401: REFUSED, 403: SUSPENDED },
		body: [
			{ key: 'code', value: 'NO_KEY', message: REFUSED },
			{ key: 'code', value: 'INVALID_KEY', message: REFUSED },
			{ key: 'code', value: 'FORBIDDEN', message: SUSPENDED },
			{
				key: 'success',
				value: false,
				message:
					'AI-Market answered, but refused to show the balance for this API key. Generate a new one in the bot: API → Generate.',
			},
		],
	});
}
