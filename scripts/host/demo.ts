/** The whole demo in one call: the sandbox of the providers, n8n with this package, credentials and example workflows. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startSandbox, type Sandbox } from '../../sandbox/server';
import { startHost, type Credential, type N8nHost, type StartHostOptions, type WorkflowJson } from './host';
import { packPackage, REPOSITORY } from './pack';

export interface DemoOptions extends Omit<StartHostOptions, 'tarball'> {
	/** The sandbox's port; default: any free one. */
	sandboxPort?: number;
	/** A packed package; default: the repository's, packed now. */
	tarball?: string;
	/** Where the example workflows are; default: the repository's `examples` folder. */
	examples?: string;
	/** Called with what is being done. */
	say?: (line: string) => void;
}

export interface DemoWorkflow {
	id: string;
	name: string;
	/** The file it came from. */
	file: string;
	json: WorkflowJson;
}

export interface Demo {
	host: N8nHost;
	sandbox: Sandbox;
	/** Saved credentials by their type. */
	credentials: Record<string, Credential>;
	workflows: DemoWorkflow[];
	/** Stops n8n and the sandbox. */
	stop(): Promise<void>;
}

/** What each credential type of the package is to hold so that it reaches the sandbox and this n8n. */
export function demoCredentials(
	sandbox: Pick<Sandbox, 'providers'>,
	host: Pick<N8nHost, 'apiKey' | 'url'>,
): Record<string, { name: string; data: Record<string, unknown> }> {
	const { teleKartStars, tgMarket, tribute, aiMarket, gamesDrop } = sandbox.providers;
	const { dashboardToken, ...gamesDropApi } = gamesDrop;
	const dashboard = { token: dashboardToken, baseUrl: gamesDrop.baseUrl };
	return {
		teleKartStarsApi: { name: 'TeleKart Stars (sandbox)', data: { ...teleKartStars } },
		tgMarketApi: { name: 'TG Market (sandbox)', data: { ...tgMarket } },
		tributeApi: { name: 'Tribute (sandbox)', data: { ...tribute } },
		aiMarketApi: { name: 'AI-Market (sandbox)', data: { ...aiMarket } },
		gamesDropApi: { name: 'GamesDrop (sandbox)', data: gamesDropApi },
		gamesDropDashboardApi: { name: 'GamesDrop Dashboard (sandbox)', data: dashboard },
		orderTrackingApi: { name: 'Order tracking (this n8n)', data: { apiKey: host.apiKey, baseUrl: host.url } },
	};
}

/** Brings everything up; what was there already in the user folder is brought up to date. */
export async function startDemo(options: DemoOptions = {}): Promise<Demo> {
	const {
		sandboxPort,
		tarball,
		examples = join(REPOSITORY, 'examples'),
		say = () => undefined,
		...rest
	} = options;
	const packed = tarball ?? (await packPackage());
	const sandbox = await startSandbox(sandboxPort === undefined ? {} : { port: sandboxPort });
	let host: N8nHost | undefined;
	try {
		say('Starting n8n (about 20 seconds, longer the first time) …');
		host = await startHost({ ...rest, tarball: packed });
		say('Saving credentials and importing the example workflows …');
		const credentials = await saveCredentials(host, demoCredentials(sandbox, host));
		const workflows = await importWorkflows(host, examples, credentials);
		const started = host;
		const stop = async () => {
			await started.stop();
			await sandbox.close();
		};
		return { host, sandbox, credentials, workflows, stop };
	} catch (error) {
		await host?.stop();
		await sandbox.close();
		throw error;
	}
}

/** Creates or updates a credential of each type, of those that the running package has. */
export async function saveCredentials(
	host: N8nHost,
	wanted: Record<string, { name: string; data: Record<string, unknown> }>,
): Promise<Record<string, Credential>> {
	const known = new Set((await host.credentialTypes()).map((type) => type.name));
	const saved: Record<string, Credential> = {};
	for (const [type, { name, data }] of Object.entries(wanted)) {
		if (known.has(type)) saved[type] = await host.saveCredential(name, type, data);
	}
	return saved;
}

/**
 * Imports every workflow file of a folder, in the order of their names: credentials are filled in by their type, a
 * workflow of the same name is updated in place, and one that its file calls active is activated.
 */
export async function importWorkflows(
	host: N8nHost,
	folder: string,
	credentials: Record<string, Credential>,
): Promise<DemoWorkflow[]> {
	const files = (await readdir(folder).catch(() => [] as string[]))
		.filter((file) => file.endsWith('.json'))
		.sort();
	const imported: DemoWorkflow[] = [];
	for (const file of files) {
		const json = withCredentials(
			JSON.parse(await readFile(join(folder, file), 'utf8')) as WorkflowJson,
			credentials,
		);
		const saved = await host.saveWorkflow(json);
		if (json.active === true) await host.activate(saved.id);
		imported.push({ id: saved.id, name: saved.name, file, json });
	}
	return imported;
}

/** The workflow with every credential it names by type pointing to the saved one of that type. */
export function withCredentials(
	workflow: WorkflowJson,
	credentials: Record<string, Credential>,
): WorkflowJson {
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
