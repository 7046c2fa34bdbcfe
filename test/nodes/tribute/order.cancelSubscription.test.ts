import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import type { Fault } from '../../support/sandboxFaults';
import { errorOf, jsonOf } from '../../support/harness';
import { links, titled } from '../support/providerNode';
import { NO_IDS, retrying, useTributeShop } from '../support/tributeShop';

const shop = useTributeShop();
const { details } = shop;

const cancel: INodeParameters = {
	resource: 'order',
	operation: 'cancelSubscription',
	orderId: '={{ $json.id }}',
};
const run = async (ids: unknown[], parameters: INodeParameters = {}, more?: Partial<INode>) =>
	await shop.run(
		{ ...cancel, ...parameters },
		ids.map((id) => ({ id }) as IDataObject),
		more,
	);
const subscription = async () => (await shop.addOrder({ period: 'monthly' }, { events: ['paid'] })).uuid;
const asked = async () => await shop.requests('order.cancelSubscription');

describe('order: cancelSubscription', () => {
	it('stops the payments to come, and says that nothing is paid back', async () => {
		const uuids = [await subscription(), await subscription()];
		const done = await run(uuids);
		expect(jsonOf(done)).toEqual(
			uuids.map((orderId) => ({
				success: true,
				orderId,
				alreadyCancelled: false,
				message: expect.stringContaining('Nothing was paid back'),
			})),
		);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }]);
		for (const uuid of uuids) expect(await shop.shown(uuid)).toMatchObject({ memberStatus: 'cancelled' });
		expect(await shop.refunds()).toEqual([]);
		expect(await shop.requests()).toMatchObject(
			uuids.map((uuid) => ({
				method: 'POST',
				path: `/tribute/api/v1/shop/orders/${uuid}/cancel`,
				body: '',
			})),
		);
	});

	it('takes one that is cancelled already for done', async () => {
		const uuid = await subscription();
		await run([uuid]);
		expect(jsonOf(await run([uuid]))).toMatchObject([{ success: true, alreadyCancelled: true }]);
	});

	it.each([
		['a one-time order', async () => (await shop.addPaidOrder()).uuid],
		['a payment link nobody used', async () => (await shop.addOrder({ period: 'monthly' })).uuid],
		['an order nobody made', async () => 'nobody'],
	])('refuses %s', async (_, id) => {
		expect(errorOf(await run([await id()]))).toMatchObject({
			message: expect.stringContaining('there is no such order'),
			description: expect.stringContaining('Only a recurring order can be cancelled'),
			httpCode: '404',
			data: details('error_not_found'),
		});
	});

	it('takes success:false for the refusal it is', async () => {
		await shop.answerWith('order.cancelSubscription', { success: false, message: 'not now' });
		expect(errorOf(await run([await subscription()]))).toMatchObject({
			message: 'Tribute: it was not done (not now)',
			data: details(null),
		});
	});

	it.each([
		['a dropped connection', { type: 'drop', phase: 'after' }],
		['no answer', { type: 'hang', phase: 'after' }],
		['HTTP 502', { type: 'error', status: 502, phase: 'after' }],
		['something else', { type: 'unreadable', kind: 'wrongShape' }],
	] as Array<[string, Fault]>)('reads the order after %s, and asks once', async (_, fault) => {
		await shop.injectFault('order.cancelSubscription', fault, { times: -1 });
		const done = await run([await subscription()], { options: { requestTimeout: 1 } }, retrying);
		expect(jsonOf(done)).toMatchObject([{ success: true, alreadyCancelled: false }]);
		expect(await asked()).toHaveLength(1);
	});

	it('ends unknown where the order is still active, and says that a repeat is safe', async () => {
		await shop.injectFault('order.cancelSubscription', { type: 'drop' }, { times: -1 });
		expect(errorOf(await run([await subscription()], {}, retrying))).toMatchObject({
			message: expect.stringContaining('outcome of this purchase is unknown'),
			description: expect.stringContaining('once more is safe'),
			data: details(null, 'unknown'),
		});
		expect(await asked()).toHaveLength(1);
	});

	it.each(NO_IDS.map(titled))('refuses the ID %s before anything is sent', async (_, id) => {
		expect(errorOf(await run([await subscription(), id]))).toMatchObject({
			message: expect.stringMatching(/^Order ID: /),
			data: details('INVALID_PARAMETER'),
		});
		expect(await shop.requests()).toEqual([]);
	});

	it('is nothing that an agent may do unless a person allowed it', async () => {
		const id = await subscription();
		const tool = { ...cancel, orderId: "={{ $fromAI('id', '', 'string') }}" };
		await shop.callAsTool(tool, { id });
		expect(await asked()).toEqual([]);
		await shop.callAsTool({ ...tool, allowAgentPurchases: true }, { id });
		expect(await asked()).toHaveLength(1);
	});
});
