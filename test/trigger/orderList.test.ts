import './support/setup';
import type { INodeParameters } from 'n8n-workflow';
import type { Engine, TriggerDouble } from './support/engine';
import { HOUR, ids, MINUTE, polls, Shop } from './support/orders';
import { endProcess } from './support/processes';

const ENGINES: Engine[] = ['default', 'durable', 'scheduler'];

/** A fixed list of orders of TeleKart Stars. */
const list = (...orderIds: string[]): INodeParameters => ({
	source: 'orderIds',
	providers: ['teleKartStars', 'tgMarket'],
	events: ['completed', 'failed', 'refunded'],
	orders: { order: orderIds.map((orderId) => ({ provider: 'teleKartStars', orderId, reference: '[1]' })) },
});

let shop: Shop;
beforeEach(() => {
	shop = new Shop();
});
const placed = (state = 'pending') => shop.world.newOrder('teleKartStars', '', state);
const complete = (orderId: string) => shop.world.set('teleKartStars', '', orderId, 'completed');

async function restart(trigger: TriggerDouble) {
	endProcess();
	return await trigger.activate('init');
}

it.each(ENGINES)('emits what completes, once, and nothing that was final at first (%s)', async (engine) => {
	const [done, open] = [placed('completed'), placed()];
	const trigger = shop.trigger(list(done, open, open), engine);
	expect(await trigger.activate()).toEqual([]);
	expect(await polls(trigger, 2, MINUTE)).toEqual([]);
	complete(open);
	expect(await polls(trigger, 3, MINUTE)).toMatchObject([
		{ eventId: `teleKartStars::${open}:completed`, previousState: 'pending', reference: [1], key: null },
	]);
	expect([...(await restart(trigger)), ...(await polls(trigger, 3, MINUTE))]).toEqual([]);
});

it('emits an order whose first look-up failed, even when n8n restarts meanwhile', async () => {
	const orderId = placed();
	const trigger = shop.trigger(list(orderId));
	shop.world.faults.set('teleKartStars', 'unavailable');
	expect(await trigger.activate()).toEqual([]);
	shop.world.faults.clear();
	expect(await polls(trigger, 2, MINUTE)).toEqual([]);
	complete(orderId);
	expect(ids(await restart(trigger))).toEqual([`teleKartStars::${orderId}:completed`]);
	expect(await polls(trigger, 3, MINUTE)).toEqual([]);
});

it('emits nothing of a final order that is added to an active list', async () => {
	const [open, old] = [placed(), placed('completed')];
	const trigger = shop.trigger(list(open));
	await trigger.activate();
	await polls(trigger, 2, MINUTE);
	trigger.setParameters(list(open, old));
	expect([...(await trigger.activate('update')), ...(await polls(trigger, 3, MINUTE))]).toEqual([]);
	complete(open);
	expect(ids(await polls(trigger, 3, MINUTE))).toEqual([`teleKartStars::${open}:completed`]);
});

it('emits a failure and the refund that follows', async () => {
	const orderId = shop.world.newOrder('tgMarket', 'stars', 'pending');
	const parameters = list('1');
	parameters.orders = { order: [{ provider: 'tgMarket', orderType: 'stars', orderId, reference: '' }] };
	const trigger = shop.trigger(parameters);
	await trigger.activate();
	shop.world.set('tgMarket', 'stars', orderId, 'failed');
	expect(ids(await polls(trigger, 2, MINUTE))).toEqual([`tgMarket:stars:${orderId}:failed`]);
	shop.world.set('tgMarket', 'stars', orderId, 'refunded');
	expect(await polls(trigger, 3, HOUR)).toMatchObject([
		{ eventId: `tgMarket:stars:${orderId}:refunded`, previousState: 'failed' },
	]);
});

it('needs no table, and names an order that its provider does not know', async () => {
	const trigger = shop.trigger(list('404'));
	await trigger.activate();
	expect(await polls(trigger, 2, MINUTE)).toEqual([]);
	expect(trigger.warnings.join()).toContain('order "404" of teleKartStars');
	expect(shop.world.table.requests).toEqual({});
});
