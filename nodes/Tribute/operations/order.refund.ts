import { ProviderError } from '../../shared/errors/providerError';
import type { Api } from '../../shared/http/api';
import type { Item } from '../../shared/node/item';
import type { PurchaseOperation } from '../../shared/node/operation';
import { allowAgentPurchasesProperty, requestTimeoutProperty } from '../../shared/node/orderProperties';
import { ALREADY_REFUNDED, DISPLAY_NAME, orderConnection } from '../connection';
import { getTransactions, refundTransaction, type Transaction } from '../transactions';
import { orderIdOf, orderIdProperty } from './orderId';

interface Refunded {
	success: boolean;
	orderId: string;
	transactionId: string;
	/** Tribute's word, such as "initiated": the event `shop_order_refunded` reports the end. */
	status: string | null;
	/** Whether the payment was refunded before, and nothing was asked for now. */
	alreadyRefunded: boolean;
	message: string;
}

/** The buyer's payment. Tribute has other types of transaction and names none of them. */
const SELL = 'shop_order_sell';
const GIVES_BACK = /refund|chargeback|dispute|return/i;

export const refundOneOrder: PurchaseOperation<string, Refunded> = {
	resource: 'order',
	operation: 'refund',
	displayName: 'Refund',
	action: 'Refund order',
	description: 'Give the whole payment of an order back to the buyer',
	connection: orderConnection,
	isOrder: false,
	properties: [
		{
			displayName:
				'A refund is final and gives the whole payment back. It works for orders with one payment: Tribute does not say which of several to give back. Tribute takes its time; the event "Shop Order Refunded" of the Tribute Trigger reports the end.',
			name: 'refundNotice',
			type: 'notice',
			default: '',
		},
		orderIdProperty,
		{
			...allowAgentPurchasesProperty,
			description:
				'Whether an AI agent that uses this node as a tool may refund orders with it. Has no effect when a workflow runs the node.',
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
						'How many seconds one request may take. A refund that takes longer has an unknown outcome.',
				},
			],
		},
	],
	async prepare(item) {
		const orderId = orderIdOf(item);
		const identity = { orderType: 'refund', productId: orderId, quantity: 1, recipient: null };
		return { plan: orderId, identity };
	},
	async place(item, api, { plan: orderId }) {
		const payment = onlyPayment(item, orderId, await transactionsOf(item, api, orderId));
		const data = payment.isRefunded
			? refunded(orderId, payment, null, true)
			: await refund(api, orderId, payment);
		return { raw: { ...data }, data };
	},
};

/** Reads first. Nothing was refunded, whatever goes wrong here. */
async function transactionsOf(item: Item, api: Api, orderId: string): Promise<Transaction[]> {
	const transactions = await getTransactions(api, orderId).catch((error: unknown) => {
		throw error instanceof ProviderError ? error : notRefundable(item, 'the execution was stopped before');
	});
	if (transactions !== undefined) return transactions;
	throw notRefundable(item, `the transactions of order ${orderId} cannot be read to the end`);
}

const shown = ({ id, type, isRefunded }: Transaction): string =>
	`${type ?? 'without a type'} ${id}${isRefunded ? ', refunded' : ''}`;

/** The one payment of the order, which nothing speaks against refunding. */
function onlyPayment(item: Item, orderId: string, transactions: Transaction[]): Transaction {
	const seen = transactions.length === 0 ? 'no transaction' : transactions.map(shown).join('; ');
	const payments = transactions.filter(({ type }) => type === SELL);
	const [payment] = payments;
	if (payment === undefined) throw notRefundable(item, `order ${orderId} has no payment to refund (${seen})`);
	if (payments.length > 1)
		throw notRefundable(
			item,
			`order ${orderId} has ${payments.length} payments, so none was chosen (${seen})`,
		);
	if (payment.isRefunded) return payment;
	if (payment.isRefundable === false)
		throw notRefundable(
			item,
			`the payment of order ${orderId} cannot be refunded, a refund may be under way (${seen})`,
		);
	if (transactions.some(({ type }) => GIVES_BACK.test(type ?? '')))
		throw notRefundable(item, `order ${orderId} seems to be refunded already (${seen})`);
	return payment;
}

const LONGEST_MESSAGE = 400;

const notRefundable = (item: Item, why: string): ProviderError =>
	item.refuse(
		'NOT_REFUNDABLE',
		`${DISPLAY_NAME}: ${why.slice(0, LONGEST_MESSAGE)}`,
		'Nothing was refunded. Look at the order in the Creator Dashboard of Tribute, and refund it there if need be.',
	);

/** Asks once. A repeat that Tribute calls refunded already is that refund. */
async function refund(api: Api, orderId: string, payment: Transaction): Promise<Refunded> {
	const asked = refundTransaction(api, orderId, payment.id).then((status) =>
		refunded(orderId, payment, status, false),
	);
	return await asked.catch(async (error: unknown) => {
		if (!(error instanceof ProviderError)) throw error;
		if (error.outcome !== 'unknown') {
			if (error.code === ALREADY_REFUNDED) return refunded(orderId, payment, null, true);
			throw error;
		}
		if (await isRefunded(api, orderId, payment)) return refunded(orderId, payment, null, false);
		throw error.with({
			description: `Wait for the event shop_order_refunded of the Tribute Trigger, or look at transaction ${payment.id} of order ${orderId} in the Creator Dashboard. Do not refund it again before.`,
		});
	});
}

async function isRefunded(api: Api, orderId: string, { id }: Transaction): Promise<boolean> {
	const transactions = await getTransactions(api, orderId).catch(() => undefined);
	return transactions?.some((each) => each.id === id && each.isRefunded) ?? false;
}

const refunded = (
	orderId: string,
	{ id }: Transaction,
	status: string | null,
	alreadyRefunded: boolean,
): Refunded => ({
	success: true,
	orderId,
	transactionId: id,
	status,
	alreadyRefunded,
	message: alreadyRefunded
		? 'This payment was refunded before. Nothing was refunded now.'
		: status === null
			? 'The payment is refunded.'
			: 'Tribute has begun to give the payment back. The event shop_order_refunded reports the end.',
});
