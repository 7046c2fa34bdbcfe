import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { toNodeApiError } from './errors';
import { Item, Run } from './item';
import { asProviderError, errorItem, outputItems, READS_AT_ONCE } from './items';
import type { Operation, Provider, ReadOperation } from './operation';
import { mapBounded } from './parallel';
import { purchase } from './purchase';

/** Runs the chosen operation on all items: the `execute` of every provider's node. */
export async function run(context: IExecuteFunctions, provider: Provider): Promise<INodeExecutionData[][]> {
	const operation = chosen(context, provider);
	const shared = new Run();
	// As an agent's function a node has no input, and works once.
	const count = Math.max(context.getInputData().length, context.isToolExecution?.() ? 1 : 0);
	const connection = operation.connection ?? provider.connection;
	const indices = Array.from({ length: count }, (_, index) => index);
	const itemAt = (index: number) => new Item(context, index, shared, connection, operation.properties);
	return [
		'read' in operation
			? await readAll(context, provider, operation, indices, itemAt)
			: await purchase(context, provider, operation, indices.map(itemAt)),
	];
}

/** An item with its credential is made when its turn comes, and not kept: there may be many thousands. */
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
			const error = asProviderError(caught, provider);
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
		provider,
	);
	throw toNodeApiError(context.getNode(), error);
}
