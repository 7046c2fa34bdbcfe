import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import {
	data,
	hostileIds,
	jsonOf,
	links,
	retrying,
	said,
	titled,
	useSeller,
	type Effect,
} from '../support/tributeOrders';

const seller = useSeller();

const cancel: INodeParameters = {
	resource: 'order',
	operation: 'cancelSubscription',
	orderId: '={{ $json.id }}',
};
const run = async (ids: unknown[], parameters: INodeParameters = {}, more?: Partial<INode>) =>
	await seller().run(
		{ ...cancel, ...parameters },
		ids.map((id) => ({ id }) as IDataObject),
		more,
	);
const subscription = () => seller().shop.add({ status: 'paid', period: 'monthly', memberStatus: 'active' });
const asked = () => seller().shop.asked('order.cancelSubscription');

describe('order: cancelSubscription', () => {
	it('stops the payments to come, and says that nothing is paid back', async () => {
		const orders = [subscription(), subscription()];
		const done = await run(orders.map(({ uuid }) => uuid));
		expect(jsonOf(done)).toEqual(
			orders.map(({ uuid }) => ({
				success: true,
				orderId: uuid,
				alreadyCancelled: false,
				message: expect.stringContaining('Nothing was paid back'),
			})),
		);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }]);
		expect(orders.map(({ memberStatus }) => memberStatus)).toEqual(['cancelled', 'cancelled']);
		expect(seller().shop.refunds).toEqual([]);
		expect(asked().map(({ method, path, body }) => [method, path, body])).toEqual(
			orders.map(({ uuid }) => ['POST', `/tribute/api/v1/shop/orders/${uuid}/cancel`, undefined]),
		);
	});

	it('takes one that is cancelled already for done', async () => {
		const { uuid } = subscription();
		await run([uuid]);
		expect(jsonOf(await run([uuid]))).toMatchObject([{ success: true, alreadyCancelled: true }]);
	});

	it.each([
		['a one-time order', () => seller().shop.add({ status: 'paid' }).uuid],
		['an order nobody made', () => 'nobody'],
	])('refuses %s', async (_, id) => {
		expect(said(await run([id()]))).toMatchObject({
			message: expect.stringContaining('there is no such order'),
			description: expect.stringContaining('Only a recurring order can be cancelled'),
			httpCode: '404',
			data: data('error_not_found'),
		});
	});

	it('takes success:false for the refusal it is', async () => {
		const body = { success: false, message: 'not now' };
		seller().shop.inject('order.cancelSubscription', { type: 'answer', body });
		expect(said(await run([subscription().uuid]))).toMatchObject({
			message: 'Tribute: it was not done (not now)',
			data: data(null),
		});
	});

	const lost: Array<[string, Effect]> = [
		['a dropped connection', { type: 'drop', phase: 'after' }],
		['no answer', { type: 'hang', phase: 'after' }],
		['HTTP 502', { type: 'instead', status: 502, body: '<html>', phase: 'after' }],
		['something else', { type: 'instead', body: { message: 'accepted' }, phase: 'after' }],
	];
	it.each(lost)('reads the order after %s, and asks once', async (_, effect) => {
		seller().shop.inject('order.cancelSubscription', effect, { times: -1 });
		const { uuid } = subscription();
		const done = await run([uuid], { options: { requestTimeout: 1 } }, retrying);
		expect(jsonOf(done)).toMatchObject([{ success: true, alreadyCancelled: false }]);
		expect(asked()).toHaveLength(1);
	});

	it('ends unknown where the order is still active, and says that a repeat is safe', async () => {
		seller().shop.inject('order.cancelSubscription', { type: 'drop', phase: 'before' }, { times: -1 });
		const { uuid } = subscription();
		const done = await run([uuid], {}, retrying);
		expect(said(done)).toMatchObject({
			message: expect.stringContaining('outcome of this purchase is unknown'),
			description: expect.stringContaining('once more is safe'),
			data: data(null, 'unknown'),
		});
		expect(asked()).toHaveLength(1);
	});

	it.each(hostileIds.map(titled))('ID %s is refused before anything is sent', async (_, id) => {
		const good = subscription().uuid;
		expect(said(await run([good, id]))).toMatchObject({
			message: expect.stringMatching(/^Order ID: /),
			data: data('INVALID_PARAMETER'),
		});
		expect(seller().shop.requests).toEqual([]);
	});

	it('is nothing that an agent may do unless a person allowed it', async () => {
		const { uuid } = subscription();
		const tool = { ...cancel, orderId: "={{ $fromAI('id', '', 'string') }}" };
		await seller().ask(tool, { id: uuid });
		expect(asked()).toEqual([]);
		await seller().ask({ ...tool, allowAgentPurchases: true }, { id: uuid });
		expect(asked()).toHaveLength(1);
	});
});
