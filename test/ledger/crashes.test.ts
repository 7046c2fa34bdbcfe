import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Credentials, TestWorkflow } from '../support/engine';
import { full } from '../support/full';
import { useHarness } from '../support/harness';
import { moments, startCrashingProxy, type Moment } from './support/crashingProxy';
import { tracked, TrackedPurchases } from './support/tracked';

/*
 * A process that buys is killed (`kill -9`) at every request it sends: before it is served, before it has the answer,
 * and right after. The sandbox, which counts charges, and the Data Table live on outside.
 */

const harness = useHarness();
const PROCESS = join(__dirname, 'support/crashingProcess.ts');
const TSX = require.resolve('tsx/cli');

interface Crash {
	request: number;
	moment: Moment;
}

/** Runs the workflow in a process of its own, killed where `at` says; gives the requests it sent. */
async function runAndCrash(
	workflow: TestWorkflow,
	executionId: string,
	at: Crash | undefined,
): Promise<{ requests: string[]; killed: boolean }> {
	const child = fork(PROCESS, {
		execPath: process.execPath,
		execArgv: [TSX],
		stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
	});
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

describe.each(tracked.map(({ name }) => name))('%s', (name) => {
	it('charges at most once, and lists every purchase that may have been charged', async () => {
		const table: string[] = [];
		for (const isTracked of [true, false]) {
			const whole = await TrackedPurchases.open(harness, name);
			const { requests } = await runAndCrash(workflowOf(whole, isTracked, 'k'), randomUUID(), undefined);
			expect(await whole.charged()).toHaveLength(1);
			const all = requests.flatMap((_, request) => moments.map((moment) => ({ request, moment })));
			// The requests around the purchase itself are always among them.
			const isDecisive = ({ request }: Crash) =>
				/create-order|orders$|purchase$|stars$|premium$/.test(requests[request]!);
			const crashes = full ? all : isTracked ? all.filter(isDecisive) : [];
			for (const at of crashes) {
				const books = await TrackedPurchases.open(harness, name);
				const executionId = randomUUID();
				const { killed } = await runAndCrash(workflowOf(books, isTracked, 'k'), executionId, at);
				const charged = await books.charged();
				const rows = (await books.rows()).filter(({ state }) => state !== 'rejected');
				table.push(
					`${isTracked ? 'tracked' : 'untracked'} ${requests[at.request]} ${at.moment}: ${charged.length} charged, ${rows.map(({ state }) => state).join(' ') || 'no row'}`,
				);
				expect(killed).toBe(true);
				expect(charged.length).toBeLessThanOrEqual(1);
				if (!isTracked || charged.length === 0) continue;
				expect(rows).toHaveLength(1);
				expect(rows[0]).toMatchObject({ executionId, key: 'k', reference: 'chat-1' });
				expect(rows[0]!.productId).not.toBe('');
				expect(rows[0]!.recipient !== '' || name === 'AI-Market').toBe(true);
				expect(rows[0]!.state).not.toBe('preparing');
				// The same key again, in another execution: never a second charge.
				await books.buy(books.keyed('k', { ifAlreadyOrdered: 'return' }));
				expect(await books.charged()).toHaveLength(1);
			}
		}
		if (full) process.stdout.write(`${name}\n  ${table.join('\n  ')}\n`);
	}, 600_000);
});
