import type { Balance } from '../../shared/domain/balance';
import type { ReadOperation } from '../../shared/node/operation';
import { simplifyProperty } from '../../shared/node/properties';
import { getBalance } from '../api';

export const getWalletBalance: ReadOperation<Balance> = {
	resource: 'balance',
	operation: 'get',
	displayName: 'Get',
	action: 'Get balance',
	description: 'Get the balance that orders are paid from, and what is locked for orders under way',
	properties: [simplifyProperty],
	async read(item) {
		const { raw, data } = await getBalance(await item.api());
		return item.flag('simplify', true) ? data : raw;
	},
};
