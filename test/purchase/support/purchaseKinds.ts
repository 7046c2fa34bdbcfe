import type { IDataObject, INodeParameters } from 'n8n-workflow';
import type { AccountView } from '../../../sandbox/control';
import type { ProviderName } from '../../../sandbox/provider';

/** What these tests buy at a provider, and how that provider reports it. */
export interface PurchaseKind {
	name: string;
	provider: ProviderName;
	credential: string;
	/** As the sandbox names it. */
	operation: 'order.create' | 'purchase.cancel';
	/** Parameters of the node for a purchase for this recipient. */
	parameters: (recipient: string) => INodeParameters;
	/** Recipients, at least one purchase each. */
	recipients: (account: AccountView) => string[];
	/** A documented refusal. */
	refusal: string;
	/** What follows a lost answer: nothing, the same request under the same key, or a look-up. */
	recovery: 'none' | 'repeat' | 'lookUp';
	/** Whether the provider refuses a second purchase for the same recipient. */
	onlyOnce?: boolean;
	/** A Max Price far above the price, where the node has one. */
	maxPrice?: number;
	/** The order's ID in a simplified output item. */
	idOf: (json: IDataObject) => unknown;
}

const orderId = ({ orderId: id }: IDataObject) => id;
const creating = { resource: 'order', operation: 'create' };
const byId = (value: string) => ({ __rl: true, mode: 'id', value });
const people = () => ['buyer_one', 'buyer_two', 'buyer_three', 'buyer_four', 'buyer_five', 'buyer_six'];

export const purchaseKinds: PurchaseKind[] = [
	{
		name: 'TeleKart',
		provider: 'teleKartStars',
		credential: 'teleKartStarsApi',
		operation: 'order.create',
		parameters: (recipient) => ({ ...creating, productId: byId('stars_50'), target: recipient }),
		recipients: people,
		refusal: 'INVALID_PRODUCT',
		recovery: 'none',
		maxPrice: 50,
		idOf: orderId,
	},
	{
		name: 'TG stars',
		provider: 'tgMarket',
		credential: 'tgMarketApi',
		operation: 'order.create',
		parameters: (recipient) => ({ ...creating, orderType: 'stars', username: recipient, amount: 50 }),
		recipients: people,
		refusal: 'insufficient_balance',
		recovery: 'none',
		idOf: orderId,
	},
	{
		name: 'TG premium',
		provider: 'tgMarket',
		credential: 'tgMarketApi',
		operation: 'order.create',
		parameters: (recipient) => ({ ...creating, orderType: 'premium', username: recipient, duration: 3 }),
		recipients: people,
		refusal: 'reservation_failed',
		recovery: 'none',
		idOf: orderId,
	},
	{
		name: 'Tribute',
		provider: 'tribute',
		credential: 'tributeApi',
		operation: 'purchase.cancel',
		parameters: (recipient) => ({ resource: 'purchase', operation: 'cancel', purchaseId: recipient }),
		// Eight purchases paid with Stars, from an ID that follows from the account's number.
		recipients: ({ name }) =>
			Array.from({ length: 8 }, (_, index) =>
				String(12_345 + Number(name.replace('account-', '')) * 10_000 + index),
			),
		refusal: 'error_not_permitted',
		recovery: 'none',
		onlyOnce: true,
		idOf: ({ purchaseId }) => purchaseId,
	},
	{
		name: 'AI-Market',
		provider: 'aiMarket',
		credential: 'aiMarketApi',
		operation: 'order.create',
		parameters: () => ({ ...creating, productId: byId('002') }),
		recipients: people,
		refusal: 'INSUFFICIENT_BALANCE',
		recovery: 'repeat',
		maxPrice: 50,
		idOf: orderId,
	},
	{
		name: 'GamesDrop',
		provider: 'gamesDrop',
		credential: 'gamesDropApi',
		operation: 'order.create',
		parameters: (recipient) => ({ ...creating, productId: byId('101'), gameUserId: recipient }),
		recipients: people,
		refusal: 'OUT_OF_STOCK',
		recovery: 'lookUp',
		maxPrice: 50,
		idOf: orderId,
	},
];

export const kindNames = purchaseKinds.map(({ name }) => name);
export const kindOf = (name: string): PurchaseKind => purchaseKinds.find((kind) => kind.name === name)!;
