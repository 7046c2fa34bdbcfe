import { N8nRequestError, type N8nConnection } from './connection';

export interface NodeTypeInfo {
	name: string;
	displayName: string;
	version: number | number[];
	properties: Array<Record<string, unknown>>;
	credentials?: Array<{ name: string; required?: boolean }>;
	[key: string]: unknown;
}

/** Node types and their lists, as the editor asks for them. */
export class NodeTypes {
	constructor(private readonly n8n: N8nConnection) {}

	async list(): Promise<NodeTypeInfo[]> {
		const { status, data } = await this.n8n.send('GET', '/types/nodes.json');
		if (status >= 300) throw new N8nRequestError('GET /types/nodes.json', status, data);
		return data as NodeTypeInfo[];
	}

	/** The choices of a "From list" field. */
	async search(
		nodeType: string,
		method: string,
		options: {
			filter?: string;
			credentials?: Record<string, { id: string; name: string }>;
			parameters?: Record<string, unknown>;
			path?: string;
		} = {},
	): Promise<{
		results: Array<{ name: string; value: string | number; url?: string; description?: string }>;
		paginationToken?: unknown;
	}> {
		return await this.n8n.rest('POST', '/dynamic-node-parameters/resource-locator-results', {
			path: options.path ?? 'parameters.productId',
			methodName: method,
			nodeTypeAndVersion: { name: nodeType, version: 1 },
			currentNodeParameters: options.parameters ?? {},
			...(options.credentials ? { credentials: options.credentials } : {}),
			...(options.filter === undefined ? {} : { filter: options.filter }),
		});
	}
}
