import type { ICredentialType, INodeProperties } from 'n8n-workflow';
import { keyInHeader } from './shared/auth';
import { connectionTest } from './shared/connectionTest';

const REFUSED =
	'The API key was not accepted. Copy it again in the TG Market bot: menu → API KEY. It starts with sk-.';
const NO_ACCOUNT =
	'TG Market has no account for this API key. Open the bot once, then copy the key again: menu → API KEY. If the Base URL was changed, check it as well.';
const TOO_FAST =
	'TG Market asks to slow down, which says nothing about the key. Wait a moment and test again.';

export class TgMarketApi implements ICredentialType {
	name = 'tgMarketApi';

	displayName = 'TG Market API';

	icon = { light: 'file:../icons/tgMarket.svg', dark: 'file:../icons/tgMarket.dark.svg' } as const;

	documentationUrl = 'https://tg-market.store';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			placeholder: 'e.g. sk-…',
			description: 'Shown in the TG Market bot in Telegram: menu → API KEY. It starts with sk-.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			required: true,
			default: 'https://tg-market.store',
			description: 'Where the API is reached. Change it only to go through a proxy of your own.',
		},
	];

	authenticate = keyInHeader('Authorization', 'apiKey', 'Bearer ');

	test = connectionTest({
		provider: 'TG Market',
		path: '/api/v2/balance',
		status: {
			401: REFUSED,
			403: 'TG Market knows the API key but denies it access. Ask the support in the bot whether the account is blocked.',
			404: NO_ACCOUNT,
			429: TOO_FAST,
		},
		body: [
			{ key: 'error', value: 'missing_api_key', message: REFUSED },
			{ key: 'error', value: 'invalid_api_key', message: REFUSED },
			{ key: 'error', value: 'user_not_found', message: NO_ACCOUNT },
			{ key: 'error', value: 'rate_limit_exceeded', message: TOO_FAST },
			{
				key: 'ok',
				value: false,
				message:
					'TG Market answered, but refused to show the balance for this API key. Copy the key again in the bot: menu → API KEY.',
			},
		],
	});
}
