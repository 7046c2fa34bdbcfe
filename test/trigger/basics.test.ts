import './support/setup';
import { TriggerDouble } from './support/engine';
import { elapse } from './support/time';
import { World } from './support/world';

const MINUTE = 60_000;
const parameters = {
	source: 'trackedOrders',
	providers: ['teleKartStars'],
	events: ['completed'],
	tableName: 't',
};

it.each(['default', 'durable', 'scheduler'] as const)(
	'emits an order once when it completes (%s)',
	async (engine) => {
		const world = new World();
		const trigger = new TriggerDouble(world, engine, parameters);
		expect(await trigger.activate()).toEqual([]);
		const orderId = world.newOrder('teleKartStars', '', 'pending');
		world.table.insert({ provider: 'teleKartStars', orderId, reference: '{"chatId":42}' });
		elapse(MINUTE);
		expect(await trigger.poll()).toEqual([]);
		world.set('teleKartStars', '', orderId, 'completed');
		elapse(MINUTE);
		expect(await trigger.poll()).toMatchObject([
			{
				eventId: `teleKartStars::${orderId}:completed`,
				event: 'order.completed',
				previousState: 'pending',
				reference: { chatId: 42 },
				order: { orderId, state: 'completed' },
			},
		]);
		for (let poll = 0; poll < 30; poll++) {
			elapse(MINUTE);
			expect(await trigger.poll()).toEqual([]);
		}
	},
);
