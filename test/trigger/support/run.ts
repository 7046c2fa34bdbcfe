import { finalStates } from '../../../nodes/shared/domain/order';
import {
	FURTHEST_AHEAD,
	HOUR,
	MINUTE,
	MOST_RESTARTS,
	MOST_RETRIES,
	OVERLAP,
} from '../../../nodes/DigitalGoodsOrderTrigger/limits';
import { endProcess } from './processes';
import { TriggerDouble } from './engine';
import type { Action, Schedule } from './schedule';
import type { TableRow } from './dataTable';
import { elapse, stepClock } from './time';
import { World } from './world';

type PlacedOrder = {
	provider: string;
	orderType: string;
	orderId: string;
	state: string;
};

/** One of the triggers, and what it was promised: times are of the run, whatever the clock said. */
interface Watcher {
	trigger: TriggerDouble;
	events: string[];
	active: Array<{ from: number; to: number }>;
	nextPoll: number;
	/** Whether n8n polls it at each interval; otherwise only when the schedule says so. */
	isPolled: boolean;
}

const FOLLOWS: Record<string, string[]> = {
	pending: ['processing', 'completed', 'cancelled', 'failed'],
	processing: ['completed', 'cancelled', 'failed'],
	failed: ['refunded'],
	cancelled: ['refunded'],
};

/** Runs a schedule, and says in words what was promised and not done, or done and excluded. */
export class Run {
	private readonly world = new World();
	private readonly orders: PlacedOrder[] = [];
	private readonly watchers: Watcher[];
	/** Events the table tells of, by ID, with the time they were stated first. */
	private readonly stated = new Map<string, number>();
	/** Orders of which somebody has made nonsense. */
	private readonly spoilt = new Set<string>();
	/** What the polls have thrown. */
	readonly failures: string[] = [];
	private time = 0;
	private longestGap: number;
	private lastPoll = 0;
	private clockWasSet = false;
	/** By how much the clock is ahead of the time, in milliseconds. */
	private clockAhead = 0;
	private readonly interval: number;

	constructor(private readonly schedule: Schedule) {
		this.interval = schedule.interval * MINUTE;
		this.longestGap = this.interval;
		this.world.newExecution({ workflowId: 'other', mode: 'manual', status: 'success', data: {} });
		this.watchers = schedule.engines.map((engine, index) => ({
			trigger: new TriggerDouble(this.world, engine, {
				...{ source: 'trackedOrders', tableName: 'orders', events: schedule.events[index]! },
				providers: ['teleKartStars', 'tgMarket', 'gamesDrop', 'aiMarket'],
				options: { expireAfter: schedule.expireAfter },
				pollTimes: {
					item: [{ mode: 'everyX', value: schedule.interval, unit: 'minutes' }],
				} as never,
			}),
			...{ events: schedule.events[index]!, active: [], nextPoll: 0 },
			// Where nothing was saved yet, and where the clock was set, the poll times say how far to look back.
			isPolled: engine === 'scheduler' || schedule.actions.some((action) => action.do === 'step clock'),
		}));
	}

	async violations(): Promise<string[]> {
		for (const watcher of this.watchers) await this.switchOn(watcher);
		for (const action of this.schedule.actions) {
			await this.act(action);
			this.observe();
		}
		await this.finish();
		return [...this.watchers.flatMap((watcher) => this.judge(watcher)), ...this.judgeTable()];
	}

	private async act(action: Action): Promise<void> {
		const { world } = this;
		switch (action.do) {
			case 'order':
				return this.place(action);
			case 'duplicate': {
				const row = this.rowAt(action.which);
				if (row !== undefined && row.orderId !== '')
					world.table.insert({ provider: row.provider!, orderType: row.orderType!, orderId: row.orderId! });
				return;
			}
			case 'advance': {
				const order = this.orders[action.which % Math.max(1, this.orders.length)];
				if (order === undefined || !(FOLLOWS[order.state] ?? []).includes(action.to)) return;
				if (order.provider === 'teleKartStars' && !['completed', 'cancelled'].includes(action.to)) return;
				order.state = action.to;
				if (order.provider !== 'aiMarket')
					world.set(order.provider, order.orderType, order.orderId, action.to);
				return;
			}
			case 'record': {
				const order = this.orders[action.which % Math.max(1, this.orders.length)];
				if (order !== undefined) this.record(order, action.late);
				return;
			}
			case 'nonsense': {
				const row = this.rowAt(action.which);
				if (row === undefined) return;
				row.finalAt = action.cell;
				this.spoilt.add(nameOf(row));
				return;
			}
			case 'set by hand': {
				const row = this.rowAt(action.which);
				if (row?.provider === 'aiMarket' && row.state === 'pending') row.state = 'completed';
				return;
			}
			case 'unanswered':
				return this.leaveUnanswered(action);
			case 'fault':
				world.faults.set(action.provider, action.fault);
				return;
			case 'recover':
				world.faults.clear();
				world.n8nFault = undefined;
				return;
			case 'n8n fault':
				world.n8nFault = action.status;
				return;
			case 'poll':
				return await this.poll(this.watchers[action.trigger]!);
			case 'wait':
				return await this.wait(action.intervals * this.interval);
			case 'step clock':
				if (Math.abs(this.clockAhead + action.ms) > FURTHEST_AHEAD - 12 * HOUR) return;
				// By a poll that comes later than the clock needs to catch up, nobody can tell that it was set back.
				if (action.ms <= -HOUR && this.interval >= HOUR) return;
				// Events that were dated while no trigger polled are out of reach once the clock is right.
				if (world.n8nFault !== undefined) return;
				for (const watcher of this.watchers) await this.poll(watcher);
				this.clockAhead += action.ms;
				this.clockWasSet = true;
				stepClock(action.ms);
				return;
			case 'switch': {
				const watcher = this.watchers[action.trigger]!;
				if (!watcher.trigger.isActive) return await this.switchOn(watcher);
				watcher.trigger.deactivate();
				watcher.active.at(-1)!.to = this.time;
				return;
			}
			case 'update':
				if (this.watchers[action.trigger]!.trigger.isActive)
					await this.start(this.watchers[action.trigger]!, 'update');
				return;
			case 'restart':
				endProcess();
				for (const watcher of this.watchers) if (watcher.trigger.isActive) await this.start(watcher, 'init');
				return;
			case 'fate':
				this.watchers[action.trigger]!.trigger.fate = action.fate;
				return;
			case 'end executions':
				for (const execution of world.executions)
					if (execution.status === 'running') execution.status = action.as;
				return;
			case 'start another execution':
				world.newExecution({
					...{
						workflowId: this.watchers[action.trigger]!.trigger.workflowId,
						mode: 'trigger',
						status: 'success',
					},
					data: { resultData: { runData: { Schedule: [{ data: { main: [[{ json: {} }]] } }] } } },
				});
		}
	}

	private place({ provider, by, final }: Extract<Action, { do: 'order' }>): void {
		const orderType = provider === 'tgMarket' ? 'stars' : '';
		const state = final ? 'completed' : 'pending';
		const orderId = this.world.newOrder(provider, orderType, provider === 'aiMarket' ? 'pending' : state);
		const order = { provider, orderType, orderId, state: provider === 'aiMarket' ? 'pending' : state };
		this.orders.push(order);
		const at = new Date().toISOString();
		if (by === 'hand') this.world.table.insert({ provider, orderType, orderId });
		else
			this.world.table.insert({
				...{ provider, orderType, orderId, nonce: `nonce ${orderId}`, state: 'pending', status: '' },
				...{
					reference: '',
					finalAt: '',
					stateAt: at,
					previousState: 'sending',
					key: '',
					sentAt: at,
					answerBy: at,
				},
			});
		if (final && by === 'package') {
			order.state = 'completed';
			this.record(order);
		}
	}

	/**
	 * Somebody else than a trigger brings the rows of an order up to date, as the package does.
	 * @param late how long its change took to be seen, or how far its clock is behind, in milliseconds
	 */
	private record(order: PlacedOrder, late = 0): void {
		// While the workflow was off nobody can tell late from long ago.
		const isWatched = this.watchers.every(({ active }) => this.time - late > active.at(-1)!.from);
		const at = new Date(Date.now() - (isWatched ? late : 0)).toISOString();
		for (const row of this.world.table.rows) {
			if (nameOf(row) !== nameOf(order) || row.state === order.state) continue;
			if (this.spoilt.has(nameOf(row))) continue;
			if (isFinal(row.state) && !isFinal(order.state)) continue;
			Object.assign(row, { previousState: row.state ?? '', state: order.state, stateAt: at });
			if (isFinal(order.state)) row.finalAt ||= at;
			row.updatedAt = at;
		}
	}

	private leaveUnanswered({ provider, ordered, answerIn }: Extract<Action, { do: 'unanswered' }>): void {
		const id = `unanswered ${this.world.table.rows.length}`;
		const orderType = provider === 'tgMarket' ? 'stars' : '';
		if (ordered && provider === 'gamesDrop')
			this.orders.push({
				...{ provider, orderType, state: 'completed' },
				orderId: this.world.newOrder(provider, orderType, 'completed', id),
			});
		const at = new Date().toISOString();
		this.world.table.insert({
			...{ provider, orderType, orderId: '', state: 'sending', finalAt: '', stateAt: at, sentAt: at },
			...{ nonce: id, key: id, answerBy: new Date(Date.now() + answerIn).toISOString() },
		});
	}

	private rowAt(which: number): TableRow | undefined {
		const { rows } = this.world.table;
		return rows.length === 0 ? undefined : rows[which % rows.length];
	}

	private async switchOn(watcher: Watcher): Promise<void> {
		watcher.active.push({ from: this.time, to: Infinity });
		await this.start(watcher, 'activate');
	}

	private async start(watcher: Watcher, mode: 'activate' | 'init' | 'update'): Promise<void> {
		watcher.nextPoll = this.time + this.interval;
		await watcher.trigger.activate(mode).catch((error: Error) => void this.failures.push(error.message));
		this.observe();
	}

	private async poll(watcher: Watcher): Promise<void> {
		if (!watcher.trigger.isActive) return;
		this.longestGap = Math.max(this.longestGap, this.time - this.lastPoll);
		this.lastPoll = this.time;
		watcher.nextPoll = this.time + this.interval;
		await watcher.trigger.poll().catch((error: Error) => void this.failures.push(error.message));
		this.observe();
	}

	private async wait(ms: number): Promise<void> {
		const end = this.time + ms;
		for (;;) {
			const next = this.watchers
				.filter(({ trigger, isPolled, nextPoll }) => trigger.isActive && isPolled && nextPoll <= end)
				.sort((one, other) => one.nextPoll - other.nextPoll)[0];
			if (next === undefined) break;
			this.pass(next.nextPoll - this.time);
			await this.poll(next);
		}
		this.pass(end - this.time);
	}

	private pass(ms: number): void {
		if (ms <= 0) return;
		this.time += ms;
		elapse(Math.round(ms));
	}

	/** Notes what the table tells now and did not before. */
	private observe(): void {
		for (const row of this.world.table.rows) {
			const { state, finalAt } = row;
			if (this.spoilt.has(nameOf(row))) continue;
			if (state === 'unconfirmed' || (isFinal(state) && finalAt)) this.note(`${nameOf(row)}:${state}`);
		}
	}

	private note(eventId: string): void {
		if (!this.stated.has(eventId)) this.stated.set(eventId, this.time);
	}

	/** Everything recovers, and time goes on. */
	private async finish(): Promise<void> {
		await this.act({ do: 'recover' });
		await this.act({ do: 'end executions', as: 'success' });
		for (const { trigger } of this.watchers) trigger.fate = 'delivered';
		for (let poll = 0; poll < 8; poll++) {
			this.pass(Math.min(Math.max(this.interval, 5 * MINUTE), 70 * MINUTE));
			for (const watcher of this.watchers) await this.poll(watcher);
		}
	}

	private judge({ trigger, events, active }: Watcher): string[] {
		const name = `${trigger.engine} ${events.join('+')}`;
		const wrong: string[] = [];
		const delivered = new Map<string, number>();
		const lost = new Map<string, { restarts: number; deaths: number }>();
		for (const { items, execution } of trigger.emissions)
			for (const item of items) {
				const eventId = String(item.eventId);
				const state = String(item.event).replace('order.', '');
				if (!events.includes(state)) wrong.push(`${name}: ${eventId} was not chosen`);
				const before = lost.get(eventId) ?? { restarts: 0, deaths: 0 };
				if (execution?.status === 'success') delivered.set(eventId, (delivered.get(eventId) ?? 0) + 1);
				else if (execution === undefined) lost.set(eventId, { ...before, restarts: before.restarts + 1 });
				else lost.set(eventId, { ...before, deaths: before.deaths + 1 });
			}
		for (const [eventId, times] of delivered)
			if (times > 1 && !this.isSpoilt(eventId))
				wrong.push(`${name}: ${eventId} was delivered ${times} times`);
		for (const [eventId, at] of this.stated) {
			if (!events.includes(eventId.split(':').at(-1)!)) continue;
			const { restarts, deaths } = lost.get(eventId) ?? { restarts: 0, deaths: 0 };
			const isGivenUp = restarts + deaths > Math.min(MOST_RESTARTS, MOST_RETRIES);
			const promise = this.promised(active, at);
			const isDelivered = delivered.has(eventId);
			if (promise === 'must' && !isDelivered && !isGivenUp && this.isStillStated(eventId))
				wrong.push(`${name}: ${eventId}, stated at ${at}, was lost`);
			if (promise === 'mustNot' && isDelivered)
				wrong.push(`${name}: ${eventId}, stated at ${at}, is of before`);
		}
		return wrong;
	}

	/** What the contract says of an event, by when the table stated of it. */
	private promised(active: Watcher['active'], at: number): 'must' | 'may' | 'mustNot' {
		const during = active.find(({ from, to }) => from <= at && at <= to);
		if (during !== undefined && during.to === Infinity) return 'must';
		const next = active.find(({ from }) => from > at);
		if (next === undefined) return 'may';
		if (during !== undefined) {
			const isSoon = next.from - at < Math.min(OVERLAP, this.interval) && next.to === Infinity;
			return isSoon && !this.clockWasSet ? 'must' : 'may';
		}
		const isLongBefore = next.from - at > OVERLAP + this.longestGap + MINUTE;
		return isLongBefore && !this.clockWasSet ? 'mustNot' : 'may';
	}

	/** A purchase that was found or answered after all is not unconfirmed any more. */
	private isStillStated(eventId: string): boolean {
		if (this.isSpoilt(eventId)) return false;
		const rows = this.world.table.rows.filter((row) => eventId.startsWith(`${nameOf(row)}:`));
		// Where several rows name an order, one that was written with a wrong clock may date it to before the activation.
		if (rows.length > 1 && this.clockWasSet) return false;
		if (!eventId.endsWith(':unconfirmed')) return true;
		return this.world.table.rows.some(
			(row) => row.state === 'unconfirmed' && `${nameOf(row)}:unconfirmed` === eventId,
		);
	}

	private isSpoilt(eventId: string): boolean {
		return [...this.spoilt].some((name) => eventId.startsWith(`${name}:`));
	}

	/** What no trigger may leave as it is. */
	private judgeTable(): string[] {
		if (!this.watchers.some(({ trigger }) => trigger.isActive)) return [];
		const wrong: string[] = [];
		for (const row of this.world.table.rows) {
			if (this.spoilt.has(nameOf(row))) continue;
			if (row.state === 'sending' && Date.parse(String(row.answerBy)) < Date.now() - MINUTE)
				wrong.push(`row ${row.id} was left without an answer`);
			const order = this.orders.find((each) => nameOf(each) === nameOf(row));
			const mayBeGivenUp = this.schedule.expireAfter === 0.1 || this.clockWasSet;
			if (order !== undefined && order.provider !== 'aiMarket' && isFinal(order.state) && !isFinal(row.state))
				if (!mayBeGivenUp) wrong.push(`row ${row.id} does not tell that its order is ${order.state}`);
		}
		return wrong;
	}
}

const isFinal = (state: unknown): boolean => (finalStates as readonly unknown[]).includes(state);

const nameOf = ({ provider, orderType, orderId, nonce }: Record<string, unknown>): string =>
	[provider, orderType ?? '', ...(orderId ? [orderId] : ['', nonce])]
		.map((part) => encodeURIComponent(String(part)))
		.join(':');
