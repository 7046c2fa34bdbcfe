import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import { useProviderNode } from './providerNode';

/** A code that the sandbox delivers for product 002. */
export const CODE = /^AIM002-\d{6}-[0-9A-F]{4}-[0-9A-F]{4}$/;
/** The keys that the node derives when the user gives none. */
export const DERIVED_KEY = /^n8n-[0-9a-f]{32}$/;

export function useAiMarket() {
	const aiMarket = useProviderNode('aiMarket', {
		credentialsOf: ({ credentials }) => ({ aiMarketApi: credentials }),
	});
	return {
		...aiMarket,
		/** Orders product 002 for each item, unless the parameters name something else. */
		buy: async (parameters: INodeParameters = {}, items?: IDataObject[], more?: Partial<INode>) =>
			await aiMarket.run(
				{
					resource: 'order',
					operation: 'create',
					productId: { __rl: true, mode: 'id', value: '002' },
					...parameters,
				},
				items,
				more,
			),
	};
}
