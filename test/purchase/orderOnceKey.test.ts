import { DataDeduplicationService } from 'n8n-core';
import type { INodeParameters } from 'n8n-workflow';
import { sampled } from '../support/full';
import { errorOf, jsonOf, useHarness } from '../support/harness';
import { KeyStore } from './support/keyStore';
import { continueOnFail, PurchaseHarness, retryOnFail } from './support/purchaseHarness';
import { purchaseKinds } from './support/purchaseKinds';

/** Order Once Key: a workflow places an order with the same key once, over all its executions. */

const harness = useHarness();
const store = new KeyStore();
beforeAll(async () => await DataDeduplicationService.init(store.for({ read: 5, write: 5 })));
beforeEach(() => {
	store.records.clear();
	store.outage = undefined;
});

const names = purchaseKinds
	.filter(({ provider }) => provider === 'teleKartStars' || provider === 'tgMarket')
	.map(({ name }) => name);
const keyed = (purchases: PurchaseHarness, orderOnceKey: string, options: INodeParameters = {}) =>
	purchases.parameters({ options: { orderOnceKey, requestTimeout: 5, ...options } });

describe.each(sampled(names, 2, (name) => [name.startsWith('TG')]))('%s', (name) => {
	it('refuses the second order with a key in another execution, and sends nothing', async () => {
		const purchases = await PurchaseHarness.open(harness, name);
		const first = await purchases.buy(undefined, keyed(purchases, 'invoice-1'));
		expect(jsonOf(first, 'Buy')).toMatchObject([{ orderOnceKey: 'invoice-1' }]);
		for (const more of [{}, retryOnFail(), { ...continueOnFail, ...retryOnFail() }]) {
			const second = await purchases.buy(undefined, keyed(purchases, 'invoice-1'), more);
			const [item] = jsonOf(second, 'Buy');
			const data = errorOf(second).data ?? item!.details;
			expect(data).toMatchObject({ code: 'ALREADY_ORDERED', outcome: 'rejected' });
		}
		expect(await purchases.requests()).toHaveLength(1);
		await purchases.buy(undefined, keyed(purchases, 'invoice-2'));
		expect(await purchases.charged()).toHaveLength(2);
	});

	it('refuses the second item with a key in one run', async () => {
		const purchases = await PurchaseHarness.open(harness, name);
		const done = await purchases.buy(
			purchases.items(3),
			keyed(purchases, "={{ ['a', 'b', 'a'][$itemIndex] }}"),
			continueOnFail,
		);
		expect(
			jsonOf(done, 'Buy').map(({ details }) => (details as { code?: string } | undefined)?.code),
		).toEqual([undefined, undefined, 'ALREADY_ORDERED']);
		expect(await purchases.charged()).toHaveLength(2);
	});

	it('allows the tries of one execution', async () => {
		const purchases = await PurchaseHarness.open(harness, name);
		await purchases.injectFault({ type: 'refuse', code: purchases.kind.refusal }, { skip: 1, times: 2 });
		const done = await purchases.buy(
			purchases.items(2),
			keyed(purchases, '=order-{{ $itemIndex }}'),
			retryOnFail(),
		);
		expect(done.error).toBeUndefined();
		expect(await purchases.charged()).toHaveLength(2);
	});

	it('frees the key when the order was rejected', async () => {
		const purchases = await PurchaseHarness.open(harness, name);
		await purchases.injectFault({ type: 'refuse', code: purchases.kind.refusal });
		expect(errorOf(await purchases.buy(undefined, keyed(purchases, 'k'))).data?.outcome).toBe('rejected');
		expect((await purchases.buy(undefined, keyed(purchases, 'k'))).error).toBeUndefined();
		expect(await purchases.charged()).toHaveLength(1);
	});

	it.each(['before', 'after'] as const)('keeps it when the outcome is unknown (lost %s)', async (phase) => {
		const purchases = await PurchaseHarness.open(harness, name);
		await purchases.injectFault({ type: 'drop', phase });
		expect(errorOf(await purchases.buy(undefined, keyed(purchases, 'k'), retryOnFail())).data?.outcome).toBe(
			'unknown',
		);
		const second = await purchases.buy(undefined, keyed(purchases, 'k'), retryOnFail());
		expect(errorOf(second).data).toMatchObject({ code: 'ALREADY_ORDERED', outcome: 'rejected' });
		expect(errorOf(second).message).toMatch(/never answered/);
		expect(await purchases.requests()).toHaveLength(1);
	});

	it('lets one of many simultaneous executions order', async () => {
		const purchases = await PurchaseHarness.open(harness, name);
		const runs = await Promise.all(
			Array.from(
				{ length: 8 },
				async () => await purchases.buy(undefined, keyed(purchases, 'k'), retryOnFail(2)),
			),
		);
		const codes = runs.map((run) => errorOf(run).data?.code).sort();
		expect(codes).toEqual([...Array.from({ length: 7 }, () => 'ALREADY_ORDERED'), undefined]);
		expect(await purchases.charged()).toHaveLength(1);
	});

	it('lets executions with different keys order side by side, and forgets none of them', async () => {
		const purchases = await PurchaseHarness.open(harness, name);
		const keys = Array.from({ length: 8 }, (_, index) => `k${index}`);
		await Promise.all(keys.map(async (key) => await purchases.buy(undefined, keyed(purchases, key))));
		expect(await purchases.charged()).toHaveLength(8);
		await Promise.all(keys.map(async (key) => await purchases.buy(undefined, keyed(purchases, key))));
		expect(await purchases.requests()).toHaveLength(8);
	});

	it('orders nothing when n8n cannot look the key up', async () => {
		const purchases = await PurchaseHarness.open(harness, name);
		store.outage = new Error('database is locked');
		const done = await purchases.buy(undefined, keyed(purchases, 'k'), retryOnFail(2));
		expect(errorOf(done).data).toMatchObject({ code: 'ORDER_ONCE_UNAVAILABLE', outcome: 'rejected' });
		const unsaved = await harness.run({
			...purchases.workflow(purchases.items(1), keyed(purchases, 'k')),
			id: '',
		});
		expect(errorOf(unsaved).data).toMatchObject({ code: 'ORDER_ONCE_UNAVAILABLE', outcome: 'rejected' });
		expect(await purchases.requests()).toEqual([]);
	});

	it('does not query n8n without a key', async () => {
		const purchases = await PurchaseHarness.open(harness, name);
		const before = store.reads;
		await purchases.buy(undefined, keyed(purchases, ''));
		await purchases.buy(undefined, keyed(purchases, '   '));
		expect(store.reads).toBe(before);
		expect(await purchases.charged()).toHaveLength(2);
	});
});

it('separates keys by provider and by workflow', async () => {
	const purchaseHarnesses = [
		await PurchaseHarness.open(harness, 'TeleKart'),
		await PurchaseHarness.open(harness, 'TG stars'),
	];
	for (const purchases of purchaseHarnesses) {
		await purchases.buy(undefined, keyed(purchases, 'k'));
		await harness.run({
			...purchases.workflow(purchases.items(1), keyed(purchases, 'k')),
			id: 'another workflow',
		});
		expect(await purchases.charged()).toHaveLength(2);
	}
});
