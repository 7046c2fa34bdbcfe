import type { IDataObject } from 'n8n-workflow';
import type { Finished } from '../support/engine';
import { combinations, full, sampled } from '../support/full';
import { useHarness } from '../support/harness';
import type { Fault } from '../support/sandboxFaults';
import type { ToolMode } from '../support/workflows';
import { continueOnFail, PurchaseHarness, retryOnFail } from './support/purchaseHarness';
import { kindNames } from './support/purchaseKinds';
import { textOf, tracesOf as allTracesOf, useLogs } from './support/traces';

/** Keys, tokens and delivered codes appear only where they belong, whatever a provider echoes. */

const harness = useHarness();
const lines = useLogs();
const tracesOf = (finished: Finished, withOutput?: boolean) => allTracesOf(finished, lines, withOutput);

/** An answer with the secret in each of its texts. */
const echoing = (secret: string): IDataObject => ({
	ok: false,
	success: false,
	error: `the key ${secret} is not allowed`,
	code: `KEY_${secret}`,
	message: [`Bearer ${secret}`, `your token: ${secret}`].join('; '),
	detail: secret,
	error_message: secret,
});
const echoes = (secret: string): Array<[string, Fault]> => [
	...[200, 400, 401, 403, 404, 409, 422, 429, 500, 503].map((status): [string, Fault] => [
		`${status}`,
		{ type: 'refuse', status, body: echoing(secret) },
	]),
	['401 with plain text', { type: 'refuse', status: 401, body: `unknown key ${secret}` }],
	[
		'400 with nested words',
		{ type: 'refuse', status: 400, body: { error: { code: secret, message: secret } } },
	],
	[
		'200 with the key and no order',
		{ type: 'refuse', status: 200, body: { echoed: { authorization: secret } } },
	],
];

const echoNames = echoes('').map(([what]) => what);

describe("the key is in none of an execution's traces", () => {
	it.each(sampled(combinations(kindNames, echoNames), 15))(
		'%s: after %s',
		async (name, what) => {
			const options = { requestTimeout: 1 };
			const ask = async (purchases: PurchaseHarness, mode: ToolMode) =>
				await purchases.askAgent(mode, [[{ input: { recipient: purchases.recipients[0]! } }]], {
					allowAgentPurchases: true,
					options: { ...options, ...(purchases.kind.maxPrice === undefined ? {} : { maxPrice: 50 }) },
				});
			const buy = async (purchases: PurchaseHarness, more: object) =>
				await purchases.buy(undefined, purchases.parameters({ options }), more);
			const runs: Array<(purchases: PurchaseHarness) => Promise<Finished>> = [
				async (purchases) => await buy(purchases, retryOnFail(2)),
				async (purchases) => await buy(purchases, { ...continueOnFail, ...retryOnFail(2) }),
				async (purchases) => await buy(purchases, { onError: 'continueErrorOutput' }),
				async (purchases) => await ask(purchases, 'engine'),
				async (purchases) => await ask(purchases, 'function'),
			];
			await Promise.all(
				runs.map(async (run) => {
					const purchases = await PurchaseHarness.open(harness, name);
					const secret = purchases.account.key;
					const fault = echoes(secret).find(([one]) => one === what)![1];
					await purchases.injectFault(fault, { times: -1 });
					const done = await run(purchases);
					expect(await purchases.requests()).not.toEqual([]);
					expect(await purchases.charged()).toEqual([]);
					expect(tracesOf(done)).not.toContain(secret);
					// What the execution remembers for its next tries is saved with it.
					expect(textOf(done.data.executionData?.contextData)).not.toContain(secret);
				}),
			);
		},
		60_000,
	);

	it.each(kindNames)(
		'%s: after requests that never arrive, and after a good one',
		async (name) => {
			// GamesDrop quotes first, and that read is repeated for many seconds.
			const isTested = full || name !== 'GamesDrop';
			const unreachable = [
				'http://127.0.0.1:1',
				'http://nowhere.invalid',
				'not an address',
				'ftp://127.0.0.1',
			];
			const origins = [...(isTested ? unreachable : []), ''];
			await Promise.all(
				origins.map(async (baseUrl) => {
					const purchases = await PurchaseHarness.open(harness, name);
					if (baseUrl !== '') purchases.changeCredential({ baseUrl });
					const done = await purchases.buy(
						undefined,
						purchases.parameters({ options: { requestTimeout: 1 } }),
					);
					expect(done.error === undefined).toBe(baseUrl === '');
					expect(tracesOf(done)).not.toContain(purchases.account.key);
				}),
			);
		},
		60_000,
	);
});

describe('delivered codes', () => {
	const codesOf = (done: Finished): string[] =>
		done.output('Buy').flatMap(({ json }) => (json.codes as string[] | undefined) ?? []);

	it.each(['AI-Market', 'GamesDrop'])('%s: are in the output and nowhere else', async (name) => {
		const purchases = await PurchaseHarness.open(harness, name);
		await purchases.injectFault({ type: 'refuse', code: purchases.kind.refusal }, { skip: 2, times: 1 });
		const done = await purchases.buy(purchases.items(4), undefined, continueOnFail);
		const codes = codesOf(done);
		expect(codes).toHaveLength(3);
		for (const code of codes) {
			expect(tracesOf(done, false)).not.toContain(code);
			expect(lines.join('\n')).not.toContain(code);
			expect(textOf(done.output('Buy')[2]!.json)).not.toContain(code);
		}
	});

	it.each(['AI-Market', 'GamesDrop'])('%s: are in no error about the items after them', async (name) => {
		const purchases = await PurchaseHarness.open(harness, name);
		await purchases.injectFault({ type: 'drop', phase: 'before' }, { skip: 2, times: -1 });
		const failed = await purchases.buy(
			purchases.items(3),
			purchases.parameters({ options: { requestTimeout: 1 } }),
			retryOnFail(2),
		);
		expect(failed.error).toBeDefined();
		const known = textOf(failed.data.executionData?.contextData);
		const codes = known.match(name === 'AI-Market' ? /AIM002-[\w-]+/g : /^\d{12}$/gm)!;
		expect(codes.length).toBeGreaterThanOrEqual(2);
		for (const code of codes) expect(tracesOf(failed)).not.toContain(code);
	});

	it('AI-Market: an answer cut short gives none of it away', async () => {
		const purchases = await PurchaseHarness.open(harness, 'AI-Market');
		await purchases.injectFault({ type: 'unreadable', kind: 'truncated' }, { times: -1 });
		const failed = await purchases.buy(undefined, purchases.parameters({ options: { requestTimeout: 1 } }));
		expect(await purchases.charged()).toHaveLength(1);
		expect(tracesOf(failed)).not.toMatch(/AIM002/);
	});
});
