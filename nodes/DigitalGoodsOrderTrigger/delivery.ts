import { z } from 'zod';
import type { Api } from '../shared/engine/http';
import { text } from '../shared/engine/wire';

const executions = z.object({
	data: z.array(
		z.object({ status: z.string().nullish(), startedAt: z.string().nullish(), workflowId: text.nullish() }),
	),
});

/** n8n starts the execution of an emission within moments. */
const STARTS_WITHIN = 120_000;
const CLOCKS_DIFFER_BY = 2_000;

/**
 * Whether n8n started an execution for what a poll emitted. n8n first saves a trigger's memory and then
 * starts the execution; killed between the two, it remembers an event that nothing came of.
 * @returns `unknown` when n8n does not tell: the API key may not list executions, or successful ones are not kept
 */
export async function deliveryOf(
	api: Api,
	workflowId: string,
	emittedAt: number,
): Promise<'started' | 'lost' | 'running' | 'unknown'> {
	const query = { workflowId, limit: 100 };
	try {
		const { data } = await api.read({ method: 'GET', path: '/api/v1/executions', query }, executions);
		const known = data.data.map(({ status, startedAt }) => ({ status, at: Date.parse(startedAt ?? '') }));
		const own = known.filter(
			({ at }) => at >= emittedAt - CLOCKS_DIFFER_BY && at <= emittedAt + STARTS_WITHIN,
		);
		if (own.some(({ status }) => status === 'running' || status === 'new')) return 'running';
		if (own.length > 0) return own.every(({ status }) => status === 'crashed') ? 'lost' : 'started';
		return known.length < 100 || known.some(({ at }) => at < emittedAt) ? 'lost' : 'unknown';
	} catch {
		return 'unknown';
	}
}
