import type { Method } from 'axios';

import type { N8nConnection, RequestOptions } from './connection';
import { findTrigger, type Workflow } from './workflows';

/** The addresses of webhook triggers. */
export class Webhooks {
	constructor(private readonly n8n: N8nConnection) {}

	/** Calls a webhook's production (or test) URL, giving whatever it answers. */
	async call(
		path: string,
		{ method = 'POST', test = false, ...options }: RequestOptions & { method?: Method; test?: boolean } = {},
	): Promise<{ status: number; headers: Record<string, unknown>; body: unknown }> {
		const url = `/${test ? 'webhook-test' : 'webhook'}/${path.replace(/^\//, '')}`;
		const { status, headers, data } = await this.n8n.request(method, url, options);
		return { status, headers: { ...headers }, body: data };
	}

	/** Makes a webhook trigger wait for one call of its test URL, as "Listen for test event" does. */
	async listen(workflowId: string, startNode?: string): Promise<void> {
		const workflow = await this.n8n.api<Workflow>('GET', `/workflows/${workflowId}`);
		await this.n8n.rest('POST', `/workflows/${workflowId}/run`, {
			workflowData: { ...workflow, pinData: workflow.pinData ?? {} },
			triggerToStartFrom: { name: startNode ?? findTrigger(workflow) },
		});
	}
}
