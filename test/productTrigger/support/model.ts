import type { Answered, Offer, ProviderName } from './market';
import type { Parameters } from './trigger';
import type { Engine } from '../../support/polling';

/**
 * What the trigger promises, said in another way: from the whole history of readings instead of a summary of it, and
 * from what the providers answered.
 */

const DAY = 86_400_000;
const REMOVED_AFTER = 3;
const MOST_MISSING_OF_A_SHORT_CATALOG = 5;

/** One good reading of a provider's catalog. */
interface Reading {
	filter: string;
	offers: Map<string, Offer>;
	listed: number;
	/** Every page was of one and the same catalog, and there is a catalog at all. */
	isClean: boolean;
	at: number;
}

interface Memory {
	catalogs: Partial<Record<ProviderName, Reading[]>>;
	balances: Partial<Record<ProviderName, number>>;
}

/** An event, with all that can be foreseen of it. */
export interface Expected {
	event: string;
	provider: ProviderName;
	productId: string | null;
	previous: { price: number | null; inStock: boolean | null } | null;
	change: number | null;
	/** The price now, or the balance. */
	now: number | null;
}

const EMPTY: Memory = { catalogs: {}, balances: {} };
const copyOf = ({ catalogs, balances }: Memory): Memory => ({
	catalogs: Object.fromEntries(Object.entries(catalogs).map(([name, history]) => [name, [...history]])),
	balances: { ...balances },
});

export class Model {
	private live: Memory = copyOf(EMPTY);
	private saved: Memory | undefined;
	private savedBefore: Memory | undefined;
	private liveBefore = copyOf(EMPTY);

	constructor(private readonly engine: Engine) {}

	/** The process ends. */
	endProcess(): void {
		this.live = copyOf(this.saved ?? EMPTY);
	}

	/** The last poll was not saved, and the process ends. */
	crashBeforeSaving(): void {
		this.saved = this.savedBefore;
		this.endProcess();
	}

	/** What the last poll emitted was not saved, and the process lives on. */
	dropEmission(): void {
		[this.saved, this.live] = [this.savedBefore, this.liveBefore];
	}

	/**
	 * The events of a poll.
	 * @param kind `start`: n8n or somebody starts the workflow; `update`: it is saved with other parameters
	 * @param now epoch milliseconds
	 */
	poll(kind: 'start' | 'update' | 'tick', parameters: Parameters, log: Answered[], now: number): Expected[] {
		if (kind === 'tick') [this.savedBefore, this.liveBefore] = [this.saved, copyOf(this.live)];
		if (kind === 'start' && this.saved === undefined) this.live = copyOf(EMPTY);
		const { catalogs, balances } = this.live;
		this.live = copyOf(EMPTY);
		const watchesProducts = parameters.events.some((event) => event !== 'balanceLow');
		const events: Expected[] = [];
		for (const provider of parameters.providers) {
			const own = log.filter((answered) => answered.provider === provider);
			if (watchesProducts) {
				const history = catalogs[provider] ?? [];
				const reading = readingOf(own, parameters, now);
				if (reading !== undefined) events.push(...productEvents(provider, history, reading, parameters));
				if (reading !== undefined || history.length > 0)
					this.live.catalogs[provider] = reading === undefined ? history : [...history, reading];
			}
			if (parameters.events.includes('balanceLow'))
				events.push(...this.balanceEvents(provider, balances[provider], own, parameters));
		}
		return events;
	}

	/** What n8n saves after a poll that did not fail. */
	save(kind: 'start' | 'update' | 'tick', hasEmitted: boolean): void {
		const saves = kind === 'tick' ? this.engine === 'durable' : this.engine === 'default';
		if (hasEmitted || saves) this.saved = copyOf(this.live);
	}

	private balanceEvents(
		provider: ProviderName,
		before: number | undefined,
		log: Answered[],
		{ options: { balanceBelow = 10 } }: Parameters,
	): Expected[] {
		const last = log.filter(({ what }) => what.includes('/balance')).at(-1)?.content;
		const now = last !== undefined && 'balance' in last ? last.balance : undefined;
		const kept = now === undefined || (now === balanceBelow && before !== undefined) ? before : now;
		if (kept !== undefined) this.live.balances[provider] = kept;
		if (before === undefined || now === undefined || before < balanceBelow || now >= balanceBelow) return [];
		return [{ event: 'balance.low', provider, productId: null, previous: null, change: null, now }];
	}
}

/** What a provider's answers come to; undefined when a request failed for good. */
function readingOf(log: Answered[], parameters: Parameters, at: number): Reading | undefined {
	const requests = new Map<string, Answered>();
	for (const each of log) if (!each.what.includes('/balance') && !each.isProbe) requests.set(each.what, each);
	const pages = [...requests.values()].map(({ content }) => content);
	const probe = log.filter(({ isProbe }) => isProbe).at(-1);
	if (probe !== undefined) pages.push(probe.content);
	const offers: Offer[] = [];
	const counts = new Set<number | null>();
	for (const page of pages) {
		if (page === undefined || !('offers' in page)) return undefined;
		if (page === probe?.content) continue;
		offers.push(...page.offers);
		counts.add(page.count);
	}
	const all = new Map([...offers].reverse().map((offer) => [offer.id, offer]));
	const exists = probe?.content !== undefined && 'offers' in probe.content && probe.content.offers.length > 0;
	const { search = '', productIds = '' } = parameters.filters;
	const ids = productIds.split(',').filter((id) => id !== '');
	const fits = ({ id, name }: Offer): boolean =>
		name.toLowerCase().includes(search.toLowerCase()) && (ids.length === 0 || ids.includes(id));
	return {
		filter: JSON.stringify(parameters.filters),
		offers: new Map([...all].filter(([, offer]) => fits(offer))),
		listed: all.size,
		isClean: counts.size === 1 && (all.size > 0 || exists),
		at,
	};
}

interface Judged extends Reading {
	isBaseline: boolean;
	isComplete: boolean;
}

/** Which readings begin something new, and which of them prove that a product is missing. */
function judged(history: Reading[]): Judged[] {
	const result: Judged[] = [];
	let listed = 0;
	let shortSince: number | undefined;
	for (const reading of history) {
		const last = result.at(-1);
		const isBaseline =
			last === undefined || last.filter !== reading.filter || (last.isBaseline && !last.isComplete);
		const missing = listed - reading.listed;
		const isShort = !isBaseline && missing > listed / 2 && missing > MOST_MISSING_OF_A_SHORT_CATALOG;
		shortSince = isShort ? (shortSince ?? reading.at) : undefined;
		const isComplete = reading.isClean && (shortSince === undefined || reading.at - shortSince >= DAY);
		if (isComplete) [listed, shortSince] = [reading.listed, undefined];
		result.push({ ...reading, isBaseline, isComplete });
	}
	return result;
}

function productEvents(
	provider: ProviderName,
	history: Reading[],
	reading: Reading,
	{ events: chosen, options: { minimumChange = 0 } }: Parameters,
): Expected[] {
	const readings = judged([...history, reading]);
	const { isBaseline } = readings.at(-1)!;
	const ids = new Set(readings.flatMap(({ offers }) => [...offers.keys()]));
	const events: Expected[] = [];
	for (const id of ids) {
		const { before, isRemoved } = lifetimeOf(id, readings);
		const now = reading.offers.get(id);
		const tell = (event: string, percent: number | null, price: number | null): void => {
			const change = percent === null ? null : Math.round(percent * 100) / 100;
			const previous = before && { price: before.price, inStock: before.inStock };
			events.push({ event, provider, productId: id, previous: previous ?? null, change, now: price });
		};
		if (isRemoved && chosen.includes('removed')) tell('product.removed', null, before!.price);
		if (now === undefined) continue;
		if (before === undefined) {
			if (!isBaseline && chosen.includes('added')) tell('product.added', null, now.price);
			continue;
		}
		const percent =
			before.price === null || now.price === null
				? null
				: Number((((now.price - before.price) / before.price) * 100).toFixed(6));
		const isOther = now.price !== null && now.price !== before.price;
		if (isOther && chosen.includes('priceChanged') && Math.abs(percent ?? Infinity) >= minimumChange)
			tell('product.priceChanged', percent, now.price);
		if (before.inStock === false && now.inStock === true && chosen.includes('inStock'))
			tell('product.inStock', percent, now.price);
		if (before.inStock === true && now.inStock === false && chosen.includes('outOfStock'))
			tell('product.outOfStock', percent, now.price);
	}
	return events;
}

/** What was last known of a product before the last reading, and whether that reading removes it. */
function lifetimeOf(
	id: string,
	readings: Judged[],
): { before: Pick<Offer, 'price' | 'inStock'> | undefined; isRemoved: boolean } {
	let known: Pick<Offer, 'price' | 'inStock'> | undefined;
	let missing = 0;
	let isLeftOut = false;
	for (const [index, { offers, isBaseline, isComplete }] of readings.entries()) {
		const isLast = index === readings.length - 1;
		const offer = offers.get(id);
		if (offer !== undefined) {
			if (isLast) break;
			known = {
				price: offer.price ?? known?.price ?? null,
				inStock: offer.inStock ?? known?.inStock ?? null,
			};
			[missing, isLeftOut] = [0, false];
		} else if (known !== undefined && isComplete) {
			[missing, isLeftOut] = isBaseline ? [1, true] : [missing + 1, isLeftOut];
			if (missing < REMOVED_AFTER) continue;
			if (isLast) return { before: known, isRemoved: !isLeftOut };
			known = undefined;
		}
	}
	return { before: known, isRemoved: false };
}
