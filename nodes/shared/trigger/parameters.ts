import type { IDataObject, IPollFunctions, NodeApiError } from 'n8n-workflow';
import { toNodeApiError } from '../errors/nodeApiError';
import { ProviderError } from '../errors/providerError';
import type { Provider } from '../node/operation';

/** The error for a parameter of a trigger that makes no sense. */
export const unusable = (context: IPollFunctions, message: string): NodeApiError =>
	toNodeApiError(
		context.getNode(),
		new ProviderError({
			...{ provider: context.getNode().name, code: 'INVALID_PARAMETER', status: 400, message },
			description: 'Change it in the trigger node.',
		}),
	);

/** The providers that are chosen. Throws when none is. */
export function chosenProviders<P extends Provider>(context: IPollFunctions, providers: readonly P[]): P[] {
	const names = context.getNodeParameter('providers', []) as string[];
	const chosen = providers.filter(({ name }) => names.includes(name));
	if (chosen.length === 0) throw unusable(context, 'Providers: choose at least one provider');
	return chosen;
}

/** The names of the events that are chosen; those that the trigger does not have are left to it. */
export const chosenEvents = (context: IPollFunctions): string[] =>
	context.getNodeParameter('events', []) as string[];

/** The error where no event is chosen that the trigger has. */
export const noEvent = (context: IPollFunctions): NodeApiError =>
	unusable(context, 'Events: choose at least one event');

/**
 * A number of at least 0 among the options. Throws when it is another value.
 * @param option its name, as the editor shows it, the value where it is not given, and what to enter
 */
export function numberOption(
	context: IPollFunctions,
	name: string,
	{ displayName, otherwise, expected }: { displayName: string; otherwise: number; expected: string },
): number {
	const options = context.getNodeParameter('options', {}) as IDataObject;
	const value = Number(options[name] ?? otherwise);
	if (value >= 0 && Number.isFinite(value)) return value;
	throw unusable(context, `${displayName}: enter ${expected}`);
}
