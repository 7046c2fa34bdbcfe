import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import { credentialsFor, jsonOf, startHarness, type Harness } from '../../support/harness';
import type { Finished, RunOptions } from '../../support/engine';
import { chain, node } from '../../support/workflows';
import { TributeShop } from '../../support/tributeShop';

export { jsonOf };
export type { Finished };

/** The Tribute node on the real engine, with a shop to talk to. */
export interface Seller {
	shop: TributeShop;
	harness: Harness;
	/** Runs the node once for each item. */
	run: (
		parameters: INodeParameters,
		items?: IDataObject[],
		more?: Partial<INode>,
		options?: RunOptions,
	) => Promise<Finished>;
	/** Lets an AI agent call the node as its tool. Gives what the model is told. */
	ask: (parameters: INodeParameters, input?: IDataObject, calls?: number) => Promise<IDataObject[]>;
}

/** For one test file. */
export function useSeller(): () => Seller {
	let seller: Seller;
	beforeAll(async () => {
		const shop = await TributeShop.start();
		const harness = await startHarness();
		harness.credentials.tributeApi = shop.credentials;
		seller = {
			shop,
			harness,
			run: async (parameters, items, more, options) =>
				await harness.runNode('tribute', parameters, items, more, options),
			ask: async (parameters, input = {}, calls = 1) => {
				const done = await harness.run({
					nodes: [
						node('Start', 'items', { items: [{}] as unknown as string }),
						node('Agent', 'agent', {
							calls: Array.from({ length: calls }, (_, index) => ({
								tool: 'Tool',
								input,
								id: `call-${index}`,
							})) as unknown as string,
						}),
						node('Tool', 'tributeTool', parameters, credentialsFor('tribute')),
					],
					connections: {
						...chain('Start', 'Agent'),
						Tool: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
					},
				});
				return jsonOf(done, 'Agent');
			},
		};
	});
	afterAll(async () => {
		await seller.harness.close();
		await seller.shop.close();
	});
	beforeEach(() => seller.shop.reset());
	return () => seller;
}

/** What a failed run says, in the parts users and workflows see. */
export const said = ({ error }: Finished) => ({
	message: error?.message,
	description: (error as { description?: string } | undefined)?.description,
	httpCode: error?.httpCode,
	data: error?.context?.data,
});

export const data = (code: string | null, outcome: 'rejected' | 'unknown' = 'rejected') => ({
	provider: 'tribute',
	code,
	outcome,
});

export const links = (done: Finished, output = 0) =>
	done.output('Node', output).map(({ pairedItem }) => pairedItem);

export const retrying: Partial<INode> = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };

/** Named for a test's title. */
export const titled = (value: unknown): [string, unknown] => [
	(JSON.stringify(value) ?? String(value)).slice(0, 40),
	value,
];

/** Text that no ID is. */
export const hostileIds: unknown[] = [
	'',
	'  ',
	'..',
	'.',
	'../orders',
	'a/../b',
	'a?x=1',
	'a#x',
	'%61',
	'a b',
	'２５４８',
	'<img src=x onerror=alert(1)>',
	'9'.repeat(10_000),
	{ id: 'a' },
	['a'],
	true,
	null,
	2 ** 53,
];

export type { Effect, Operation } from '../../support/tributeShop';
