import type { IDataObject } from 'n8n-workflow';
import type { ShopOrderEvent } from '../../../sandbox/providers/tributeShop';
import { api } from '../../sandbox/support';
import { credentialsFor, jsonOf } from '../../support/harness';
import { agentWorkflow, node, type ToolMode } from '../../support/workflows';
import { useProviderNode } from './providerNode';

/** An order as Tribute shows it. */
export type ShopOrder = Record<string, unknown> & { uuid: string };
export interface Transaction {
	id: number;
	type: string;
}

/** Marks the requests of the tests' own, which are none of the node's. */
const SETUP = { 'x-setup': 'yes' };

/** The Tribute node on the engine, with a shop of its own for each test. */
export function useTributeShop() {
	const tribute = useProviderNode('tribute', {
		credentialsOf: ({ credentials }) => ({ tributeApi: { ...credentials } }),
	});
	const client = () => tribute.harness.sandbox.client;
	const account = () => tribute.account.name;
	const seller = () => {
		const { baseUrl, apiKey } = tribute.account.credentials;
		return api(baseUrl!, { 'api-key': apiKey!, ...SETUP });
	};
	const requests = async (operation?: string) =>
		(await tribute.requests(operation))
			.filter(({ headers }) => headers['x-setup'] === undefined)
			.map(({ method, path, body, headers }) => {
				// Requests to loopback come in the form that proxies get.
				const { pathname, searchParams } = new URL(path, 'http://localhost');
				return { method, path: pathname, query: Object.fromEntries(searchParams), body, headers };
			});

	const addOrder = async (
		fields: IDataObject = {},
		{ events = [], status, extra }: { events?: ShopOrderEvent[]; status?: string; extra?: IDataObject } = {},
	): Promise<ShopOrder> => {
		const { body } = await seller().post('/api/v1/shop/orders', {
			title: 'Guitar course',
			description: 'Twelve lessons',
			amount: 100_000,
			currency: 'rub',
			...fields,
		});
		const orderId = (body as ShopOrder).uuid;
		for (const event of events) await client().playTributeOrder({ account: account(), orderId, event });
		const change = {
			...(status === undefined ? {} : { status }),
			...(extra === undefined ? {} : { extra }),
		};
		return (await client().changeOrder({
			provider: 'tribute',
			account: account(),
			orderId,
			...change,
		})) as ShopOrder;
	};

	return {
		...tribute,
		/** What the node asked the provider for. */
		requests,
		/** The JSON that the node's requests of an operation sent. */
		bodies: async (operation: string) =>
			(await requests(operation)).map(({ body }) => JSON.parse(body) as IDataObject),

		/** An order that was made before; what then happened to it, its status and what else it shows. */
		addOrder,
		/** An order that was paid so many times. */
		addPaidOrder: async (payments = 1): Promise<ShopOrder> => {
			const renewals = Array.from({ length: payments - 1 }, () => 'renewed' as const);
			return await addOrder(payments > 1 ? { period: 'monthly' } : {}, { events: ['paid', ...renewals] });
		},
		addOrders: async (count: number, ...more: Parameters<typeof addOrder>): Promise<string[]> => {
			const uuids: string[] = [];
			for (let index = 0; index < count; index++) uuids.push((await addOrder(...more)).uuid);
			return uuids;
		},
		/** The order as Tribute shows it now. */
		shown: async (orderId: string): Promise<ShopOrder> =>
			(await client().changeOrder({ provider: 'tribute', account: account(), orderId })) as ShopOrder,
		transactionsOf: async (orderId: string): Promise<Transaction[]> => {
			const { body } = await seller().get(`/api/v1/shop/orders/${orderId}/transactions`);
			return (body as { transactions: Transaction[] }).transactions;
		},
		/** The IDs of all orders that were made, by whomever, oldest first. */
		made: async (): Promise<string[]> => (await tribute.charges()).map(({ orderId }) => orderId),

		/** An AI agent calls the node as its tool so many times in one message. Gives what the model gets. */
		callAsTool: async (
			parameters: Parameters<typeof tribute.callAsTool>[0],
			input: IDataObject = {},
			calls = 1,
			mode: ToolMode = 'engine',
		): Promise<IDataObject[]> =>
			jsonOf(
				await tribute.harness.run(
					agentWorkflow(node('Tool', 'tribute', parameters, credentialsFor('tribute')), mode, [
						Array.from({ length: calls }, () => ({ input })),
					]),
				),
				'Agent',
			),
	};
}

/** Values that are no ID. */
export const NO_IDS: unknown[] = [
	'',
	'  ',
	'..',
	'.',
	'../orders',
	'a/../b',
	'a?x=1',
	'a#x',
	'%61',
	'a b',
	'２５４８',
	'<img src=x onerror=alert(1)>',
	'9'.repeat(10_000),
	{ id: 'a' },
	['a'],
	true,
	null,
	2 ** 53,
];

export const retrying = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };
