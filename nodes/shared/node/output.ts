import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { detailsOf, toNodeApiError, type PlacedOrder } from '../errors/nodeApiError';
import { echoed, type ProviderError } from '../errors/providerError';

/**
 * Output items of one input item, linked to it by one object for all: n8n writes each object down when it saves an
 * execution. A provider's top-level `error` is renamed: n8n would take the item for a failed one.
 */
export function outputItems(result: object, index: number): INodeExecutionData[] {
	const pairedItem = { item: index };
	return (Array.isArray(result) ? result : [result]).map((json: IDataObject) => ({
		json: withoutErrorKey(json),
		pairedItem,
	}));
}

/**
 * What Continue On Fail gives for a failed item. An `item.error` makes n8n replace the json, yet older versions take
 * an item with `details` to the error output by nothing else. One that does not enumerate serves both: n8n sees it
 * there, and copies the item without it.
 */
export function errorItem(
	context: IExecuteFunctions,
	error: ProviderError,
	index: number,
	placed: PlacedOrder[] = [],
): INodeExecutionData {
	const details = { ...detailsOf(error, placed), advice: error.description };
	const item = { json: { error: error.message, details }, pairedItem: { item: index } };
	const node = context.getNode();
	if (node.onError !== 'continueErrorOutput') return item;
	return Object.defineProperty(item, 'error', { value: toNodeApiError(node, error, index, placed) });
}

/** Says in the editor that filters left nothing: an empty list alone looks like an empty catalog. */
export function hintAtNothing(context: IExecuteFunctions, filters: Record<string, string>): void {
	const set = Object.entries(filters).filter(([, value]) => value !== '');
	if (set.length === 0) return;
	const named = set.map(([label, value]) => `${label} ${echoed(value)}`).join(' and ');
	context.addExecutionHints?.({
		message: `No product matches ${named}.`,
		location: 'outputPane',
		type: 'info',
	});
}

function withoutErrorKey(json: IDataObject): IDataObject {
	if (!('error' in json)) return json;
	const { error, ...rest } = json;
	return { ...rest, providerError: error };
}
