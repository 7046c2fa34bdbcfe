import './support/setup';
import { DAY, HOUR, ids, iso, MINUTE, polls, Shop, tracking } from './support/orders';
import { startTime } from './support/time';

/** What one poll may cost, whatever lies in the table. */

const requestsOf = (shop: Shop): number =>
	Object.values(shop.world.table.requests).reduce((sum, count) => sum + count, 0);

it('looks up a bounded share of a large table at each poll, all of it in turn, and then once an hour', async () => {
	startTime('2026-07-01T13:30:00.000Z');
	const shop = new Shop();
	const trigger = shop.trigger(tracking({ providers: ['teleKartStars'] }));
	for (let index = 0; index < 3_000; index++) shop.order('teleKartStars', 'pending', { status: 'pending' });
	for (const row of shop.world.table.rows) row.createdAt = iso(2 * DAY);
	const oldest = String(shop.world.table.rows[0]!.orderId);
	shop.world.set('teleKartStars', '', oldest, 'completed');
	const emitted = await trigger.activate();
	for (let poll = 0; poll < 6; poll++) {
		const before = { requests: requestsOf(shop), lookUps: shop.world.lookedUp.length };
		emitted.push(...(await polls(trigger, 1, MINUTE)));
		expect(requestsOf(shop) - before.requests).toBeLessThan(40);
		expect(shop.world.lookedUp.length - before.lookUps).toBeLessThanOrEqual(1_000);
	}
	expect(ids(emitted)).toEqual([`teleKartStars::${oldest}:completed`]);
	expect(new Set(shop.world.lookedUp).size).toBe(3_000);
	const before = shop.world.lookedUp.length;
	await polls(trigger, 3, MINUTE);
	expect(shop.world.lookedUp.length - before).toBeLessThan(300);
});

it('asks young orders at every poll and old ones once an hour', async () => {
	const shop = new Shop();
	const trigger = shop.trigger(tracking({ providers: ['teleKartStars'] }));
	const orders = Array.from({ length: 60 }, () =>
		shop.order('teleKartStars', 'pending', { status: 'pending' }),
	);
	for (const row of shop.world.table.rows) row.createdAt = iso(2 * DAY);
	await trigger.activate();
	await polls(trigger, 2, MINUTE);
	const young = shop.order('teleKartStars', 'pending', { status: 'pending' });
	shop.world.lookedUp.length = 0;
	await polls(trigger, 20, MINUTE);
	expect(shop.world.lookedUp.filter((each) => each.endsWith(`:${young}`))).toHaveLength(20);
	const old = shop.world.lookedUp.filter((each) => !each.endsWith(`:${young}`)).length;
	expect(old).toBeGreaterThan(10);
	expect(old).toBeLessThan(30);
	await polls(trigger, 41, MINUTE);
	expect(new Set(shop.world.lookedUp).size).toBe(orders.length + 1);
});

it('lets a provider of many open orders delay no other', async () => {
	const shop = new Shop();
	const trigger = shop.trigger(tracking({ providers: ['teleKartStars', 'tgMarket'] }));
	for (let index = 0; index < 1_500; index++) shop.order('tgMarket');
	await trigger.activate();
	const orderId = shop.order('teleKartStars');
	for (let index = 0; index < 300; index++) shop.order('tgMarket');
	shop.world.set('teleKartStars', '', orderId, 'completed');
	expect(ids(await polls(trigger, 2, MINUTE))).toEqual([`teleKartStars::${orderId}:completed`]);
});

it('emits a backlog oldest first, a bounded number at each poll', async () => {
	const shop = new Shop();
	const trigger = shop.trigger(tracking({ providers: ['aiMarket'] }));
	await trigger.activate();
	await polls(trigger, 1, MINUTE);
	for (let index = 0; index < 1_400; index++) {
		const at = iso(10 * HOUR - index * 20_000 - 10 * HOUR);
		shop.world.table.insert({
			provider: 'aiMarket',
			orderType: '',
			orderId: `o${index}`,
			state: 'completed',
			finalAt: at,
			stateAt: at,
		});
	}
	jest.setSystemTime(Date.now() + 10 * HOUR);
	const sizes: number[] = [];
	const all: unknown[] = [];
	for (let poll = 0; poll < 6; poll++) {
		const items = await polls(trigger, 1, MINUTE);
		sizes.push(items.length);
		all.push(...ids(items));
	}
	expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
	expect(sizes.slice(3)).toEqual([0, 0, 0]);
	expect(all).toEqual(Array.from({ length: 1_400 }, (_, index) => `aiMarket::o${index}:completed`));
});

it('deletes finished rows after their time, and nothing that may still matter', async () => {
	const shop = new Shop();
	const trigger = shop.trigger(tracking({ options: { deleteAfter: 10 } }));
	await trigger.activate();
	const long = iso(11 * DAY);
	const row = (state: string, cells: Record<string, string> = {}) =>
		shop.world.table.insert({
			provider: 'aiMarket',
			orderType: '',
			orderId: `x${shop.world.table.rows.length}`,
			state,
			stateAt: long,
			...cells,
		});
	for (let index = 0; index < 400; index++) row('completed', { finalAt: long });
	row('rejected', { finalAt: '' });
	const kept = [
		row('completed', { finalAt: iso(9 * DAY), stateAt: iso(9 * DAY) }),
		row('refunded', { finalAt: long, stateAt: iso(HOUR) }),
		row('completed', { finalAt: '01.02.2020' }),
		row('unconfirmed', { finalAt: '', nonce: 'u' }),
		row('pending', { finalAt: '' }),
		row('sending', { finalAt: '', answerBy: iso(-HOUR), nonce: 's' }),
	];
	await polls(trigger, 3, MINUTE);
	expect(shop.world.table.rows.map(({ id }) => id)).toEqual(kept.map(({ id }) => id));
});

it('shows the newest orders in a test run and changes nothing', async () => {
	const shop = new Shop();
	const trigger = shop.trigger();
	const orderId = shop.order('teleKartStars', 'completed', { reference: 'ref' });
	const other = shop.order('aiMarket');
	const before = JSON.stringify(shop.world.table.rows);
	expect(await trigger.test()).toMatchObject([
		{ event: 'order.pending', orderId: other },
		{ event: 'order.completed', orderId, state: 'completed', previousState: 'pending', reference: 'ref' },
	]);
	expect(JSON.stringify(shop.world.table.rows)).toBe(before);
	expect(ids(await trigger.activate())).toEqual([`teleKartStars::${orderId}:completed`]);
});
