import { sampled } from '../../support/full';
import { jsonOf } from '../../support/harness';
import { type Fault } from '../../support/sandboxFaults';
import { order, PLAYER, stars, TELEGRAM_ID, useGamesDrop } from '../support/gamesDrop';
import { detailsOf } from '../support/providerNode';

const { harness, run, buy, injectFault, charges, requests, bodies, details } = useGamesDrop();

describe('a lost answer', () => {
	type Lost = [string, Fault];
	const some = (lost: Lost[]) => sampled(lost, 5, ([, { type }]) => [type]);
	const ways = (phase: 'before' | 'after'): Lost[] => [
		['a dropped connection', { type: 'drop', phase }],
		['a server that hangs', { type: 'hang', phase }],
		...([500, 502, 503, 504] as const).map((status): Lost => [
			`HTTP ${status}`,
			{ type: 'error', status, phase },
		]),
		...(['html', 'truncated', 'empty', 'wrongShape'] as const).map((kind): Lost => [
			`an unreadable answer (${kind})`,
			{ type: 'unreadable', kind, phase },
		]),
	];
	const short = { options: { requestTimeout: 1 } };

	it.each(some(ways('after')))('is looked up by the transaction ID: %s', async (_, what) => {
		await injectFault('order.create', what);
		const done = await run(stars(short));
		expect(done.error).toBeUndefined();
		const [{ transactionId }] = jsonOf(done) as [{ transactionId: string }];
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({ state: 'completed', recipient: TELEGRAM_ID, price: 0.78, transactionId }),
		]);
		expect(await bodies('order.get')).toEqual([{ transactionId }]);
		expect(await requests('order.create')).toHaveLength(1);
		expect(await charges()).toHaveLength(1);
	});

	it.each(some(ways('before')))('leaves the outcome unknown when nothing is found: %s', async (_, what) => {
		await injectFault('order.create', what);
		const done = await buy({ transactionId: 'invoice-9', ...short });
		expect(detailsOf(done)).toMatchObject({ provider: 'gamesDrop', outcome: 'unknown' });
		expect(done.error?.message).toMatch(/^The outcome of this purchase is unknown.*\(key invoice-9\)$/);
		expect(done.error?.description).toMatch(/Order: Get by Transaction ID "invoice-9"/);
		expect(await requests('order.create')).toHaveLength(1);
		expect(await charges()).toEqual([]);
	});

	it('delivers the key that was bought', async () => {
		await injectFault('order.create', { type: 'drop', phase: 'after' });
		expect(jsonOf(await buy(short))).toEqual([
			expect.objectContaining({ codes: [expect.stringMatching(/^\d{12}$/)] }),
		]);
	});

	it('finds an order that appears a little later', async () => {
		await injectFault('order.create', { type: 'drop', phase: 'after' });
		await injectFault('order.get', { type: 'refuse', code: 'ORDER_NOT_FOUND' });
		expect(jsonOf(await buy())).toEqual([expect.objectContaining({ state: 'completed' })]);
		expect(await requests('order.get')).toHaveLength(2);
	});

	it.each([
		['refused', { type: 'refuse', code: 'INVALID_TOKEN' } as const],
		['never answered', { type: 'hang' } as const],
		['dropped', { type: 'drop' } as const],
	])('leaves the outcome unknown when the look-up is %s, and the same ID finds it later', async (_, what) => {
		await injectFault('order.create', { type: 'drop', phase: 'after' });
		const { id } = await injectFault('order.get', what, { times: -1 });
		const done = await buy({ transactionId: 'invoice-9', ...short });
		expect(detailsOf(done)).toEqual(details(null, 'unknown'));
		expect(done.error?.description).toMatch(/GamesDrop takes each Transaction ID once/);

		await harness.sandbox.client.clearFaults({ id });
		const repeated = await buy({ transactionId: 'invoice-9', ...short });
		expect(jsonOf(repeated)).toEqual([
			expect.objectContaining({ state: 'completed', codes: [expect.any(String)] }),
		]);
		expect(await charges()).toHaveLength(1);
	});

	it('does not pass another order under the same ID for this one', async () => {
		const [earlier] = jsonOf(await buy({ transactionId: 'shared' }));
		await injectFault('order.create', { type: 'drop', phase: 'before' });
		const done = await run(stars({ transactionId: 'shared', ...short }));
		expect(detailsOf(done)).toEqual(details(null, 'unknown'));
		expect(done.error?.description).toContain(
			`GamesDrop has order ${String(earlier!.orderId)} (COMPLETED, product 101)`,
		);
		expect(done.error?.description).not.toContain((earlier!.codes as string[])[0]);
		expect(await charges()).toHaveLength(1);
	});

	it('is not repeated by Retry On Fail', async () => {
		await injectFault('order.create', { type: 'error', status: 502 });
		const done = await buy(short, [{}], { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 });
		expect(detailsOf(done)).toMatchObject({ outcome: 'unknown' });
		expect(await requests('order.create')).toHaveLength(1);
	});

	it('takes no redirect', async () => {
		await injectFault('order.create', { type: 'redirect', status: 307 });
		expect(detailsOf(await buy(short))).toMatchObject({ outcome: 'rejected' });
		await injectFault('order.create', { type: 'redirect', status: 302 });
		expect(detailsOf(await buy(short))).toMatchObject({ outcome: 'unknown' });
		expect(await charges()).toEqual([]);
	});
});

describe('a transaction ID that was used before', () => {
	it('brings the order back when it is the same: no recipient on either side', async () => {
		const [first] = jsonOf(await buy({ transactionId: 'invoice-1' }));
		const repeated = await buy({ transactionId: 'invoice-1' });
		expect(jsonOf(repeated)).toEqual([first]);
		expect(await charges()).toHaveLength(1);
	});

	it('brings the order back when it is the same: Stars for the same account', async () => {
		const [first] = jsonOf(await run(stars({ transactionId: 'invoice-1' })));
		expect(jsonOf(await run(stars({ transactionId: 'invoice-1' })))).toEqual([first]);
		expect(await charges()).toHaveLength(1);
	});

	it.each([
		['a recipient', order({ transactionId: 'used', gameUserId: PLAYER })],
		['a customer', order({ transactionId: 'used', email: 'a@b.c' })],
	])('brings the order back where it does not name %s', async (_, parameters) => {
		const [earlier] = jsonOf(await buy({ transactionId: 'used' }));
		expect(jsonOf(await run(parameters))).toMatchObject([{ orderId: earlier!.orderId, productId: '101' }]);
		expect(await charges()).toHaveLength(1);
	});

	it('is refused for another product, and gives none of its codes away', async () => {
		const [earlier] = jsonOf(await buy({ transactionId: 'used' }));
		const done = await run(stars({ transactionId: 'used' }));
		expect(done.error?.message).toBe(
			`This Transaction ID was used before, for order ${String(earlier!.orderId)} (COMPLETED, product 101) (key used)`,
		);
		expect(done.error?.description).toMatch(/Nothing was ordered now.*use another Transaction ID/);
		expect(done.error?.httpCode).toBe('409');
		expect(detailsOf(done)).toEqual({
			...details('TRANSACTION_DUPLICATE', 'duplicate'),
			earlier: { orderId: earlier!.orderId, state: 'completed', executionId: null },
		});
		expect(JSON.stringify([done.error?.message, done.error?.description])).not.toContain(
			(earlier!.codes as string[])[0],
		);
		expect(await charges()).toHaveLength(1);
	});

	it('is refused for another account', async () => {
		const [earlier] = jsonOf(await run(stars({ transactionId: 'used' })));
		const done = await run(stars({ transactionId: 'used', gameUserId: '777000777' }));
		expect(detailsOf(done)).toMatchObject({
			...details('TRANSACTION_DUPLICATE', 'duplicate'),
			earlier: { orderId: earlier!.orderId },
		});
		expect((await charges()).map(({ recipient }) => recipient)).toEqual([TELEGRAM_ID]);
	});

	it('brings a cancelled order back as cancelled, though it names no product', async () => {
		const cancelling = stars({ transactionId: 'used', gameUserId: '123456789' });
		const [cancelled] = jsonOf(await run(cancelling));
		expect(jsonOf(await run(cancelling))).toMatchObject([
			{ orderId: cancelled!.orderId, state: 'cancelled', codes: [] },
		]);
	});

	it('leaves the outcome unknown when the order cannot be looked up', async () => {
		await buy({ transactionId: 'used' });
		await injectFault('order.get', { type: 'refuse', code: 'ORDER_NOT_FOUND' });
		const done = await buy({ transactionId: 'used' });
		expect(done.error?.message).toMatch(
			/^This Transaction ID was used for an order before, which could not be looked up.*it may have gone through\. Do not repeat it/,
		);
		expect(detailsOf(done)).toEqual(details('TRANSACTION_DUPLICATE', 'unknown'));
		expect(await charges()).toHaveLength(1);
	});
});
