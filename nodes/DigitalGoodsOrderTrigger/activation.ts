import type { IPollFunctions } from 'n8n-workflow';
import { z } from 'zod';
import { ProviderError } from '../shared/errors/providerError';
import type { Api } from '../shared/http/api';
import { optional, segment } from '../shared/http/schemas';
import { isTemporary } from '../shared/trigger/bounds';

const published = z.object({ event: z.string(), createdAt: z.string() });
const workflow = z.object({
	activeVersion: optional(z.object({ workflowPublishHistory: optional(z.array(published)) })),
});

/**
 * When somebody switched the workflow on, in epoch milliseconds; undefined where n8n does not tell: older versions do
 * not, and the API key may not read workflows.
 * @throws ProviderError where n8n may tell another time
 */
export async function activatedAt(context: IPollFunctions, api: Api): Promise<number | undefined> {
	const path = `/api/v1/workflows/${segment(context.getWorkflow().id ?? '')}`;
	const answer = await api.read({ method: 'GET', path }, workflow).catch((error: unknown) => {
		if (error instanceof ProviderError && !isTemporary(error)) return undefined;
		throw error;
	});
	const times = (answer?.data.activeVersion?.workflowPublishHistory ?? [])
		.filter(({ event }) => event === 'activated')
		.map(({ createdAt }) => Date.parse(createdAt))
		.filter(Number.isFinite);
	return times.length === 0 ? undefined : Math.max(...times);
}
