import type { IDataObject, IPollFunctions } from 'n8n-workflow';
import { isFinal, type Order } from '../shared/domain/order';
import { ProviderError, toNodeApiError } from '../shared/errors/providerError';
import { connect, type Api } from '../shared/engine/http';
import {
	orderKey,
	OrderTable,
	orderTrackingConnection,
	where,
	type StoredRow,
} from '../shared/engine/orderTable';
import { mapBounded } from '../shared/async/mapBounded';
import { Deliveries, type Delivery } from './delivery';
import { eventIdOf, eventOf, type EventState, type OrderEvent, type Watched } from './event';
import type { Followed } from './followed';
import { Memory, OVERLAP, type Emission } from './memory';
import { REFUND_WATCH, Schedule } from './schedule';

/** The node's parameters. */
export interface Settings {
	providers: Followed[];
	events: string[];
	/** After how many milliseconds an open order is given up; Infinity for never. */
	expireAfter: number;
	tableName?: string;
	/** The fixed list, instead of the table. */
	orders?: Watched[];
}

/** A poll has to be over before n8n gives it up; the rest of this time is for the table. */
const LONGEST_POLL = 30_000;
const ASKING_SHARE = 0.75;
const BUDGET_MARGIN = 5_000;
const ASKED_AT_ONCE = 16;
const MOST_ASKED = 500;
const TABLE_PAGES = 100;
const REFUND_PAGES = 4;
const SHOWN_IN_TEST = 10;
const FAILURES_IN_A_ROW = 3;
/** An event whose execution dies again and again is told so often more, then left. */
const MOST_AGAIN = 10;

/** Epoch milliseconds: what was emitted before is of an earlier process. */
const PROCESS_BEGAN = Date.now();

/** What one process keeps for a trigger between its polls, beside what n8n stores. */
interface Live {
	schedule: Schedule;
	/** The last state of open orders, for `previousState`. */
	held: Map<string, string>;
	/** When the workflow was activated in this process, epoch milliseconds. */
	activatedAt: number;
	/** Times of the emissions that are known to have reached their executions, or of which n8n does not tell. */
	settled: Set<number>;
}

const lives = new Map<string, Live>();
const activations = new WeakSet<object>();

/** One order to be looked at: a row of the table, or an entry of the fixed list. */
interface Candidate extends Watched {
	key: string;
	/** Epoch milliseconds since when it is open, or final. */
	since: number;
	row?: StoredRow;
	/** Final in the table already: its event only lacks the order. */
	settledAs?: EventState;
}

/** What a look at an order gave. */
interface Look {
	candidate: Candidate;
	order: Order;
}

/** One poll of one trigger. */
export class Poll {
	private readonly started = Date.now();
	private readonly deadline: number;
	private readonly live: Live;
	private readonly failures = new Map<Followed, ProviderError>();

	constructor(
		private readonly context: IPollFunctions,
		private readonly settings: Settings,
	) {
		const budget = (context.getPollBudgetMs?.() ?? Infinity) - BUDGET_MARGIN;
		this.deadline = this.started + Math.min(LONGEST_POLL, budget) * ASKING_SHARE;
		this.live = this.wake();
	}

	private get memory(): Memory {
		return new Memory(this.context.getWorkflowStaticData('node'));
	}

	/** Shows the watched orders as they stand. Changes nothing. */
	async show(): Promise<OrderEvent[]> {
		const candidates = this.settings.orders
			? this.listed()
			: (await this.openRows(await this.table(), 1)).map(fromRow);
		const looks = await this.ask(candidates.slice(0, SHOWN_IN_TEST));
		if (looks.length === 0) this.raise();
		return looks.map(({ candidate, order }) => eventOf(candidate, order.state, order));
	}

	/** The events of this poll. Throws when there are none and a provider failed. */
	async run(): Promise<OrderEvent[]> {
		const events = this.settings.orders ? await this.pollList() : await this.pollTable();
		if (events.length === 0) this.raise();
		else for (const { message } of this.failures.values()) this.warn(message);
		return events;
	}

	/** What went wrong at providers while others delivered. */
	get warnings(): string[] {
		return [...this.failures.values()].map(({ message }) => message);
	}

	private async pollTable(): Promise<OrderEvent[]> {
		const table = await this.table();
		await this.accountForEmissions();
		const since = this.memory.since ?? this.live.activatedAt - OVERLAP;
		if (this.memory.isNew) this.memory.start(since);

		const open = (await this.openRows(table, TABLE_PAGES)).map(fromRow);
		const expired = open.filter(
			(candidate) => this.isExpired(candidate) && !this.memory.has(eventId(candidate, 'expired')),
		);
		const settled = await this.settledRows(table, since);
		const waiting = open.filter((candidate) => !this.isExpired(candidate));
		const refundable = this.settings.events.includes('refunded') ? await this.refundableRows(table) : [];

		const { schedule } = this.live;
		const asked = [
			...settled,
			...schedule.due(waiting, this.started),
			...schedule.due(refundable, this.started),
		];
		const looks = await this.ask(asked, async (look) => await this.note(table, look));
		const events = new Map<OrderEvent, number>();
		for (const { candidate, order } of looks) {
			const { settledAs } = candidate;
			if (settledAs !== undefined) this.add(events, candidate, settledAs, order, candidate.since);
			if (isFinal(order.state) && order.state !== settledAs)
				this.add(events, candidate, order.state, order, this.started);
		}
		for (const candidate of expired) {
			const expiredAt = candidate.since + this.settings.expireAfter;
			if (expiredAt >= since - OVERLAP) events.set(eventOf(candidate, 'expired', null), expiredAt);
		}
		const watched = [...waiting, ...refundable];
		schedule.prune(new Set(watched.map(({ key }) => key)));
		this.live.held = new Map(watched.map(({ key, state }) => [key, state]));

		const found = new Set(looks.map(({ candidate }) => candidate.key));
		const left = settled.filter(({ key }) => !found.has(key)).map((candidate) => candidate.since);
		return this.emit(events, Math.min(Infinity, ...left));
	}

	private async pollList(): Promise<OrderEvent[]> {
		const { known } = this.memory;
		const orders = this.listed();
		const waiting = orders.filter(({ key }) => !isFinal(known[key] ?? ''));
		const looks = await this.ask(this.live.schedule.due(waiting, this.started));
		const events = new Map<OrderEvent, number>();
		const learned = Object.fromEntries(
			orders.flatMap(({ key }) => (known[key] === undefined ? [] : [[key, known[key]]])),
		);
		for (const { candidate, order } of looks) {
			const before = known[candidate.key] ?? this.live.held.get(candidate.key);
			// An order that is final when it is first seen was so before anybody watched it.
			if (before !== undefined && isFinal(order.state))
				this.add(events, { ...candidate, state: before }, order.state, order, this.started);
			learned[candidate.key] = order.state;
			this.live.held.set(candidate.key, order.state);
		}
		if (this.memory.isNew) this.memory.start(this.live.activatedAt - OVERLAP);
		if (events.size > 0 || Object.keys(known).length === 0) this.memory.know(learned);
		return this.emit(events);
	}

	private add(
		events: Map<OrderEvent, number>,
		candidate: Candidate,
		state: EventState,
		order: Order,
		time: number,
	): void {
		// A row that is final no longer tells what it held before; this process may have seen it.
		const previous =
			candidate.settledAs === state ? (this.live.held.get(candidate.key) ?? state) : candidate.state;
		const event = eventOf({ ...candidate, state: previous }, state, order);
		if (this.settings.events.includes(state) && !this.memory.has(event.eventId)) events.set(event, time);
	}

	private emit(events: Map<OrderEvent, number>, oldestOpen?: number): OrderEvent[] {
		if (events.size > 0) {
			const times = new Map([...events].map(([event, time]) => [event.eventId, time]));
			this.memory.emitted(times, this.started, oldestOpen);
		}
		return [...events.keys()];
	}

	/**
	 * Looks orders up: providers side by side, bounded in number and time. A provider that fails is left
	 * alone for the rest of the poll; an order its provider does not know stops nothing.
	 */
	private async ask(
		candidates: Candidate[],
		noted: (look: Look) => Promise<void> = async () => {},
	): Promise<Look[]> {
		const looks = await Promise.all(
			this.settings.providers.map(async (provider) => {
				const own = candidates
					.filter((candidate) => candidate.provider === provider.name)
					.slice(0, MOST_ASKED);
				if (own.length === 0) return [];
				const api = await this.connected(provider);
				return api === undefined ? [] : await this.askProvider(provider, api, own, noted);
			}),
		);
		return looks.flat();
	}

	private async askProvider(
		provider: Followed,
		api: Api,
		candidates: Candidate[],
		noted: (look: Look) => Promise<void>,
	): Promise<Look[]> {
		const looks: Look[] = [];
		let inARow = 0;
		await mapBounded(candidates, ASKED_AT_ONCE, async (candidate) => {
			if (this.failures.has(provider) || Date.now() > this.deadline) return;
			this.live.schedule.note(candidate.key, this.started);
			const result = await look(provider, api, candidate);
			if (!(result instanceof ProviderError)) {
				inARow = 0;
				await noted({ candidate, order: result });
				looks.push({ candidate, order: result });
				return;
			}
			const { status } = result;
			const atOnce = status === 401 || status === 403 || status === 429;
			const perhaps = status === undefined || status >= 500;
			if (perhaps) inARow++;
			if (atOnce || inARow >= FAILURES_IN_A_ROW || (perhaps && candidates.length === 1))
				this.failures.set(provider, result);
			else this.warn(`order ${candidate.orderId} of ${provider.displayName}: ${result.message}`);
		});
		return looks;
	}

	private async connected(provider: Followed): Promise<Api | undefined> {
		try {
			return await connect(this.context, provider.connection, 0, { timeout: 10_000, budget: 5_000 });
		} catch (error) {
			this.failures.set(provider, asFailure(provider, error));
			return undefined;
		}
	}

	/** A failure that passes is no reason to refuse an activation, nor to stay inactive after a restart. */
	private raise(): void {
		const [failure] = this.failures.values();
		if (failure === undefined) return;
		const isFirst = this.live.activatedAt === this.started && this.context.getMode() !== 'manual';
		const passes = failure.status !== 401 && failure.status !== 403;
		if (isFirst && (passes || this.context.getActivationMode() === 'init')) this.warn(failure.message);
		else throw toNodeApiError(this.context.getNode(), failure);
	}

	private warn(message: string): void {
		this.context.logger.warn(`Digital Goods Order Trigger: ${message}`);
	}

	private async table(): Promise<OrderTable> {
		return await OrderTable.open(await this.tableApi(), this.settings.tableName!);
	}

	private async tableApi(): Promise<Api> {
		return await connect(this.context, orderTrackingConnection, 0, { timeout: 10_000, budget: 10_000 });
	}

	private async openRows(table: OrderTable, pages: number): Promise<StoredRow[]> {
		const open = where(
			[
				{ columnName: 'finalAt', condition: 'eq', value: '' },
				{ columnName: 'finalAt', condition: 'eq', value: null },
			],
			'or',
		);
		return (await table.rows(open, pages)).filter((row) => this.isFollowed(row));
	}

	/** Rows that became final, by whoever's hand, and are not told of yet. */
	private async settledRows(table: OrderTable, since: number): Promise<Candidate[]> {
		const recent = where([{ columnName: 'finalAt', condition: 'gte', value: new Date(since).toISOString() }]);
		const refunded = where([
			{ columnName: 'state', condition: 'eq', value: 'refunded' },
			{ columnName: 'updatedAt', condition: 'gte', value: new Date(since).toISOString() },
		]);
		const found = [...(await table.rows(recent, TABLE_PAGES)), ...(await table.rows(refunded, REFUND_PAGES))];
		const candidates = new Map<string, Candidate>();
		for (const row of found) {
			if (!this.isFollowed(row) || !isFinal(row.state)) continue;
			const candidate: Candidate = { ...fromRow(row), settledAs: row.state, since: Date.parse(row.finalAt) };
			if (this.settings.events.includes(row.state) && !this.memory.has(eventId(candidate, row.state)))
				candidates.set(candidate.key, candidate);
		}
		return [...candidates.values()];
	}

	/** Orders that failed or were cancelled lately: their money may still come back. */
	private async refundableRows(table: OrderTable): Promise<Candidate[]> {
		const ended = where(
			[
				{ columnName: 'state', condition: 'eq', value: 'failed' },
				{ columnName: 'state', condition: 'eq', value: 'cancelled' },
			],
			'or',
		);
		return (await table.rows(ended, REFUND_PAGES))
			.filter((row) => this.isFollowed(row) && Date.parse(row.finalAt) > this.started - REFUND_WATCH)
			.map((row) => ({ ...fromRow(row), since: Date.parse(row.finalAt) }));
	}

	private isFollowed(row: StoredRow): boolean {
		return row.orderId !== '' && this.settings.providers.some(({ name }) => name === row.provider);
	}

	private isExpired({ since }: Candidate): boolean {
		return this.started - since > this.settings.expireAfter;
	}

	/** Writes what a look found to the table. */
	private async note(table: OrderTable, { candidate, order }: Look): Promise<void> {
		const { row } = candidate;
		if (
			row === undefined ||
			(row.state === order.state &&
				row.status === (order.status ?? '') &&
				(row.finalAt !== '' || !isFinal(order.state)))
		)
			return;
		const data = { state: order.state, status: order.status ?? '' };
		if (row.finalAt === '')
			await table.change(row, isFinal(order.state) ? { ...data, finalAt: new Date().toISOString() } : data);
		else if (isFinal(order.state)) await table.overwrite(row, data);
	}

	private listed(): Candidate[] {
		return (this.settings.orders ?? []).map((order) => ({
			...order,
			key: orderKey(order.provider, order),
			since: this.live.activatedAt,
		}));
	}

	/** Takes back what was emitted for an execution that died, or that n8n was killed before starting. */
	private async accountForEmissions(): Promise<void> {
		const { settled } = this.live;
		const open = this.memory.emissions.filter(({ at }) => !settled.has(at));
		if (open.length === 0) return;
		const deliveries = await Deliveries.of(this.context, await this.tableApi());
		for (const emission of open) {
			const delivery = (await deliveries?.at(emission.at)) ?? 'unknown';
			if (this.isLost(emission, delivery)) this.memory.takeBack(emission);
			else if (delivery !== 'underWay' && !this.mayStillStart(emission, delivery)) settled.add(emission.at);
		}
	}

	private isLost(emission: Emission, delivery: Delivery): boolean {
		if (delivery === 'died') return this.memory.timesAgain(emission) < MOST_AGAIN;
		// While the process lives it starts what it emits: a missing execution waits, or is not kept.
		const isLast = emission.at === this.memory.emissions.at(-1)?.at;
		return delivery === 'missing' && isLast && emission.at < PROCESS_BEGAN;
	}

	private mayStillStart(emission: Emission, delivery: Delivery): boolean {
		return delivery === 'missing' && this.started - emission.at < OVERLAP;
	}

	private wake(): Live {
		const { context, started } = this;
		const fresh = {
			schedule: new Schedule(),
			held: new Map<string, string>(),
			activatedAt: started,
			settled: new Set<number>(),
		};
		if (context.getMode() === 'manual') return fresh;
		const key = `${context.getWorkflow().id}:${context.getNode().id}`;
		const isActivation = context.getActivationMode() === 'activate' && !activations.has(context);
		activations.add(context);
		const live = isActivation ? fresh : (lives.get(key) ?? fresh);
		lives.set(key, live);
		// What became final while the workflow was off is none of its business.
		const { since } = this.memory;
		if (isActivation && since !== undefined) this.memory.start(Math.max(since, started - OVERLAP));
		return live;
	}
}

/** One look, whose failure is a result: it must not stop the others. */
async function look(provider: Followed, api: Api, candidate: Candidate): Promise<Order | ProviderError> {
	try {
		return (await provider.orders.get(api, candidate)).order;
	} catch (error) {
		return asFailure(provider, error);
	}
}

const asFailure = (provider: Followed, error: unknown): ProviderError =>
	error instanceof ProviderError
		? error
		: new ProviderError({
				provider: provider.name,
				code: null,
				status: 400,
				message: (error as Error).message,
				description: 'Check the order in the tracking table and the credential of the provider.',
			});

const eventId = (candidate: Candidate, state: EventState): string =>
	eventIdOf(candidate.provider, candidate, state);

const fromRow = (row: StoredRow): Candidate => ({
	provider: row.provider,
	orderType: row.orderType,
	orderId: row.orderId,
	reference: row.reference,
	state: row.state || 'pending',
	key: orderKey(row.provider, row),
	since: Date.parse(row.createdAt),
	row,
});

/** Event items, with what went wrong elsewhere. */
export const withWarnings = (events: OrderEvent[], warnings: string[]): IDataObject[] =>
	events.map(
		(event) => ({ ...event, ...(warnings.length > 0 ? { warnings } : {}) }) as unknown as IDataObject,
	);
