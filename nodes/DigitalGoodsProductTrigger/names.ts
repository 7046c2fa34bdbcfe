import { processState } from '../shared/processState';
import type { Change } from './event';
import type { Readings } from './readings';

const productNames = processState<Map<string, string>>('productNames');

/**
 * Names the products that were removed. Static data has no room for names: they are those that this process has read,
 * and a product that it has never seen keeps its ID for a name.
 */
export function nameRemoved(trigger: string, changes: Change[], { catalogs }: Readings): void {
	const names = productNames.getOrCreate(trigger, () => new Map<string, string>());
	for (const { event, product } of changes) {
		if (event !== 'removed') continue;
		const key = `${product.provider}:${product.productId}`;
		product.name = names.get(key) ?? product.name;
		names.delete(key);
	}
	for (const { products } of catalogs)
		for (const { provider, productId, name } of products) names.set(`${provider}:${productId}`, name);
}
