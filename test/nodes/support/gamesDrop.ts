import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import { useProviderNode } from './providerNode';

export const VOUCHER = 101;
export const GIFT = 1001;
export const STARS = 1102;
export const TOP_UP = 20_003;
export const TELEGRAM_ID = '143594291';
export const PLAYER = '52357322414';

/** The keys that the node derives when the user gives none. */
export const DERIVED_KEY = /^n8n-[0-9a-f]{32}$/;

export const offer = (value: string | number) => ({ __rl: true, mode: 'id', value });

export const order = (parameters: INodeParameters = {}): INodeParameters => ({
	resource: 'order',
	operation: 'create',
	productId: offer(VOUCHER),
	...parameters,
});
export const stars = (parameters: INodeParameters = {}) =>
	order({ productId: offer(STARS), gameUserId: TELEGRAM_ID, ...parameters });
export const topUp = (parameters: INodeParameters = {}) =>
	order({ productId: offer(TOP_UP), gameUserId: PLAYER, ...parameters });

export function useGamesDrop() {
	const gamesDrop = useProviderNode('gamesDrop', {
		credentialsOf: ({ credentials: { dashboardToken, ...store } }) => ({
			gamesDropApi: store,
			gamesDropDashboardApi: { token: dashboardToken!, baseUrl: store.baseUrl! },
		}),
	});
	return {
		...gamesDrop,
		/** Orders a voucher for each item, unless the parameters name something else. */
		buy: async (parameters: INodeParameters = {}, items?: IDataObject[], more?: Partial<INode>) =>
			await gamesDrop.run(order(parameters), items, more),
	};
}
