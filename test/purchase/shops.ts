import type { IDataObject, INodeParameters } from 'n8n-workflow';
import type { AccountView, ControlInput } from '../../sandbox/control';
import type { ProviderName } from '../../sandbox/provider';

/** What is bought in these tests at each provider, and how a purchase is told there. */
export interface Shop {
	name: string;
	provider: ProviderName;
	credential: string;
	/** As the sandbox names it. */
	operation: 'order.create' | 'purchase.cancel';
	/** Parameters of the node; `who` is the recipient, `Nobody` where nobody is named. */
	order: (who: string) => INodeParameters;
	/** Recipients, each of them good for one purchase at least. */
	recipients: (account: AccountView) => string[];
	/** A documented refusal. */
	refusal: string;
	/** What a lost answer leads to: nothing, the same request under the same key, or a look-up. */
	recovery: 'none' | 'repeat' | 'lookUp';
	/** Whether a second purchase for the same recipient is refused. */
	onlyOnce?: boolean;
	/** A ceiling far above the price, where the node has one. */
	ceiling?: number;
	/** The order's ID in a simplified output item. */
	idOf: (json: IDataObject) => unknown;
}

const orderId = ({ orderId: id }: IDataObject) => id;
const creating = { resource: 'order', operation: 'create' };
const byId = (value: string) => ({ __rl: true, mode: 'id', value });
const people = () => ['buyer_one', 'buyer_two', 'buyer_three', 'buyer_four', 'buyer_five', 'buyer_six'];

export const shops: Shop[] = [
	{
		name: 'TeleKart',
		provider: 'teleKartStars',
		credential: 'teleKartStarsApi',
		operation: 'order.create',
		order: (who) => ({ ...creating, productId: byId('stars_50'), target: who }),
		recipients: people,
		refusal: 'INVALID_PRODUCT',
		recovery: 'none',
		ceiling: 50,
		idOf: orderId,
	},
	{
		name: 'TG stars',
		provider: 'tgMarket',
		credential: 'tgMarketApi',
		operation: 'order.create',
		order: (who) => ({ ...creating, orderType: 'stars', username: who, amount: 50 }),
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
		order: (who) => ({ ...creating, orderType: 'premium', username: who, duration: 3 }),
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
		order: (who) => ({ resource: 'purchase', operation: 'cancel', purchaseId: who }),
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
		order: () => ({ ...creating, productId: byId('002') }),
		recipients: people,
		refusal: 'INSUFFICIENT_BALANCE',
		recovery: 'repeat',
		ceiling: 50,
		idOf: orderId,
	},
	{
		name: 'GamesDrop',
		provider: 'gamesDrop',
		credential: 'gamesDropApi',
		operation: 'order.create',
		order: (who) => ({ ...creating, productId: byId('101'), gameUserId: who }),
		recipients: people,
		refusal: 'OUT_OF_STOCK',
		recovery: 'lookUp',
		ceiling: 50,
		idOf: orderId,
	},
];

export type Fault = ControlInput['fault']['fault'];
