import type { IDataObject } from 'n8n-workflow';
import type { ReadOperation } from '../../shared/engine/operation';
import { simplifyProperty } from '../../shared/engine/properties';
import { getBalance } from '../api';

export const getWalletBalance: ReadOperation = {
	resource: 'balance',
	operation: 'get',
	displayName: 'Get',
	action: 'Get balance',
	description: 'Get the balance of the wallet, which orders are paid from',
	properties: [simplifyProperty],
	async read(item) {
		const { raw, data } = await getBalance(await item.api());
		return item.flag('simplify', true) ? (data as unknown as IDataObject) : raw;
	},
};
