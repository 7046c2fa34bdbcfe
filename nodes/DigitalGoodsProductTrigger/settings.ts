import type { IDataObject, IPollFunctions } from 'n8n-workflow';
import type { CatalogFilter } from '../shared/node/operation';
import { chosenEvents, chosenProviders, noEvent, numberOption } from '../shared/trigger/parameters';
import { BALANCE_BELOW } from './limits';
import { catalogProviders, type CatalogProvider } from './providers';

const PRODUCT_EVENTS = ['priceChanged', 'inStock', 'outOfStock', 'added', 'removed'] as const;
/** What happens to a product. */
export type ProductChange = (typeof PRODUCT_EVENTS)[number];
const BALANCE_LOW = 'balanceLow';

/** Which products are watched. */
export interface Filter extends CatalogFilter {
	/** Empty for all. */
	productIds: ReadonlySet<string>;
}

/** The node's parameters. */
export interface Settings {
	providers: CatalogProvider[];
	/** The chosen events about products. Without any, no catalog is read. */
	events: ReadonlySet<ProductChange>;
	filter: Filter;
	/** Percent. */
	minimumChange: number;
	/** Undefined where balances are not watched. */
	balanceBelow?: number;
}

/** Reads the node's parameters. Throws, naming the parameter, when they make no sense. */
export function settingsOf(context: IPollFunctions): Settings {
	const providers = chosenProviders(context, catalogProviders);
	const names = chosenEvents(context);
	const events = new Set(PRODUCT_EVENTS.filter((event) => names.includes(event)));
	const watchesBalance = names.includes(BALANCE_LOW);
	if (events.size === 0 && !watchesBalance) throw noEvent(context);

	const filters = context.getNodeParameter('filters', {}) as IDataObject;
	const number = (name: string, displayName: string, otherwise: number): number =>
		numberOption(context, name, { displayName, otherwise, expected: 'a number of at least 0' });
	return {
		providers,
		events,
		filter: {
			search: textOf(filters.search),
			category: textOf(filters.category),
			productIds: new Set([filters.productIds ?? []].flat().flatMap(idsOf)),
		},
		minimumChange: number('minimumChange', 'Minimum Change', 0),
		...(watchesBalance ? { balanceBelow: number('balanceBelow', 'Balance Below', BALANCE_BELOW) } : {}),
	};
}

const textOf = (value: unknown): string => String(value ?? '').trim();

const idsOf = (value: unknown): string[] =>
	textOf(value)
		.split(/[,\n]/)
		.map((id) => id.trim())
		.filter((id) => id !== '');
