import type { IPollFunctions } from 'n8n-workflow';
import { mapBounded } from '../shared/async/mapBounded';
import { monotonic } from '../shared/async/monotonic';
import type { Order } from '../shared/domain/order';
import { asProviderError } from '../shared/errors/nodeApiError';
import type { ProviderError } from '../shared/errors/providerError';
import { connect, type Api } from '../shared/http/api';
import { POLLING_LOOK_UP } from '../shared/http/retryPolicy';
import { isTemporary } from '../shared/trigger/bounds';
import { FAILURES_TOLERATED, LOOK_UPS_AT_ONCE, RATE_SHARE } from './limits';
import type { LookUpProvider } from './providers';

/** What to ask for: an order by its ID, or by the key it was sent with. */
export type Question = { orderType: string; orderId: string } | { key: string };

/**
 * What came of a look-up. `unknown`: the provider has no such order. `refused`: it will not say, e.g. because the ID
 * is none. `failed`: it may say another time.
 */
export type Answer =
	| { result: 'found'; order: Order }
	| { result: 'unknown' }
	| { result: 'refused' | 'failed'; error: ProviderError };

export interface LookUp {
	provider: LookUpProvider;
	question: Question;
	/** Called with the answer, unless time ran out before. */
	answered(answer: Answer): Promise<void>;
}

/** Looks orders up: providers side by side, each bounded in number and time, a failing one left alone. */
export class LookUps {
	/** Providers that failed as a whole, by name. */
	readonly failures = new Map<string, ProviderError>();
	private readonly apis = new Map<string, Promise<Api | undefined>>();

	constructor(
		private readonly context: IPollFunctions,
		/** When no look-up may begin any more and those under way end, in the time of `monotonic`. */
		readonly deadline: number,
	) {}

	/** Takes the look-ups in their order, of each provider as many as time and its documented rate allow. */
	async run(lookUps: LookUp[]): Promise<void> {
		const providers = new Map(lookUps.map(({ provider }) => [provider.name, provider]));
		await Promise.all(
			[...providers.values()].map(async (provider) => {
				const own = lookUps.filter((lookUp) => lookUp.provider.name === provider.name);
				await this.ask(provider, own.slice(0, this.allowance(provider)));
			}),
		);
	}

	private allowance({ connection: { rate } }: LookUpProvider): number {
		if (rate === undefined) return Infinity;
		const windows = Math.max(0, this.deadline - monotonic()) / rate.per;
		return Math.floor(Math.max(windows, 1) * rate.requests * RATE_SHARE);
	}

	private async ask(provider: LookUpProvider, lookUps: LookUp[]): Promise<void> {
		const api = await this.apiOf(provider);
		if (api === undefined) return;
		let failuresAhead = 0;
		await mapBounded(lookUps, LOOK_UPS_AT_ONCE, async ({ question, answered }) => {
			if (this.failures.has(provider.name) || monotonic() >= this.deadline) return;
			const answer = await find(provider, api, question);
			if (answer.result !== 'failed') failuresAhead = Math.max(0, failuresAhead - 1);
			else if (monotonic() >= this.deadline || WAITED_IN_VAIN.test(answer.error.message)) return;
			else if (isOfAccount(answer.error) || ++failuresAhead >= Math.min(FAILURES_TOLERATED, lookUps.length))
				this.failures.set(provider.name, answer.error);
			await answered(answer);
		});
	}

	private async apiOf(provider: LookUpProvider): Promise<Api | undefined> {
		const known = this.apis.get(provider.name);
		if (known !== undefined) return await known;
		const limits = { ...POLLING_LOOK_UP, deadline: this.deadline };
		const api = connect(this.context, provider.connection, 0, limits).catch((error: unknown) => {
			this.failures.set(provider.name, asProviderError(error, provider.name));
			return undefined;
		});
		this.apis.set(provider.name, api);
		return await api;
	}
}

/** The rate limiter had no slot in time: the request never left, and says nothing of the provider. */
const WAITED_IN_VAIN = /too many requests are waiting/;

/** No other look-up of this account would fare better now. */
const isOfAccount = ({ status }: ProviderError): boolean =>
	status === 401 || status === 403 || status === 429;

async function find({ name, orders }: LookUpProvider, api: Api, question: Question): Promise<Answer> {
	try {
		const found =
			'key' in question ? await orders.getByKey?.(api, question.key) : await orders.get(api, question);
		return found === undefined ? { result: 'unknown' } : { result: 'found', order: found.data };
	} catch (caught) {
		const error = asProviderError(caught, name);
		if (isOfAccount(error) || isTemporary(error)) return { result: 'failed', error };
		return error.status === 404 ? { result: 'unknown' } : { result: 'refused', error };
	}
}
