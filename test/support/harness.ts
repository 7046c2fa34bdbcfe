import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import { AiMarketApi } from '../../credentials/AiMarketApi.credentials';
import { GamesDropApi } from '../../credentials/GamesDropApi.credentials';
import { GamesDropDashboardApi } from '../../credentials/GamesDropDashboardApi.credentials';
import { OrderTrackingApi } from '../../credentials/OrderTrackingApi.credentials';
import { TeleKartStarsApi } from '../../credentials/TeleKartStarsApi.credentials';
import { TgMarketApi } from '../../credentials/TgMarketApi.credentials';
import { TributeApi } from '../../credentials/TributeApi.credentials';
import { AiMarket } from '../../nodes/AiMarket/AiMarket.node.ts';
import { GamesDrop } from '../../nodes/GamesDrop/GamesDrop.node.ts';
import { DigitalGoodsOrderTrigger } from '../../nodes/DigitalGoodsOrderTrigger/DigitalGoodsOrderTrigger.node.ts';
import { TeleKartStars } from '../../nodes/TeleKartStars/TeleKartStars.node.ts';
import { TgMarket } from '../../nodes/TgMarket/TgMarket.node.ts';
import { Tribute } from '../../nodes/Tribute/Tribute.node.ts';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox/server';
import {
	execute,
	type Credentials,
	type Finished,
	type Host,
	type RunOptions,
	type TestWorkflow,
} from './engine';
import { expectAsDeclared } from './outputSchemas';
import { Agent, Items, Loop, Model, Through } from './nodeTypes';
import { itemsWorkflow, node } from './workflows';

/** The nodes of this package on the real engine, with the provider sandbox to talk to. */
export interface Harness extends Host {
	sandbox: Sandbox;
	close: () => Promise<void>;
	/** Runs a workflow, and compares what its nodes give with the output schemas the editor gets. */
	run: (workflow: TestWorkflow, options?: RunOptions) => Promise<Finished>;
	/** Runs one node on the given items. Expressions in its parameters see them. */
	runNode: (
		type: string,
		parameters: INodeParameters,
		items?: IDataObject[],
		more?: Partial<INode>,
		options?: RunOptions,
	) => Promise<Finished>;
}

export const CREDENTIALS_OF: Record<string, string[]> = {
	teleKartStars: ['teleKartStarsApi', 'orderTrackingApi'],
	tgMarket: ['tgMarketApi', 'orderTrackingApi'],
	tribute: ['tributeApi'],
	aiMarket: ['aiMarketApi', 'orderTrackingApi'],
	gamesDrop: ['gamesDropApi', 'gamesDropDashboardApi', 'orderTrackingApi'],
};

/** Names the credentials a node of this type uses. */
export const credentialsFor = (type: string): Pick<INode, 'credentials'> => ({
	credentials: Object.fromEntries(
		(CREDENTIALS_OF[type.replace(/Tool$/, '')] ?? []).map((name) => [name, { id: name, name }]),
	),
});

export const credentialsOf = ({ providers, n8n }: Sandbox): Credentials => ({
	teleKartStarsApi: { ...providers.teleKartStars },
	tgMarketApi: { ...providers.tgMarket },
	tributeApi: { ...providers.tribute },
	aiMarketApi: { ...providers.aiMarket },
	gamesDropApi: { ...providers.gamesDrop },
	orderTrackingApi: { ...n8n },
	gamesDropDashboardApi: { token: providers.gamesDrop.dashboardToken, baseUrl: providers.gamesDrop.baseUrl },
});

/** The nodes and credential types of this package, with these credentials. */
export const hostWith = (credentials: Credentials): Host => ({
	nodes: [
		Items,
		Through,
		Loop,
		Agent,
		Model,
		DigitalGoodsOrderTrigger,
		TeleKartStars,
		TgMarket,
		Tribute,
		AiMarket,
		GamesDrop,
	],
	credentialTypes: [
		TeleKartStarsApi,
		TgMarketApi,
		TributeApi,
		AiMarketApi,
		GamesDropApi,
		GamesDropDashboardApi,
		OrderTrackingApi,
	],
	credentials,
});

export async function startHarness(options: SandboxOptions = {}): Promise<Harness> {
	const sandbox = await startSandbox(options);
	const host = hostWith(credentialsOf(sandbox));
	const run = async (workflow: TestWorkflow, options?: RunOptions) => {
		const finished = await execute(host, workflow, options);
		for (const each of workflow.nodes) expectAsDeclared(each, finished);
		return finished;
	};
	return {
		...host,
		sandbox,
		close: async () => await sandbox.close(),
		run,
		runNode: async (type, parameters, items = [{}], more = {}, options) =>
			await run(
				itemsWorkflow(items, node('Node', type, parameters, { ...credentialsFor(type), ...more })),
				options,
			),
	};
}

/** A harness for the tests of a file or a describe block, closed after the last of them. */
export function useHarness(options?: SandboxOptions): Harness {
	const harness = {} as Harness;
	beforeAll(async () => void Object.assign(harness, await startHarness(options)));
	afterAll(async () => await harness.close());
	return harness;
}

/** The json of a node's output items. */
export const jsonOf = (finished: Finished, name = 'Node', output = 0, runIndex = 0): IDataObject[] =>
	finished.output(name, output, runIndex).map(({ json }) => json);

/** What a failed execution reports: the error message, its description, and its details. */
export const errorOf = ({ error }: Finished) => ({
	message: error?.message ?? '',
	description: (error as { description?: string } | undefined)?.description ?? '',
	httpCode: error?.httpCode,
	data: error?.context?.data as ErrorDetails | undefined,
});

export interface ErrorDetails {
	provider: string;
	code: string | null;
	outcome: string;
	/** The purchases of the same run that were made before the failure. */
	placed?: Array<{ item: number; orderId: string; key: string | null }>;
}
