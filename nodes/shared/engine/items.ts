import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { detailsOf, ProviderError } from './errors';
import type { Provider } from './operation';

/** How many requests of one run are under way at the same time. */
export const READS_AT_ONCE = 16;

/** Output items of one input item, linked to it. A provider's top-level `error` is renamed: n8n would take the item for a failed one. */
export const outputItems = (result: object, index: number): INodeExecutionData[] =>
	(Array.isArray(result) ? result : [result]).map((json: IDataObject) => ({
		json: withoutErrorKey(json),
		pairedItem: { item: index },
	}));

/** What Continue On Fail gives for a failed item. `item.error` stays unset: n8n would replace the json. */
export const errorItem = (error: ProviderError, index: number): INodeExecutionData => ({
	json: { error: error.message, details: detailsOf(error) },
	pairedItem: { item: index },
});

function withoutErrorKey(json: IDataObject): IDataObject {
	if (!('error' in json)) return json;
	const { error, ...rest } = json;
	return { ...rest, providerError: error };
}

/** Anything thrown as this package's own failure, e.g. an expression that does not resolve. */
export function asProviderError(error: unknown, provider: Provider): ProviderError {
	if (error instanceof ProviderError) return error;
	const { message, description } = error as { message?: string; description?: string };
	return new ProviderError({
		provider: provider.name,
		code: null,
		message: message ?? 'The item could not be processed',
		description: description ?? 'Check the values of the node and the expressions that give them.',
	});
}
