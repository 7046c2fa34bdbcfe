import type { Order } from '../shared/domain/order';
import { isFinal } from '../shared/domain/order';
import { compare, identityOf, type Position, type RowEvent } from './event';
import { COMPARED_AT_ONCE, LONGEST_WAIT, MOST_EVENTS } from './limits';
import type { Answer, LookUp, LookUps } from './lookUps';
import type { Memory } from './memory';
import { earliest, EVERYTHING } from './newEvents';
import { canLookUp } from './providers';
import type { Settings } from './settings';
import type { Table } from './table';
import type { Change } from './trackedOrders';

/** Which of the events that the table tells of this poll emits, and with which order. */
export class Selection {
	private events: RowEvent[] = [];
	private readonly orders = new Map<string, Order>();
	private readonly answers = new Map<string, Answer>();

	constructor(
		private readonly table: Table,
		private readonly memory: Memory,
		private readonly settings: Settings,
		/** Beyond it there may be events that were not read. */
		private known: Position,
		private readonly failures: LookUps['failures'],
	) {}

	/** Whether nothing is left for the polls that follow. */
	get isComplete(): boolean {
		return this.known === EVERYTHING;
	}

	/** Takes the oldest events that were not emitted yet, as many as one poll emits. */
	async add(events: RowEvent[]): Promise<void> {
		const isWanted = (event: RowEvent): boolean =>
			this.settings.events.has(event.state) &&
			this.memory.wants(event) &&
			(this.memory.isDue(event) || compare(event.position, this.known) <= 0);
		const taken = new Map(this.events.map((event) => [event.eventId, event]));
		const candidates = events.filter(isWanted).sort(inOrder);
		while (candidates.length > 0 && taken.size < MOST_EVENTS) {
			const next = candidates.splice(0, Math.min(COMPARED_AT_ONCE, MOST_EVENTS - taken.size));
			for (const event of await earliest(this.table, next))
				if (isWanted(event)) taken.set(event.eventId, event);
		}
		const [left] = candidates;
		if (left !== undefined && compare(left.position, this.known) < 0) this.known = justBefore(left.position);
		this.events = [...taken.values()].sort(inOrder);
	}

	/** Takes the events of rows that this poll has changed. What is beyond the known comes when its time has come. */
	async addChanges(changes: Change[]): Promise<void> {
		for (const { row, order } of changes) if (order !== undefined) this.orders.set(identityOf(row), order);
		if (this.isComplete) await this.add(changes.flatMap(({ row }) => this.table.eventsOf(row)));
	}

	/** The look-ups of the orders that the events are about. */
	lookUps(): LookUp[] {
		const asked = new Map(this.events.filter(needsOrder).map(({ row }) => [identityOf(row), row]));
		return [...asked].flatMap(([identity, { provider: name, orderType, orderId }]): LookUp[] => {
			const provider = this.settings.providers.filter(canLookUp).find((each) => each.name === name);
			if (provider === undefined) return [];
			const answered = async (answer: Answer): Promise<void> => {
				this.answers.set(identity, answer);
				if (answer.result === 'found') this.orders.set(identity, answer.order);
			};
			return [{ provider, question: { orderType, orderId }, answered }];
		});
	}

	/**
	 * The events to emit, oldest first. An event waits for its provider; not for ever, and not when too many wait: then
	 * it has the order that its row tells.
	 */
	emitted(): Array<{ event: RowEvent; order: Order | undefined }> {
		const emitted: RowEvent[] = [];
		const waiting: RowEvent[] = [];
		for (const event of this.events) {
			const state = this.lookUpStateOf(event);
			if (state === 'over') emitted.push(event);
			else if (this.memory.postpone(event)) waiting.push(event);
			else if (state === 'failed' && waiting.length > 0) {
				const oldest = waiting.shift()!;
				emitted.push(oldest);
				this.memory.drop(oldest);
				if (this.memory.postpone(event)) waiting.push(event);
			} else {
				this.known = justBefore(event.position);
				break;
			}
		}
		const [time] = this.known;
		this.memory.advance(Math.min(time, this.table.now));
		return emitted.map((event) => ({ event, order: this.orders.get(identityOf(event.row)) }));
	}

	private lookUpStateOf(event: RowEvent): 'over' | 'failed' | 'unreached' {
		const { row, position } = event;
		const identity = identityOf(row);
		const canAsk = this.settings.providers.some((each) => each.name === row.provider && canLookUp(each));
		if (!needsOrder(event) || !canAsk || this.orders.has(identity)) return 'over';
		const answer = this.answers.get(identity);
		if (answer !== undefined && answer.result !== 'failed') return 'over';
		if (this.table.now - position[0] > LONGEST_WAIT) return 'over';
		return answer !== undefined || this.failures.has(row.provider) ? 'failed' : 'unreached';
	}
}

const inOrder = (one: RowEvent, other: RowEvent): number => compare(one.position, other.position);

const justBefore = ([time, row]: Position): Position => [time, row - 1];

/** Whether an event is about an order that its provider knows by an ID: the item holds it as the provider tells it. */
const needsOrder = ({ state, row: { orderId } }: RowEvent): boolean => isFinal(state) && orderId !== '';
