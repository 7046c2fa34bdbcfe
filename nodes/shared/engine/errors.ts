import type { IDataObject, INode, JsonObject, NodeApiError as NodeApiErrorType } from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';

/** `rejected`: nothing was ordered or charged. `unknown`: a purchase may have gone through. */
export type Outcome = 'rejected' | 'unknown';

/** What went wrong, in words for the person who built the workflow. */
export interface Explanation {
	/** What happened, with the provider's figures. */
	message: string;
	/** What to do next. */
	description: string;
}

/** What a provider said, and its figures behind it: "Not enough balance (0.5 USD in the wallet, 1.65 USD needed)". */
export const withFigures = (said: string, figures: readonly string[]): string =>
	figures.length === 0 ? said : `${said.replace(/[.\s]+$/, '')} (${figures.join(', ')})`;

interface Facts extends Explanation {
	/** Node name of the provider. */
	provider: string;
	/** The provider's own code, or one of this package for what it refuses itself. */
	code: string | null;
	outcome?: Outcome;
	/** HTTP status of the answer, when there was one. */
	status?: number;
	/** Milliseconds after which asking again makes sense. */
	retryAfter?: number;
}

/** The one failure of this package inside its own code; it becomes a `NodeApiError` at the edge. */
export class ProviderError extends Error {
	readonly provider: string;
	readonly code: string | null;
	readonly description: string;
	readonly outcome: Outcome;
	readonly status: number | undefined;
	readonly retryAfter: number | undefined;

	constructor(facts: Facts) {
		super(facts.message);
		this.name = 'ProviderError';
		this.provider = facts.provider;
		this.code = facts.code;
		this.description = facts.description;
		this.outcome = facts.outcome ?? 'rejected';
		this.status = facts.status;
		this.retryAfter = facts.retryAfter;
	}
}

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
