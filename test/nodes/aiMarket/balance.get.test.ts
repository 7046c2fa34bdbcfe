import { jsonOf } from '../../support/harness';
import { answer } from '../../support/sandboxFaults';
import { useAiMarket } from '../support/aiMarket';
import { links } from '../support/providerNode';

const { account, useAccount, run, injectFault, requests } = useAiMarket();

describe('balance: get', () => {
	const get = { resource: 'balance', operation: 'get' };

	it('gives the wallet, one for each item, linked to it', async () => {
		await useAccount({ balance: 24.5 });
		const done = await run(get, [{}, {}]);
		const wallet = { provider: 'aiMarket', available: 24.5, locked: null, total: 24.5, currency: 'USDT' };
		expect(jsonOf(done)).toEqual([wallet, wallet]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }]);
	});

	it('gives the answer untouched when it is not simplified', async () => {
		const done = await run({ ...get, simplify: false });
		expect(jsonOf(done)).toEqual([{ balance: 1000, currency: 'USDT' }]);
	});

	it.each([
		[{ balance: '24.50', currency: 'usdt' }, 24.5, 'USDT'],
		[{ balance: 3 }, 3, 'USDT'],
		[{ balance: 0, currency: 'USD', extra: {} }, 0, 'USD'],
	])('reads %j', async (body, available, currency) => {
		await injectFault('balance.get', answer(body));
		expect(jsonOf(await run(get))).toEqual([expect.objectContaining({ available, currency })]);
	});

	it('sends the key in X-API-Key and nothing else', async () => {
		await run(get);
		const [sent] = await requests('balance.get');
		expect(sent).toMatchObject({ method: 'GET', path: '/ai-market/api/v1/balance', body: '' });
		expect(sent!.headers['x-api-key']).toBe(account.key);
		expect(sent!.headers.authorization).toBeUndefined();
	});

	it.each([
		['a page instead of JSON', { type: 'unreadable', kind: 'html' } as const],
		['another shape', { type: 'unreadable', kind: 'wrongShape' } as const],
	])('says what is wrong with %s', async (_, what) => {
		await injectFault('balance.get', what);
		const { error } = await run(get);
		expect(error?.message).toMatch(/AI-Market sent an answer that cannot be used/);
		expect(error?.description).toMatch(/Base URL/);
	});

	it.each([
		['a server fault', { type: 'error', status: 502 } as const],
		['a dropped connection', { type: 'drop' } as const],
		['a refusal to hurry', { type: 'rateLimit', retryAfterSeconds: 0 } as const],
	])('repeats the request after %s', async (_, what) => {
		await injectFault('balance.get', what);
		expect(jsonOf(await run(get))).toHaveLength(1);
		expect(await requests('balance.get')).toHaveLength(2);
	});
});
