import type { ICredentialType, INodeProperties } from 'n8n-workflow';
import { keyInHeader } from './shared/auth';
import { connectionTest } from './shared/connectionTest';

const REFUSED =
	'The API key was not accepted. Copy it again in the TeleKart Stars bot: API Docs → API Key. It starts with tah_; a key that starts with tgsk_ belongs to another product of the same operator.';

export class TeleKartStarsApi implements ICredentialType {
	name = 'teleKartStarsApi';

	displayName = 'TeleKart Stars API';

	icon = { light: 'file:../icons/teleKartStars.svg', dark: 'file:../icons/teleKartStars.dark.svg' } as const;

	documentationUrl = 'https://api.telekartstar.com';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			placeholder: 'e.g. tah_…',
			description:
				'Shown in the TeleKart Stars bot in Telegram under API Docs → API Key. It starts with tah_; a key that starts with tgsk_ belongs to another product of the same operator.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			required: true,
			default: 'https://api.telekartstar.com',
			description: 'Where the API is reached. Change it only to go through a proxy of your own.',
		},
	];

	authenticate = keyInHeader('Authorization', 'apiKey', 'Bearer ');

	test = connectionTest({
		provider: 'TeleKart Stars',
		path: '/api/v1/balance',
		status: {
			401: REFUSED,
			403: 'TeleKart Stars knows the API key but denies it access. Ask the support in the bot whether the account is blocked.',
		},
		body: [
			{ key: 'error', value: 'UNAUTHORIZED', message: REFUSED },
			{
				key: 'error',
				value: 'RATE_LIMITED',
				message:
					'TeleKart Stars asks to slow down, which says nothing about the key. Wait a minute and test again.',
			},
			{
				key: 'ok',
				value: false,
				message:
					'TeleKart Stars answered, but refused to show the balance for this API key. Copy the key again in the bot: API Docs → API Key.',
			},
		],
	});
}
