import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { provider as teleKart } from '../../nodes/TeleKartStars/provider';
import type { PurchaseOperation } from '../../nodes/shared/node/operation';
import { sampled } from '../support/full';
import { errorOf, jsonOf, useHarness } from '../support/harness';
import { chain, node, start, to, toolModes } from '../support/workflows';
import { continueOnFail, keyOf, PurchaseHarness, retryOnFail } from './support/purchaseHarness';
import { kindNames, kindOf, purchaseKinds, type PurchaseKind } from './support/purchaseKinds';
import { retryExecution } from './support/retryExecution';

/** n8n repeats nodes, executions and tool calls. Nothing that was bought, or may have been, is bought a second time. */

const harness = useHarness();

const keyed = purchaseKinds.filter(({ recovery }) => recovery !== 'none').map(({ name }) => name);
/** Items of a run: a Tribute account has eight purchases to refund. */
const count = 8;

const oneKindOfEachProvider = sampled(kindNames, 0, (name) => [kindOf(name).provider]);

describe.each(oneKindOfEachProvider)('%s: many items, the seventh is refused', (name) => {
	it('with Continue On Fail and Retry On Fail, the others are bought once', async () => {
		const purchases = await PurchaseHarness.open(harness, name);
		await purchases.injectFault({ type: 'refuse', code: purchases.kind.refusal }, { skip: 6 });
		const done = await purchases.buy(purchases.items(count), undefined, {
			...continueOnFail,
			...retryOnFail(),
		});
		expect(await purchases.charged()).toHaveLength(count - 1);
		expect(await purchases.requests()).toHaveLength(count);
		const details = jsonOf(done, 'Buy').map((json) => (json.details as IDataObject | undefined)?.outcome);
		expect(details).toEqual(
			Array.from({ length: count }, (_, index) => (index === 6 ? 'rejected' : undefined)),
		);
	});

	it('where the first is refused too, all are bought once over all tries', async () => {
		const purchases = await PurchaseHarness.open(harness, name);
		await purchases.injectFault({ type: 'refuse', code: purchases.kind.refusal });
		await purchases.injectFault({ type: 'refuse', code: purchases.kind.refusal }, { skip: 5 });
		const done = await purchases.buy(purchases.items(count), undefined, {
			...continueOnFail,
			...retryOnFail(),
		});
		// The first is refused, so n8n repeats all: then it and the seventh are bought.
		expect(await purchases.charged()).toHaveLength(count);
		expect(await purchases.requests()).toHaveLength(count + 2);
		expect(jsonOf(done, 'Buy').filter((json) => json.error !== undefined)).toEqual([]);
		expect(new Set(jsonOf(done, 'Buy').map(purchases.kind.idOf)).size).toBe(count);
	});

	it('without Continue On Fail, the error of the last try lists what was bought before it', async () => {
		const purchases = await PurchaseHarness.open(harness, name);
		await purchases.injectFault({ type: 'refuse', code: purchases.kind.refusal }, { skip: 6, times: 3 });
		const done = await purchases.buy(purchases.items(count), undefined, retryOnFail());
		const charged = await purchases.charged();
		expect(charged).toHaveLength(6);
		expect(await purchases.requests()).toHaveLength(6 + 3);
		const { description, data } = errorOf(done);
		expect(data?.outcome).toBe('rejected');
		expect(data?.placed?.map(({ item, orderId }) => [item, orderId])).toEqual(
			charged.map((orderId, item) => [item, orderId]),
		);
		expect(description).toMatch(/do not \w+ these( again)?: item 0/);
		for (const { orderId, key } of data!.placed!) {
			expect(description).toContain(orderId);
			expect(key === null).toBe(purchases.kind.recovery === 'none');
			if (key !== null) expect(description).toContain(key);
		}
	});

	it('is never repeated after its outcome is unknown', async () => {
		const purchases = await PurchaseHarness.open(harness, name);
		await purchases.injectFault({ type: 'redirect', status: 302 }, { skip: 6, times: -1 });
		const done = await purchases.buy(
			purchases.items(count),
			purchases.parameters({ options: { requestTimeout: 1 } }),
			retryOnFail(5),
		);
		const keys = (await purchases.requests()).map((request) =>
			purchases.kind.recovery === 'none' ? undefined : keyOf(request),
		);
		if (purchases.kind.recovery === 'repeat') expect(new Set(keys).size).toBe(7);
		else expect(keys).toHaveLength(7);
		expect(await purchases.charged()).toHaveLength(6);
		expect(errorOf(done).data).toMatchObject({ outcome: 'unknown', placed: { length: 6 } });
	});
});

describe('the check before the first purchase finds a bad item', () => {
	const badParameters: Record<string, INodeParameters> = {
		'AI-Market': { quantity: '={{ $json.bad ? 99 : 1 }}' },
		GamesDrop: { productId: "={{ $json.bad ? 'x' : '101' }}" },
	};
	const badOf = ({ name, maxPrice, operation }: PurchaseKind): Array<[string, INodeParameters]> => {
		const bad: Array<[string, INodeParameters]> = [
			['a parameter', badParameters[name] ?? {}],
			['Request Timeout', { options: { requestTimeout: "={{ $json.bad ? 'soon' : 30 }}" } }],
		];
		if (maxPrice !== undefined)
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
		return bad;
	};
	const cases = purchaseKinds.flatMap((kind) =>
		badOf(kind).map(([what, parameters]): [string, string, INodeParameters] => [kind.name, what, parameters]),
	);

	it.each(sampled(cases, 12, ([name, what]) => [name, what]))(
		'%s, %s: nothing is bought; with Continue On Fail all others are',
		async (name, what, parameters) => {
			const purchases = await PurchaseHarness.open(harness, name);
			const isRecipient = what === 'a parameter' && badParameters[name] === undefined;
			const items = purchases.items(count, (index) =>
				index === 6 ? { bad: true, ...(isRecipient ? { recipient: '!' } : {}) } : {},
			);
			const done = await purchases.buy(items, purchases.parameters(parameters), retryOnFail());
			expect(errorOf(done).data).toMatchObject({ outcome: 'rejected' });
			expect(done.error?.context?.itemIndex).toBe(6);
			expect(await purchases.requests()).toEqual([]);

			const others = await purchases.buy(items, purchases.parameters(parameters), {
				...continueOnFail,
				...retryOnFail(),
			});
			expect(jsonOf(others, 'Buy').filter((json) => json.error !== undefined)).toHaveLength(1);
			expect(await purchases.charged()).toHaveLength(count - 1);
		},
	);

	it.each(kindNames)('%s, without a credential: nothing is bought', async (name) => {
		const purchases = await PurchaseHarness.open(harness, name);
		const done = await purchases.buy(purchases.items(1), purchases.parameters(), {
			credentials: {},
			...retryOnFail(),
		});
		expect(errorOf(done).data).toMatchObject({ outcome: 'rejected' });
		expect(await purchases.requests()).toEqual([]);
	});
});

describe('parameters with another value at each evaluation', () => {
	const unstable = (good: string) => `={{ Math.random() < 0.6 ? ${good} : [] }}`;
	it.each(kindNames)(
		'%s: a failure after the purchase is not reported as a failed purchase',
		async (name) => {
			const purchases = await PurchaseHarness.open(harness, name);
			const isKeyed = name.startsWith('T') && name !== 'Tribute';
			const orderOnceKey = isKeyed ? { orderOnceKey: unstable('`key-${Math.random()}`') } : {};
			const parameters = purchases.parameters({
				trackCompletion: isKeyed,
				simplify: unstable('true'),
				options: { requestTimeout: unstable('30'), waitTimeout: unstable('0'), ...orderOnceKey },
			});
			const { length: tries } = Array.from({ length: 8 });
			let bought = 0;
			for (const recipient of purchases.recipients.concat(purchases.recipients).slice(0, tries)) {
				const done = await purchases.buy([{ recipient }], parameters);
				if (done.error === undefined) bought++;
				else expect(errorOf(done).data).toMatchObject({ outcome: 'rejected' });
			}
			expect(await purchases.charged()).toHaveLength(bought);
		},
	);
});

describe('keys', () => {
	it.each(keyed)('%s: a derived key is the same for every try', async (name) => {
		const purchases = await PurchaseHarness.open(harness, name);
		await purchases.injectFault({ type: 'refuse', code: purchases.kind.refusal }, { times: 2 });
		const done = await purchases.buy(undefined, undefined, retryOnFail());
		const keys = (await purchases.requests()).map(keyOf);
		expect(keys).toHaveLength(3);
		expect(new Set(keys)).toEqual(new Set([expect.stringMatching(/^n8n-[0-9a-f]{32}$/)]));
		const [json] = jsonOf(done, 'Buy');
		expect([json!.idempotencyKey, json!.transactionId]).toContain(keys[0]);
	});

	it.each(keyed)('%s: it differs for items, loop rounds, executions and calls of a tool', async (name) => {
		const purchases = await PurchaseHarness.open(harness, name);
		const workflow = {
			nodes: [
				start([{}, {}]),
				node('Loop', 'loop', { rounds: 2 }),
				purchases.node(purchases.kind.parameters('buyer_one') as INodeParameters),
				node('Rest', 'through'),
			],
			connections: {
				...chain('Start', 'Loop'),
				Loop: { main: [[to('Buy')], [to('Rest')]] },
				Buy: { main: [[to('Loop')]] },
			},
		};
		await harness.run(workflow);
		await harness.run(workflow);
		const input = { recipient: 'buyer_one' };
		const allowed = { allowAgentPurchases: true, options: { maxPrice: 50 } };
		for (const mode of toolModes) await purchases.askAgent(mode, [[{ input }], [{ input }]], allowed);
		const keys = (await purchases.requests()).map(keyOf);
		expect(keys).toHaveLength(4 + 4 + 2 + 2);
		expect(new Set(keys).size).toBe(keys.length);
		expect(await purchases.charged()).toHaveLength(keys.length);
	});

	it.each(keyed)("%s: the user's own key wins, and is in output and errors", async (name) => {
		const purchases = await PurchaseHarness.open(harness, name);
		const parameter = name === 'AI-Market' ? 'idempotencyKey' : 'transactionId';
		const own: INodeParameters = {
			...purchases.kind.parameters(''),
			[parameter]: '=invoice-{{ $json.invoice }}',
		};
		const done = await purchases.buy(
			purchases.items(1, () => ({ invoice: 7 })),
			own,
		);
		expect(jsonOf(done, 'Buy')).toEqual([expect.objectContaining({ [parameter]: 'invoice-7' })]);
		expect((await purchases.requests()).map(keyOf)).toEqual(['invoice-7']);

		// The same key is the same order, also two times in one run: bought once, reported each time.
		const repeated = await purchases.buy(
			purchases.items(1, () => ({ invoice: 7 })).concat(purchases.items(1, () => ({ invoice: 7 }))),
			own,
		);
		const [first] = jsonOf(done, 'Buy');
		expect(jsonOf(repeated, 'Buy').map(({ orderId }) => orderId)).toEqual([first!.orderId, first!.orderId]);
		expect(await purchases.charged()).toEqual([first!.orderId]);

		await purchases.injectFault({ type: 'redirect', status: 302 }, { times: -1 });
		const lost = await purchases.buy(
			purchases.items(1, () => ({ invoice: 8 })),
			{ ...own, options: { requestTimeout: 1 } },
		);
		expect(errorOf(lost).data?.outcome).toBe('unknown');
		expect(errorOf(lost).message).toContain('(key invoice-8)');
	});

	it('AI-Market: one key for two different orders is refused, also on the tries after the first was bought', async () => {
		const purchases = await PurchaseHarness.open(harness, 'AI-Market');
		await purchases.injectFault(
			{ type: 'refuse', code: purchases.kind.refusal },
			{ times: -1, match: { fields: { quantity: 3 } } },
		);
		const order = purchases.parameters({
			quantity: '={{ $json.count }}',
			idempotencyKey: '={{ $json.key }}',
		});
		const items = [
			{ count: 3, key: 'first' },
			{ count: 1, key: 'shared' },
			{ count: 2, key: 'shared' },
		];
		// The first item fails, so n8n repeats all of them.
		const done = await purchases.buy(items, order, { ...continueOnFail, ...retryOnFail() });
		expect(jsonOf(done, 'Buy').map((json) => (json.details as IDataObject | undefined)?.code)).toEqual([
			purchases.kind.refusal,
			undefined,
			'INVALID_PARAMETER',
		]);
		expect(await purchases.charged()).toHaveLength(1);
	});
});

describe('after the answer', () => {
	const create = teleKart.operations.find(
		({ resource, operation }) => resource === 'order' && operation === 'create',
	) as PurchaseOperation;
	const { place } = create;
	afterEach(() => {
		create.place = place;
	});

	it('code that throws leaves the outcome unknown, and nothing is sent a second time', async () => {
		create.place = async (item, plan, key) => {
			await place.call(create, item, plan, key);
			throw new TypeError('Cannot read properties of undefined');
		};
		const purchases = await PurchaseHarness.open(harness, 'TeleKart');
		const done = await purchases.buy(undefined, undefined, retryOnFail());
		expect(errorOf(done).data?.outcome).toBe('unknown');
		expect(errorOf(done).message).toMatch(/before checking your orders/);
		expect(await purchases.charged()).toHaveLength(1);
		expect(await purchases.requests()).toHaveLength(1);
	});

	it('tracking and waiting change nothing about the purchase', async () => {
		const purchases = await PurchaseHarness.open(harness, 'TG stars', {
			timeline: [{ afterMs: 0, status: 'pending' }],
		});
		await purchases.injectFault({ type: 'refuse', code: purchases.kind.refusal }, { skip: 1, times: 3 });
		const parameters = purchases.parameters({
			trackCompletion: true,
			options: { waitForCompletion: true, waitTimeout: 1 },
		});
		const done = await purchases.buy(purchases.items(2), parameters, { ...continueOnFail, ...retryOnFail() });
		expect(jsonOf(done, 'Buy')).toMatchObject([
			{ state: 'pending', tracked: true },
			{ details: { outcome: 'rejected' } },
		]);
		expect(await purchases.charged()).toHaveLength(1);
		expect(done.data.resultData.runData.Buy![0]!.hints).toEqual([]);
	});
});

describe('other ways to reach a node repeatedly', () => {
	it.each(kindNames)('%s: two branches that meet in a node are two runs, so two purchases', async (name) => {
		const purchases = await PurchaseHarness.open(harness, name);
		const [one, other] = purchases.recipients;
		const done = await harness.run({
			nodes: [
				start([{}]),
				start([{ recipient: one! }], 'Left'),
				start([{ recipient: other! }], 'Right'),
				purchases.node(purchases.parameters(), retryOnFail()),
			],
			connections: {
				Start: { main: [[to('Left'), to('Right')]] },
				Left: { main: [[to('Buy')]] },
				Right: { main: [[to('Buy')]] },
			},
		});
		expect(done.data.resultData.runData.Buy).toHaveLength(2);
		expect(await purchases.charged()).toHaveLength(2);
	});

	it.each(kindNames)('%s: Execute Once buys for the first item only, once over all tries', async (name) => {
		const purchases = await PurchaseHarness.open(harness, name);
		await purchases.injectFault({ type: 'refuse', code: purchases.kind.refusal });
		await purchases.buy(purchases.items(3), undefined, { executeOnce: true, ...retryOnFail() });
		expect(await purchases.charged()).toHaveLength(1);
	});

	it.each(kindNames)(
		'%s: a retry of a failed execution finds what it bought, as the tries within it do',
		async (name) => {
			const purchases = await PurchaseHarness.open(harness, name);
			await purchases.injectFault({ type: 'refuse', code: purchases.kind.refusal }, { skip: 2, times: 1 });
			await purchases.injectFault({ type: 'redirect', status: 302 }, { skip: 2, times: 1 });
			const workflow = purchases.workflow(
				purchases.items(4),
				purchases.parameters({ options: { requestTimeout: 1 } }),
				{},
			);
			const failed = await harness.run(workflow);
			expect(errorOf(failed).data).toMatchObject({ outcome: 'rejected', placed: { length: 2 } });
			expect(await purchases.charged()).toHaveLength(2);

			const second = await retryExecution(harness, workflow, failed);
			const { recovery } = purchases.kind;
			if (recovery === 'repeat') {
				expect(second.error).toBeUndefined();
				expect(await purchases.charged()).toHaveLength(4);
				return;
			}
			expect(errorOf(second).data).toMatchObject({ outcome: 'unknown', placed: { length: 2 } });
			const third = await retryExecution(harness, workflow, second);
			expect(errorOf(third).data).toMatchObject({ outcome: 'unknown', placed: { length: 2 } });
			expect(await purchases.charged()).toHaveLength(2);
			expect(await purchases.requests()).toHaveLength(4);
		},
	);
});
