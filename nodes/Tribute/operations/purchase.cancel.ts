import type { PurchaseOperation } from '../../shared/node/operation';
import { allowAgentPurchasesProperty, requestTimeoutProperty } from '../../shared/node/orderProperties';
import { cancelPurchase, ID, type Cancelled } from '../api';

export const cancelOnePurchase: PurchaseOperation<string, Cancelled> = {
	resource: 'purchase',
	operation: 'cancel',
	displayName: 'Cancel',
	action: 'Cancel purchase',
	description: 'Cancel a purchase paid with Telegram Stars and give the Stars back',
	isOrder: false,
	properties: [
		{
			displayName:
				'Cancelling is final: the buyer gets the Stars back and it cannot be undone. It works only for purchases paid with Telegram Stars.',
			name: 'finalNotice',
			type: 'notice',
			default: '',
		},
		{
			displayName: 'Purchase ID',
			name: 'purchaseId',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. 12345',
			description:
				'The purchaseId in an event of the Tribute Trigger. Tribute has no other way to look it up.',
		},
		{
			...allowAgentPurchasesProperty,
			description:
				'Whether an AI agent that uses this node as a tool may cancel purchases with it. Has no effect when a workflow runs the node.',
		},
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [
				{
					...requestTimeoutProperty,
					description:
						'How many seconds the request may take. A cancellation that takes longer has an unknown outcome.',
				},
			],
		},
	],
	async prepare(item) {
		const purchaseId = item.text('purchaseId');
		if (!ID.test(purchaseId)) throw item.invalid('purchaseId', 'expected a positive whole number');
		const identity = { orderType: 'cancel', productId: purchaseId, quantity: 1, recipient: null };
		return { plan: purchaseId, identity };
	},
	async place(_item, api, { plan }) {
		const raw = await cancelPurchase(api, plan);
		return { raw, data: raw };
	},
};
