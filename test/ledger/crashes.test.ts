import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Credentials, TestWorkflow } from '../support/engine';
import { mapBounded } from '../../nodes/shared/async/mapBounded';
import { full } from '../support/full';
import { useHarness } from '../support/harness';
import { moments, startCrashingProxy, type Crash } from './support/crashingProxy';
import { tracked, TrackedPurchases } from './support/tracked';

/*
 * A process that buys is killed (`kill -9`) at every request it sends: before it is served, before it has the answer,
 * and right after. The sandbox, which counts charges, and the Data Table live on outside.
 */

const harness = useHarness();
const PROCESS = join(__dirname, 'support/crashingProcess.ts');

/** Runs the workflow in a process of its own, killed where `at` says; gives the requests it sent. */
async function runAndCrash(
	workflow: TestWorkflow,
	executionId: string,
	at: Crash | undefined,
): Promise<{ requests: string[]; killed: boolean }> {
	const child = fork(PROCESS, { execArgv: ['--import', 'tsx'] });
	let killed = false;
	const proxy = await startCrashingProxy(harness.sandbox.url, at, () => {
		killed = true;
		child.kill('SIGKILL');
	});
	const credentials = Object.fromEntries(
		Object.entries(harness.credentials).map(([name, values]) => [
			name,
			{ ...values, baseUrl: String(values.baseUrl ?? '').replace(harness.sandbox.url, proxy.url) },
		]),
	) as Credentials;
	const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
	child.once('message', () => child.send({ workflow, credentials, executionId }));
	await ended;
	await proxy.close();
	return { requests: proxy.requests(), killed };
}

const workflowOf = (books: TrackedPurchases, isTracked: boolean, key: string): TestWorkflow => ({
	...books.purchases.workflow(
		books.purchases.items(1),
		isTracked
			? books.keyed(key, {}, { reference: 'chat-1' })
			: books.purchases.parameters({ trackCompletion: false }),
	),
	id: 'crashing',
});

/** One crash, and what it must not lead to. Gives a line of the table that the full run prints. */
async function crash(name: string, isTracked: boolean, at: Crash): Promise<string> {
	const books = await TrackedPurchases.open(harness, name);
	const executionId = randomUUID();
	const { killed, requests } = await runAndCrash(workflowOf(books, isTracked, 'k'), executionId, at);
	const charged = await books.charged();
	const rows = (await books.rows()).filter(({ state }) => state !== 'rejected');
	expect(killed).toBe(true);
	expect(charged.length).toBeLessThanOrEqual(1);
	if (isTracked && charged.length > 0) {
		expect(rows).toHaveLength(1);
		expect(rows[0]).toMatchObject({ executionId, key: 'k', reference: 'chat-1' });
		expect(rows[0]!.productId).not.toBe('');
		expect(rows[0]!.recipient !== '' || name === 'AI-Market').toBe(true);
		expect(rows[0]!.state).not.toBe('preparing');
		// The same key in another execution: never a second charge.
		await books.buy(books.keyed('k', { ifAlreadyOrdered: 'return' }));
		expect(await books.charged()).toHaveLength(1);
	}
	const states = rows.map(({ state }) => state).join(' ') || 'no row';
	return `${isTracked ? 'tracked' : 'untracked'}, ${requests.at(-1)} ${at.moment}: ${charged.length} charged, ${states}`;
}

const names = tracked.map(({ name }) => name);

if (full) {
	describe.each(names)('%s', (name) => {
		it.each([true, false])(
			'charges at most once, and lists every purchase that may have been charged (tracked: %s)',
			async (isTracked) => {
				const whole = await TrackedPurchases.open(harness, name);
				const { requests } = await runAndCrash(workflowOf(whole, isTracked, 'k'), randomUUID(), undefined);
				expect(await whole.charged()).toHaveLength(1);
				const crashes = requests.flatMap((_, request) => moments.map((moment) => ({ request, moment })));
				const lines = await mapBounded(crashes, 2, async (at) => await crash(name, isTracked, at));
				process.stdout.write(`${name}\n  ${lines.join('\n  ')}\n`);
			},
			600_000,
		);
	});
} else {
	it('a purchase that was charged when its process was killed is listed, and never made again', async () => {
		const lines = await mapBounded(names, 2, async (name) => {
			return await crash(name, true, { request: 'purchase', moment: 'served' });
		});
		for (const line of lines) expect(line).toContain(': 1 charged, sending');
	}, 120_000);
}
