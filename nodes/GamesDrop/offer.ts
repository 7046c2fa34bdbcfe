import type { INodeProperties } from 'n8n-workflow';
import type { Item } from '../shared/node/item';
import { productProperty } from '../shared/node/properties';
import { TEST_OFFER, wholeNumber } from './api';

/** The product an operation is about, which GamesDrop calls an offer group. */
export const offerProperty = (description: string): INodeProperties =>
	productProperty(
		`e.g. ${TEST_OFFER}`,
		`${description} The ID is GamesDrop's offer group ID; ${TEST_OFFER} is its test offer.`,
	);

/** The chosen product as the number GamesDrop takes. */
export function offerIdOf(item: Item): number {
	const typed = item.text('productId');
	const offerId = wholeNumber(typed);
	if (offerId === undefined) {
		throw item.invalid(
			'productId',
			`expected the number of a GamesDrop offer group, got "${typed.slice(0, 60)}"`,
			'Nothing was sent. Choose the product from the list, or enter the productId that Product: Get Many gives. Names such as telegram_stars_100 are internal to GamesDrop.',
		);
	}
	return offerId;
}
