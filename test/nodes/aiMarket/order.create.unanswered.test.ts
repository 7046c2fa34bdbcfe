import { sampled } from '../../support/full';
import { jsonOf } from '../../support/harness';
import { type Fault } from '../../support/sandboxFaults';
import { CODE, useAiMarket } from '../support/aiMarket';
import { detailsOf } from '../support/providerNode';

const { harness, buy, injectFault, charges, requests, details } = useAiMarket();

describe('a lost answer', () => {
	type Phased = Extract<Fault, { phase?: unknown }>;
	const lost: Array<[string, Phased]> = (['before', 'after'] as const).flatMap(
		(phase): Array<[string, Phased]> => [
			[`a connection dropped ${phase} the purchase`, { type: 'drop', phase }],
			[`a server that hangs ${phase} the purchase`, { type: 'hang', phase }],
			...([500, 502, 503, 504] as const).map((status): [string, Phased] => [
				`HTTP ${status} ${phase} the purchase`,
				{ type: 'error', status, phase },
			]),
			...(['html', 'truncated', 'empty', 'wrongShape'] as const).map((kind): [string, Phased] => [
				`an unreadable answer (${kind}) ${phase} the purchase`,
				{ type: 'unreadable', kind, phase },
			]),
		],
	);

	it.each(sampled(lost, 8, ([, { type, phase }]) => [type, phase]))(
		'is requested a second time with the same key: %s',
		async (_, what) => {
			await injectFault('order.create', what);
			const done = await buy({ quantity: 2, options: { requestTimeout: 1 } });
			expect(done.error).toBeUndefined();
			expect(jsonOf(done)).toEqual([
				expect.objectContaining({ codes: [expect.stringMatching(CODE), expect.stringMatching(CODE)] }),
			]);
			expect(await charges()).toHaveLength(1);
			const keys = (await requests('order.create')).map(({ headers }) => headers['idempotency-key']);
			expect(keys).toHaveLength(2);
			expect(new Set(keys).size).toBe(1);
		},
	);

	it.each([
		['a server that hangs', { type: 'hang', phase: 'after' } as const],
		['dropped connections', { type: 'drop', phase: 'after' } as const],
		['HTTP 504', { type: 'error', status: 504, phase: 'after' } as const],
	])('makes the outcome unknown in the end, and the key brings the order back: %s', async (_, what) => {
		const { id } = await injectFault('order.create', what, { times: -1 });
		const done = await buy({ options: { requestTimeout: 1 } }, [{}], {
			retryOnFail: true,
			maxTries: 2,
			waitBetweenTries: 1,
		});
		expect(detailsOf(done)).toEqual(details(null, 'unknown'));
		expect(done.error?.message).toMatch(/^The outcome of this purchase is unknown/);
		const key = /Idempotency Key "(n8n-[0-9a-f]{32})"/.exec(done.error?.description ?? '')?.[1];
		expect(done.error?.description).toMatch(/without a second charge for 24 hours/);
		expect(done.error?.message).toContain(`(key ${key})`);
		expect(done.error?.message).not.toMatch(/AIM002/);

		await harness.sandbox.client.clearFaults({ id });
		const repeated = await buy({ idempotencyKey: key! });
		expect(jsonOf(repeated)[0]).toMatchObject({ codes: [expect.stringMatching(CODE)] });
		expect(await charges()).toHaveLength(1);
	});

	it('stays unknown when a later try is refused for something else', async () => {
		await injectFault('order.create', { type: 'drop', phase: 'after' });
		await injectFault('order.create', { type: 'refuse', code: 'INVALID_KEY' }, { times: -1 });
		const done = await buy({ options: { requestTimeout: 1 } });
		expect(detailsOf(done)).toMatchObject({ outcome: 'unknown' });
		expect(await charges()).toHaveLength(1);
	});

	it('is waited for while the same key is still under way', async () => {
		await injectFault('order.create', { type: 'latency', ms: 700, phase: 'before' });
		const both = await Promise.all([buy({ idempotencyKey: 'twice' }), buy({ idempotencyKey: 'twice' })]);
		const [first, second] = both.map((done) => jsonOf(done)[0]);
		expect(first).toEqual(second);
		expect(first).toMatchObject({ codes: [expect.stringMatching(CODE)] });
		expect(await charges()).toHaveLength(1);
	});

	it('is unknown when the same key stays under way', async () => {
		await injectFault('order.create', { type: 'refuse', code: 'REQUEST_IN_PROGRESS' }, { times: -1 });
		const done = await buy({ options: { requestTimeout: 1 } });
		expect(detailsOf(done)).toEqual(details('REQUEST_IN_PROGRESS', 'unknown'));
		expect(done.error?.httpCode).toBe('409');
		expect(done.error?.description).toMatch(/without a second charge for 24 hours/);
	});

	it('is no order when the server redirects', async () => {
		await injectFault('order.create', { type: 'redirect', status: 307 });
		const done = await buy({ options: { requestTimeout: 1 } });
		expect(detailsOf(done)).toMatchObject({ outcome: 'rejected' });
		expect(done.error?.httpCode).toBe('307');
		expect(await charges()).toEqual([]);
	});
});
