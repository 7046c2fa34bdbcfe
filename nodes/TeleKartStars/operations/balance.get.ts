import type { Balance } from '../../shared/domain/balance';
import type { ReadOperation } from '../../shared/node/operation';
import { simplifyProperty } from '../../shared/node/properties';
import { getBalance, unwrapped } from '../api';

export const getWalletBalance: ReadOperation<Balance> = {
	resource: 'balance',
	operation: 'get',
	displayName: 'Get',
	action: 'Get balance',
	description: 'Get the balance of the main wallet, which orders are paid from',
	properties: [simplifyProperty],
	async read(item) {
		const { raw, data } = await getBalance(await item.api());
		return item.flag('simplify', true) ? data : unwrapped(raw);
	},
};
