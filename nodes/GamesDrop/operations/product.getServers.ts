import type { ReadOperation } from '../../shared/node/operation';
import { getServers, type Server } from '../api';
import { offerIdOf, offerProperty } from '../offer';

export const getServersOfProduct: ReadOperation<Server> = {
	resource: 'product',
	operation: 'getServers',
	displayName: 'Get Servers',
	action: 'Get servers of product',
	description: 'Get the servers of a game, where an order must name one',
	properties: [offerProperty('Product whose servers to get. One without servers gives no items.')],
	async read(item) {
		return await getServers(await item.api(), offerIdOf(item));
	},
};
