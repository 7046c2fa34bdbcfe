import type { ICredentialType, INodeProperties } from 'n8n-workflow';
import { keyInHeader } from './shared/auth';
import { connectionTest } from './shared/connectionTest';

const REFUSED =
	'The token was not accepted. A dashboard token is valid for a limited time: sign in to the GamesDrop dashboard again and copy the new one. The store token does not work here.';

export class GamesDropDashboardApi implements ICredentialType {
	name = 'gamesDropDashboardApi';

	displayName = 'GamesDrop Dashboard API';

	icon = { light: 'file:../icons/gamesDrop.svg', dark: 'file:../icons/gamesDrop.dark.svg' } as const;

	documentationUrl = 'https://gamesdrop.io/en/docs/partner-api';

	properties: INodeProperties[] = [
		{
			displayName: 'Dashboard Token',
			name: 'token',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			placeholder: 'e.g. eyJ…',
			description:
				'The sign-in token (JWT) of the GamesDrop dashboard, needed for the list of balance transactions only. It is valid for a limited time: when it is no longer accepted, sign in again and copy the new one.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			required: true,
			default: 'https://partner.gamesdrop.io',
			description: 'Where the dashboard API is reached. Change it only to go through a proxy of your own.',
		},
	];

	authenticate = keyInHeader('Authorization', 'token', 'Bearer ');

	test = connectionTest({
		provider: 'GamesDrop',
		path: '/api/v1/balance/transactions',
		query: { page: 1, limit: 1 },
		status: {
			400: REFUSED,
			401: REFUSED,
			403: 'GamesDrop knows the token but does not let it read transactions. Sign in to the dashboard with an account that sees the balance.',
		},
		body: [
			{ key: 'error', value: 'INVALID_TOKEN', message: REFUSED },
			{ key: 'code', value: 'INVALID_TOKEN', message: REFUSED },
			{ key: 'error.code', value: 'INVALID_TOKEN', message: REFUSED },
		],
	});
}
