import type { IDataObject } from 'n8n-workflow';
import type { ReadOperation } from '../../shared/engine/operation';
import { simplifyProperty } from '../../shared/engine/properties';
import { getBalance } from '../api';

export const getAccountBalance: ReadOperation = {
	resource: 'balance',
	operation: 'get',
	displayName: 'Get',
	action: 'Get balance',
	description: 'Get the balance orders are paid from, in USD whatever a product is priced in',
	properties: [simplifyProperty],
	async read(item) {
		const { raw, data } = await getBalance(await item.api());
		return item.flag('simplify', true) ? (data as unknown as IDataObject) : raw;
	},
};
