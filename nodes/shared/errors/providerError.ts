/**
 * `rejected`: nothing was ordered or charged. `unknown`: a purchase may have gone through. `duplicate`: nothing was
 * sent now, because the key has its order already.
 */
export type Outcome = 'rejected' | 'unknown' | 'duplicate';

/** What went wrong, in words for the person who built the workflow. */
export interface Explanation {
	/** What happened, with the provider's figures. */
	message: string;
	/** What to do next. */
	description: string;
}

/** What the provider said, with its figures: "Not enough balance (0.5 USD in the wallet, 1.65 USD needed)". */
export const withFigures = (said: string, figures: readonly string[]): string =>
	figures.length === 0 ? said : `${said.replace(/[.\s]+$/, '')} (${figures.join(', ')})`;

const LONGEST_ECHO = 60;

/** A value as an error shows it: quoted, on one line, cut short. */
export const echoed = (value: unknown): string => {
	const written = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
	const line = written.slice(0, 4 * LONGEST_ECHO).replace(/\s+/g, ' ');
	return line.length > LONGEST_ECHO ? `"${line.slice(0, LONGEST_ECHO)}…"` : `"${line}"`;
};

/** The earlier purchase that has the key already, as far as it is known. */
export interface EarlierPurchase {
	orderId: string | null;
	state: string | null;
	executionId: string | null;
}

interface Facts extends Explanation {
	/** Node name of the provider. */
	provider: string;
	/** The provider's own code, or one of this package for what it refuses itself. */
	code: string | null;
	/** `rejected` unless set. */
	outcome?: Outcome;
	/** HTTP status of the answer, when there was one. */
	status?: number;
	/** Milliseconds after which asking again makes sense. */
	retryAfter?: number;
	earlier?: EarlierPurchase;
}

/** The one error of this package inside its own code; it becomes a `NodeApiError` at the edge. */
export class ProviderError extends Error {
	readonly provider: string;
	readonly code: string | null;
	readonly description: string;
	readonly outcome: Outcome;
	readonly status: number | undefined;
	readonly retryAfter: number | undefined;
	readonly earlier: EarlierPurchase | undefined;

	constructor(facts: Facts) {
		super(facts.message);
		this.name = 'ProviderError';
		this.provider = facts.provider;
		this.code = facts.code;
		this.description = facts.description;
		this.outcome = facts.outcome ?? 'rejected';
		this.status = facts.status;
		this.retryAfter = facts.retryAfter;
		this.earlier = facts.earlier;
	}

	/** The same error with some facts changed. */
	with(changes: Partial<Facts>): ProviderError {
		const { provider, code, message, description, outcome, status, retryAfter, earlier } = this;
		return new ProviderError({
			...{ provider, code, message, description, outcome },
			...(status === undefined ? {} : { status }),
			...(retryAfter === undefined ? {} : { retryAfter }),
			...(earlier === undefined ? {} : { earlier }),
			...changes,
		});
	}
}

/**
 * A purchase that may have gone through. The message says all that matters: an AI model, and an item of
 * Continue On Fail, get nothing else.
 * @param check where a person sees what became of it
 */
export const unknownOutcome = (
	{ provider, check }: { provider: string; check: string },
	reason: string,
	facts: { status?: number; code?: string | null } = {},
): ProviderError =>
	new ProviderError({
		provider,
		code: null,
		...facts,
		outcome: 'unknown',
		message: `The outcome of this purchase is unknown, it may have gone through: ${reason}. Do not repeat it before checking ${check}.`,
		description: 'Only the provider can tell whether it was carried out.',
	});
