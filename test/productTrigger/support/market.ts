import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';

export const PROVIDERS = ['aiMarket', 'gamesDrop', 'teleKartStars'] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/** A product as its provider has it. TeleKart Stars does not tell its stock; its `stars_custom` has a price for one Star. */
export interface Offer {
	id: string;
	name: string;
	price: number | null;
	inStock: boolean | null;
	/** GamesDrop alone. */
	category?: string;
}

export type Fault = 'unavailable' | 'unauthorized' | 'unreadable';

/** What a provider has answered. */
export interface Answered {
	provider: ProviderName;
	/** The path, and the page where there are pages. */
	what: string;
	/** Undefined where the request failed. */
	content?: { balance: number } | { offers: Offer[]; count: number | null };
	/** Whether it was asked only whether there is anything at all. */
	isProbe: boolean;
}

interface Answer {
	statusCode: number;
	headers: object;
	body: string;
}

/** One provider: what it offers, and how it fails. */
export class Shop {
	offers: Offer[] = [];
	balance = 100;
	fault: Fault | undefined;
	/** The requests that fail, counted from the next; all while there is a fault and this is undefined. */
	failing: number | undefined;
	/** How many rows of a page the provider gives, whatever it is asked for. */
	pageSize = Infinity;
	/** Called before each further page: the catalog changes while it is read. */
	betweenPages: (() => void) | undefined;

	set(id: string, change: Partial<Offer>): void {
		Object.assign(
			this.offers.find((offer) => offer.id === id)!,
			change,
		);
	}

	remove(id: string): void {
		this.offers = this.offers.filter((offer) => offer.id !== id);
	}
}

/** All providers with a catalog, behind the requests of the nodes. */
export class Market {
	readonly shops: Record<ProviderName, Shop> = {
		aiMarket: new Shop(),
		gamesDrop: new Shop(),
		teleKartStars: new Shop(),
	};
	/** Every request and its answer, oldest first. */
	readonly log: Answered[] = [];
	/** What the answers to the next requests wait for. */
	readonly gates: Array<Promise<void>> = [];

	/** Stands where requests leave n8n. What is answered is how things stand when the request comes. */
	async request(credential: string, options: IHttpRequestOptions): Promise<Answer> {
		const answer = this.answer(credential, options);
		await this.gates.shift();
		return answer;
	}

	private answer(credential: string, { url, body }: IHttpRequestOptions): Answer {
		const provider = credential.replace(/Api$/, '') as ProviderName;
		const shop = this.shops[provider];
		const { pathname } = new URL(url);
		const { page, limit } = (body ?? {}) as IDataObject;
		const answered: Answered = { provider, what: `${pathname} ${String(page)}`, isProbe: limit === 1 };
		this.log.push(answered);
		const isFailing = shop.failing === undefined || shop.failing-- === 0;
		if (shop.fault !== undefined && isFailing) return failure(shop.fault);
		const { balance } = shop;
		if (pathname.endsWith('/balance')) {
			answered.content = { balance };
			return json(provider === 'teleKartStars' ? { ok: true, data: { balance_usd: balance } } : { balance });
		}
		const { offers, count } =
			page === undefined ? { ...shop, count: null } : pageOf(shop, body as IDataObject);
		answered.content = {
			offers: offers.map((each) => ({ ...each, ...(provider === 'teleKartStars' ? { inStock: null } : {}) })),
			count,
		};
		switch (provider) {
			case 'aiMarket':
				return json({
					products: offers.map(({ inStock, ...offer }) => ({ ...offer, in_stock: inStock })),
				});
			case 'teleKartStars': {
				const isCustom = ({ id }: Offer): boolean => id === 'stars_custom';
				const gifts = offers
					.filter((offer) => !isCustom(offer))
					.map(({ id, name, price }) => ({ id, type: 'gift', title: name, price_usd: price }));
				const stars = offers
					.filter(isCustom)
					.map(({ id, name, price }) => ({ id, type: 'stars', title: name, star_rate_usd: price }));
				return json({ ok: true, data: { gifts, stars } });
			}
			case 'gamesDrop':
				return json({ rows: offers.map(rowOf), count });
		}
	}
}

function pageOf(shop: Shop, { page, limit, search, category }: IDataObject) {
	if (Number(page) > 1) shop.betweenPages?.();
	const fitting = shop.offers.filter(
		(offer) =>
			(category === undefined || offer.category === category) &&
			offer.name.toLowerCase().includes(String(search ?? '').toLowerCase()),
	);
	const size = Math.min(Number(limit), shop.pageSize);
	return { offers: fitting.slice((Number(page) - 1) * size, Number(page) * size), count: fitting.length };
}

const rowOf = ({ id, name, price, inStock }: Offer) => ({
	...{ offerGroupId: Number(id), offerGroupName: name, price, currency: 'USD', inStock },
});

const failure = (fault: Fault): Answer => {
	if (fault === 'unavailable') return { ...json({ message: 'down' }), statusCode: 503 };
	if (fault === 'unauthorized') return { ...json({ message: 'who are you' }), statusCode: 401 };
	return json({ nothing: 'of use' });
};

const json = (body: unknown): Answer => ({ statusCode: 200, headers: {}, body: JSON.stringify(body) });
