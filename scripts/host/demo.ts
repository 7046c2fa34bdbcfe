/** The demo: the providers' sandbox, and an n8n with this package, its credentials and the example workflows. */
import { join } from 'node:path';

import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox/server';
import type { Steps } from '../steps.cjs';
import { importExamples, type Example } from './examples';
import { startHost, type Credential, type N8nHost, type StartHostOptions } from './host';
import { ensureHost, installedHost, n8nVersion } from './install';
import { packPackage, REPOSITORY } from './pack';

export interface DemoOptions extends Omit<StartHostOptions, 'tarball'> {
	/** Default: any free port, and nothing kept. */
	sandbox?: SandboxOptions & { stateFile?: string };
	/** A packed package; default: the repository's, packed now. */
	tarball?: string;
	/** The folder of the example workflows, which need not exist; default: the repository's. */
	examples?: string;
	/** Imports newer versions of examples that were imported before, beside those. */
	addNewerExamples?: boolean;
	/** The Base URL of a service for the AI agents of the examples; without it they have no credential. */
	languageModel?: string;
	/** Shows the three steps of the start. */
	steps?: Pick<Steps, 'run' | 'skip'>;
}

export interface Demo {
	host: N8nHost;
	sandbox: Sandbox;
	/** Saved credentials by their type. */
	credentials: Record<string, Credential>;
	workflows: Example[];
	/** Names of the examples of which there is a newer version than the imported one. */
	newerExamples: string[];
	/** Stops n8n and the sandbox. */
	stop(): Promise<void>;
}

/** The data of each credential type that reaches the sandbox, this n8n and the language model. */
export function demoCredentials(
	sandbox: Pick<Sandbox, 'providers'>,
	host: Pick<N8nHost, 'apiKey' | 'url'>,
	languageModel?: string,
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
		...(languageModel === undefined
			? {}
			: { openAiApi: { name: 'Language model', data: { apiKey: 'none', url: languageModel } } }),
	};
}

const WITHOUT_STEPS: NonNullable<DemoOptions['steps']> = {
	run: async (_, work) => await work(() => undefined),
	skip: () => undefined,
};

/** Starts the demo. In a user folder that was used before, the package and the credentials are brought up to date. */
export async function startDemo(options: DemoOptions = {}): Promise<Demo> {
	const { tarball, examples = join(REPOSITORY, 'examples'), addNewerExamples, ...others } = options;
	const { languageModel, ...rest } = others;
	const { sandbox: sandboxOptions, steps = WITHOUT_STEPS, ...hostOptions } = rest;
	const version = hostOptions.version ?? n8nVersion();
	if (await installedHost(hostOptions)) steps.skip(`n8n ${version} is installed`);
	else
		await steps.run(`Installing n8n ${version} (2 GB, a few minutes) …`, async (onProgress) =>
			ensureHost({ onProgress, ...hostOptions }),
		);
	let sandbox: Sandbox | undefined;
	let host: N8nHost | undefined;
	const stop = async () => {
		await host?.stop();
		await sandbox?.close();
	};
	try {
		const [startedSandbox, startedHost] = await steps.run('Starting n8n and the sandbox …', async () => {
			sandbox = await startSandbox(sandboxOptions);
			host = await startHost({ ...hostOptions, tarball: tarball ?? (await packPackage()) });
			return [sandbox, host] as const;
		});
		return await steps.run('Saving credentials and importing the example workflows …', async () => {
			const wanted = demoCredentials(startedSandbox, startedHost, languageModel);
			const credentials = await saveCredentials(startedHost, wanted);
			const imported = await importExamples(startedHost, examples, credentials, {
				...(addNewerExamples ? { addNewer: true } : {}),
			});
			return {
				host: startedHost,
				sandbox: startedSandbox,
				credentials,
				workflows: imported.examples,
				newerExamples: imported.newer,
				stop,
			};
		});
	} catch (error) {
		await stop();
		throw error;
	}
}

/** Creates or updates a credential of each type that the running package has. */
export async function saveCredentials(
	host: N8nHost,
	wanted: Record<string, { name: string; data: Record<string, unknown> }>,
): Promise<Record<string, Credential>> {
	const known = new Set((await host.credentials.types()).map((type) => type.name));
	const saved: Record<string, Credential> = {};
	for (const [type, { name, data }] of Object.entries(wanted)) {
		if (known.has(type)) saved[type] = await host.credentials.save(name, type, data);
	}
	return saved;
}
