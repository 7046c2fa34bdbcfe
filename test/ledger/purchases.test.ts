import type { IDataObject } from 'n8n-workflow';
import { startHarness, type Harness } from '../support/harness';
import { failureOf, tracked, TrackedPurchases } from './support/tracked';

// Only the full run waits for n8n as long as an order does.
jest.mock('../../nodes/shared/http/retryPolicy', () => ({
	...jest.requireActual<object>('../../nodes/shared/http/retryPolicy'),
	...(process.env.FULL === '1' ? {} : { LEDGER: { timeout: 5_000, budget: 1_000 } }),
}));

let harness: Harness;
beforeAll(async () => {
	harness = await startHarness();
});
afterAll(async () => await harness.close());
afterEach(async () => {
	await harness.sandbox.client.clearFaults({ provider: 'n8n' });
});

const open = async (kind: string, spec = {}) => await TrackedPurchases.open(harness, kind, spec);
const itemOf = (finished: Awaited<ReturnType<TrackedPurchases['buy']>>) => finished.output('Buy')[0]?.json;
const names = tracked.map(({ name }) => name);
const ofN8n = async (operation: string, fault: IDataObject, options: IDataObject = {}) =>
	await harness.sandbox.client.addFault({ provider: 'n8n', operation, fault, ...options } as never);

describe.each(names)('%s: a tracked purchase', (name) => {
	it('is a row that says what was bought, by whom and for whom', async () => {
		const books = await open(name);
		const finished = await books.buy(books.parameters({}, { reference: 'chat-1' }));
		const order = itemOf(finished)!;
		const [row, ...others] = await books.rows();
		expect(others).toEqual([]);
		expect(order).toMatchObject({ tracked: true });
		expect(row).toMatchObject({
			provider: books.purchases.kind.provider,
			orderId: order.orderId,
			state: order.state,
			reference: 'chat-1',
			executionId: finished.executionId,
			productId: expect.stringMatching(/./) as string,
			account: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
			quantity: expect.any(Number) as number,
			price: expect.any(Number) as number,
			currency: expect.stringMatching(/^[A-Z]{3,4}$/) as string,
		});
		expect(row!.finalAt === '').toBe(order.state !== 'completed');
		for (const code of (order.codes as string[]) ?? [])
			expect(JSON.stringify(await books.rows())).not.toContain(code);
	});

	it('is written down before it is sent', async () => {
		const books = await open(name);
		await books.purchases.injectFault({ type: 'latency', ms: 600, phase: 'before' });
		const buying = books.buy();
		let seen: string[] = [];
		for (let attempt = 0; attempt < 50 && !seen.includes('sending'); attempt++) {
			await new Promise((resolve) => setTimeout(resolve, 20));
			seen = (await books.rows()).map(({ state }) => state);
		}
		expect(seen).toEqual(['sending']);
		expect(await books.charged()).toEqual([]);
		await buying;
		expect(await books.charged()).toHaveLength(1);
	});

	it.each([
		['cannot be reached', { type: 'drop' }],
		['is full', { type: 'refuse', code: 'SIZE_LIMIT' }],
		['refuses the key', { type: 'refuse', code: 'UNAUTHORIZED' }],
	])(
		'is not sent where n8n %s',
		async (_, fault) => {
			const books = await open(name);
			await ofN8n('row.insert', fault, { times: -1 });
			const finished = await books.buy(books.parameters({ requestTimeout: 5 }));
			expect(failureOf(finished)).toMatchObject({ code: 'LEDGER_UNAVAILABLE', outcome: 'rejected' });
			expect(await books.purchases.requests()).toEqual([]);
		},
		60_000,
	);

	it('is given even where its row cannot be brought up to date', async () => {
		const books = await open(name);
		await ofN8n('row.update', { type: 'refuse', code: 'SIZE_LIMIT' }, { times: -1 });
		const finished = await books.buy();
		expect(itemOf(finished)).toMatchObject({ tracked: false, provider: books.purchases.kind.provider });
		expect((await books.rows()).map(({ state }) => state)).toEqual(['sending']);
		expect(await books.charged()).toHaveLength(1);
	}, 60_000);

	it('that is refused is a rejected row', async () => {
		const books = await open(name);
		await books.purchases.injectFault({ type: 'refuse', code: books.purchases.kind.refusal });
		expect(failureOf(await books.buy())).toMatchObject({ outcome: 'rejected' });
		expect((await books.rows()).map(({ state }) => state)).toEqual(['rejected']);
	});

	it('of unknown outcome is an unconfirmed row', async () => {
		const books = await open(name);
		await books.purchases.injectFault({ type: 'drop', phase: 'before' }, { times: -1 });
		expect(failureOf(await books.buy(books.parameters({ requestTimeout: 1 })))).toMatchObject({
			outcome: 'unknown',
		});
		expect((await books.rows()).map(({ state }) => state)).toEqual(['unconfirmed']);
	}, 60_000);
});

describe.each(names)('%s: a key', (name) => {
	it('is ordered once by ten executions at the same time', async () => {
		const books = await open(name);
		const finished = await Promise.all(
			Array.from({ length: 10 }, async () => await books.buy(books.keyed('k1'))),
		);
		expect(await books.charged()).toHaveLength(1);
		const failures = finished.map(failureOf).filter((failure) => failure !== undefined);
		expect(failures).toHaveLength(9);
		for (const failure of failures) {
			expect(failure).toMatchObject({ code: 'ALREADY_ORDERED' });
			expect(failure!.outcome).toMatch(/duplicate|unknown/);
		}
	});

	it('that has its order is refused, naming it, or gives it', async () => {
		const books = await open(name);
		const first = await books.buy(books.keyed('k2'));
		const order = itemOf(first)!;
		const refused = await books.buy(books.keyed('k2'));
		expect(failureOf(refused)).toMatchObject({
			code: 'ALREADY_ORDERED',
			outcome: 'duplicate',
			earlier: { orderId: order.orderId, state: order.state, executionId: first.executionId },
		});
		const returned = itemOf(await books.buy(books.keyed('k2', { ifAlreadyOrdered: 'return' })));
		expect(returned).toMatchObject({ orderId: order.orderId, codes: order.codes, price: order.price });
		expect(await books.charged()).toHaveLength(1);
	});

	it('is free after a refusal, and taken after an unknown outcome', async () => {
		const books = await open(name);
		await books.purchases.injectFault({ type: 'refuse', code: books.purchases.kind.refusal });
		await books.buy(books.keyed('k3'));
		expect(itemOf(await books.buy(books.keyed('k3')))).toMatchObject({ tracked: true });
		await books.purchases.injectFault({ type: 'drop', phase: 'before' }, { times: -1 });
		await books.buy(books.keyed('k4', { requestTimeout: 1 }));
		await harness.sandbox.client.clearFaults({ provider: books.purchases.kind.provider });
		expect(failureOf(await books.buy(books.keyed('k4')))).toMatchObject({
			code: 'ALREADY_ORDERED',
			outcome: 'unknown',
			earlier: { state: 'unconfirmed' },
		});
		expect(await books.charged()).toHaveLength(1);
	}, 60_000);

	it('of another purchase is never returned for this one', async () => {
		const books = await open(name);
		const hasRecipient = books.purchases.kind.provider !== 'aiMarket';
		await books.buy(books.keyed('k5'), { items: [{ recipient: books.purchases.recipients[0]! }] });
		const more = hasRecipient ? {} : { quantity: 2 };
		const other = await books.buy(books.keyed('k5', { ifAlreadyOrdered: 'return' }, more), {
			items: [{ recipient: books.purchases.recipients[1]! }],
		});
		expect(failureOf(other)).toMatchObject({ code: 'ALREADY_ORDERED', outcome: 'duplicate' });
		expect(await books.charged()).toHaveLength(1);
	});
});

describe.each(['TeleKart', 'GamesDrop'])('%s: a spending limit', (name) => {
	const spent = async (books: TrackedPurchases) =>
		(await books.rows())
			.filter(({ state }) => state !== 'rejected')
			.reduce((sum, { price }) => sum + price!, 0);

	it('holds for orders at the same time, and lets as many through one after the other', async () => {
		const books = await open(name);
		const price = (
			await (async () => {
				await books.buy();
				return await books.rows();
			})()
		)[0]!.price!;
		const limit = Number((price * 3).toFixed(6));
		await Promise.all(
			Array.from({ length: 6 }, async () => await books.buy(books.parameters({ spendingLimit: limit }))),
		);
		expect((await books.charged()).length).toBeLessThanOrEqual(3);
		const failures = [];
		for (let count = 0; count < 3; count++)
			failures.push(failureOf(await books.buy(books.parameters({ spendingLimit: limit }))));
		expect(await books.charged()).toHaveLength(3);
		expect(failures.at(-1)).toMatchObject({ code: 'SPENDING_LIMIT_EXCEEDED', outcome: 'rejected' });
		expect(await spent(books)).toBeLessThanOrEqual(limit);
	}, 60_000);
});

it('TG Market: a spending limit refuses once it is reached', async () => {
	const books = await open('TG stars');
	await books.buy();
	const [row] = await books.rows();
	const finished = await books.buy(books.parameters({ spendingLimit: row!.price! }));
	expect(failureOf(finished)).toMatchObject({ code: 'SPENDING_LIMIT_EXCEEDED', outcome: 'rejected' });
	expect(finished.error?.message).toContain(String(row!.price));
	expect(await books.charged()).toHaveLength(1);
});

describe.each(names)('%s: Only Check', (name) => {
	it('prices and holds, sends nothing and leaves no row', async () => {
		const books = await open(name);
		const item = itemOf(await books.buy(books.keyed('k1', { checkOnly: true, spendingLimit: 1_000 })));
		expect(item).toMatchObject({ orderId: null, state: 'checked', codes: [] });
		expect(item!.price === null).toBe(name.startsWith('TG'));
		expect(await books.rows()).toEqual([]);
		expect(await books.purchases.requests()).toEqual([]);
		await books.buy(books.keyed('k1'));
		expect(failureOf(await books.buy(books.keyed('k1', { checkOnly: true })))).toMatchObject({
			code: 'ALREADY_ORDERED',
		});
		expect(await books.charged()).toHaveLength(1);
	});
});

describe('what needs the ledger', () => {
	it.each([
		['TeleKart', { orderOnceKey: 'k' }, 'Order Once Key'],
		['TG stars', { orderOnceKey: 'k' }, 'Order Once Key'],
		['AI-Market', { spendingLimit: 5 }, 'Spending Limit'],
	])('%s: %j is refused without Track Completion', async (name, options, label) => {
		const books = await open(name);
		const finished = await books.buy(books.parameters(options, { trackCompletion: false }));
		expect(finished.error?.message).toMatch(new RegExp(`^${label}: .*Track Completion`));
		expect(failureOf(finished)).toMatchObject({ code: 'INVALID_PARAMETER', outcome: 'rejected' });
		expect(await books.purchases.requests()).toEqual([]);
	});
});

describe('AI-Market: the earlier order', () => {
	it('is asked for by its key, also where its answer was lost', async () => {
		const books = await open('AI-Market');
		await books.purchases.injectFault({ type: 'drop', phase: 'after' }, { times: -1 });
		await books.buy(books.keyed('lost', { requestTimeout: 1 }));
		await harness.sandbox.client.clearFaults({ provider: 'aiMarket' });
		const item = itemOf(await books.buy(books.keyed('lost', { ifAlreadyOrdered: 'return' })));
		expect(item).toMatchObject({ state: 'completed', idempotencyKey: 'lost' });
		expect((item!.codes as string[]).length).toBe(1);
		expect(await books.charged()).toHaveLength(1);
		const live = (await books.rows()).filter(({ state }) => state !== 'rejected');
		expect(live.map(({ state, orderId }) => [state, orderId])).toEqual([['completed', item!.orderId]]);
	}, 60_000);

	it('is not asked for after twenty hours, when the key might buy again', async () => {
		const books = await open('AI-Market');
		await books.buy(books.keyed('old'));
		const rows = await books.rows();
		const longAgo = new Date(Date.now() - 21 * 3_600_000).toISOString();
		await harness.sandbox.client.setDataTable({
			name: books.table,
			rows: rows.map((row) => ({ ...row, sentAt: longAgo })) as never,
		});
		const finished = await books.buy(books.keyed('old', { ifAlreadyOrdered: 'return' }));
		expect(failureOf(finished)).toMatchObject({ code: 'ALREADY_ORDERED', outcome: 'duplicate' });
		expect(await books.purchases.requests()).toHaveLength(1);
	});
});
