import type { Item } from '../../shared/node/item';
import { echoed } from '../../shared/errors/providerError';
import type { ReadOperation } from '../../shared/node/operation';
import { listProperties, simplifyProperty } from '../../shared/node/properties';
import { orderConnection } from '../connection';
import { getOrders, statuses, type ShopOrder } from '../shop';
import { shopIdOf, shopIdProperty } from './shopId';

export const getAllOrders: ReadOperation<ShopOrder> = {
	resource: 'order',
	operation: 'getAll',
	displayName: 'Get Many',
	action: 'Get many orders',
	description:
		'Get the orders of your shop, newest first. Tribute sends all orders of the chosen days at once, so choose days if you have many.',
	connection: orderConnection,
	properties: [
		...listProperties,
		{
			displayName: 'Filters',
			name: 'filters',
			type: 'collection',
			placeholder: 'Add filter',
			default: {},
			options: [
				{
					displayName: 'Date From',
					name: 'dateFrom',
					type: 'dateTime',
					default: '',
					description: 'First day (UTC) of the orders to get',
				},
				{
					displayName: 'Date To',
					name: 'dateTo',
					type: 'dateTime',
					default: '',
					description: 'Last day (UTC) of the orders to get',
				},
				shopIdProperty(
					'Which of your shops to get orders of, if you have several. The oldest one unless set.',
				),
				{
					displayName: 'Status',
					name: 'status',
					type: 'options',
					options: [
						{ name: 'Failed', value: 'failed' },
						{ name: 'Paid', value: 'paid' },
						{ name: 'Pending', value: 'pending' },
						{ name: 'Prepaid', value: 'prepaid', description: 'Money on its way, not paid yet' },
					],
					default: 'paid',
					description: "Which orders to get, in Tribute's words. An order that was refunded stays paid.",
				},
			],
		},
		simplifyProperty,
	],
	async read(item) {
		const limit = item.limit();
		const simplify = item.flag('simplify', true);
		const dateFrom = dayIn(item, 'filters.dateFrom');
		const dateTo = dayIn(item, 'filters.dateTo');
		if (dateFrom !== undefined && dateTo !== undefined && dateFrom > dateTo)
			throw item.invalid('filters.dateTo', `${dateTo} is before ${dateFrom}`);
		const status = item.optionalText('filters.status') && item.choice('filters.status', statuses);
		const shopId = shopIdOf(item, 'filters.shopId');
		const orders = await getOrders(await item.api(), {
			...(dateFrom === undefined ? {} : { dateFrom }),
			...(dateTo === undefined ? {} : { dateTo }),
			...(shopId === undefined ? {} : { shopId }),
		});
		return orders
			.filter(({ data }) => status === '' || data.status?.toLowerCase() === status)
			.slice(0, limit)
			.map(({ raw, data }) => (simplify ? data : raw));
	},
};

/**
 * A day as Tribute takes it, yyyy-mm-dd. A time with a zone, such as a date of JavaScript or Luxon, counts by its day
 * in UTC; a time without one by the day it names.
 */
function dayIn(item: Item, path: string): string | undefined {
	const value = item.value(path);
	if (value === undefined || value === null || value === '') return undefined;
	const written: unknown = typeof value === 'string' ? value.trim() : asJson(value);
	const [, day, time] = (typeof written === 'string' && DATE.exec(written)) || [];
	if (day === undefined || Number.isNaN(Date.parse(day)))
		throw item.invalid(path, `expected a date such as 2026-01-31, got ${echoed(value)}`);
	if (time === undefined || !/(z|[+-]\d\d:?\d\d)$/i.test(time)) return day;
	const instant = Date.parse(written as string);
	if (Number.isNaN(instant))
		throw item.invalid(path, `expected a date such as 2026-01-31, got ${echoed(value)}`);
	return new Date(instant).toISOString().slice(0, 10);
}

const DATE = /^(\d{4}-\d\d-\d\d)(?:[T ]([\d:.,]+(?:z|[+-]\d\d:?\d\d)?))?$/i;

/** What dates, and those of Luxon, are written as. */
const asJson = (value: unknown): unknown => {
	const { toJSON } = Object(value) as { toJSON?: () => unknown };
	return typeof toJSON === 'function' ? toJSON.call(value) : undefined;
};
