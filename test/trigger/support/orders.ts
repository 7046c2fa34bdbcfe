import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { TriggerDouble, type Engine } from './engine';
import { elapse } from './time';
import type { Cell, TableRow } from './dataTable';
import { World } from './world';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const iso = (ago = 0): string => new Date(Date.now() - ago).toISOString();
export const ids = (items: IDataObject[]) => items.map(({ eventId }) => eventId);

/** The parameters of a trigger that watches the table. */
export const tracking = (more: INodeParameters = {}): INodeParameters => ({
	source: 'trackedOrders',
	providers: ['teleKartStars', 'tgMarket', 'gamesDrop', 'aiMarket'],
	events: ['completed', 'failed', 'refunded'],
	tableName: 'orders',
	...more,
});

/** A table with orders, and triggers that watch it. */
export class Shop {
	readonly world = new World();

	trigger(parameters = tracking(), engine: Engine = 'default'): TriggerDouble {
		return new TriggerDouble(this.world, engine, parameters);
	}

	/** An order at a provider, with a row as the package writes it. */
	order(provider = 'teleKartStars', state = 'pending', cells: Record<string, Cell> = {}): string {
		const orderType = provider === 'tgMarket' ? 'stars' : '';
		const orderId = this.world.newOrder(provider, orderType, state);
		this.world.table.insert({
			...{
				provider,
				orderType,
				orderId,
				state: 'pending',
				finalAt: '',
				stateAt: iso(),
				nonce: `n${orderId}`,
			},
			...cells,
		});
		return orderId;
	}

	/** A purchase that was sent, and whose answer was never written down. */
	unanswered(provider: string, cells: Record<string, Cell> = {}): TableRow {
		const key = `key ${this.world.table.rows.length}`;
		return this.world.table.insert({
			...{
				provider,
				orderType: provider === 'tgMarket' ? 'stars' : '',
				orderId: '',
				state: 'sending',
				finalAt: '',
			},
			...{
				stateAt: iso(),
				sentAt: iso(),
				answerBy: iso(-5 * MINUTE),
				nonce: key,
				key,
				previousState: 'preparing',
			},
			...cells,
		});
	}

	/** Somebody else than the trigger writes down that an order is final. */
	record(orderId: string, state: string, at = iso()): void {
		for (const row of this.world.table.rows.filter((each) => each.orderId === orderId))
			Object.assign(row, { previousState: row.state, state, stateAt: at, finalAt: row.finalAt || at });
	}
}

/** Polls so often, and gives what was emitted. */
export async function polls(trigger: TriggerDouble, times: number, every: number): Promise<IDataObject[]> {
	const items: IDataObject[] = [];
	for (let poll = 0; poll < times; poll++) {
		elapse(every);
		items.push(...(await trigger.poll()));
	}
	return items;
}
