import type { IPollFunctions } from 'n8n-workflow';
import { z } from 'zod';
import type { Api } from '../shared/engine/http';
import { segment } from '../shared/http/schemas';

const executions = z.object({
	data: z.array(
		z.object({
			id: z.coerce.string(),
			status: z.string().nullish(),
			startedAt: z.string().nullish(),
			mode: z.string().nullish(),
		}),
	),
});
type Execution = z.output<typeof executions>['data'][number];

const withData = z.object({
	data: z.object({ resultData: z.object({ runData: z.record(z.unknown()).nullish() }).nullish() }).nullish(),
});

/** n8n starts the execution of an emission within moments. */
const STARTS_WITHIN = 30_000;
const CLOCKS_DIFFER_BY = 2_000;
/** Executions are pruned with time: of what was emitted longer ago, a missing one tells nothing. */
const TELLING_FOR = 24 * 3_600_000;

/**
 * What came of an emission. `died`: its execution crashed, or ended as failed without any data. `missing`: there is
 * no execution, where there should be one. `unknown`: n8n does not tell.
 */
export type Delivery = 'underWay' | 'delivered' | 'died' | 'missing' | 'unknown';

/**
 * Asks n8n what has come of the emissions of a trigger. n8n first saves a trigger's memory and then starts the
 * execution: killed between the two, it remembers an event that nothing came of. And a queue worker that dies
 * takes its execution along, which n8n does not run again.
 */
export class Deliveries {
	private constructor(
		private readonly context: IPollFunctions,
		private readonly api: Api,
		private readonly underWay: Execution[],
		private readonly ended: Execution[],
	) {}

	/** Undefined when n8n does not tell, e.g. because the API key may not list executions. */
	static async of(context: IPollFunctions, api: Api): Promise<Deliveries | undefined> {
		const workflowId = context.getWorkflow().id ?? '';
		try {
			// n8n lists executions under way only when they are asked for.
			const underWay = await list(api, { workflowId, status: 'running', limit: 100 });
			const ended = await list(api, { workflowId, limit: 100 });
			return new Deliveries(context, api, underWay, ended);
		} catch {
			return undefined;
		}
	}

	/** @param emittedAt epoch milliseconds */
	async at(emittedAt: number): Promise<Delivery> {
		const isOwn = ({ startedAt, mode }: Execution) => {
			const at = Date.parse(startedAt ?? '');
			return mode !== 'manual' && at >= emittedAt - CLOCKS_DIFFER_BY && at <= emittedAt + STARTS_WITHIN;
		};
		if (this.underWay.some(isOwn)) return 'underWay';
		const own = this.ended.filter(isOwn);
		if (own.length > 0) return (await this.areDead(own)) ? 'died' : 'delivered';
		// In queue mode one that no worker has taken yet has no start.
		if (this.ended.some(({ status, startedAt }) => status === 'new' || !startedAt)) return 'underWay';
		return await this.missing(emittedAt);
	}

	/** A crashed execution is run again by nobody; n8n also ends as failed, without data, what a dead worker left. */
	private async areDead(own: Execution[]): Promise<boolean> {
		for (const { id, status } of own) {
			if (status === 'crashed') continue;
			if (status !== 'error' || !(await this.isEmpty(id))) return false;
		}
		return true;
	}

	private async isEmpty(id: string): Promise<boolean> {
		const query = { includeData: true };
		const request = { method: 'GET', path: `/api/v1/executions/${segment(id)}`, query } as const;
		try {
			const { data } = await this.api.read(request, withData);
			return Object.keys(data.data?.resultData?.runData ?? {}).length === 0;
		} catch {
			return false;
		}
	}

	private async missing(emittedAt: number): Promise<'missing' | 'unknown'> {
		if (Date.now() - emittedAt > TELLING_FOR) return 'unknown';
		if (this.context.getWorkflowSettings?.().saveDataSuccessExecution === 'none') return 'unknown';
		const kept = await list(this.api, { status: 'success', limit: 1 }).catch(() => []);
		return kept.length > 0 ? 'missing' : 'unknown';
	}
}

const list = async (
	api: Api,
	query: { workflowId?: string; status?: string; limit: number },
): Promise<Execution[]> =>
	(await api.read({ method: 'GET', path: '/api/v1/executions', query }, executions)).data.data;
