import type { IDataObject, INode, JsonObject, NodeApiError as NodeApiErrorType } from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';
import { ProviderError, type EarlierPurchase, type Outcome } from './providerError';

/** An order that was placed before another item of the same run failed. */
export interface PlacedOrder {
	item: number;
	orderId: string | null;
	key: string | null;
}

/** The machine-readable side of an error: `context.data`, and `details` of a Continue On Fail item. */
export interface ErrorDetails extends IDataObject {
	provider: string;
	code: string | null;
	outcome: Outcome;
}

export const detailsOf = (error: ProviderError, placed: PlacedOrder[] = []): ErrorDetails => ({
	provider: error.provider,
	code: error.code,
	outcome: error.outcome,
	...(error.earlier === undefined ? {} : { earlier: { ...(error.earlier satisfies EarlierPurchase) } }),
	...(placed.length > 0 ? { placed: placed.map((order) => ({ ...order })) } : {}),
});

const listPlaced = (placed: PlacedOrder[]): string =>
	placed.length === 0
		? ''
		: ` Already placed in this run, do not repeat these: ${placed
				.map(
					({ item, orderId, key }) =>
						`item ${item}: order ${orderId ?? 'without ID'}${key ? ` (key ${key})` : ''}`,
				)
				.join('; ')}.`;

type Failure = NonNullable<NodeApiErrorType['failure']>;

/** Why it failed, declared for the back-off of n8n's poll engine; hosts before 2.37 ignore it. */
const failureOf = ({ status, retryAfter }: ProviderError): Failure | undefined => {
	const wait = retryAfter === undefined ? {} : { retryAfterMs: retryAfter };
	if (status === 429) return { cause: 'rate-limited', ...wait };
	if (status === 401 || status === 403) return { cause: 'credential-invalid' };
	if (status === undefined || status >= 500) return { cause: 'temporarily-unavailable', ...wait };
	return undefined;
};

/**
 * The error as n8n shows it. Built from an empty response, since `NodeApiError` would prefer a response's own
 * texts, and for lost connections its stock text, which tells users to try again.
 */
export function toNodeApiError(
	node: INode,
	error: ProviderError,
	itemIndex?: number,
	placed: PlacedOrder[] = [],
): NodeApiErrorType {
	const description = `${error.description}${listPlaced(placed)}`;
	const failure = failureOf(error);
	const result = new NodeApiError(node, {} as JsonObject, {
		message: error.message,
		description,
		...(error.status === undefined ? {} : { httpCode: String(error.status) }),
		...(itemIndex === undefined ? {} : { itemIndex }),
		...(failure === undefined ? {} : { failure }),
	});
	result.message = error.message;
	result.description = description;
	result.context.data = detailsOf(error, placed);
	return result;
}

/** Anything thrown as this package's own error, e.g. an expression that does not resolve. */
export function asProviderError(error: unknown, provider: string): ProviderError {
	if (error instanceof ProviderError) return error;
	const { message, description } = error as { message?: string; description?: string };
	return new ProviderError({
		provider,
		code: null,
		message: message ?? 'The item could not be processed',
		description:
			description ??
			(/credential/i.test(message ?? '')
				? 'Choose a credential in the node.'
				: 'Check the values of the node and the expressions that give them.'),
	});
}
