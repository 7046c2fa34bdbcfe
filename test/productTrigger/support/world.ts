import type { IDataObject } from 'n8n-workflow';
import { Market, type Offer } from './market';
import { ProductTrigger, type Parameters } from './trigger';
import type { Engine } from '../../support/polling';
import { elapse } from '../../trigger/support/time';

export const ENGINES: Engine[] = ['default', 'durable', 'scheduler'];
export const MINUTE = 60_000;
export const ALL = ['priceChanged', 'inStock', 'outOfStock', 'added', 'removed'];

export const offer = (id: string, change: Partial<Offer> = {}): Offer => ({
	...{ id, name: `Offer ${id}`, price: 10, inStock: true, category: 'Top Up' },
	...change,
});
export const offers = (count: number, first = 1): Offer[] =>
	Array.from({ length: count }, (_, index) => offer(String(first + index)));

/** A market whose shops have three offers each. */
export function newMarket(): Market {
	const market = new Market();
	for (const shop of Object.values(market.shops)) shop.offers = offers(3);
	return market;
}

/** A trigger of all events of AI-Market's products whose first poll is over. */
export async function started(
	market: Market,
	parameters: Partial<Parameters> = {},
	engine: Engine = 'default',
): Promise<ProductTrigger> {
	const trigger = new ProductTrigger(market, { providers: ['aiMarket'], events: ALL, ...parameters }, engine);
	expect(await trigger.activate()).toEqual([]);
	return trigger;
}

/** What so many polls emit, a minute apart. */
export async function polls(trigger: ProductTrigger, count = 1): Promise<IDataObject[]> {
	const events: IDataObject[] = [];
	for (let poll = 0; poll < count; poll++) {
		elapse(MINUTE);
		events.push(...(await trigger.poll()));
	}
	return events;
}

/** Events as `event provider productId`. */
export const inShort = (events: IDataObject[]): string[] =>
	events.map(({ event, provider, productId }) =>
		[event, provider, productId].filter((part) => part !== null).join(' '),
	);
