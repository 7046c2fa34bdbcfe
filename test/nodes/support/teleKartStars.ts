import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import { useProviderNode } from './providerNode';

export const product = (value: string) => ({ __rl: true, mode: 'id', value });
export const getBalance = { resource: 'balance', operation: 'get' };
export const order = {
	resource: 'order',
	operation: 'create',
	productId: product('stars_1000'),
	target: '={{ $json.to }}',
};

/** The item of an order of 1000 Stars for @target. */
export const ordered = {
	provider: 'teleKartStars',
	orderId: expect.stringMatching(/^\d+$/) as string,
	state: 'pending',
	status: 'pending',
	productId: 'stars_1000',
	recipient: '@target',
	price: 16.5,
	currency: 'USD',
	codes: [],
	message: null,
	orderOnceKey: null,
};

/** The node, with orders that stay pending until a test changes them. */
export function useTeleKartStars() {
	const teleKartStars = useProviderNode('teleKartStars', {
		sandbox: { timelines: { teleKartStars: [{ afterMs: 0, status: 'pending' }] } },
	});
	return {
		...teleKartStars,
		/** Orders for @target, or for each account named. */
		buy: async (parameters: INodeParameters = order, to: unknown[] = ['@target'], more?: Partial<INode>) =>
			await teleKartStars.run(parameters, to.map((name) => ({ to: name })) as IDataObject[], more),
		/** Method, path and JSON of each request so far. */
		sent: async () =>
			(await teleKartStars.requests()).map(({ method, path, body }) => [
				method,
				path,
				body ? JSON.parse(body) : null,
			]),
	};
}
