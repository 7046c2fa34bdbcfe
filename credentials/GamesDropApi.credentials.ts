import type { ICredentialType, INodeProperties } from 'n8n-workflow';
import { keyInHeader } from './shared/auth';
import { connectionTest } from './shared/connectionTest';

const REFUSED =
	'The token was not accepted. Copy the store token again from your GamesDrop merchant account, without "Bearer" in front.';

export class GamesDropApi implements ICredentialType {
	name = 'gamesDropApi';

	displayName = 'GamesDrop API';

	icon = { light: 'file:../icons/gamesDrop.svg', dark: 'file:../icons/gamesDrop.dark.svg' } as const;

	documentationUrl = 'https://gamesdrop.io/en/docs/partner-api';

	properties: INodeProperties[] = [
		{
			displayName: 'Store Token',
			name: 'token',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			description:
				'The token of your store, shown in your GamesDrop merchant account. The look-up of Telegram users sends it to gamesdrop.io as well.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			required: true,
			default: 'https://partner.gamesdrop.io',
			description: 'Where the partner API is reached. Change it only to go through a proxy of your own.',
		},
		{
			displayName: 'Telegram Look-up URL',
			name: 'telegramBaseUrl',
			type: 'string',
			required: true,
			default: 'https://gamesdrop.io',
			description:
				'Where GamesDrop looks up Telegram users, which is not the address of the partner API. Change it only to go through a proxy of your own.',
		},
	];

	authenticate = keyInHeader('Authorization', 'token');

	test = connectionTest({
		provider: 'GamesDrop',
		path: '/api/v1/offers/balance',
		status: {
			400: REFUSED,
			401: REFUSED,
			403: 'GamesDrop knows the token but denies it access. Ask your GamesDrop manager whether the store is active.',
		},
		body: [
			{ key: 'error', value: 'INVALID_TOKEN', message: REFUSED },
			{ key: 'code', value: 'INVALID_TOKEN', message: REFUSED },
			{ key: 'error.code', value: 'INVALID_TOKEN', message: REFUSED },
		],
	});
}
