import { z } from 'zod';
import type { Answer, Connection, Refusal } from '../http/connection';
import { optional, text } from '../http/schemas';

const n8nSays = z.object({ message: optional(text), code: optional(text) });

const SCOPES =
	'dataTable:list, dataTable:create, dataTableColumn:create, dataTableRow:create, dataTableRow:read and dataTableRow:update';

function explanation(status: number, said: string): Omit<Refusal, 'code'> {
	const words = said === '' ? '' : `: ${said}`;
	if (/size limit|maximum size|storage/i.test(said)) {
		return {
			message: `n8n's Data Tables are full (HTTP ${status})${words}`,
			description:
				'Delete rows that are no longer needed, or raise N8N_DATA_TABLES_MAX_SIZE_BYTES. The Delete Finished After option of the Digital Goods Order Trigger deletes old rows by itself.',
		};
	}
	if (status === 401) {
		return {
			message: `n8n did not accept the API key of the Order Tracking credential (HTTP 401)${words}`,
			description:
				'Create a key under Settings → n8n API and enter it in the credential. Keys can expire, and end with the user who made them.',
		};
	}
	if (status === 403) {
		return {
			message: `The API key of the Order Tracking credential may not use this Data Table (HTTP 403)${words}`,
			description: `Give the key the scopes ${SCOPES} under Settings → n8n API, and use the key of a user who may edit the table's project.`,
		};
	}
	if (status === 404) {
		return {
			message: `n8n has no Data Tables at this address (HTTP 404)${words}`,
			description:
				'Check the Base URL of the Order Tracking credential: only the start of the address, without /api. n8n has Data Tables in its public API from version 2.7 on; update older versions.',
		};
	}
	if (status === 429) {
		return {
			message: `n8n limits the requests to its public API (HTTP 429)${words}`,
			description: 'Raise the limit in the settings of n8n, or run fewer orders at once.',
		};
	}
	return {
		message: `n8n's Data Table could not be used (HTTP ${status})${words}`,
		description:
			'Check the Base URL of the Order Tracking credential: it is the address under which this n8n reaches its own public API.',
	};
}

/** The public API of this n8n, or of another one. */
export const orderTrackingConnection: Connection = {
	provider: 'orderTracking',
	displayName: 'The Data Table of n8n',
	credential: 'orderTrackingApi',
	check: 'the Data Table in n8n',
	refusal: ({ status, body }: Answer) => {
		if (status < 400) return undefined;
		const said = n8nSays.safeParse(body);
		if (!said.success && status < 500 && status !== 401 && status !== 403 && status !== 404) return undefined;
		return { code: null, ...explanation(status, (said.success && said.data.message) || '') };
	},
};
