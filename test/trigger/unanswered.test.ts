import './support/setup';
import { DAY, HOUR, ids, iso, MINUTE, polls, Shop, tracking } from './support/orders';

/** Purchases whose answer a crash has lost. */

const parameters = tracking({ events: ['completed', 'unconfirmed'] });

it('become unconfirmed when no answer can come any more, and not before', async () => {
	const shop = new Shop();
	const trigger = shop.trigger(parameters);
	await trigger.activate();
	for (const provider of ['teleKartStars', 'tgMarket', 'aiMarket']) shop.unanswered(provider);
	expect(await polls(trigger, 5, MINUTE)).toEqual([]);
	expect(shop.world.table.rows.map(({ state }) => state)).toEqual(['sending', 'sending', 'sending']);
	const items = await polls(trigger, 3, MINUTE);
	expect(items.map(({ event, orderId, key, provider }) => [event, orderId, key, provider])).toEqual([
		['order.unconfirmed', null, 'key 0', 'teleKartStars'],
		['order.unconfirmed', null, 'key 1', 'tgMarket'],
		['order.unconfirmed', null, 'key 2', 'aiMarket'],
	]);
	expect(items[0]).toMatchObject({ previousState: 'sending', order: { state: 'unknown', codes: [] } });
	expect(await polls(trigger, 60, MINUTE)).toEqual([]);
	expect(shop.world.lookedUp).toEqual([]);
});

it('of GamesDrop are found by their transaction ID', async () => {
	const shop = new Shop();
	const trigger = shop.trigger(parameters);
	await trigger.activate();
	const row = shop.unanswered('gamesDrop');
	const orderId = shop.world.newOrder('gamesDrop', '', 'completed', String(row.key));
	expect(await polls(trigger, 8, MINUTE)).toMatchObject([
		{ eventId: `gamesDrop::${orderId}:completed`, previousState: 'sending', key: row.key },
	]);
	expect(row).toMatchObject({ state: 'completed', orderId });
});

it('of GamesDrop are looked for during a day, then left', async () => {
	const shop = new Shop();
	const trigger = shop.trigger(parameters);
	await trigger.activate();
	const [late, never] = [shop.unanswered('gamesDrop'), shop.unanswered('gamesDrop')];
	expect(ids(await polls(trigger, 8, MINUTE))).toHaveLength(2);
	const orderId = shop.world.newOrder('gamesDrop', '', 'processing', String(late.key));
	expect(await polls(trigger, 4, HOUR)).toEqual([]);
	expect(late).toMatchObject({ state: 'processing', orderId, previousState: 'unconfirmed' });
	shop.world.set('gamesDrop', '', orderId, 'completed');
	expect(ids(await polls(trigger, 3, HOUR))).toEqual([`gamesDrop::${orderId}:completed`]);
	await polls(trigger, 24, HOUR);
	const before = shop.world.lookedUp.length;
	await polls(trigger, 10, HOUR);
	expect(shop.world.lookedUp).toHaveLength(before);
	expect(never.state).toBe('unconfirmed');
});

it('of GamesDrop become unconfirmed when it is down, within three polls', async () => {
	const shop = new Shop();
	const trigger = shop.trigger(parameters);
	await trigger.activate();
	const rows = Array.from({ length: 30 }, () => shop.unanswered('gamesDrop', { answerBy: iso(MINUTE) }));
	shop.world.faults.set('gamesDrop', 'unavailable');
	const items = [];
	for (let poll = 0; poll < 3; poll++) items.push(...(await polls(trigger, 1, MINUTE).catch(() => [])));
	expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['unconfirmed']));
	expect(items).toHaveLength(30);
});

it('are decided by a late answer of their own execution', async () => {
	const shop = new Shop();
	const trigger = shop.trigger(parameters);
	await trigger.activate();
	const row = shop.unanswered('teleKartStars', { answerBy: iso(MINUTE) });
	expect(await polls(trigger, 2, MINUTE)).toHaveLength(1);
	const orderId = shop.world.newOrder('teleKartStars', '', 'completed');
	Object.assign(row, {
		orderId,
		state: 'completed',
		previousState: 'unconfirmed',
		stateAt: iso(),
		finalAt: iso(),
	});
	expect(ids(await polls(trigger, 2, MINUTE))).toEqual([`teleKartStars::${orderId}:completed`]);
});

it('are decided by a person, too', async () => {
	const shop = new Shop();
	const trigger = shop.trigger(parameters);
	await trigger.activate();
	const row = shop.unanswered('aiMarket', { answerBy: iso(MINUTE) });
	await polls(trigger, 2, MINUTE);
	elapseDay();
	row.state = 'completed';
	expect(await polls(trigger, 2, MINUTE)).toMatchObject([
		{ event: 'order.completed', orderId: null, key: row.key },
	]);
});
const elapseDay = () => jest.setSystemTime(Date.now() + DAY);

it('rows that a repeated request has added are dismissed', async () => {
	const shop = new Shop();
	const trigger = shop.trigger(parameters);
	await trigger.activate();
	const own = shop.unanswered('teleKartStars', { answerBy: iso(MINUTE) });
	const twin = shop.unanswered('teleKartStars', { answerBy: iso(MINUTE), nonce: own.nonce! });
	const answered = shop.order('teleKartStars', 'pending');
	const late = shop.unanswered('teleKartStars', { answerBy: iso(MINUTE), nonce: `n${answered}` });
	expect(await polls(trigger, 2, MINUTE)).toHaveLength(1);
	expect([own.state, twin.state, late.state]).toEqual(['unconfirmed', 'rejected', 'rejected']);
});

it('claims of a dead owner are freed', async () => {
	const shop = new Shop();
	const trigger = shop.trigger(parameters);
	await trigger.activate();
	const row = shop.unanswered('aiMarket', { state: 'preparing' });
	await polls(trigger, 5, MINUTE);
	expect(row.state).toBe('preparing');
	await polls(trigger, 2, MINUTE);
	expect(row.state).toBe('rejected');
});

it('are not changed without an event chosen for them either, nor sent anywhere', async () => {
	const shop = new Shop();
	const trigger = shop.trigger(tracking({ providers: ['teleKartStars'] }));
	await trigger.activate();
	const [tgMarket, gamesDrop] = [shop.unanswered('tgMarket'), shop.unanswered('gamesDrop')];
	expect(await polls(trigger, 8, MINUTE)).toEqual([]);
	// Another trigger may still find the order at GamesDrop.
	expect([tgMarket.state, gamesDrop.state]).toEqual(['unconfirmed', 'sending']);
	await polls(trigger, 20, MINUTE);
	expect(gamesDrop.state).toBe('unconfirmed');
	expect(shop.world.lookedUp).toEqual([]);
});
