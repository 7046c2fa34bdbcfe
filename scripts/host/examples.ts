/** Imports the example workflows, and never touches what was imported before: it belongs to the user. */
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Credential, Workflow, WorkflowJson } from './client';
import type { N8nHost } from './host';

export interface Example {
	id: string;
	name: string;
	/** The file it came from. */
	file: string;
	/** The workflow as n8n has it. */
	json: WorkflowJson;
}

/** What was imported from a file: the workflow it became, and the file's content then. */
interface Imported {
	id: string;
	hash: string;
}

/**
 * Imports each workflow file of a folder once, in the order of their names. Credentials are filled in by their type;
 * a workflow that its file calls active is activated. A file that was imported before is left out, whatever became of
 * its workflow. `addNewer` imports those anew whose file has changed or whose workflow was deleted, under a free name.
 * @returns the workflows that exist now, and the names of those whose file has changed since
 */
export async function importExamples(
	host: Pick<N8nHost, 'userFolder' | 'workflows'>,
	folder: string,
	credentials: Record<string, Credential>,
	{ addNewer = false } = {},
): Promise<{ examples: Example[]; newer: string[] }> {
	const recordFile = join(host.userFolder, 'examples.json');
	const record = JSON.parse(await readFile(recordFile, 'utf8').catch(() => '{}')) as Record<string, Imported>;
	const saved = (await host.workflows.list()).filter((workflow) => workflow.isArchived !== true);
	const names = await readdir(folder).catch(() => [] as string[]);
	const files = names.filter((file) => file.endsWith('.json')).sort();
	const examples: Example[] = [];
	const newer: string[] = [];
	for (const file of files) {
		const text = await readFile(join(folder, file), 'utf8');
		const json = withCredentials(JSON.parse(text) as WorkflowJson, credentials);
		const hash = createHash('sha256').update(text).digest('hex');
		// A workflow of this name is the user's, or was imported before there was a record.
		const sameName = saved.find(({ name }) => name === json.name);
		const known = record[file] ?? (sameName && { id: sameName.id, hash });
		let workflow = saved.find(({ id }) => id === known?.id);
		const isNewer = known !== undefined && known.hash !== hash;
		if (known === undefined || (addNewer && (isNewer || workflow === undefined))) {
			workflow = await host.workflows.create({ ...json, name: freeName(json.name, saved) });
			if (json.active === true) await host.workflows.activate(workflow.id);
			record[file] = { id: workflow.id, hash };
		} else {
			record[file] = known;
			if (isNewer) newer.push(json.name);
		}
		if (workflow) examples.push({ id: workflow.id, name: workflow.name, file, json: workflow });
	}
	await writeFile(recordFile, JSON.stringify(record, null, '\t'));
	return { examples, newer };
}

function freeName(name: string, saved: Workflow[]): string {
	const isTaken = (wanted: string) => saved.some((workflow) => workflow.name === wanted);
	let free = name;
	for (let number = 2; isTaken(free); number++) free = `${name} (${number})`;
	return free;
}

/** The workflow with every credential it names by type pointing to the saved one of that type. */
function withCredentials(workflow: WorkflowJson, credentials: Record<string, Credential>): WorkflowJson {
	const nodes = workflow.nodes.map((node) => {
		if (!node.credentials) return node;
		const filled = Object.entries(node.credentials).map(([type, reference]) => {
			const saved = credentials[type];
			return [type, saved ? { id: saved.id, name: saved.name } : reference] as const;
		});
		return { ...node, credentials: Object.fromEntries(filled) };
	});
	return { ...workflow, nodes };
}
