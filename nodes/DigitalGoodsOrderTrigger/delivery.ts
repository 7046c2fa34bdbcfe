import type { IPollFunctions } from 'n8n-workflow';
import { z } from 'zod';
import type { Api } from '../shared/engine/http';

const executions = z.object({
	data: z.array(z.object({ status: z.string().nullish(), startedAt: z.string().nullish() })),
});

/** n8n starts the execution of an emission within moments. */
const STARTS_WITHIN = 30_000;
const CLOCKS_DIFFER_BY = 2_000;
/** Executions are pruned with time: of what was emitted longer ago, a missing one tells nothing. */
const TELLING_FOR = 24 * 3_600_000;

/**
 * Whether n8n started an execution for what a poll emitted. n8n first saves a trigger's memory and then
 * starts the execution; killed between the two, it remembers an event that nothing came of.
 * @param emittedAt epoch milliseconds
 * @returns `unknown` when n8n does not tell: the API key may not list executions, or successful ones are not kept
 */
export async function deliveryOf(
	context: IPollFunctions,
	api: Api,
	emittedAt: number,
): Promise<'started' | 'lost' | 'running' | 'unknown'> {
	const list = async (query: { workflowId?: string; status?: string; limit: number }) =>
		(await api.read({ method: 'GET', path: '/api/v1/executions', query }, executions)).data.data;
	const workflowId = context.getWorkflow().id ?? '';
	try {
		// n8n lists executions under way only when they are asked for.
		if ((await list({ workflowId, status: 'running', limit: 1 })).length > 0) return 'running';
		const own = (await list({ workflowId, limit: 100 })).filter(({ startedAt }) => {
			const at = Date.parse(startedAt ?? '');
			return at >= emittedAt - CLOCKS_DIFFER_BY && at <= emittedAt + STARTS_WITHIN;
		});
		if (own.length > 0) return own.every(({ status }) => status === 'crashed') ? 'lost' : 'started';
		if (Date.now() - emittedAt > TELLING_FOR) return 'unknown';
		if (context.getWorkflowSettings?.().saveDataSuccessExecution === 'none') return 'unknown';
		return (await list({ status: 'success', limit: 1 })).length > 0 ? 'lost' : 'unknown';
	} catch {
		return 'unknown';
	}
}
