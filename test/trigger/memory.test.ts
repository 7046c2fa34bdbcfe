import './support/setup';
import type { IDataObject } from 'n8n-workflow';
import type { Engine, TriggerDouble } from './support/engine';
import { HOUR, ids, iso, MINUTE, polls, SECOND, Shop, tracking } from './support/orders';
import { endProcess } from './support/processes';
import { elapse, stepClock } from './support/time';
import type { World } from './support/world';

/** Each finding of an earlier version as an example. The random schedules beside this file vary them. */

const ENGINES: Engine[] = ['default', 'durable', 'scheduler'];

let shop: Shop;
let world: World;
beforeEach(() => {
	shop = new Shop();
	({ world } = shop);
});

const start = (...args: Parameters<Shop['trigger']>): TriggerDouble => shop.trigger(...args);
const order = (...args: Parameters<Shop['order']>): string => shop.order(...args);
const record = (...args: Parameters<Shop['record']>): void => shop.record(...args);

describe('Events are never repeated', () => {
	it.each(ENGINES)(
		'over an hour of one order a minute, whatever the jitter of polls (%s)',
		async (engine) => {
			const trigger = start(tracking(), engine);
			await trigger.activate();
			const items: IDataObject[] = [];
			const orders: string[] = [];
			for (let minute = 0; minute < 90; minute++) {
				const orderId = order();
				orders.push(orderId);
				elapse(MINUTE - 20 + ((minute * 7) % 41));
				world.set('teleKartStars', '', orderId, 'completed');
				items.push(...(await trigger.poll()));
			}
			items.push(...(await polls(trigger, 40, MINUTE)));
			expect(ids(items).sort()).toEqual(orders.map((id) => `teleKartStars::${id}:completed`).sort());
		},
	);

	it('where two rows name one order', async () => {
		const trigger = start();
		await trigger.activate();
		const orderId = order();
		const row = world.table.rows[0]!;
		world.table.insert({ ...row, reference: 'other' });
		world.set('teleKartStars', '', orderId, 'completed');
		expect(ids(await polls(trigger, 5, MINUTE))).toEqual([`teleKartStars::${orderId}:completed`]);
		// Long afterwards somebody adds a third.
		elapse(3 * HOUR);
		world.table.insert({ provider: 'teleKartStars', orderId });
		expect(ids(await polls(trigger, 5, MINUTE))).toEqual([]);
	});

	it('where a failed order was refunded between two polls: both events come, once', async () => {
		const trigger = start();
		await trigger.activate();
		const orderId = order('tgMarket');
		await polls(trigger, 1, MINUTE);
		elapse(MINUTE);
		record(orderId, 'failed');
		elapse(MINUTE);
		record(orderId, 'refunded');
		world.set('tgMarket', 'stars', orderId, 'refunded');
		expect(ids(await polls(trigger, 40, MINUTE))).toEqual([
			`tgMarket:stars:${orderId}:failed`,
			`tgMarket:stars:${orderId}:refunded`,
		]);
	});

	it('where many orders bear the same time, more than a poll emits and than is remembered', async () => {
		const trigger = start(tracking({ providers: ['aiMarket'] }));
		await trigger.activate();
		elapse(MINUTE);
		const at = iso();
		for (let index = 0; index < 3_500; index++)
			world.table.insert({
				...{ provider: 'aiMarket', orderType: '', orderId: `bulk ${index}`, state: 'completed' },
				...{ finalAt: at, stateAt: at },
			});
		const items = await polls(trigger, 12, MINUTE);
		expect(new Set(ids(items)).size).toBe(3_500);
		expect(items).toHaveLength(3_500);
		items.push(...(await polls(trigger, 20, MINUTE)));
		expect(items).toHaveLength(3_500);
	});

	it('where a row is added for an order whose event is forgotten', async () => {
		const trigger = start(tracking({ providers: ['aiMarket'] }));
		await trigger.activate();
		elapse(MINUTE);
		const first = order('aiMarket');
		record(first, 'completed');
		expect(await polls(trigger, 1, MINUTE)).toHaveLength(1);
		for (let index = 0; index < 1_300; index++)
			world.table.insert({
				...{ provider: 'aiMarket', orderType: '', orderId: `later ${index}`, state: 'completed' },
				...{ finalAt: iso(), stateAt: iso() },
			});
		expect(await polls(trigger, 4, MINUTE)).toHaveLength(1_300);
		world.table.insert({ provider: 'aiMarket', orderType: '', orderId: first, state: 'completed' });
		expect(await polls(trigger, 3, MINUTE)).toEqual([]);
	});
});

describe('A row that makes no sense', () => {
	it('is skipped with a warning that names it', async () => {
		const trigger = start();
		await trigger.activate();
		elapse(MINUTE);
		const bad = order('teleKartStars', 'completed');
		record(bad, 'completed');
		const row = world.table.rows.at(-1)!;
		row.finalAt = '31.12.2026';
		const good = order('teleKartStars', 'completed');
		expect(ids(await polls(trigger, 3, MINUTE))).toEqual([`teleKartStars::${good}:completed`]);
		expect(trigger.warnings.join()).toContain(`row ${row.id}: finalAt "31.12.2026"`);
		Object.assign(row, { finalAt: iso(), stateAt: iso() });
		expect(ids(await polls(trigger, 3, MINUTE))).toEqual([`teleKartStars::${bad}:completed`]);
	});

	it('is dated when somebody sets its state by hand', async () => {
		const trigger = start();
		await trigger.activate();
		const orderId = order('aiMarket');
		elapse(20 * MINUTE);
		world.table.rows[0]!.state = 'completed';
		expect(ids(await polls(trigger, 2, MINUTE))).toEqual([`aiMarket::${orderId}:completed`]);
		expect(world.table.rows[0]!.finalAt).toMatch(/^2026/);
	});
});

describe('A rare poll', () => {
	it.each(ENGINES)('loses nothing that became final between two (%s)', async (engine) => {
		const hourly = tracking({ pollTimes: { item: [{ mode: 'everyHour', minute: 0 }] } as never });
		const trigger = start(hourly, engine);
		await trigger.activate();
		elapse(10 * MINUTE);
		const orderId = order('aiMarket');
		record(orderId, 'completed');
		expect(ids(await polls(trigger, 2, HOUR))).toEqual([`aiMarket::${orderId}:completed`]);
	});

	it.each(ENGINES)('loses nothing when the workflow is switched off and on again (%s)', async (engine) => {
		const trigger = start(tracking(), engine);
		await trigger.activate();
		await polls(trigger, 3, HOUR);
		const orderId = order('aiMarket');
		elapse(30 * MINUTE);
		record(orderId, 'completed');
		elapse(30 * MINUTE);
		trigger.deactivate();
		expect(ids(await trigger.activate())).toEqual([`aiMarket::${orderId}:completed`]);
	});

	it('leaves alone what became final while the workflow was off for long', async () => {
		const trigger = start();
		await trigger.activate();
		await polls(trigger, 3, MINUTE);
		trigger.deactivate();
		elapse(HOUR);
		record(order('aiMarket'), 'completed');
		elapse(HOUR);
		expect([...(await trigger.activate()), ...(await polls(trigger, 3, MINUTE))]).toEqual([]);
	});

	it('leaves alone what was final long before the first activation, and emits what is still open', async () => {
		for (const ago of [3 * HOUR, 20 * MINUTE]) record(order('aiMarket'), 'completed', iso(ago));
		const open = order('teleKartStars', 'completed');
		const trigger = start();
		expect(ids([...(await trigger.activate()), ...(await polls(trigger, 3, MINUTE))])).toEqual([
			`teleKartStars::${open}:completed`,
		]);
	});
});

describe('A crash', () => {
	it.each(['neverStarted', 'crashed', 'crashedEmpty', 'workerDied'] as const)(
		'loses no event (%s)',
		async (fate) => {
			const trigger = start();
			await trigger.activate();
			record(order('aiMarket'), 'completed');
			await polls(trigger, 1, MINUTE);
			record(order('aiMarket'), 'completed');
			trigger.fate = fate;
			const lost = await polls(trigger, 1, MINUTE);
			expect(lost).toHaveLength(1);
			endProcess();
			const found = [...(await trigger.activate('init')), ...(await polls(trigger, 5, MINUTE))];
			expect(ids(found)).toEqual(ids(lost));
		},
	);

	it('of an execution that was still running at the next emission loses nothing', async () => {
		const trigger = start();
		await trigger.activate();
		const orderId = order('aiMarket');
		record(orderId, 'completed');
		trigger.fate = 'running';
		expect(await polls(trigger, 1, 10 * MINUTE)).toHaveLength(1);
		const { execution } = trigger.emissions.at(-1)!;
		for (let emission = 0; emission < 3; emission++) {
			record(order('aiMarket'), 'completed');
			expect(await polls(trigger, 1, 10 * MINUTE)).toHaveLength(1);
		}
		execution!.status = 'crashed';
		expect(ids(await polls(trigger, 3, 10 * MINUTE))).toEqual([`aiMarket::${orderId}:completed`]);
	});

	it('is seen beside executions that something else has started at the same time', async () => {
		const trigger = start();
		await trigger.activate();
		record(order('aiMarket'), 'completed');
		await polls(trigger, 1, MINUTE);
		record(order('aiMarket'), 'completed');
		trigger.fate = 'neverStarted';
		const lost = await polls(trigger, 1, MINUTE);
		for (const mode of ['webhook', 'trigger'])
			world.newExecution({
				...{ mode, workflowId: trigger.workflowId, status: 'success' },
				data: { resultData: { runData: { Webhook: [{ data: { main: [[{ json: {} }]] } }] } } },
			});
		endProcess();
		await trigger.activate('init');
		expect(ids(await polls(trigger, 5, MINUTE))).toEqual(ids(lost));
	});

	it.each(['durable', 'scheduler'] as const)(
		'of a poll whose events n8n drops loses none (%s)',
		async (engine) => {
			const trigger = start(tracking(), engine);
			await trigger.activate();
			const orderId = order('aiMarket');
			record(orderId, 'completed');
			trigger.fate = 'discarded';
			expect(await polls(trigger, 1, MINUTE)).toEqual([]);
			expect(ids(await polls(trigger, 3, MINUTE))).toEqual([`aiMarket::${orderId}:completed`]);
		},
	);

	it('that repeats itself is not followed for ever', async () => {
		const trigger = start();
		await trigger.activate();
		record(order('aiMarket'), 'completed');
		let emitted = 0;
		for (let poll = 0; poll < 40; poll++) {
			trigger.fate = 'crashed';
			emitted += (await polls(trigger, 1, MINUTE)).length;
		}
		expect(emitted).toBe(6);
	});

	it('is not suspected where n8n keeps no executions', async () => {
		const trigger = start();
		await trigger.activate();
		for (let index = 0; index < 5; index++) {
			record(order('aiMarket'), 'completed');
			expect(await polls(trigger, 1, 5 * MINUTE)).toHaveLength(1);
			world.executions = [];
			expect(await polls(trigger, 3, 5 * MINUTE)).toEqual([]);
		}
	});
});

describe('A provider', () => {
	it('that does not know a final order stops nothing, and the event has what its row tells', async () => {
		const trigger = start();
		await trigger.activate();
		const orderId = order('gamesDrop', 'completed', { price: '3', orderId: '999' });
		expect(orderId).not.toBe('');
		record('999', 'completed');
		const [item, ...others] = await polls(trigger, 4, MINUTE);
		expect(item).toMatchObject({ orderId: '999', order: { state: 'completed', price: 3, codes: [] } });
		expect(others).toEqual([]);
		expect(world.lookedUp.filter((each) => each === 'gamesDrop::999')).toHaveLength(1);
	});

	it('that is down delays no other, and its events come when it is back', async () => {
		const trigger = start();
		await trigger.activate();
		world.faults.set('gamesDrop', 'unavailable');
		const [late, early] = [order('gamesDrop', 'completed'), order('teleKartStars', 'completed')];
		record(late, 'completed');
		expect(ids(await polls(trigger, 1, MINUTE))).toEqual([`teleKartStars::${early}:completed`]);
		await expect(polls(trigger, 1, MINUTE)).rejects.toThrow('GamesDrop');
		for (let poll = 0; poll < 300; poll++) {
			const orderId = order('aiMarket');
			record(orderId, 'completed');
			expect(ids(await polls(trigger, 1, MINUTE))).toEqual([`aiMarket::${orderId}:completed`]);
		}
		world.faults.clear();
		const back = await polls(trigger, 3, MINUTE);
		expect(back).toMatchObject([{ eventId: `gamesDrop::${late}:completed`, order: { codes: ['CODE'] } }]);
	});

	it('that is down loses no event, also where more have been emitted since than are remembered', async () => {
		const trigger = start();
		await trigger.activate();
		world.faults.set('gamesDrop', 'unavailable');
		const late = order('gamesDrop', 'completed');
		record(late, 'completed');
		await expect(polls(trigger, 1, MINUTE)).rejects.toThrow('GamesDrop');
		for (let index = 0; index < 1_300; index++)
			world.table.insert({
				...{ provider: 'aiMarket', orderType: '', orderId: `later ${index}`, state: 'completed' },
				...{ finalAt: iso(), stateAt: iso() },
			});
		expect(await polls(trigger, 4, 10 * MINUTE)).toHaveLength(1_300);
		world.faults.clear();
		expect(ids(await polls(trigger, 3, MINUTE))).toEqual([`gamesDrop::${late}:completed`]);
	});

	it('that stays away for a day keeps no event back for longer', async () => {
		const trigger = start();
		await trigger.activate();
		world.faults.set('gamesDrop', 'unauthorized');
		const orderId = order('gamesDrop', 'completed');
		record(orderId, 'completed');
		const items: IDataObject[] = [];
		for (let hour = 0; hour < 30; hour++) {
			elapse(HOUR);
			items.push(...(await trigger.poll().catch(() => [])));
		}
		expect(ids(items)).toEqual([`gamesDrop::${orderId}:completed`]);
	});

	it('whose rate is used up does not stretch a poll', async () => {
		const trigger = start(tracking({ providers: ['tgMarket'] }));
		await trigger.activate();
		for (let index = 0; index < 20; index++) order('tgMarket');
		world.faults.set('tgMarket', 'rateLimited');
		elapse(MINUTE);
		const { monotonic } = jest.requireActual<typeof import('./support/time')>('./support/time');
		const before = monotonic();
		await expect(trigger.poll()).rejects.toMatchObject({ httpCode: '429' });
		expect(monotonic() - before).toBeLessThan(30 * SECOND);
	});
});

describe('The clock', () => {
	it.each([-26 * HOUR, -3 * HOUR, -10 * MINUTE, 10 * MINUTE, 26 * HOUR])(
		'set by %d ms loses and repeats nothing',
		async (step) => {
			const trigger = start();
			await trigger.activate();
			const items: IDataObject[] = [];
			const orders: string[] = [];
			const live = async (minutes: number) => {
				for (let minute = 0; minute < minutes; minute++) {
					const orderId = order('aiMarket');
					orders.push(orderId);
					record(orderId, 'completed');
					items.push(...(await polls(trigger, 1, MINUTE)));
				}
			};
			await live(30);
			stepClock(step);
			await live(30);
			stepClock(-step);
			await live(30);
			expect(ids(items).sort()).toEqual(orders.map((id) => `aiMarket::${id}:completed`).sort());
		},
	);
});

describe('Only chosen events', () => {
	it('are emitted', async () => {
		const trigger = start(tracking({ events: ['completed'], options: { expireAfter: 1 / 24 } }));
		await trigger.activate();
		order('tgMarket', 'failed');
		order('teleKartStars');
		record(order('aiMarket'), 'refunded');
		expect(await polls(trigger, 180, MINUTE)).toEqual([]);
	});

	it('expired, once, when an order is still open after its time', async () => {
		const trigger = start(tracking({ events: ['expired'], options: { expireAfter: 1 / 24 } }));
		await trigger.activate();
		const orderId = order('teleKartStars', 'pending', { reference: 'r' });
		expect(await polls(trigger, 59, MINUTE)).toEqual([]);
		expect(await polls(trigger, 120, MINUTE)).toMatchObject([
			{
				eventId: `teleKartStars::${orderId}:expired`,
				event: 'order.expired',
				state: 'pending',
				reference: 'r',
			},
		]);
		const before = world.lookedUp.length;
		await polls(trigger, 5, MINUTE);
		expect(world.lookedUp.length).toBe(before);
	});
});

describe('What is kept', () => {
	it('stays below 100 KB, and costs no more with time', async () => {
		const trigger = start(tracking({ providers: ['aiMarket'] }));
		await trigger.activate();
		let largest = 0;
		for (let poll = 0; poll < 60; poll++) {
			world.table.rows = [];
			elapse(MINUTE);
			for (let index = 0; index < 100; index++) {
				const at = iso(index);
				world.table.insert({
					...{ provider: 'aiMarket', orderType: '', orderId: `${poll}-${index}`, state: 'completed' },
					...{ finalAt: at, stateAt: at },
				});
			}
			expect(await trigger.poll()).toHaveLength(100);
			largest = Math.max(largest, JSON.stringify(trigger.saved).length);
		}
		expect(largest).toBeLessThan(100_000);
	});

	it('is begun anew where it is malformed', async () => {
		const trigger = start();
		trigger.saved = { 'node:Trigger': { events: { since: 'x' }, progress: 7, listed: [] } };
		expect(await trigger.activate()).toEqual([]);
		const orderId = order('teleKartStars', 'completed');
		expect(ids(await polls(trigger, 2, MINUTE))).toEqual([`teleKartStars::${orderId}:completed`]);
	});
});
