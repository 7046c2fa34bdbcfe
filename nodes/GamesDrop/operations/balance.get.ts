import type { Balance } from '../../shared/domain/balance';
import type { ReadOperation } from '../../shared/node/operation';
import { simplifyProperty } from '../../shared/node/properties';
import { getBalance } from '../api';

export const getAccountBalance: ReadOperation<Balance> = {
	resource: 'balance',
	operation: 'get',
	displayName: 'Get',
	action: 'Get balance',
	description: 'Get the balance orders are paid from, in USD whatever a product is priced in',
	properties: [simplifyProperty],
	async read(item) {
		const { raw, data } = await getBalance(await item.api());
		return item.flag('simplify', true) ? data : raw;
	},
};
