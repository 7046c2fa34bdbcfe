import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import type { Finished } from '../../support/engine';
import { jsonOf } from '../../support/harness';
import { useProviderNode } from './providerNode';

/** The seller the sandbox starts with has 260 products, and purchases paid with Stars, by card and by wallet. */
export const FIRST_PRODUCT = 2548;
export const PRODUCTS = 260;
export const PAID_WITH_STARS = [12345, 12346, 12347];
export const PAID_BY_CARD = 12353;

export const getProducts = { resource: 'product', operation: 'getAll' };
export const getProduct = { resource: 'product', operation: 'get', productId: '={{ $json.id }}' };
export const cancel = { resource: 'purchase', operation: 'cancel', purchaseId: '={{ $json.id }}' };

/** The item of the document's sample. */
export const simple = {
	provider: 'tribute',
	productId: '2548',
	name: 'VPN Access - 1 Month',
	type: 'digital',
	quantity: 1,
	unit: 'piece',
	price: 4.99,
	unitPrice: 4.99,
	currency: 'USD',
	inStock: null,
};

export const idsOf = (done: Finished) => jsonOf(done).map(({ productId }) => Number(productId));

export function useTribute() {
	const tribute = useProviderNode('tribute');
	return {
		...tribute,
		/** Cancels purchase 12345, or each that is named. */
		cancelAll: async (ids: unknown[] = [12345], more?: Partial<INode>, parameters: INodeParameters = {}) =>
			await tribute.run(
				{ ...cancel, ...parameters },
				ids.map((id) => ({ id }) as IDataObject),
				more,
			),
		/** Another seller, whose products and purchases are out of reach: the settings of a node with its credential. */
		seller: async (products: number): Promise<Partial<INode>> => {
			const name = `seller of ${products}`;
			const { credentials } = await tribute.harness.sandbox.client.createAccount({
				provider: 'tribute',
				name,
				products,
			});
			return tribute.addCredential('tributeApi', name, credentials);
		},
	};
}
