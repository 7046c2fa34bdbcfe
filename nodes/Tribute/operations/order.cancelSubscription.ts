import { ProviderError } from '../../shared/errors/providerError';
import type { Api } from '../../shared/http/api';
import type { PurchaseOperation } from '../../shared/node/operation';
import { allowAgentPurchasesProperty, requestTimeoutProperty } from '../../shared/node/orderProperties';
import { ALREADY_CANCELLED, orderConnection } from '../connection';
import { cancelSubscription, getOrder } from '../shop';
import { orderIdOf, orderIdProperty } from './orderId';

interface Cancelled {
	success: boolean;
	orderId: string;
	/** Whether it was cancelled before. */
	alreadyCancelled: boolean;
	message: string;
}

export const cancelOneSubscription: PurchaseOperation<string, Cancelled> = {
	resource: 'order',
	operation: 'cancelSubscription',
	displayName: 'Cancel Subscription',
	action: 'Cancel subscription of order',
	description: 'Stop the payments to come of a recurring order. Nothing is paid back.',
	connection: orderConnection,
	isOrder: false,
	properties: [
		{
			displayName:
				'The buyer pays no more, keeps access until the paid period ends, and gets nothing back. A one-time order and a payment link cannot be cancelled.',
			name: 'cancelNotice',
			type: 'notice',
			default: '',
		},
		orderIdProperty,
		{
			...allowAgentPurchasesProperty,
			description:
				'Whether an AI agent that uses this node as a tool may cancel subscriptions with it. Has no effect when a workflow runs the node.',
		},
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [requestTimeoutProperty],
		},
	],
	async prepare(item) {
		const orderId = orderIdOf(item);
		const identity = { orderType: 'cancelSubscription', productId: orderId, quantity: 1, recipient: null };
		return { plan: orderId, identity };
	},
	async place(_item, api, { plan: orderId }) {
		const alreadyCancelled = await cancel(api, orderId);
		const data = {
			success: true,
			orderId,
			alreadyCancelled,
			message: 'The buyer pays no more and keeps access until the paid period ends. Nothing was paid back.',
		};
		return { raw: { ...data }, data };
	},
};

/** @returns whether it was cancelled before */
async function cancel(api: Api, orderId: string): Promise<boolean> {
	const asked = cancelSubscription(api, orderId).then(() => false);
	return await asked.catch(async (error: unknown) => {
		if (!(error instanceof ProviderError)) throw error;
		if (error.outcome !== 'unknown') {
			if (error.code === ALREADY_CANCELLED) return true;
			throw error;
		}
		if (await isCancelled(api, orderId)) return false;
		throw error.with({ description: 'Cancelling once more is safe: run the workflow again.' });
	});
}

async function isCancelled(api: Api, orderId: string): Promise<boolean> {
	const order = await getOrder(api, { orderId }).catch(() => undefined);
	return /^cancell?ed$/i.test(order?.data.memberStatus ?? '');
}
