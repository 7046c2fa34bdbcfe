import './quiet';
import { DataDeduplicationService } from 'n8n-core';
import type { INodeParameters } from 'n8n-workflow';
import { jsonOf, startBed, type Bed } from '../support/bed';
import { shops } from './shops';
import { KeyStore } from './store';
import { continuing, retrying, saidOf, Till } from './till';

/** Order Once Key: an order with the same key is not placed twice by a workflow, over all its executions. */

let bed: Bed;
const store = new KeyStore();
beforeAll(async () => {
	bed = await startBed();
	await DataDeduplicationService.init(store.for({ read: 5, write: 5 }));
});
afterAll(async () => await bed.close());
beforeEach(() => {
	store.records.clear();
	store.outage = undefined;
});

const names = shops
	.filter(({ provider }) => provider === 'teleKartStars' || provider === 'tgMarket')
	.map(({ name }) => name);
const keyed = (till: Till, orderOnceKey: string, options: INodeParameters = {}) =>
	till.order({ options: { orderOnceKey, requestTimeout: 5, ...options } });

describe.each(names)('%s', (name) => {
	it('refuses the second order with a key in another execution, and sends nothing', async () => {
		const till = await Till.open(bed, name);
		const first = await till.buy(undefined, keyed(till, 'invoice-1'));
		expect(jsonOf(first, 'Buy')).toMatchObject([{ orderOnceKey: 'invoice-1' }]);
		for (const more of [{}, retrying(), { ...continuing, ...retrying() }]) {
			const second = await till.buy(undefined, keyed(till, 'invoice-1'), more);
			const [item] = jsonOf(second, 'Buy');
			const data = saidOf(second).data ?? item!.details;
			expect(data).toMatchObject({ code: 'ALREADY_ORDERED', outcome: 'rejected' });
		}
		expect(await till.sends()).toHaveLength(1);
		await till.buy(undefined, keyed(till, 'invoice-2'));
		expect(await till.charged()).toHaveLength(2);
	});

	it('refuses the second item with a key in one run', async () => {
		const till = await Till.open(bed, name);
		const done = await till.buy(till.items(3), keyed(till, "={{ ['a', 'b', 'a'][$itemIndex] }}"), continuing);
		expect(
			jsonOf(done, 'Buy').map(({ details }) => (details as { code?: string } | undefined)?.code),
		).toEqual([undefined, undefined, 'ALREADY_ORDERED']);
		expect(await till.charged()).toHaveLength(2);
	});

	it('does not stand in the way of the tries of one execution', async () => {
		const till = await Till.open(bed, name);
		await till.strike({ type: 'refuse', code: till.shop.refusal }, { skip: 1, times: 2 });
		const done = await till.buy(till.items(2), keyed(till, '=order-{{ $itemIndex }}'), retrying());
		expect(done.error).toBeUndefined();
		expect(await till.charged()).toHaveLength(2);
	});

	it('frees the key when the order was rejected', async () => {
		const till = await Till.open(bed, name);
		await till.strike({ type: 'refuse', code: till.shop.refusal });
		expect(saidOf(await till.buy(undefined, keyed(till, 'k'))).data?.outcome).toBe('rejected');
		expect((await till.buy(undefined, keyed(till, 'k'))).error).toBeUndefined();
		expect(await till.charged()).toHaveLength(1);
	});

	it.each(['before', 'after'] as const)('keeps it when the outcome is unknown (lost %s)', async (phase) => {
		const till = await Till.open(bed, name);
		await till.strike({ type: 'drop', phase });
		expect(saidOf(await till.buy(undefined, keyed(till, 'k'), retrying())).data?.outcome).toBe('unknown');
		const second = await till.buy(undefined, keyed(till, 'k'), retrying());
		expect(saidOf(second).data).toMatchObject({ code: 'ALREADY_ORDERED', outcome: 'rejected' });
		expect(saidOf(second).message).toMatch(/never answered/);
		expect(await till.sends()).toHaveLength(1);
	});

	it('lets one of many executions at once order', async () => {
		const till = await Till.open(bed, name);
		const runs = await Promise.all(
			Array.from({ length: 8 }, async () => await till.buy(undefined, keyed(till, 'k'), retrying(2))),
		);
		const codes = runs.map((run) => saidOf(run).data?.code).sort();
		expect(codes).toEqual([...Array.from({ length: 7 }, () => 'ALREADY_ORDERED'), undefined]);
		expect(await till.charged()).toHaveLength(1);
	});

	it('lets executions with different keys order side by side, and forgets none of them', async () => {
		const till = await Till.open(bed, name);
		const keys = Array.from({ length: 8 }, (_, index) => `k${index}`);
		await Promise.all(keys.map(async (key) => await till.buy(undefined, keyed(till, key))));
		expect(await till.charged()).toHaveLength(8);
		await Promise.all(keys.map(async (key) => await till.buy(undefined, keyed(till, key))));
		expect(await till.sends()).toHaveLength(8);
	});

	it('orders nothing when n8n cannot look the key up', async () => {
		const till = await Till.open(bed, name);
		store.outage = new Error('database is locked');
		const done = await till.buy(undefined, keyed(till, 'k'), retrying(2));
		expect(saidOf(done).data).toMatchObject({ code: 'ORDER_ONCE_UNAVAILABLE', outcome: 'rejected' });
		const unsaved = await bed.run({ ...till.workflow(till.items(1), keyed(till, 'k')), id: '' });
		expect(saidOf(unsaved).data).toMatchObject({ code: 'ORDER_ONCE_UNAVAILABLE', outcome: 'rejected' });
		expect(await till.sends()).toEqual([]);
	});

	it('asks nothing of n8n without a key', async () => {
		const till = await Till.open(bed, name);
		const before = store.reads;
		await till.buy(undefined, keyed(till, ''));
		await till.buy(undefined, keyed(till, '   '));
		expect(store.reads).toBe(before);
		expect(await till.charged()).toHaveLength(2);
	});
});

it('knows keys apart by provider and by workflow', async () => {
	const tills = [await Till.open(bed, 'TeleKart'), await Till.open(bed, 'TG stars')];
	for (const till of tills) {
		await till.buy(undefined, keyed(till, 'k'));
		await bed.run({ ...till.workflow(till.items(1), keyed(till, 'k')), id: 'another workflow' });
		expect(await till.charged()).toHaveLength(2);
	}
});
