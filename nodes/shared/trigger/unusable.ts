import type { IPollFunctions, NodeApiError } from 'n8n-workflow';
import { toNodeApiError } from '../errors/nodeApiError';
import { ProviderError } from '../errors/providerError';

/** The error for a parameter of a trigger that makes no sense. */
export const unusable = (context: IPollFunctions, message: string): NodeApiError =>
	toNodeApiError(
		context.getNode(),
		new ProviderError({
			...{ provider: context.getNode().name, code: 'INVALID_PARAMETER', status: 400, message },
			description: 'Change it in the trigger node.',
		}),
	);
