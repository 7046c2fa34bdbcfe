import './quiet';
import { startBed, type Bed } from '../support/bed';
import { shops } from './shops';
import { jsonOf } from '../support/bed';
import { continuing, retrying, Till } from './till';

/** Stopping an execution: nothing more is sent, and what is under way is not broken off. */

let bed: Bed;
beforeAll(async () => {
	bed = await startBed();
});
afterAll(async () => await bed.close());

const names = shops.map(({ name }) => name);
const soon = async (ms = 20) => await new Promise((resolve) => setTimeout(resolve, ms));

async function until(what: () => Promise<boolean>): Promise<void> {
	while (!(await what())) await soon();
}

describe.each([
	['plainly', {}],
	['with Retry On Fail', retrying(5)],
	['with Continue On Fail', { ...continuing, ...retrying() }],
])('an execution that is stopped, running %s', (_, more) => {
	it.each(names)('%s: sends nothing more, and lets the purchase under way end', async (name) => {
		const till = await Till.open(bed, name);
		await till.strike({ type: 'latency', ms: 700, phase: 'after' }, { skip: 1, times: -1 });
		let cancel = () => {};
		const running = till.buy(till.items(5), undefined, more, {
			started: (execution) => {
				cancel = execution.cancel;
			},
		});
		await until(async () => (await till.charged()).length === 2);
		cancel();
		const done = await running;
		await soon(100);
		const sends = await till.sends();
		expect(sends).toHaveLength(2);
		// Answered, so n8n did not hang up.
		expect(sends.map(({ status }) => status)).toEqual([200, 200]);
		const memory = JSON.stringify(done.data.executionData?.contextData);
		for (const orderId of await till.charged()) expect(memory).toContain(orderId);
		expect(memory).not.toContain('"state":"unknown"');
	});
});

it('waiting for its turn, an execution that is stopped buys nothing, and holds up nobody', async () => {
	const till = await Till.open(bed, 'TG stars', { rate: { limit: 10, windowMs: 1_000 } });
	await till.strike({ type: 'rateLimit', retryAfterSeconds: 2 });
	let cancel = () => {};
	const stopped = till.buy(till.items(3), undefined, continuing, {
		started: (execution) => {
			cancel = execution.cancel;
		},
	});
	await until(async () => (await till.sends()).length === 1);
	const other = till.buy(till.items(1));
	await soon(200);
	cancel();
	const done = await stopped;
	expect(await till.sends()).toHaveLength(1);
	const outcomes = jsonOf(done, 'Buy').map(({ details }) => (details as { outcome: string }).outcome);
	expect(outcomes).toEqual(['rejected', 'rejected', 'rejected']);
	expect((await other).error).toBeUndefined();
	expect(await till.charged()).toHaveLength(1);
});

it('waiting for delivery, it ends at once and knows the order', async () => {
	const till = await Till.open(bed, 'TG stars', { timeline: [{ afterMs: 0, status: 'pending' }] });
	let cancel = () => {};
	const parameters = till.order({ options: { waitForCompletion: true, waitTimeout: 600 } });
	const running = till.buy(undefined, parameters, retrying(), {
		started: (execution) => {
			cancel = execution.cancel;
		},
	});
	await until(async () => (await till.charged()).length === 1);
	await soon(300);
	cancel();
	const done = await running;
	const [orderId] = await till.charged();
	expect(JSON.stringify(done.data.executionData?.contextData)).toContain(`"orderId":"${orderId}"`);
	expect(await till.sends()).toHaveLength(1);
});
