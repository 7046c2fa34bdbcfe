import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';
import { DataTableDouble } from './dataTable';

/** What a provider knows of an order, in its own words. */
export interface ProviderOrder {
	status: string;
	transactionId?: string;
}

export interface ExecutionDouble {
	id: string;
	status: 'new' | 'running' | 'success' | 'error' | 'crashed' | 'waiting';
	mode: string;
	workflowId: string;
	data: object;
}

type Fault = 'unavailable' | 'unauthorized' | 'rateLimited';

interface HttpAnswer {
	statusCode: number;
	headers: object;
	body: string;
}

const WORDS: Record<string, Record<string, string>> = {
	teleKartStars: { completed: 'confirmed', cancelled: 'cancelled' },
	tgMarket: { completed: 'completed', cancelled: 'cancelled', failed: 'error', refunded: 'refunded' },
	gamesDrop: { completed: 'COMPLETED', cancelled: 'CANCELED', failed: 'FAILED', refunded: 'REFUND' },
};

/** A provider's word for a state. */
export const wordFor = (provider: string, state: string): string =>
	WORDS[provider]?.[state] ?? (provider === 'gamesDrop' ? state.toUpperCase() : state);

/** Everything outside of a trigger: n8n's table and executions, and the providers. */
export class World {
	readonly table = new DataTableDouble();
	readonly orders = new Map<string, ProviderOrder>();
	readonly faults = new Map<string, Fault>();
	/** Look-ups, oldest first, as `provider:type:id`. */
	readonly lookedUp: string[] = [];
	executions: ExecutionDouble[] = [];
	/** Requests to n8n's executions. */
	executionRequests = 0;
	/** When each workflow was switched on, ISO 8601. */
	readonly activatedAt = new Map<string, string>();
	/** What n8n's own API answers instead, e.g. 503. */
	n8nFault: number | undefined;
	private lastOrder = 0;
	private lastExecution = 0;

	newOrder(provider: string, orderType: string, state: string, transactionId?: string): string {
		const orderId = String(++this.lastOrder);
		this.orders.set(`${provider}:${orderType}:${orderId}`, {
			status: wordFor(provider, state),
			...(transactionId === undefined ? {} : { transactionId }),
		});
		return orderId;
	}

	set(provider: string, orderType: string, orderId: string, state: string): void {
		this.orders.get(`${provider}:${orderType}:${orderId}`)!.status = wordFor(provider, state);
	}

	newExecution(execution: Omit<ExecutionDouble, 'id'>): ExecutionDouble {
		const created = { id: String(++this.lastExecution), ...execution };
		this.executions.push(created);
		return created;
	}

	/** Stands where requests leave n8n. */
	request(credential: string, { method, url, qs, body }: IHttpRequestOptions): HttpAnswer {
		const address = new URL(url);
		for (const [name, value] of Object.entries(qs ?? {})) address.searchParams.set(name, String(value));
		if (credential === 'orderTrackingApi') return this.n8n(method ?? 'GET', address, body);
		const provider = credential.replace(/Api$/, '');
		const fault = this.faults.get(provider);
		if (fault === 'unavailable') return json(503, { message: 'down' });
		if (fault === 'unauthorized') return json(401, { message: 'who are you' });
		if (fault === 'rateLimited')
			return json(429, { message: 'slow down', retry_after: 60 }, { 'retry-after': '60' });
		return this.provider(provider, address.pathname, body as IDataObject);
	}

	private provider(provider: string, path: string, body: IDataObject): HttpAnswer {
		const parts = path.split('/').filter((part) => part !== '');
		const type = provider === 'tgMarket' ? (parts.includes('premium') ? 'premium' : 'stars') : '';
		const byKey = body?.transactionId;
		const found = [...this.orders].find(([name, order]) =>
			byKey === undefined
				? name === `${provider}:${type}:${String(body?.orderId ?? parts.at(-1))}`
				: name.startsWith(`${provider}:`) && order.transactionId === byKey,
		);
		const orderId = found?.[0].split(':')[2] ?? '';
		this.lookedUp.push(
			`${provider}:${type}:${byKey === undefined ? String(body?.orderId ?? parts.at(-1)) : `key ${String(byKey)}`}`,
		);
		if (found === undefined)
			return provider === 'gamesDrop'
				? json(404, { error: { code: 'ORDER_NOT_FOUND' } })
				: json(404, { ok: false, error: 'NOT_FOUND', message: 'no such order' });
		const { status, transactionId } = found[1];
		if (provider === 'gamesDrop') return json(200, { orderId, status, transactionId, key: ['CODE'] });
		const order = { order_id: orderId, status, price_usd: 1 };
		return json(200, provider === 'teleKartStars' ? { ok: true, data: order } : { ok: true, ...order });
	}

	private n8n(method: string, { pathname, searchParams }: URL, body: unknown): HttpAnswer {
		if (this.n8nFault !== undefined) return json(this.n8nFault, { message: 'n8n is busy' });
		const answer = this.table.answer(method, pathname, searchParams, body);
		if (answer !== undefined) return json(200, answer);
		const workflow = /^\/api\/v1\/workflows\/(.+)$/.exec(pathname)?.[1];
		if (workflow !== undefined) {
			const createdAt = this.activatedAt.get(workflow);
			return json(200, { activeVersion: { workflowPublishHistory: [{ event: 'activated', createdAt }] } });
		}
		this.executionRequests++;
		const id = /^\/api\/v1\/executions\/(.+)$/.exec(pathname)?.[1];
		if (id !== undefined) {
			const found = this.executions.find((execution) => execution.id === id);
			return found === undefined ? json(404, { message: 'Not Found' }) : json(200, found);
		}
		if (pathname !== '/api/v1/executions') return json(404, { message: 'not found' });
		const wanted = searchParams.get('status');
		const found = this.executions
			.filter(({ workflowId }) => [null, workflowId].includes(searchParams.get('workflowId')))
			.filter(({ status }) => (wanted === null ? status !== 'running' : status === wanted))
			.reverse()
			.slice(0, Number(searchParams.get('limit') ?? 100));
		return json(200, { data: found.map(({ data: _, ...shown }) => shown), nextCursor: null });
	}
}

const json = (statusCode: number, body: unknown, headers: object = {}): HttpAnswer => ({
	statusCode,
	headers,
	body: JSON.stringify(body),
});
