import axios, { type AxiosInstance } from 'axios';

import type { AccountView, ControlInput } from './control';
import type { FaultReport } from './faults';
import type { RequestView } from './journal';
import type { ChargesView } from './charges';
import type { Settings } from './provider';
import type { DataTableView, Execution } from './providers/n8n';
import type { Delivery } from './providers/tribute';

/** Everything tests tell a running sandbox and ask of it, from inside its process or from another. */
export class SandboxClient {
	private readonly http: AxiosInstance;

	/** @param url the sandbox's own address, as `Sandbox.url` has it */
	constructor(url: string) {
		this.http = axios.create({ baseURL: `${url}/control`, proxy: false });
		this.http.interceptors.response.use(undefined, (error: unknown) => {
			const said = axios.isAxiosError<{ error?: string }>(error) && error.response?.data?.error;
			throw said ? new Error(`The sandbox refused: ${said}`) : error;
		});
	}

	/** A key with its own balance, orders and rate window. */
	async createAccount(spec: ControlInput['newAccount']): Promise<AccountView> {
		return await this.post('/accounts', spec);
	}

	/** Changes the well-known account when none is named. */
	async changeAccount(change: ControlInput['changedAccount']): Promise<AccountView> {
		return (await this.http.patch<AccountView>('/accounts', change)).data;
	}

	async accounts(): Promise<AccountView[]> {
		return await this.get('/accounts');
	}

	async addFault(spec: ControlInput['fault']): Promise<FaultReport> {
		return await this.post('/faults', spec);
	}

	/** The faults that were switched on, those used up as well, with how often each was applied. */
	async faults(filter: ControlInput['faultFilter'] = {}): Promise<FaultReport[]> {
		return await this.get('/faults', filter);
	}

	async clearFaults(filter: ControlInput['faultFilter'] = {}): Promise<FaultReport[]> {
		return (await this.http.delete<FaultReport[]>('/faults', { params: filter })).data;
	}

	async charges(filter: ControlInput['chargeFilter'] = {}): Promise<ChargesView> {
		return await this.get('/charges', filter);
	}

	async requests(filter: ControlInput['requestFilter'] = {}): Promise<RequestView> {
		return await this.get('/requests', filter);
	}

	/** Everything, one provider, or one account of it. */
	async reset(scope: ControlInput['reset'] = {}): Promise<void> {
		await this.post('/reset', scope);
	}

	/** Moves the order progress, rate windows and idempotency keys on. */
	async advanceClock(advanceMs: number): Promise<void> {
		await this.post('/clock', { advanceMs });
	}

	/** Gives the order as its provider now shows it. */
	async changeOrder(change: ControlInput['order']): Promise<Record<string, unknown>> {
		return await this.post('/orders', change);
	}

	async changeProduct(change: ControlInput['product']): Promise<Record<string, unknown>> {
		return await this.post('/products', change);
	}

	async changeSettings(change: ControlInput['settings']): Promise<Settings> {
		return await this.post('/settings', change);
	}

	/** Delivers a Tribute webhook and gives what came back, for each delivery of it. */
	async deliverTributeWebhook(webhook: ControlInput['webhook']): Promise<Delivery[]> {
		return await this.post('/tribute/webhooks', webhook);
	}

	/** Lets a buyer, a bank or time do something to a Tribute shop order; gives the order as it is then shown. */
	async playTributeOrder(event: ControlInput['shopOrderEvent']): Promise<Record<string, unknown>> {
		return await this.post('/tribute/orders', event);
	}

	/** The webhooks that went out by themselves: after refunds, and for what happened to shop orders. */
	async tributeDeliveries(): Promise<Delivery[]> {
		return await this.get('/tribute/deliveries');
	}

	/** n8n's Data Tables with all their rows, those included that no request sees yet. */
	async dataTables(filter: ControlInput['tableFilter'] = {}): Promise<DataTableView[]> {
		return await this.get('/n8n/tables', filter);
	}

	/** Makes a Data Table or its missing columns, and replaces its rows where some are given. */
	async setDataTable(table: ControlInput['table']): Promise<DataTableView> {
		return await this.post('/n8n/tables', table);
	}

	/** The executions that n8n knows of, in place of all it knew. */
	async setExecutions(executions: ControlInput['executions']): Promise<Execution[]> {
		return await this.post('/n8n/executions', executions);
	}

	private async get<T>(path: string, params?: object): Promise<T> {
		return (await this.http.get<T>(path, { params })).data;
	}

	private async post<T>(path: string, body: object): Promise<T> {
		return (await this.http.post<T>(path, body)).data;
	}
}
