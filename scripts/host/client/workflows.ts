import type { Method } from 'axios';

import { N8nRequestError, pause, type N8nConnection } from './connection';

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

interface PublicationStatus {
	status: 'in_progress' | 'published' | 'partial' | 'failed' | 'not_published';
	triggers: Array<{ nodeId: string; status: string; errorMessage: string | null }>;
}

const POLLED_EVERY_MS = 50;
/** A workflow without a trigger of its own never becomes `published`. */
const TRIGGERS_APPEAR_WITHIN_MS = 2_000;

/** Saved workflows and their activation. */
export class Workflows {
	constructor(private readonly n8n: N8nConnection) {}

	async list(): Promise<Workflow[]> {
		return await this.n8n.all<Workflow>('/workflows');
	}

	async get(id: string): Promise<Workflow> {
		return await this.n8n.api<Workflow>('GET', `/workflows/${id}`);
	}

	/** Saves a new workflow; keys that the public API does not take are left out. */
	async create(workflow: WorkflowJson): Promise<Workflow> {
		return await this.store('POST', '/workflows', workflow);
	}

	/** Puts new content into a saved workflow; an active one is published anew. */
	async update(id: string, workflow: WorkflowJson): Promise<Workflow> {
		const saved = await this.store('PUT', `/workflows/${id}`, workflow);
		if (saved.active) await this.whenStable(id, 60_000);
		return saved;
	}

	/**
	 * Activates (publishes) a workflow and waits until its triggers work. Fails with the message of a trigger that
	 * could not start; n8n keeps such a workflow active and retries later.
	 */
	async activate(id: string, timeoutMs = 60_000): Promise<void> {
		await this.n8n.api('POST', `/workflows/${id}/activate`, {});
		await this.waitUntilActive(id, timeoutMs);
	}

	async deactivate(id: string): Promise<void> {
		await this.n8n.api('POST', `/workflows/${id}/deactivate`, {});
		await this.whenStable(id, 60_000);
	}

	/** Waits until an active workflow's triggers work; {@link activate} has done so already. */
	async waitUntilActive(id: string, timeoutMs = 60_000): Promise<void> {
		const started = Date.now();
		for (;;) {
			const state = await this.whenStable(id, started + timeoutMs - Date.now());
			if (state === undefined || state.status === 'published') return;
			const reasons = reasonsOf(state);
			if (reasons !== '') throw new Error(`Not all triggers of workflow ${id} are active: ${reasons}`);
			if (Date.now() > started + TRIGGERS_APPEAR_WITHIN_MS) return;
			await pause(POLLED_EVERY_MS);
		}
	}

	private async store(method: Method, path: string, workflow: WorkflowJson): Promise<Workflow> {
		const { name, nodes, connections, settings = { executionOrder: 'v1' }, pinData } = workflow;
		const body = { name, nodes, connections, settings };
		if (!pinData) return await this.n8n.api<Workflow>(method, path, body);
		try {
			return await this.n8n.api<Workflow>(method, path, { ...body, pinData });
		} catch (error) {
			// The public API of older versions takes no pinned data; their editor does.
			if (!(error instanceof N8nRequestError) || error.status !== 400) throw error;
			const saved = await this.n8n.api<Workflow>(method, path, body);
			await this.n8n.rest('PATCH', `/workflows/${saved.id}`, { pinData });
			return saved;
		}
	}

	/** The state of a workflow's triggers once it no longer changes; undefined in versions that change it at once. */
	private async whenStable(id: string, timeoutMs: number): Promise<PublicationStatus | undefined> {
		const until = Date.now() + timeoutMs;
		for (;;) {
			const response = await this.n8n.send('GET', `/rest/workflows/${id}/publication-status`);
			if (response.status >= 300) return undefined;
			const status = (response.data as { data?: PublicationStatus }).data;
			// Older versions answer every unknown path with the editor's page.
			if (typeof status !== 'object') return undefined;
			if (status.status !== 'in_progress') return status;
			if (Date.now() > until)
				throw new Error(`Workflow ${id} is still being activated: ${reasonsOf(status) || 'no reason given'}`);
			await pause(POLLED_EVERY_MS);
		}
	}
}

const reasonsOf = ({ triggers }: PublicationStatus): string =>
	triggers
		.map(({ errorMessage }) => errorMessage)
		.filter(Boolean)
		.join('; ');

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
