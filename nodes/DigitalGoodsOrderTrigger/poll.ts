import { deepCopy, type IPollFunctions } from 'n8n-workflow';
import { asProviderError, toNodeApiError } from '../shared/errors/nodeApiError';
import type { ProviderError } from '../shared/errors/providerError';
import { connect } from '../shared/http/api';
import { POLLING_LEDGER } from '../shared/http/retryPolicy';
import { orderTrackingConnection } from '../shared/ledger/connection';
import { Ledger } from '../shared/ledger/ledger';
import { beginningOf, isToleratedFirst, pollDeadline, type Beginning } from '../shared/trigger/bounds';
import { Warnings } from '../shared/trigger/warnings';
import { activatedAt } from './activation';
import { deleteFinished } from './cleanUp';
import { itemOf, type OrderEvent } from './event';
import { Executions } from './executions';
import { ADOPTED_ROWS, TIME_FOR_TABLE } from './limits';
import { LookUps } from './lookUps';
import { Memory } from './memory';
import { readNewEvents, readRows } from './newEvents';
import { OrderList } from './orderList';
import { Progress } from './progress';
import { pollInterval } from './schedule';
import { Selection } from './selection';
import type { Settings } from './settings';
import { State } from './state';
import { Table } from './table';
import { TrackedOrders } from './trackedOrders';
import { Unanswered } from './unanswered';

/** One poll of one trigger. */
export class Poll {
	/** Epoch milliseconds. */
	private readonly now = Date.now();
	/** In the time of `monotonic`. */
	private readonly deadline: number;
	private readonly beginning: Beginning;
	private readonly state: State;
	private readonly progress: Progress;
	private readonly warnings: Warnings;
	private readonly lookUps: LookUps;

	constructor(
		private readonly context: IPollFunctions,
		private readonly settings: Settings,
	) {
		this.deadline = pollDeadline(context);
		this.beginning = beginningOf(context);
		this.state = new State(context);
		this.progress = Progress.of(this.state.get('progress'));
		this.warnings = new Warnings(context);
		this.lookUps = new LookUps(context, this.deadline - TIME_FOR_TABLE);
	}

	/** The events of this poll, and what went wrong beside them. Throws when there are none and a provider failed. */
	async run(): Promise<{ events: OrderEvent[]; failures: string[] }> {
		const events = await (this.settings.orders ? this.pollList() : this.pollTable()).catch(
			(error: unknown) => {
				this.lookUps.failures.set('', asProviderError(error, this.context.getNode().name));
				return [];
			},
		);
		this.progress.finish(this.now, this.beginning === 'start');
		this.state.set('progress', this.progress.stored);
		this.state.save(events.length > 0);
		const failures = [...this.lookUps.failures.values()];
		const [first] = failures;
		if (events.length === 0 && first !== undefined && !this.isTolerated(first))
			throw toNodeApiError(this.context.getNode(), first);
		for (const { message } of failures) this.warnings.add(message);
		return { events, failures: failures.map(({ message }) => message) };
	}

	private isTolerated(failure: ProviderError): boolean {
		return this.beginning !== 'schedule' && isToleratedFirst(this.context, failure);
	}

	private async pollTable(): Promise<OrderEvent[]> {
		const memory = Memory.of(this.state.get('events'));
		const isActivation = this.beginning === 'start' && this.context.getActivationMode() === 'activate';
		const limits = { ...POLLING_LEDGER, deadline: this.deadline };
		const api = await connect(this.context, orderTrackingConnection, 0, limits);
		memory.begin(this.now, {
			interval: Math.max(pollInterval(this.context), this.progress.interval),
			wasActive: this.progress.polledAt > 0,
			isActivation,
			activatedAt: memory.isNew && !isActivation ? await activatedAt(this.context, api) : undefined,
		});
		this.state.set('events', deepCopy(memory.stored));

		const ledger = await Ledger.open(api, this.settings.tableName);
		const table = new Table(ledger, this.settings, this.now, this.warnings);
		await ledger.adopt(ADOPTED_ROWS);

		// What is new, and what an earlier emission has left.
		const executions = new Executions(this.context, api, this.now);
		await executions.account(memory);
		const { events, known } = await readNewEvents(table, this.settings.events, memory, this.progress);
		const due = (await readRows(table, memory.dueRows)).flatMap((row) => table.eventsOf(row));
		memory.keepDue(due);
		const selection = new Selection(table, memory, this.settings, known, this.lookUps.failures);
		await selection.add([...events, ...due]);

		// What may have changed at the providers.
		const unanswered = new Unanswered(table, this.settings, this.progress, this.lookUps.deadline);
		const tracked = new TrackedOrders(table, this.settings, this.progress, this.warnings);
		await this.lookUps.run([
			...(await unanswered.resolve()),
			...selection.lookUps(),
			...(await tracked.due()),
		]);
		await unanswered.finish(this.lookUps.failures);
		tracked.finish();
		await selection.addChanges([...unanswered.changes, ...tracked.changes]);

		const emitted = selection.emitted();
		if (emitted.length > 0)
			memory.emit(
				emitted.map(({ event }) => event),
				this.now,
				await executions.newest(),
			);
		// A poll that fails before this point has changed nothing that counts.
		this.state.set('events', memory.stored);
		if (selection.isComplete) await deleteFinished(table, this.settings.deleteAfter, this.warnings);
		return emitted.map(({ event, order }) => itemOf(event, order));
	}

	private async pollList(): Promise<OrderEvent[]> {
		const known = this.state.get('listed');
		const list = new OrderList(known, this.settings, this.progress, this.now, this.warnings);
		await this.lookUps.run(list.due());
		this.state.set('listed', list.stored);
		return list.events;
	}
}
