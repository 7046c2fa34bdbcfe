import { combinations, sampled } from '../support/full';
import { jsonOf, useHarness } from '../support/harness';
import { continueOnFail, PurchaseHarness, retryOnFail } from './support/purchaseHarness';
import { kindNames } from './support/purchaseKinds';

/** A cancelled execution sends nothing more, and does not abort the purchase under way. */

const harness = useHarness();

const pause = async (ms = 20) => await new Promise((resolve) => setTimeout(resolve, ms));

async function until(what: () => Promise<boolean>): Promise<void> {
	while (!(await what())) await pause();
}

// These two come first: n8n's `sleep` cannot be stopped, and its timers are over when the other tests are.
it('cancelled while it waits for the rate limiter, an execution buys nothing and delays no other', async () => {
	const purchases = await PurchaseHarness.open(harness, 'TG stars', { rate: { limit: 10, windowMs: 1_000 } });
	await purchases.injectFault({ type: 'rateLimit', retryAfterSeconds: 2 });
	let cancel = () => {};
	const cancelled = purchases.buy(purchases.items(3), undefined, continueOnFail, {
		started: (execution) => {
			cancel = execution.cancel;
		},
	});
	await until(async () => (await purchases.requests()).length === 1);
	const other = purchases.buy(purchases.items(1));
	await pause(200);
	cancel();
	const done = await cancelled;
	expect(await purchases.requests()).toHaveLength(1);
	const outcomes = jsonOf(done, 'Buy').map(({ details }) => (details as { outcome: string }).outcome);
	expect(outcomes).toEqual(['rejected', 'rejected', 'rejected']);
	expect((await other).error).toBeUndefined();
	expect(await purchases.charged()).toHaveLength(1);
});

it('cancelled while it waits for delivery, an execution ends at once and knows the order', async () => {
	const purchases = await PurchaseHarness.open(harness, 'TG stars', {
		timeline: [{ afterMs: 0, status: 'pending' }],
	});
	let cancel = () => {};
	const parameters = purchases.parameters({ options: { waitForCompletion: true, waitTimeout: 600 } });
	const running = purchases.buy(undefined, parameters, retryOnFail(), {
		started: (execution) => {
			cancel = execution.cancel;
		},
	});
	await until(async () => (await purchases.charged()).length === 1);
	await pause(300);
	cancel();
	const done = await running;
	const [orderId] = await purchases.charged();
	expect(JSON.stringify(done.data.executionData?.contextData)).toContain(`"orderId":"${orderId}"`);
	expect(await purchases.requests()).toHaveLength(1);
});

describe('a cancelled execution', () => {
	const settings = {
		'Stop Workflow': {},
		'Retry On Fail': retryOnFail(5),
		'Continue On Fail': { ...continueOnFail, ...retryOnFail() },
	};
	const cases = combinations(kindNames, Object.keys(settings) as Array<keyof typeof settings>);

	it.each(sampled(cases, 6))(
		'%s, %s: sends nothing more, and lets the purchase under way end',
		async (name, setting) => {
			const purchases = await PurchaseHarness.open(harness, name);
			await purchases.injectFault({ type: 'latency', ms: 500, phase: 'after' }, { skip: 1, times: -1 });
			let cancel = () => {};
			const running = purchases.buy(purchases.items(5), undefined, settings[setting], {
				started: (execution) => {
					cancel = execution.cancel;
				},
			});
			await until(async () => (await purchases.charged()).length === 2);
			cancel();
			const done = await running;
			await pause(100);
			const requests = await purchases.requests();
			expect(requests).toHaveLength(2);
			// Answered, so n8n did not hang up.
			expect(requests.map(({ status }) => status)).toEqual([200, 200]);
			const memory = JSON.stringify(done.data.executionData?.contextData);
			for (const orderId of await purchases.charged()) expect(memory).toContain(orderId);
			expect(memory).not.toContain('"state":"unknown"');
		},
	);
});
