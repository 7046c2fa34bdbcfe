import type { INodeProperties } from 'n8n-workflow';
import type { Item } from '../../shared/node/item';
import { ID } from '../api';

export const shopIdProperty = (description: string): INodeProperties => ({
	displayName: 'Shop ID',
	name: 'shopId',
	type: 'string',
	default: '',
	placeholder: 'e.g. 17',
	description,
});

/** Undefined where none was given. One that was given and is blank is refused: the money would go to another shop. */
export function shopIdOf(item: Item, path: string): number | undefined {
	const given = item.guardText(path);
	if (given === '') return undefined;
	const shopId = Number(given);
	if (!ID.test(given) || !Number.isSafeInteger(shopId))
		throw item.invalid(path, 'expected a positive whole number');
	return shopId;
}
