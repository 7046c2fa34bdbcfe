/** Talks to a running n8n as its editor does (`/rest`, by cookie) and as other programs do (`/api/v1`, by API key). */
import axios, { type AxiosInstance, type AxiosResponse, type Method } from 'axios';

/** The account that owns the demo instance. It exists on this machine's loopback address only. */
export const DEMO_LOGIN = { email: 'demo@example.com', password: 'Digital-goods-1' } as const;

export interface Login {
	email: string;
	password: string;
}

/** An answer of n8n that says no. */
export class N8nRequestError extends Error {
	constructor(
		readonly request: string,
		readonly status: number,
		readonly body: unknown,
	) {
		const said = typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : '';
		super(
			`${request} answered ${status}${said ? `: ${said}` : ` ${JSON.stringify(body)?.slice(0, 300) ?? ''}`}`,
		);
		this.name = 'N8nRequestError';
	}
}

/** One item between nodes. */
export interface Item {
	json: Record<string, unknown>;
	binary?: Record<string, unknown>;
	pairedItem?: unknown;
	error?: unknown;
}

/** One run of one node inside an execution. */
export interface NodeRun {
	status: string;
	/** Items of the first output (empty when the node gave none). */
	items: Item[];
	/** Items of every output; a node with an error output has the failed ones in the second. */
	outputs: Item[][];
	/** What a tool, model or memory gave its agent: connection type to outputs. */
	other: Record<string, Item[][]>;
	error?: ExecutionFailure;
	hints: Array<Record<string, unknown>>;
	startTime: number;
	executionTime: number;
}

export interface ExecutionFailure {
	name?: string;
	message: string;
	description?: string | null;
	httpCode?: string | null;
	context?: Record<string, unknown>;
	node?: { name?: string };
	[key: string]: unknown;
}

/** A finished (or waiting, crashed, running) execution with its data by node. */
export interface Execution {
	id: string;
	workflowId: string;
	/** `success`, `error`, `canceled`, `crashed`, `waiting`, `running`, `new`. */
	status: string;
	mode: string;
	finished: boolean;
	startedAt: string | null;
	stoppedAt: string | null;
	/** Node name to its runs; a node in a loop has several. */
	nodes: Record<string, NodeRun[]>;
	error?: ExecutionFailure;
	lastNode?: string;
	/** n8n's own run data, as the public API gives it. */
	data: Record<string, unknown> | undefined;
}

export interface WorkflowNode {
	id?: string;
	name: string;
	type: string;
	typeVersion: number;
	position: [number, number];
	parameters: Record<string, unknown>;
	credentials?: Record<string, { id: string | null; name: string }>;
	[key: string]: unknown;
}

export interface WorkflowJson {
	name: string;
	nodes: WorkflowNode[];
	connections: Record<string, unknown>;
	settings?: Record<string, unknown>;
	[key: string]: unknown;
}

export interface Workflow extends WorkflowJson {
	id: string;
	active: boolean;
}

export interface Credential {
	id: string;
	name: string;
	type: string;
}

export interface NodeTypeInfo {
	name: string;
	displayName: string;
	version: number | number[];
	properties: Array<Record<string, unknown>>;
	credentials?: Array<{ name: string; required?: boolean }>;
	[key: string]: unknown;
}

export interface DataTable {
	id: string;
	name: string;
	columns: Array<{ id: string; name: string; type: string }>;
	[key: string]: unknown;
}

export type DataTableRow = { id: number; createdAt: string; updatedAt: string } & Record<string, unknown>;

export interface RunOptions {
	/** The trigger to start from; default: the manual trigger, else the workflow's only trigger. */
	startNode?: string;
	/** The JSON of the items that the trigger is to give, instead of being executed. */
	data?: Array<Record<string, unknown>>;
	/** Run only up to and including this node. */
	destinationNode?: string;
	timeoutMs?: number;
}

export interface RequestOptions {
	body?: unknown;
	query?: Record<string, unknown>;
	headers?: Record<string, string>;
	timeoutMs?: number;
}

interface PublicationStatus {
	status: 'in_progress' | 'published' | 'partial' | 'failed' | 'not_published';
	triggers: Array<{ nodeId: string; status: string; errorMessage: string | null }>;
}

/** What the editor sends along so that n8n ties a session to a browser. */
export const BROWSER_ID = 'digital-goods-host';

/** The name of these scripts' API key, which is made anew only when the known one does not work. */
const KEY_LABEL = 'digital-goods-host';

/** A client of one n8n. */
export class N8nClient {
	/** The key for `/api/v1`; empty until {@link connect}. */
	apiKey = '';

	private readonly http: AxiosInstance;
	private cookie = '';

	constructor(
		readonly url: string,
		readonly login: Login = DEMO_LOGIN,
	) {
		this.http = axios.create({
			baseURL: url,
			timeout: 60_000,
			validateStatus: () => true,
			proxy: false,
			maxRedirects: 0,
			// axios leaves characters such as ":" and "[" as they are, which n8n's public API refuses in a filter.
			paramsSerializer: { encode: encodeURIComponent },
		});
	}

	/**
	 * Signs in, setting the owner up first when there is none yet, and makes an API key unless `knownKey` still works.
	 */
	async connect(knownKey?: string): Promise<void> {
		const settings = await this.rest<{ userManagement?: { showSetupOnFirstLoad?: boolean } }>(
			'GET',
			'/settings',
		);
		const names = { firstName: 'Digital', lastName: 'Goods' };
		const fresh = settings.userManagement?.showSetupOnFirstLoad === true;
		const response = fresh
			? await this.send('POST', '/rest/owner/setup', { body: { ...this.login, ...names } })
			: await this.send('POST', '/rest/login', {
					body: { emailOrLdapLoginId: this.login.email, ...this.login },
				});
		if (response.status >= 300) throw new N8nRequestError('Signing in', response.status, response.data);
		this.cookie = sessionCookie(response);
		if (knownKey) {
			const check = await this.send('GET', '/api/v1/workflows', {
				query: { limit: 1 },
				headers: { 'X-N8N-API-KEY': knownKey },
			});
			if (check.status === 200) {
				this.apiKey = knownKey;
				return;
			}
		}
		this.apiKey = await this.createApiKey();
	}

	/** Makes an API key with every scope the owner may give. */
	async createApiKey(label = KEY_LABEL): Promise<string> {
		const old = await this.rest<
			Array<{ id: string; label: string }> | { items: Array<{ id: string; label: string }> }
		>('GET', '/api-keys');
		for (const key of Array.isArray(old) ? old : (old.items ?? [])) {
			if (key.label === label) await this.rest('DELETE', `/api-keys/${key.id}`);
		}
		const scopes = await this.rest<string[]>('GET', '/api-keys/scopes');
		const made = await this.rest<{ rawApiKey: string }>('POST', '/api-keys', {
			label,
			expiresAt: null,
			scopes,
		});
		return made.rawApiKey;
	}

	/** The session cookie (`n8n-auth=…`), for a browser. */
	sessionCookie(): string {
		return this.cookie;
	}

	/** A request as the editor makes it, to `/rest<path>`; gives what its answer holds in `data`. */
	async rest<T = unknown>(
		method: Method,
		path: string,
		body?: unknown,
		options: RequestOptions = {},
	): Promise<T> {
		const response = await this.send(method, `/rest${path}`, { ...options, body });
		if (response.status >= 300)
			throw new N8nRequestError(`${method} /rest${path}`, response.status, response.data);
		const data = response.data as { data?: T } | null;
		return (data !== null && typeof data === 'object' && 'data' in data ? data.data : data) as T;
	}

	/** A request to the public API, `/api/v1<path>`, with the API key. */
	async api<T = unknown>(
		method: Method,
		path: string,
		body?: unknown,
		options: RequestOptions = {},
	): Promise<T> {
		const headers = { 'X-N8N-API-KEY': this.apiKey, ...options.headers };
		const response = await this.send(method, `/api/v1${path}`, { ...options, headers, body });
		if (response.status >= 300)
			throw new N8nRequestError(`${method} /api/v1${path}`, response.status, response.data);
		return response.data as T;
	}

	/** Any request to this n8n, with the session's cookie, whatever it answers. */
	async send(method: Method, path: string, options: RequestOptions = {}): Promise<AxiosResponse<unknown>> {
		return await this.http.request({
			method,
			url: path,
			data: options.body,
			params: options.query,
			timeout: options.timeoutMs ?? 60_000,
			headers: {
				'browser-id': BROWSER_ID,
				...(this.cookie ? { cookie: this.cookie } : {}),
				...options.headers,
			},
		});
	}

	/** Every node type as the editor sees it. */
	async nodeTypes(): Promise<NodeTypeInfo[]> {
		const response = await this.send('GET', '/types/nodes.json');
		if (response.status >= 300)
			throw new N8nRequestError('GET /types/nodes.json', response.status, response.data);
		return response.data as NodeTypeInfo[];
	}

	/** Every credential type as the editor sees it. */
	async credentialTypes(): Promise<Array<{ name: string; displayName: string; [key: string]: unknown }>> {
		const response = await this.send('GET', '/types/credentials.json');
		if (response.status >= 300) {
			throw new N8nRequestError('GET /types/credentials.json', response.status, response.data);
		}
		return response.data as Array<{ name: string; displayName: string }>;
	}

	/** Saves a new credential. */
	async createCredential(name: string, type: string, data: Record<string, unknown>): Promise<Credential> {
		return await this.rest<Credential>('POST', '/credentials', { name, type, data });
	}

	/** Every saved credential, without its secrets. */
	async credentials(): Promise<Credential[]> {
		return await this.rest<Credential[]>('GET', '/credentials');
	}

	/** Creates the credential, or gives one of the same name and type new data. */
	async saveCredential(name: string, type: string, data: Record<string, unknown>): Promise<Credential> {
		const same = (await this.credentials()).find((saved) => saved.name === name && saved.type === type);
		if (!same) return await this.createCredential(name, type, data);
		return await this.rest<Credential>('PATCH', `/credentials/${same.id}`, { name, type, data });
	}

	/** Deletes a saved credential. */
	async deleteCredential(id: string): Promise<void> {
		await this.rest('DELETE', `/credentials/${id}`);
	}

	/**
	 * The editor's credential test: of a saved credential (`id`), or of data not saved yet (`type` and `data`).
	 * A test that fails is an answer too: `{ status: 'Error', message }`.
	 */
	async testCredential(
		which: { id: string } | { type: string; data: Record<string, unknown> },
	): Promise<{ status: 'OK' | 'Error'; message: string }> {
		const credentials =
			'id' in which
				? await this.rest<Credential & { data?: Record<string, unknown> }>(
						'GET',
						`/credentials/${which.id}`,
						undefined,
						{ query: { includeData: true } },
					)
				: { id: '', name: 'unsaved', ...which };
		const { id, name, type, data } = credentials;
		try {
			return await this.rest('POST', '/credentials/test', { credentials: { id, name, type, data } });
		} catch (error) {
			// Older versions test saved credentials only.
			if ('id' in which || !(error instanceof N8nRequestError) || error.status !== 403) throw error;
			const saved = await this.createCredential('Saved for a test', which.type, which.data);
			try {
				return await this.testCredential({ id: saved.id });
			} finally {
				await this.deleteCredential(saved.id);
			}
		}
	}

	/** Every workflow, without its nodes' data being changed in any way. */
	async workflows(): Promise<Workflow[]> {
		return await this.all<Workflow>('/workflows');
	}

	/** Saves a new workflow; keys that the public API does not take are left out. */
	async createWorkflow(workflow: WorkflowJson): Promise<Workflow> {
		return await this.storeWorkflow('POST', '/workflows', workflow);
	}

	/** Puts new content into a saved workflow; an active one is published anew. */
	async updateWorkflow(id: string, workflow: WorkflowJson): Promise<Workflow> {
		const saved = await this.storeWorkflow('PUT', `/workflows/${id}`, workflow);
		if (saved.active) await this.settled(id, 60_000);
		return saved;
	}

	private async storeWorkflow(method: Method, path: string, workflow: WorkflowJson): Promise<Workflow> {
		const { name, nodes, connections, settings = { executionOrder: 'v1' }, pinData } = workflow;
		const body = { name, nodes, connections, settings };
		if (!pinData) return await this.api<Workflow>(method, path, body);
		try {
			return await this.api<Workflow>(method, path, { ...body, pinData });
		} catch (error) {
			// The public API of older versions takes no pinned data; their editor does.
			if (!(error instanceof N8nRequestError) || error.status !== 400) throw error;
			const saved = await this.api<Workflow>(method, path, body);
			await this.rest('PATCH', `/workflows/${saved.id}`, { pinData });
			return saved;
		}
	}

	/** Creates the workflow, or updates the one of the same name in place. */
	async saveWorkflow(workflow: WorkflowJson): Promise<Workflow> {
		const same = (await this.workflows()).find(
			(saved) => saved.name === workflow.name && saved.isArchived !== true,
		);
		return same ? await this.updateWorkflow(same.id, workflow) : await this.createWorkflow(workflow);
	}

	/** A saved workflow. */
	async workflow(id: string): Promise<Workflow> {
		return await this.api<Workflow>('GET', `/workflows/${id}`);
	}

	/** Deletes a saved workflow. */
	async deleteWorkflow(id: string): Promise<void> {
		await this.api('DELETE', `/workflows/${id}`);
	}

	/**
	 * Activates (publishes) a workflow and waits until its triggers work. Fails with what a trigger said that could
	 * not start; n8n keeps such a workflow active and tries again later.
	 */
	async activate(id: string, timeoutMs = 60_000): Promise<void> {
		await this.api('POST', `/workflows/${id}/activate`, {});
		await this.published(id, timeoutMs);
	}

	/** Deactivates a workflow. */
	async deactivate(id: string): Promise<void> {
		await this.api('POST', `/workflows/${id}/deactivate`, {});
		await this.settled(id, 60_000);
	}

	/** Waits until an active workflow's triggers work; {@link activate} has done so already. */
	async published(id: string, timeoutMs = 60_000): Promise<void> {
		const until = Date.now() + timeoutMs;
		for (;;) {
			const state = await this.settled(id, until - Date.now());
			if (state === undefined || state.status === 'published') return;
			const reasons = state.triggers.map((trigger) => trigger.errorMessage).filter(Boolean);
			if (reasons.length > 0) throw new Error(`Workflow ${id} is not (wholly) active: ${reasons.join('; ')}`);
			// A workflow without any trigger of its own never gets further than this.
			if (Date.now() > until - timeoutMs + 2000) return;
			await pause(50);
		}
	}

	/** The state of a workflow's triggers once nothing changes any more; undefined where n8n does it at once. */
	private async settled(id: string, timeoutMs: number): Promise<PublicationStatus | undefined> {
		const until = Date.now() + timeoutMs;
		for (;;) {
			const response = await this.send('GET', `/rest/workflows/${id}/publication-status`);
			if (response.status >= 300) return undefined;
			const status = (response.data as { data?: PublicationStatus }).data;
			// Versions before 2.3x answer every unknown path with the editor's page.
			if (typeof status !== 'object') return undefined;
			if (status.status !== 'in_progress') return status;
			if (Date.now() > until) {
				const reasons = status.triggers.map((trigger) => trigger.errorMessage).filter(Boolean);
				throw new Error(
					`Workflow ${id} is still being activated: ${reasons.join('; ') || 'no reason given'}`,
				);
			}
			await pause(50);
		}
	}

	/** Runs a saved workflow as the editor's button does, and waits for its end. */
	async run(workflowId: string, options: RunOptions = {}): Promise<Execution> {
		const id = await this.start(workflowId, options);
		return await this.waitForExecution(id, options.timeoutMs);
	}

	/** Starts a saved workflow as the editor's button does, giving the execution's id at once. */
	async start(workflowId: string, options: RunOptions = {}): Promise<string> {
		const workflow = await this.workflow(workflowId);
		const name = options.startNode ?? findTrigger(workflow);
		const pinned = options.data && {
			...(workflow.pinData as Record<string, unknown> | undefined),
			[name]: options.data.map((json) => ({ json })),
		};
		// The editor hands a trigger its data the same way: pinned to the node while the run starts.
		if (pinned) await this.rest('PATCH', `/workflows/${workflowId}`, { pinData: pinned });
		const answer = await this.rest<{ executionId?: string; waitingForWebhook?: boolean }>(
			'POST',
			`/workflows/${workflowId}/run`,
			{
				workflowData: { ...workflow, pinData: pinned ?? workflow.pinData ?? {} },
				triggerToStartFrom: { name },
				...(options.destinationNode
					? { destinationNode: { nodeName: options.destinationNode, mode: 'inclusive' } }
					: {}),
			},
		).finally(async () => {
			if (pinned) await this.rest('PATCH', `/workflows/${workflowId}`, { pinData: workflow.pinData ?? {} });
		});
		if (answer.executionId) return answer.executionId;
		throw new Error(
			answer.waitingForWebhook
				? `"${name}" now waits for a call of its test URL: use listen() and callWebhook(…, { test: true })`
				: `n8n did not start the workflow: ${JSON.stringify(answer)}`,
		);
	}

	/** Makes a webhook trigger wait for one call of its test URL, as "Listen for test event" does. */
	async listen(workflowId: string, startNode?: string): Promise<void> {
		const workflow = await this.workflow(workflowId);
		const name = startNode ?? findTrigger(workflow);
		await this.rest('POST', `/workflows/${workflowId}/run`, {
			workflowData: { ...workflow, pinData: workflow.pinData ?? {} },
			triggerToStartFrom: { name },
		});
	}

	/** One execution with its data. */
	async execution(id: string): Promise<Execution> {
		return parseExecution(
			await this.api<Record<string, unknown>>('GET', `/executions/${id}`, undefined, {
				query: { includeData: true },
			}),
		);
	}

	/** Executions with their data, newest first. */
	async executions(
		filter: { workflowId?: string; status?: string; limit?: number } = {},
	): Promise<Execution[]> {
		const { limit = 100, ...query } = filter;
		const page = await this.api<{ data: Array<Record<string, unknown>> }>('GET', '/executions', undefined, {
			query: { ...query, limit, includeData: true },
		});
		return page.data.map(parseExecution);
	}

	/** Waits until the execution is over (a waiting one is not), and gives it with its data. */
	async waitForExecution(id: string, timeoutMs = 60_000): Promise<Execution> {
		const until = Date.now() + timeoutMs;
		for (let pauseMs = 40; ; pauseMs = Math.min(pauseMs * 1.5, 500)) {
			const now = await this.api<Record<string, unknown>>('GET', `/executions/${id}`);
			if (!['new', 'running', 'waiting', 'unknown'].includes(String(now.status)))
				return await this.execution(id);
			if (Date.now() > until)
				throw new Error(`Execution ${id} is still ${String(now.status)} after ${timeoutMs} ms`);
			await pause(pauseMs);
		}
	}

	/** Waits until a workflow has at least `count` finished executions (of any status), newest first. */
	async waitForExecutions(workflowId: string, count = 1, timeoutMs = 60_000): Promise<Execution[]> {
		const until = Date.now() + timeoutMs;
		for (;;) {
			const over = (await this.executions({ workflowId })).filter(
				(execution) => !['new', 'running', 'waiting', 'unknown'].includes(execution.status),
			);
			if (over.length >= count) return over;
			if (Date.now() > until) {
				throw new Error(
					`Workflow ${workflowId} has ${over.length} finished executions after ${timeoutMs} ms`,
				);
			}
			await pause(200);
		}
	}

	/** Calls a webhook's production (or test) URL, giving whatever it answers. */
	async callWebhook(
		path: string,
		options: RequestOptions & { method?: Method; test?: boolean } = {},
	): Promise<{ status: number; headers: Record<string, unknown>; body: unknown }> {
		const response = await this.http.request({
			method: options.method ?? 'POST',
			url: `/${options.test ? 'webhook-test' : 'webhook'}/${path.replace(/^\//, '')}`,
			data: options.body,
			params: options.query,
			headers: options.headers,
			timeout: options.timeoutMs ?? 60_000,
		});
		return { status: response.status, headers: { ...response.headers }, body: response.data as unknown };
	}

	/** The choices of a "From list" field, as the editor asks for them. */
	async listSearch(
		nodeType: string,
		method: string,
		options: {
			filter?: string;
			pagination?: unknown;
			credentials?: Record<string, { id: string; name: string }>;
			parameters?: Record<string, unknown>;
			path?: string;
			version?: number;
		} = {},
	): Promise<{
		results: Array<{ name: string; value: string | number; url?: string; description?: string }>;
		paginationToken?: unknown;
	}> {
		return await this.rest('POST', '/dynamic-node-parameters/resource-locator-results', {
			path: options.path ?? 'parameters.productId',
			methodName: method,
			nodeTypeAndVersion: { name: nodeType, version: options.version ?? 1 },
			currentNodeParameters: options.parameters ?? {},
			...(options.credentials ? { credentials: options.credentials } : {}),
			...(options.filter === undefined ? {} : { filter: options.filter }),
			...(options.pagination === undefined ? {} : { paginationToken: options.pagination }),
		});
	}

	/** The choices of a drop-down that loads its options, as the editor asks for them. */
	async loadOptions(
		nodeType: string,
		method: string,
		options: {
			credentials?: Record<string, { id: string; name: string }>;
			parameters?: Record<string, unknown>;
			path?: string;
			version?: number;
		} = {},
	): Promise<Array<{ name: string; value: string | number }>> {
		return await this.rest('POST', '/dynamic-node-parameters/options', {
			path: options.path ?? 'parameters',
			methodName: method,
			nodeTypeAndVersion: { name: nodeType, version: options.version ?? 1 },
			currentNodeParameters: options.parameters ?? {},
			...(options.credentials ? { credentials: options.credentials } : {}),
		});
	}

	/** Every data table. */
	async dataTables(): Promise<DataTable[]> {
		return await this.all<DataTable>('/data-tables');
	}

	/** A data table by its name, or undefined. */
	async dataTable(name: string): Promise<DataTable | undefined> {
		return (await this.dataTables()).find((table) => table.name === name);
	}

	/** Creates a data table; columns given by name only hold strings. */
	async createDataTable(
		name: string,
		columns: Array<string | { name: string; type: 'string' | 'number' | 'boolean' | 'date' }>,
	): Promise<DataTable> {
		return await this.api<DataTable>('POST', '/data-tables', {
			name,
			columns: columns.map((column) =>
				typeof column === 'string' ? { name: column, type: 'string' } : column,
			),
		});
	}

	/** All rows of a data table; `filter` is the public API's (`{ type: 'and', filters: [{ columnName, condition, value }] }`). */
	async dataTableRows(id: string, filter?: Record<string, unknown>): Promise<DataTableRow[]> {
		const query = filter ? { filter: JSON.stringify(filter) } : {};
		return await this.all<DataTableRow>(`/data-tables/${id}/rows`, query);
	}

	/** Adds rows to a data table, giving them as they were stored. */
	async insertDataTableRows(id: string, rows: Array<Record<string, unknown>>): Promise<DataTableRow[]> {
		return await this.api<DataTableRow[]>('POST', `/data-tables/${id}/rows`, {
			data: rows,
			returnType: 'all',
		});
	}

	/** Deletes a data table. */
	async deleteDataTable(id: string): Promise<void> {
		await this.api('DELETE', `/data-tables/${id}`);
	}

	/** Everything a paged list of the public API holds. */
	async all<T>(path: string, query: Record<string, unknown> = {}): Promise<T[]> {
		const found: T[] = [];
		let cursor: string | undefined;
		do {
			const page = await this.api<{ data: T[]; nextCursor?: string | null }>('GET', path, undefined, {
				query: { ...query, limit: 250, ...(cursor ? { cursor } : {}) },
			});
			found.push(...page.data);
			cursor = page.nextCursor ?? undefined;
		} while (cursor);
		return found;
	}
}

/** The JSON of what a node gave: all items of an output of its last run (or of run `runIndex`). */
export function output(
	execution: Execution,
	node: string,
	index = 0,
	runIndex = -1,
): Array<Record<string, unknown>> {
	return (execution.nodes[node]?.at(runIndex)?.outputs[index] ?? []).map((item) => item.json);
}

/** The name of the node that a workflow starts from: its manual trigger, else its only trigger. */
export function findTrigger(workflow: WorkflowJson): string {
	const enabled = workflow.nodes.filter((node) => node.disabled !== true);
	const manual = enabled.find((node) => node.type === 'n8n-nodes-base.manualTrigger');
	if (manual) return manual.name;
	const triggers = enabled.filter((node) => /trigger$|webhook$/i.test(node.type));
	const [only] = triggers;
	if (triggers.length === 1 && only) return only.name;
	throw new Error(`Workflow "${workflow.name}" has ${triggers.length} triggers: name the one to start from`);
}

function parseExecution(raw: Record<string, unknown>): Execution {
	const data = raw.data as
		| {
				resultData?: {
					runData?: Record<string, RawRun[]>;
					error?: ExecutionFailure;
					lastNodeExecuted?: string;
				};
		  }
		| undefined;
	const nodes: Record<string, NodeRun[]> = {};
	for (const [name, runs] of Object.entries(data?.resultData?.runData ?? {}))
		nodes[name] = runs.map(parseRun);
	const text = (value: unknown) => (typeof value === 'string' ? value : null);
	return {
		id: String(raw.id),
		workflowId: String(raw.workflowId),
		status: String(raw.status),
		mode: String(raw.mode),
		finished: raw.finished === true,
		startedAt: text(raw.startedAt),
		stoppedAt: text(raw.stoppedAt),
		nodes,
		...(data?.resultData?.error ? { error: data.resultData.error } : {}),
		...(data?.resultData?.lastNodeExecuted ? { lastNode: data.resultData.lastNodeExecuted } : {}),
		data: data as Record<string, unknown> | undefined,
	};
}

interface RawRun {
	executionStatus?: string;
	data?: Record<string, Array<Item[] | null> | undefined>;
	error?: ExecutionFailure;
	hints?: Array<Record<string, unknown>>;
	startTime?: number;
	executionTime?: number;
}

function parseRun(run: RawRun): NodeRun {
	const { main, ...others } = run.data ?? {};
	const outputs = (main ?? []).map((items) => items ?? []);
	const other: Record<string, Item[][]> = {};
	for (const [type, lists] of Object.entries(others)) other[type] = (lists ?? []).map((items) => items ?? []);
	return {
		status: run.executionStatus ?? (run.error ? 'error' : 'success'),
		items: outputs[0] ?? [],
		outputs,
		other,
		...(run.error ? { error: run.error } : {}),
		hints: run.hints ?? [],
		startTime: run.startTime ?? 0,
		executionTime: run.executionTime ?? 0,
	};
}

function sessionCookie(response: AxiosResponse): string {
	const cookies = response.headers['set-cookie'] ?? [];
	const found = cookies
		.map((cookie) => cookie.split(';')[0] ?? '')
		.find((cookie) => cookie.startsWith('n8n-auth='));
	if (!found) throw new Error('n8n gave no session cookie');
	return found;
}

/** Waits a while. */
export async function pause(ms: number): Promise<void> {
	await new Promise((done) => setTimeout(done, ms));
}
