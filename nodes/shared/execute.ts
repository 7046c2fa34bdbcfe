import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { mapBounded } from './async/mapBounded';
import { asProviderError, toNodeApiError } from './errors/nodeApiError';
import { Item, RunCache } from './node/item';
import type { Operation, Provider, ReadOperation } from './node/operation';
import { errorItem, outputItems } from './node/output';
import { purchase, READS_AT_ONCE } from './purchase/purchase';

/** Runs the chosen operation on all items: the `execute` of every provider's node. */
export async function execute(
	context: IExecuteFunctions,
	provider: Provider,
): Promise<INodeExecutionData[][]> {
	const operation = chosen(context, provider);
	const cache = new RunCache();
	// As an agent's function a node has no input, and works once.
	const count = Math.max(context.getInputData().length, context.isToolExecution?.() ? 1 : 0);
	const connection = operation.connection ?? provider.connection;
	const indices = Array.from({ length: count }, (_, index) => index);
	const itemAt = (index: number) => new Item(context, index, cache, connection, operation.properties);
	return [
		'read' in operation
			? await readAll(context, provider, operation, indices, itemAt)
			: await purchase(context, provider, operation, indices.map(itemAt)),
	];
}

/** Each item with its credential is made right before it is read, and not kept: there may be many thousands. */
async function readAll(
	context: IExecuteFunctions,
	provider: Provider,
	operation: ReadOperation,
	indices: number[],
	itemAt: (index: number) => Item,
): Promise<INodeExecutionData[]> {
	const results = await mapBounded(indices, READS_AT_ONCE, async (index) => {
		try {
			return outputItems(await operation.read(itemAt(index)), index);
		} catch (caught) {
			const error = asProviderError(caught, provider.name);
			if (context.continueOnFail()) return [errorItem(context, error, index)];
			throw toNodeApiError(context.getNode(), error, index);
		}
	});
	return results.flat();
}

function chosen(context: IExecuteFunctions, provider: Provider): Operation {
	const resource = context.getNodeParameter('resource', 0);
	const name = context.getNodeParameter('operation', 0);
	const operation = provider.operations.find(
		(candidate) => candidate.resource === resource && candidate.operation === name,
	);
	if (operation !== undefined) return operation;
	const error = asProviderError(
		{
			message: `${provider.displayName} has no operation "${String(name)}" for "${String(resource)}"`,
			description: 'Choose Resource and Operation from the lists of the node.',
		},
		provider.name,
	);
	throw toNodeApiError(context.getNode(), error);
}
