import './quiet';
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { provider as teleKart } from '../../nodes/TeleKartStars/provider';
import type { PurchaseOperation } from '../../nodes/shared/engine/operation';
import { jsonOf, startBed, type Bed } from '../support/bed';
import { chain, node } from '../support/nodes';
import { runAgain } from './again';
import { shops } from './shops';
import { continuing, keyOf, retrying, saidOf, Till } from './till';

/** What n8n repeats, and what of it is bought again: nothing that was bought or may have been. */

let bed: Bed;
beforeAll(async () => {
	bed = await startBed();
});
afterAll(async () => await bed.close());

const names = shops.map(({ name }) => name);
const keyed = shops.filter(({ recovery }) => recovery !== 'none').map(({ name }) => name);
/** Tribute's accounts have eight purchases to give back. */
const mostOf = (name: string) => (name === 'Tribute' ? 8 : 10);

describe.each(names)('%s: many items, the seventh is refused', (name) => {
	const count = mostOf(name);

	it('with Continue On Fail and Retry On Fail, the others are bought once', async () => {
		const till = await Till.open(bed, name);
		await till.strike({ type: 'refuse', code: till.shop.refusal }, { skip: 6 });
		const done = await till.buy(till.items(count), undefined, { ...continuing, ...retrying() });
		expect(await till.charged()).toHaveLength(count - 1);
		expect(await till.sends()).toHaveLength(count);
		const details = jsonOf(done, 'Buy').map((json) => (json.details as IDataObject | undefined)?.outcome);
		expect(details).toEqual(
			Array.from({ length: count }, (_, index) => (index === 6 ? 'rejected' : undefined)),
		);
	});

	it('and the first as well, they are bought once over all tries', async () => {
		const till = await Till.open(bed, name);
		await till.strike({ type: 'refuse', code: till.shop.refusal });
		await till.strike({ type: 'refuse', code: till.shop.refusal }, { skip: 5 });
		const done = await till.buy(till.items(count), undefined, { ...continuing, ...retrying() });
		// The first is refused, so n8n runs all again: then it and the seventh are bought.
		expect(await till.charged()).toHaveLength(count);
		expect(await till.sends()).toHaveLength(count + 2);
		expect(jsonOf(done, 'Buy').filter((json) => json.error !== undefined)).toEqual([]);
		expect(new Set(jsonOf(done, 'Buy').map(till.shop.idOf)).size).toBe(count);
	});

	it('without Continue On Fail, the error of the last try lists what was bought before it', async () => {
		const till = await Till.open(bed, name);
		await till.strike({ type: 'refuse', code: till.shop.refusal }, { skip: 6, times: 3 });
		const done = await till.buy(till.items(count), undefined, retrying());
		const charged = await till.charged();
		expect(charged).toHaveLength(6);
		expect(await till.sends()).toHaveLength(6 + 3);
		const { description, data } = saidOf(done);
		expect(data?.outcome).toBe('rejected');
		expect(data?.placed?.map(({ item, orderId }) => [item, orderId])).toEqual(
			charged.map((orderId, item) => [item, orderId]),
		);
		expect(description).toMatch(/do not \w+ these( again)?: item 0/);
		for (const { orderId, key } of data!.placed!) {
			expect(description).toContain(orderId);
			expect(key === null).toBe(till.shop.recovery === 'none');
			if (key !== null) expect(description).toContain(key);
		}
	});

	it('is never tried again once its outcome is unknown', async () => {
		const till = await Till.open(bed, name);
		await till.strike({ type: 'redirect', status: 302 }, { skip: 6, times: -1 });
		const done = await till.buy(
			till.items(count),
			till.order({ options: { requestTimeout: 2 } }),
			retrying(5),
		);
		const keys = (await till.sends()).map((send) =>
			till.shop.recovery === 'none' ? undefined : keyOf(send),
		);
		if (till.shop.recovery === 'repeat') expect(new Set(keys).size).toBe(7);
		else expect(keys).toHaveLength(7);
		expect(await till.charged()).toHaveLength(6);
		expect(saidOf(done).data).toMatchObject({ outcome: 'unknown', placed: { length: 6 } });
	});
});

describe.each(names)('%s: the check before the first purchase finds a bad item', (name) => {
	const count = mostOf(name);
	const { ceiling, operation } = shops.find((shop) => shop.name === name)!;
	const wrongOnes: Record<string, INodeParameters> = {
		'AI-Market': { quantity: '={{ $json.bad ? 99 : 1 }}' },
		GamesDrop: { productId: "={{ $json.bad ? 'x' : '101' }}" },
	};
	const bad: Array<[string, INodeParameters]> = [
		['a parameter', wrongOnes[name] ?? {}],
		['Request Timeout', { options: { requestTimeout: "={{ $json.bad ? 'soon' : 30 }}" } }],
	];
	if (ceiling !== undefined)
		bad.push(['Max Price', { options: { maxPrice: '={{ $json.bad ? 0.01 : 50 }}' } }]);
	if (operation === 'order.create') {
		bad.push(['Simplify', { simplify: "={{ $json.bad ? 'perhaps' : true }}" }]);
		const waiting = { waitForCompletion: true, waitTimeout: '={{ $json.bad ? -1 : 0 }}' };
		bad.push(
			['Wait Timeout', { options: waiting }],
			[
				'Tracking Table Name',
				{ trackCompletion: true, options: { tableName: "={{ $json.bad ? [7] : 'orders' }}" } },
			],
		);
	}

	it.each(bad)('%s: nothing is bought; with Continue On Fail all others are', async (what, parameters) => {
		const till = await Till.open(bed, name);
		const isWho = what === 'a parameter' && wrongOnes[name] === undefined;
		const items = till.items(count, (index) =>
			index === 6 ? { bad: true, ...(isWho ? { who: '!' } : {}) } : {},
		);
		const done = await till.buy(items, till.order(parameters), retrying());
		expect(saidOf(done).data).toMatchObject({ outcome: 'rejected' });
		expect(done.error?.context?.itemIndex).toBe(6);
		expect(await till.sends()).toEqual([]);

		const others = await till.buy(items, till.order(parameters), { ...continuing, ...retrying() });
		expect(jsonOf(others, 'Buy').filter((json) => json.error !== undefined)).toHaveLength(1);
		expect(await till.charged()).toHaveLength(count - 1);
	});

	it('a credential that is not there: nothing is bought', async () => {
		const till = await Till.open(bed, name);
		const done = await till.buy(till.items(1), till.order(), { credentials: {}, ...retrying() });
		expect(saidOf(done).data).toMatchObject({ outcome: 'rejected' });
		expect(await till.sends()).toEqual([]);
	});
});

describe('parameters that give another value each time they are read', () => {
	const moody = (good: string) => `={{ Math.random() < 0.6 ? ${good} : [] }}`;
	it.each(names)('%s: what went wrong after the purchase is never a failure of it', async (name) => {
		const till = await Till.open(bed, name);
		const once = name.startsWith('T') && name !== 'Tribute' ? { orderOnceKey: moody("''") } : {};
		const parameters = till.order({
			simplify: moody('true'),
			options: { requestTimeout: moody('30'), waitTimeout: moody('0'), ...once },
		});
		const { length: tries } = Array.from({ length: 8 });
		let bought = 0;
		for (const who of till.recipients.concat(till.recipients).slice(0, tries)) {
			const done = await till.buy([{ who }], parameters);
			if (done.error === undefined) bought++;
			else expect(saidOf(done).data).toMatchObject({ outcome: 'rejected' });
		}
		expect(await till.charged()).toHaveLength(bought);
	});
});

describe('keys', () => {
	it.each(keyed)('%s: a derived key is the same for every try', async (name) => {
		const till = await Till.open(bed, name);
		await till.strike({ type: 'refuse', code: till.shop.refusal }, { times: 2 });
		const done = await till.buy(undefined, undefined, retrying());
		const keys = (await till.sends()).map(keyOf);
		expect(keys).toHaveLength(3);
		expect(new Set(keys)).toEqual(new Set([expect.stringMatching(/^n8n-[0-9a-f]{32}$/)]));
		const [json] = jsonOf(done, 'Buy');
		expect([json!.idempotencyKey, json!.transactionId]).toContain(keys[0]);
	});

	it.each(keyed)('%s: it differs for items, loop rounds, executions and calls of a tool', async (name) => {
		const till = await Till.open(bed, name);
		const to = (target: string) => [{ node: target, type: 'main' as const, index: 0 }];
		const workflow = {
			nodes: [
				node('Start', 'items', { items: [{}, {}] as unknown as string }),
				node('Loop', 'loop', { rounds: 2 }),
				till.node(till.shop.order('buyer_one') as INodeParameters),
				node('Rest', 'through'),
			],
			connections: {
				...chain('Start', 'Loop'),
				Loop: { main: [to('Buy'), to('Rest')] },
				Buy: { main: [to('Loop')] },
			},
		};
		await bed.run(workflow);
		await bed.run(workflow);
		const input = { who: 'buyer_one' };
		const allowed = { allowAgentPurchases: true, options: { maxPrice: 50 } };
		for (const through of ['engine', 'function'] as const)
			await till.ask(through, [{ input }, { input }], allowed);
		const keys = (await till.sends()).map(keyOf);
		expect(keys).toHaveLength(4 + 4 + 2 + 2);
		expect(new Set(keys).size).toBe(keys.length);
		expect(await till.charged()).toHaveLength(keys.length);
	});

	it.each(keyed)("%s: the user's own key wins, and stands in output and errors", async (name) => {
		const till = await Till.open(bed, name);
		const parameter = name === 'AI-Market' ? 'idempotencyKey' : 'transactionId';
		const own: INodeParameters = {
			...till.shop.order(''),
			[parameter]: '=invoice-{{ $json.invoice }}',
		};
		const done = await till.buy(
			till.items(1, () => ({ invoice: 7 })),
			own,
		);
		expect(jsonOf(done, 'Buy')).toEqual([expect.objectContaining({ [parameter]: 'invoice-7' })]);
		expect((await till.sends()).map(keyOf)).toEqual(['invoice-7']);

		// The same key once more is the same order, also two times in one run: bought once, told each time.
		const again = await till.buy(
			till.items(1, () => ({ invoice: 7 })).concat(till.items(1, () => ({ invoice: 7 }))),
			own,
		);
		const [first] = jsonOf(done, 'Buy');
		expect(jsonOf(again, 'Buy').map(({ orderId }) => orderId)).toEqual([first!.orderId, first!.orderId]);
		expect(await till.charged()).toEqual([first!.orderId]);

		await till.strike({ type: 'redirect', status: 302 }, { times: -1 });
		const lost = await till.buy(
			till.items(1, () => ({ invoice: 8 })),
			{ ...own, options: { requestTimeout: 1 } },
		);
		expect(saidOf(lost).data?.outcome).toBe('unknown');
		expect(saidOf(lost).message).toContain('(key invoice-8)');
	});

	it('AI-Market: one key for two different orders is refused, also on the tries after the first was bought', async () => {
		const till = await Till.open(bed, 'AI-Market');
		await till.strike(
			{ type: 'refuse', code: till.shop.refusal },
			{ times: -1, match: { fields: { quantity: 3 } } },
		);
		const order = till.order({ quantity: '={{ $json.count }}', idempotencyKey: '={{ $json.key }}' });
		const items = [
			{ count: 3, key: 'first' },
			{ count: 1, key: 'shared' },
			{ count: 2, key: 'shared' },
		];
		// The first item fails, so that n8n runs all of them again.
		const done = await till.buy(items, order, { ...continuing, ...retrying() });
		expect(jsonOf(done, 'Buy').map((json) => (json.details as IDataObject | undefined)?.code)).toEqual([
			till.shop.refusal,
			undefined,
			'INVALID_PARAMETER',
		]);
		expect(await till.charged()).toHaveLength(1);
	});
});

describe('what comes after the answer', () => {
	const create = teleKart.operations.find(
		({ resource, operation }) => resource === 'order' && operation === 'create',
	) as PurchaseOperation;
	const { place } = create;
	afterEach(() => {
		create.place = place;
	});

	it('that throws leaves the outcome unknown, and nothing is sent again', async () => {
		create.place = async (item, plan, key) => {
			await place.call(create, item, plan, key);
			throw new TypeError('Cannot read properties of undefined');
		};
		const till = await Till.open(bed, 'TeleKart');
		const done = await till.buy(undefined, undefined, retrying());
		expect(saidOf(done).data?.outcome).toBe('unknown');
		expect(saidOf(done).message).toMatch(/before checking your orders/);
		expect(await till.charged()).toHaveLength(1);
		expect(await till.sends()).toHaveLength(1);
	});

	it('like tracking and waiting changes nothing about the purchase', async () => {
		const till = await Till.open(bed, 'TG stars', { timeline: [{ afterMs: 0, status: 'pending' }] });
		await till.strike({ type: 'refuse', code: till.shop.refusal }, { skip: 1, times: 3 });
		const parameters = till.order({
			trackCompletion: true,
			options: { waitForCompletion: true, waitTimeout: 1 },
		});
		const done = await till.buy(till.items(2), parameters, { ...continuing, ...retrying() });
		expect(jsonOf(done, 'Buy')).toMatchObject([{ state: 'pending' }, { details: { outcome: 'rejected' } }]);
		expect(await till.charged()).toHaveLength(1);
		const hints = done.data.resultData.runData.Buy![0]!.hints?.map(({ message }) => message);
		expect(hints?.[0]).toMatch(/^Order \d+ was placed, but could not be written to the Data Table/);
	});
});

describe('ways to come to a node again', () => {
	it.each(names)('%s: two branches that meet in it are two runs, so two purchases', async (name) => {
		const till = await Till.open(bed, name);
		const to = (target: string) => ({ node: target, type: 'main' as const, index: 0 });
		const [one, other] = till.recipients;
		const done = await bed.run({
			nodes: [
				node('Start', 'items', { items: [{}] as unknown as string }),
				node('Left', 'items', { items: [{ who: one! }] as unknown as string }),
				node('Right', 'items', { items: [{ who: other! }] as unknown as string }),
				till.node(till.order(), retrying()),
			],
			connections: {
				Start: { main: [[to('Left'), to('Right')]] },
				Left: { main: [[to('Buy')]] },
				Right: { main: [[to('Buy')]] },
			},
		});
		expect(done.data.resultData.runData.Buy).toHaveLength(2);
		expect(await till.charged()).toHaveLength(2);
	});

	it.each(names)('%s: Execute Once buys for the first item only, once over all tries', async (name) => {
		const till = await Till.open(bed, name);
		await till.strike({ type: 'refuse', code: till.shop.refusal });
		await till.buy(till.items(3), undefined, { executeOnce: true, ...retrying() });
		expect(await till.charged()).toHaveLength(1);
	});

	it.each(names)(
		'%s: retrying a failed execution finds what it bought, as the tries within it do',
		async (name) => {
			const till = await Till.open(bed, name);
			await till.strike({ type: 'refuse', code: till.shop.refusal }, { skip: 2, times: 1 });
			await till.strike({ type: 'redirect', status: 302 }, { skip: 2, times: 1 });
			const workflow = till.workflow(till.items(4), till.order({ options: { requestTimeout: 1 } }), {});
			const failed = await bed.run(workflow);
			expect(saidOf(failed).data).toMatchObject({ outcome: 'rejected', placed: { length: 2 } });
			expect(await till.charged()).toHaveLength(2);

			const second = await runAgain(bed, workflow, failed);
			const { recovery } = till.shop;
			if (recovery === 'repeat') {
				expect(second.error).toBeUndefined();
				expect(await till.charged()).toHaveLength(4);
				return;
			}
			expect(saidOf(second).data).toMatchObject({ outcome: 'unknown', placed: { length: 2 } });
			const third = await runAgain(bed, workflow, second);
			expect(saidOf(third).data).toMatchObject({ outcome: 'unknown', placed: { length: 2 } });
			expect(await till.charged()).toHaveLength(2);
			expect(await till.sends()).toHaveLength(4);
		},
	);
});
