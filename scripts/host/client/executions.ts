import { pause, type N8nConnection } from './connection';
import { findTrigger, type Workflow } from './workflows';

/** One item between nodes. */
export interface Item {
	json: Record<string, unknown>;
	error?: unknown;
}

/** One run of one node inside an execution. */
export interface NodeRun {
	status: string;
	/** Items of the first output (empty when the node gave none). */
	items: Item[];
	/** Items of every output; the second of a node with an error output has the failed ones. */
	outputs: Item[][];
	error?: ExecutionFailure;
	hints: Array<Record<string, unknown>>;
	/** Milliseconds. */
	executionTime: number;
}

export interface ExecutionFailure {
	name?: string;
	message: string;
	description?: string | null;
	httpCode?: string | null;
	[key: string]: unknown;
}

/** An execution with its data by node. */
export interface Execution {
	id: string;
	/** `success`, `error`, `canceled`, `crashed`, `waiting`, `running`, `new`. */
	status: string;
	startedAt: string | null;
	stoppedAt: string | null;
	/** Node name to its runs; a node in a loop has several. */
	nodes: Record<string, NodeRun[]>;
	error?: ExecutionFailure;
	lastNode?: string;
	/** n8n's own run data, as the public API gives it. */
	data: Record<string, unknown> | undefined;
}

export interface RunOptions {
	/** The trigger to start from; default: the manual trigger, else the workflow's only trigger. */
	startNode?: string;
	/** The JSON of the items that the trigger gives, instead of being executed. */
	data?: Array<Record<string, unknown>>;
	/** Run only up to and including this node. */
	destinationNode?: string;
	timeoutMs?: number;
}

/** Whether an execution of this status goes on, now or later. */
export const isUnfinished = (status: string): boolean =>
	['new', 'running', 'waiting', 'unknown'].includes(status);

/** Runs of workflows. */
export class Executions {
	constructor(private readonly n8n: N8nConnection) {}

	/** Runs a saved workflow as the editor's button does, and waits for its end. */
	async run(workflowId: string, options: RunOptions = {}): Promise<Execution> {
		return await this.wait(await this.start(workflowId, options), options.timeoutMs);
	}

	/** Starts a saved workflow as the editor's button does, and gives the execution's ID. */
	async start(
		workflowId: string,
		{ startNode, data, destinationNode }: Omit<RunOptions, 'timeoutMs'> = {},
	): Promise<string> {
		const workflow = await this.n8n.api<Workflow>('GET', `/workflows/${workflowId}`);
		const name = startNode ?? findTrigger(workflow);
		const own = (workflow.pinData ?? {}) as Record<string, unknown>;
		const pin = async (pinData: Record<string, unknown>) =>
			await this.n8n.rest('PATCH', `/workflows/${workflowId}`, { pinData });
		// The editor gives a trigger its data in the same way: pinned to the node while the run starts.
		const pinData = data ? { ...own, [name]: data.map((json) => ({ json })) } : own;
		if (data) await pin(pinData);
		const answer = await this.n8n
			.rest<{ executionId?: string }>('POST', `/workflows/${workflowId}/run`, {
				workflowData: { ...workflow, pinData },
				triggerToStartFrom: { name },
				...(destinationNode ? { destinationNode: { nodeName: destinationNode, mode: 'inclusive' } } : {}),
			})
			.finally(async () => {
				if (data) await pin(own);
			});
		if (answer.executionId) return answer.executionId;
		throw new Error(`n8n did not start the workflow: ${JSON.stringify(answer)}`);
	}

	/** Waits until the execution has finished, and gives it with its data. */
	async wait(id: string, timeoutMs = 60_000): Promise<Execution> {
		const until = Date.now() + timeoutMs;
		for (let pauseMs = 40; ; pauseMs = Math.min(pauseMs * 1.5, 500)) {
			const { status } = await this.n8n.api<{ status: string }>('GET', `/executions/${id}`);
			if (!isUnfinished(status)) return await this.get(id);
			if (Date.now() > until) throw new Error(`Execution ${id} is still ${status} after ${timeoutMs} ms`);
			await pause(pauseMs);
		}
	}

	/** Waits until a workflow has at least `count` finished executions (of any status), newest first. */
	async waitFor(workflowId: string, count = 1, timeoutMs = 60_000): Promise<Execution[]> {
		const until = Date.now() + timeoutMs;
		for (;;) {
			const finished = (await this.list({ workflowId })).filter(({ status }) => !isUnfinished(status));
			if (finished.length >= count) return finished;
			if (Date.now() > until)
				throw new Error(
					`Workflow ${workflowId} has ${finished.length} finished executions after ${timeoutMs} ms`,
				);
			await pause(200);
		}
	}

	async get(id: string): Promise<Execution> {
		const query = { includeData: true };
		return parse(await this.n8n.api<RawExecution>('GET', `/executions/${id}`, undefined, { query }));
	}

	/** Executions with their data, newest first. */
	async list(filter: { workflowId?: string; status?: string; limit?: number } = {}): Promise<Execution[]> {
		const query = { limit: 100, ...filter, includeData: true };
		const page = await this.n8n.api<{ data: RawExecution[] }>('GET', '/executions', undefined, { query });
		return page.data.map(parse);
	}
}

/** The JSON of a node's items: those of one output of its last run (or of run `runIndex`). */
export function output(
	execution: Execution,
	node: string,
	index = 0,
	runIndex = -1,
): Array<Record<string, unknown>> {
	return (execution.nodes[node]?.at(runIndex)?.outputs[index] ?? []).map((item) => item.json);
}

interface RawRun {
	executionStatus?: string;
	data?: { main?: Array<Item[] | null> };
	error?: ExecutionFailure;
	hints?: Array<Record<string, unknown>>;
	executionTime?: number;
}

interface RawExecution {
	id: string | number;
	status: string;
	startedAt?: string | null;
	stoppedAt?: string | null;
	data?: {
		resultData?: { runData?: Record<string, RawRun[]>; error?: ExecutionFailure; lastNodeExecuted?: string };
	};
}

function parse({ id, status, startedAt, stoppedAt, data }: RawExecution): Execution {
	const { runData = {}, error, lastNodeExecuted: lastNode } = data?.resultData ?? {};
	return {
		id: String(id),
		status,
		startedAt: startedAt ?? null,
		stoppedAt: stoppedAt ?? null,
		nodes: Object.fromEntries(Object.entries(runData).map(([name, runs]) => [name, runs.map(parseRun)])),
		...(error ? { error } : {}),
		...(lastNode ? { lastNode } : {}),
		data,
	};
}

function parseRun({ executionStatus, data, error, hints = [], executionTime = 0 }: RawRun): NodeRun {
	const outputs = (data?.main ?? []).map((items) => items ?? []);
	return {
		status: executionStatus ?? (error ? 'error' : 'success'),
		items: outputs[0] ?? [],
		outputs,
		...(error ? { error } : {}),
		hints,
		executionTime,
	};
}
