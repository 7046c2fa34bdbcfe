import './quiet';
import { Container } from '@n8n/di';
import { Logger } from '@n8n/backend-common';
import { LoggerProxy, type IDataObject } from 'n8n-workflow';
import { startBed, type Bed } from '../support/bed';
import type { Finished } from '../support/engine';
import { shops, type Fault } from './shops';
import { continuing, retrying, Till } from './till';

/** Keys, tokens and delivered codes stand where they belong and nowhere else, whatever a provider echoes. */

let bed: Bed;
const lines: string[] = [];
beforeAll(async () => {
	bed = await startBed();
	const note = (...words: unknown[]) => void lines.push(words.map((word) => textOf(word)).join(' '));
	const logger = { debug: note, info: note, warn: note, error: note };
	LoggerProxy.init(logger);
	Object.assign(Container.get(Logger), logger);
	jest.spyOn(console, 'log').mockImplementation(note);
	jest.spyOn(console, 'error').mockImplementation(note);
	jest.spyOn(console, 'warn').mockImplementation(note);
});
afterAll(async () => await bed.close());
beforeEach(() => lines.splice(0));

/** All there is in a value, errors with what they hide included. */
function textOf(value: unknown): string {
	const seen = new Set<unknown>();
	const parts: string[] = [];
	const visit = (one: unknown) => {
		if (typeof one === 'string') parts.push(one);
		if (typeof one !== 'object' || one === null || seen.has(one)) return;
		seen.add(one);
		if (one instanceof Map || one instanceof Set) [...one].forEach(visit);
		for (const name of Reflect.ownKeys(one)) visit((one as Record<string | symbol, unknown>)[name]);
	};
	visit(value);
	return parts.join('\n');
}

/** What an execution leaves behind, without what it remembers of itself and, if asked, without the codes it gave. */
function tracesOf({ data, run }: Finished, withOutput = true): string {
	const { resultData } = data;
	const shown = withOutput
		? resultData
		: {
				...resultData,
				runData: Object.fromEntries(
					Object.entries(resultData.runData).map(([name, tasks]) => [
						name,
						tasks.map(({ data: _data, ...task }) => task),
					]),
				),
			};
	return [textOf(shown), textOf(run.status), ...lines].join('\n');
}

const names = shops.map(({ name }) => name);

/** A provider's words with the secret in each of them. */
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

describe.each(names)("%s: the key is in none of an execution's traces", (name) => {
	it.each(echoes('').map(([what], index): [string, number] => [what, index]))(
		'after %s',
		async (_, index) => {
			const options = { requestTimeout: 1 };
			const ask = async (till: Till, way: 'engine' | 'function') =>
				await till.ask(way, [{ input: { who: till.recipients[0]! } }], {
					allowAgentPurchases: true,
					options: { ...options, ...(till.shop.ceiling === undefined ? {} : { maxPrice: 50 }) },
				});
			const buy = async (till: Till, more: object) =>
				await till.buy(undefined, till.order({ options }), more);
			const ways: Array<(till: Till) => Promise<Finished>> = [
				async (till) => await buy(till, retrying(2)),
				async (till) => await buy(till, { ...continuing, ...retrying(2) }),
				async (till) => await buy(till, { onError: 'continueErrorOutput' }),
				async (till) => await ask(till, 'engine'),
				async (till) => await ask(till, 'function'),
			];
			await Promise.all(
				ways.map(async (way) => {
					const till = await Till.open(bed, name);
					const secret = till.account.key;
					await till.strike(echoes(secret)[index]![1], { times: -1 });
					const done = await way(till);
					expect(await till.sends()).not.toEqual([]);
					expect(await till.charged()).toEqual([]);
					expect(tracesOf(done)).not.toContain(secret);
					// What the execution remembers for its next tries is saved with it.
					expect(textOf(done.data.executionData?.contextData)).not.toContain(secret);
				}),
			);
		},
		60_000,
	);

	it('after requests that never arrive, and after a good one', async () => {
		const origins = ['http://127.0.0.1:1', 'http://nowhere.invalid', 'not an address', 'ftp://127.0.0.1', ''];
		await Promise.all(
			origins.map(async (baseUrl) => {
				const till = await Till.open(bed, name);
				const { id } = Object.values(till.use.credentials!)[0]!;
				if (baseUrl !== '') bed.credentials[id!] = { ...till.account.credentials, baseUrl };
				const done = await till.buy(undefined, till.order({ options: { requestTimeout: 1 } }));
				expect(done.error === undefined).toBe(baseUrl === '');
				expect(tracesOf(done)).not.toContain(till.account.key);
			}),
		);
	}, 60_000);
});

describe('delivered codes', () => {
	const codesOf = (done: Finished): string[] =>
		done.output('Buy').flatMap(({ json }) => (json.codes as string[] | undefined) ?? []);

	it.each(['AI-Market', 'GamesDrop'])('%s: stand in the output and nowhere else', async (name) => {
		const till = await Till.open(bed, name);
		await till.strike({ type: 'refuse', code: till.shop.refusal }, { skip: 2, times: 1 });
		const done = await till.buy(till.items(4), undefined, continuing);
		const codes = codesOf(done);
		expect(codes).toHaveLength(3);
		for (const code of codes) {
			expect(tracesOf(done, false)).not.toContain(code);
			expect(lines.join('\n')).not.toContain(code);
			expect(textOf(done.output('Buy')[2]!.json)).not.toContain(code);
		}
	});

	it.each(['AI-Market', 'GamesDrop'])('%s: are in no error about the items after them', async (name) => {
		const till = await Till.open(bed, name);
		await till.strike({ type: 'drop', phase: 'before' }, { skip: 2, times: -1 });
		const failed = await till.buy(till.items(3), till.order({ options: { requestTimeout: 1 } }), retrying(2));
		expect(failed.error).toBeDefined();
		const known = textOf(failed.data.executionData?.contextData);
		const codes = known.match(name === 'AI-Market' ? /AIM002-[\w-]+/g : /^\d{12}$/gm)!;
		expect(codes.length).toBeGreaterThanOrEqual(2);
		for (const code of codes) expect(tracesOf(failed)).not.toContain(code);
	});

	it('AI-Market: an answer cut short gives none of it away', async () => {
		const till = await Till.open(bed, 'AI-Market');
		await till.strike({ type: 'unreadable', kind: 'truncated' }, { times: -1 });
		const failed = await till.buy(undefined, till.order({ options: { requestTimeout: 1 } }));
		expect(await till.charged()).toHaveLength(1);
		expect(tracesOf(failed)).not.toMatch(/AIM002/);
	});
});
