/** What `npm start -- --check` tries in a new demo: every credential, and every example workflow once. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import type { Demo } from './demo';
import type { Example } from './examples';
import { findTrigger, isUnfinished, pause, type Execution, type N8nHost } from './host';
import {
	startLanguageModel,
	toolAnswers,
	type LanguageModel,
	type ModelAnswer,
	type ModelRequest,
} from './languageModel';
import { REPOSITORY } from './pack';

export interface Checked {
	result: 'passed' | 'failed' | 'left out';
	kind: 'credential' | 'workflow';
	name: string;
	note: string;
}

/** Longer than any example takes on a busy machine. */
const RUN_TIMEOUT_MS = 180_000;
const CHAT_ANSWER = '@n8n/n8n-nodes-langchain.chat';
/** n8n answers anything that looks like a robot without following the link. */
const BROWSER =
	'Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36';

/** A service for the AI agents of the examples that answers from a script; see `languageModel` in `startDemo`. */
export const startScriptedBuyer = async (): Promise<LanguageModel> => await startLanguageModel(buyer);

/** Tries all of a demo that was started with a {@link startScriptedBuyer}. */
export async function checkDemo(demo: Demo): Promise<Checked[]> {
	const checked = await checkCredentials(demo);
	for (const example of demo.workflows) checked.push(await checkExample(demo, example));
	return checked;
}

async function checkCredentials({ host, credentials }: Demo): Promise<Checked[]> {
	const checked: Checked[] = [];
	for (const [name, { id }] of Object.entries(credentials)) {
		const { status, message } = await host.credentials.test({ id });
		const result = status === 'OK' ? 'passed' : 'failed';
		checked.push({ result, kind: 'credential', name, note: message });
	}
	return checked;
}

/** Runs a workflow that begins by hand or with a chat; another one is activated and deactivated. */
export async function checkExample({ host }: Demo, example: Example): Promise<Checked> {
	const { id, name, json } = example;
	const as = (result: Checked['result'], note: string): Checked => ({
		...{ result, kind: 'workflow', name, note },
	});
	const [missing] = await missingNodes(json.nodes.map(({ type }) => type));
	if (missing !== undefined) return as('left out', `this version has no node "${missing}"`);
	try {
		const trigger = json.nodes.find((node) => node.name === findTrigger(json));
		const isChat = trigger?.type.endsWith('.chatTrigger') === true;
		if (!isChat && trigger?.type !== 'n8n-nodes-base.manualTrigger') {
			await host.workflows.activate(id);
			await host.workflows.deactivate(id);
			return as('passed', 'activated (starts by an event)');
		}
		const message = { sessionId: 'check', action: 'sendMessage', chatInput: '100 Stars for @durov' };
		const started = Date.now();
		const execution = await runAndApprove(host, example, isChat ? { data: [message] } : {});
		const failure = execution.error?.message ?? execution.status;
		const where = execution.lastNode ? `${execution.lastNode}: ` : '';
		return execution.status === 'success'
			? as('passed', `ran in ${Date.now() - started} ms, ${Object.keys(execution.nodes).length} nodes`)
			: as('failed', `${where}${failure}`);
	} catch (error) {
		return as('failed', error instanceof Error ? error.message : String(error));
	}
}

/** Nodes of this package that it does not have (yet). */
async function missingNodes(types: string[]): Promise<string[]> {
	const manifest = await readFile(join(REPOSITORY, 'package.json'), 'utf8');
	const { name, n8n } = JSON.parse(manifest) as { name: string; n8n: { nodes: string[] } };
	const own = new Set(n8n.nodes.map((file) => basename(file, '.node.js').toLowerCase()));
	return types
		.filter((type) => type.startsWith(`${name}.`))
		.map((type) => type.slice(name.length + 1))
		.filter((node) => !own.has(node.replace(/Tool$/, '').toLowerCase()));
}

/** Runs a workflow, and approves what it asks a person to approve. */
async function runAndApprove(
	host: N8nHost,
	{ id, json }: Example,
	options: Parameters<N8nHost['executions']['start']>[1],
): Promise<Execution> {
	const started = await host.executions.start(id, options);
	const end = Date.now() + RUN_TIMEOUT_MS;
	for (let isApproved = false; ; await pause(100)) {
		const execution = await host.executions.get(started);
		const { status, lastNode } = execution;
		if (!isUnfinished(status)) return execution;
		if (status === 'waiting') {
			const waiting = json.nodes.find(({ name }) => name === lastNode);
			// Its answer is ready, and nobody has the chat open that would show it.
			if (waiting?.type === CHAT_ANSWER) return { ...execution, status: 'success' };
			isApproved ||= await approve(host, execution);
		}
		if (Date.now() > end)
			throw new Error(`${lastNode ?? 'It'} is still ${status} after ${RUN_TIMEOUT_MS} ms`);
	}
}

/** Follows the link that approves, as it stands in what the waiting node would send. */
async function approve(host: N8nHost, { data }: Execution): Promise<boolean> {
	const [link] = /\/webhook-waiting\/[^"\\]+approved=true[^"\\]+/.exec(JSON.stringify(data)) ?? [];
	if (link === undefined) return false;
	await host.request('GET', link, { headers: { 'user-agent': BROWSER } });
	return true;
}

/** A model that does what the example agents are for: it looks around, orders, and repeats what it was told. */
function buyer(request: ModelRequest): ModelAnswer {
	const order = request.tools?.find((tool) => tool.function.name === 'Order_Stars');
	const answers = toolAnswers(request);
	if (order === undefined || answers.length > 2) return `I was told: ${answers.at(-1) ?? 'nothing'}`;
	if (answers.length === 0) return [{ name: 'Catalog' }, { name: 'Balance' }];
	const asked = { Product: 'stars_100', Target: '@durov' };
	const isReviewed = order.function.parameters.properties?.toolParameters !== undefined;
	return [
		{ name: 'Order_Stars', arguments: isReviewed ? { toolParameters: asked, hitlParameters: {} } : asked },
	];
}
