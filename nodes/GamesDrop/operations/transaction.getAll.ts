import type { ReadOperation } from '../../shared/node/operation';
import { listProperties } from '../../shared/node/properties';
import { getTransactions, type Transaction } from '../api';
import { dashboardConnection } from '../connections';

export const getAllTransactions: ReadOperation<Transaction> = {
	resource: 'transaction',
	operation: 'getAll',
	displayName: 'Get Many',
	action: 'Get many transactions',
	description: 'Get what went in and out of the balance, with a token of the GamesDrop dashboard',
	connection: dashboardConnection,
	properties: listProperties,
	async read(item) {
		const limit = item.limit();
		return await getTransactions(await item.api(), limit);
	},
};
