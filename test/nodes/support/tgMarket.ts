import type { INode, INodeParameters } from 'n8n-workflow';
import { useProviderNode } from './providerNode';

export const getBalance = { resource: 'balance', operation: 'get' };
export const stars = {
	resource: 'order',
	operation: 'create',
	orderType: 'stars',
	username: '={{ $json.to }}',
	amount: 100,
};
export const premium = { ...stars, orderType: 'premium', duration: 3 };
export const getOrder = {
	resource: 'order',
	operation: 'get',
	orderType: 'stars',
	orderId: '={{ $json.id }}',
};

/** The provider's numbers grow from test to test. */
export const someId = expect.stringMatching(/^[1-9]\d*$/) as string;
/** The item of an order of 100 Stars for @target. */
export const ordered = {
	provider: 'tgMarket',
	orderId: someId,
	state: 'pending',
	status: 'pending',
	productId: 'stars',
	recipient: 'target',
	price: 1.2,
	currency: 'USD',
	codes: [],
	message: 'Order queued...',
	orderType: 'stars',
	orderOnceKey: null,
};

export function useTgMarket() {
	const tgMarket = useProviderNode('tgMarket');
	return {
		...tgMarket,
		/** Orders for @target, or for each account named. */
		buy: async (parameters: INodeParameters = stars, to: string[] = ['target'], more?: Partial<INode>) =>
			await tgMarket.run(
				parameters,
				to.map((name) => ({ to: name })),
				more,
			),
	};
}
