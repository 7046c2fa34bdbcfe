import { LoadOptionsContext } from 'n8n-core';
import type {
	IDataObject,
	ILoadOptionsFunctions,
	INode,
	INodeListSearchResult,
	INodeParameters,
} from 'n8n-workflow';
import type { AccountView, ControlInput } from '../../../sandbox/control';
import type { ProviderName } from '../../../sandbox/provider';
import type { SandboxOptions } from '../../../sandbox/server';
import { additionalDataFor, workflowOf, type Finished } from '../../support/engine';
import { credentialsFor, useHarness } from '../../support/harness';
import { answer, type Fault, type FaultOptions } from '../../support/sandboxFaults';
import { agentWorkflow, node } from '../../support/workflows';

type AccountSpec = Omit<ControlInput['newAccount'], 'provider'>;

export interface ProviderNodeOptions {
	sandbox?: SandboxOptions;
	/**
	 * The credentials of an account, by credential type. With it, each test has a new account: rate limits are
	 * learned per account and kept in the process. Without it, all tests use the sandbox's own account.
	 */
	credentialsOf?: (account: AccountView) => Record<string, Record<string, string>>;
}

/** One provider's node on the engine, for the tests of a file. The sandbox is reset before each test. */
export function useProviderNode(
	provider: ProviderName,
	{ sandbox, credentialsOf }: ProviderNodeOptions = {},
) {
	const harness = useHarness(sandbox);
	const account = {} as AccountView;
	/** Opens an account, for the rest of the test. */
	const useAccount = async (spec: AccountSpec = {}): Promise<void> => {
		Object.assign(account, await harness.sandbox.client.createAccount({ provider, ...spec }));
		Object.assign(harness.credentials, credentialsOf?.(account));
	};
	beforeEach(async () => {
		await harness.sandbox.client.reset();
		if (credentialsOf !== undefined) await useAccount();
	});

	const injectFault = async (operation: string, fault: Fault, options: FaultOptions = {}) =>
		await harness.sandbox.client.addFault({ provider, operation, fault, ...options });
	const requests = async (operation?: string) => {
		const filter = { provider, ...(operation === undefined ? {} : { operation }) };
		return (await harness.sandbox.client.requests(filter)).requests;
	};

	return {
		harness,
		account,
		useAccount,

		/** Runs the node on these items. */
		run: async (parameters: INodeParameters, items?: IDataObject[], more?: Partial<INode>) =>
			await harness.runNode(provider, parameters, items, more),

		/** Injects a fault, for one request unless the options say otherwise. */
		injectFault,

		answerWith: async (operation: string, body: unknown, status = 200, options?: FaultOptions) =>
			await injectFault(operation, answer(body, status), options),

		charges: async () => (await harness.sandbox.client.charges({ provider })).charges,
		refunds: async () => (await harness.sandbox.client.charges({ provider })).refunds,

		/** The provider's requests so far, of all operations or of one. */
		requests,

		/** The JSON that the requests of an operation sent. */
		bodies: async (operation: string) =>
			(await requests(operation)).map(({ body }) => JSON.parse(body) as IDataObject),

		/** The details of an error of this provider. */
		details: (code: string | null, outcome: 'rejected' | 'unknown' | 'duplicate' = 'rejected') => ({
			provider,
			code,
			outcome,
		}),

		/** The same in an item of Continue On Fail, which says what to do as well. */
		itemDetails: (
			code: string | null,
			advice: RegExp,
			outcome: 'rejected' | 'unknown' | 'duplicate' = 'rejected',
		) => ({ provider, code, outcome, advice: expect.stringMatching(advice) as string }),

		/** Adds a credential under this name, and gives a node's reference to it. */
		addCredential: (
			type: string,
			name: string,
			values: Record<string, string>,
		): Pick<INode, 'credentials'> => {
			harness.credentials[name] = values;
			return { credentials: { [type]: { id: name, name } } };
		},

		/** Searches the list of products, as the editor does. */
		searchProducts: async (filter?: string, token?: string): Promise<INodeListSearchResult> => {
			const saved = node('Node', provider, {}, credentialsFor(provider));
			const workflow = workflowOf(harness, { nodes: [saved], connections: {} });
			const additionalData = additionalDataFor(harness, '1', workflow, 'internal');
			const context = new LoadOptionsContext(workflow, saved, additionalData, '');
			const { methods } = workflow.nodeTypes.getByNameAndVersion(saved.type);
			const search = methods!.listSearch!.searchProducts as (
				this: ILoadOptionsFunctions,
				filter?: string,
				token?: string,
			) => Promise<INodeListSearchResult>;
			return await search.call(context as unknown as ILoadOptionsFunctions, filter, token);
		},

		/** An AI agent calls the node once as its tool, with this input. */
		callAsTool: async (parameters: INodeParameters, input: IDataObject): Promise<Finished> =>
			await harness.run(
				agentWorkflow(node('Tool', provider, parameters, credentialsFor(provider)), 'engine', [[{ input }]]),
			),
	};
}

/** The input items that the items of an output are linked to. */
export const links = (finished: Finished, output = 0) =>
	finished.output('Node', output).map(({ pairedItem }) => pairedItem as { item: number });

/** What the node says in the editor beside its items. */
export const hintsOf = (finished: Finished): string[] =>
	(finished.data.resultData.runData.Node?.[0]?.hints ?? []).map(({ message }) => message);

/** The details of the error that ended a run. */
export const detailsOf = (finished: Finished) => finished.error?.context?.data;

/** A case for `it.each`, named by its value. */
export const titled = (value: unknown): [string, unknown] => [JSON.stringify(value).slice(0, 40), value];
