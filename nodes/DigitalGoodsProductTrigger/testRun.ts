import type { IPollFunctions } from 'n8n-workflow';
import type { Product } from '../shared/domain/product';
import { toNodeApiError } from '../shared/errors/nodeApiError';
import { pollDeadline } from '../shared/trigger/bounds';
import { balanceEvent, productEvent, type ProductEvent } from './event';
import { SHOWN_IN_TEST } from './limits';
import { readAll } from './readings';
import type { Settings } from './settings';

const EMISSION = 'test';

/**
 * What a test run in the editor shows: balances where they are watched, and products of each provider in turn, as they
 * stand, in the shape of the first chosen event. It changes nothing.
 */
export async function showProducts(context: IPollFunctions, settings: Settings): Promise<ProductEvent[]> {
	const readings = await readAll(context, settings, pollDeadline(context), SHOWN_IN_TEST);
	const { catalogs, balances, failures } = readings;
	const [event] = settings.events;
	const products = alternating(catalogs.map((catalog) => catalog.products));
	const shown = [
		...balances.map((balance) => balanceEvent(balance, EMISSION)),
		...products.map((product) => {
			const previous = event === 'added' ? null : { ...product, missing: 0 };
			return productEvent({ event: event!, previous, product }, null, EMISSION);
		}),
	].slice(0, SHOWN_IN_TEST);
	const [failure] = failures;
	if (failure !== undefined && shown.length === 0) throw toNodeApiError(context.getNode(), failure);
	return shown;
}

/** One of each list in turn. */
function alternating(lists: Product[][]): Product[] {
	const longest = Math.max(0, ...lists.map(({ length }) => length));
	return Array.from({ length: Math.min(longest, SHOWN_IN_TEST) }, (_, index) =>
		lists.flatMap((list) => list[index] ?? []),
	).flat();
}
