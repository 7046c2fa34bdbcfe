import { jsonOf } from '../../support/harness';
import { getBalance, useTgMarket } from '../support/tgMarket';
import { links } from '../support/providerNode';

const { run, buy, answerWith, requests } = useTgMarket();

describe('balance: get', () => {
	it('gives the available, locked and total balance for every item', async () => {
		await buy();
		const done = await run(getBalance, [{}, {}]);
		expect(jsonOf(done)).toEqual(
			Array(2).fill({
				provider: 'tgMarket',
				available: 998.8,
				locked: 1.2,
				total: 1000,
				currency: 'USD',
			}),
		);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }]);
	});

	it('takes the documented sample, and leaves it untouched without Simplify', async () => {
		const sample = { ok: true, balance_usd: 25.5, locked_usd: 2.0, available_usd: 23.5 };
		await answerWith('balance.get', sample);
		expect(jsonOf(await run(getBalance))).toEqual([
			{ provider: 'tgMarket', available: 23.5, locked: 2, total: 25.5, currency: 'USD' },
		]);
		await answerWith('balance.get', sample);
		expect(jsonOf(await run({ ...getBalance, simplify: false }))).toEqual([sample]);
	});

	it('sends the key as a bearer token', async () => {
		await run(getBalance);
		const [request] = await requests();
		expect(request).toMatchObject({ method: 'GET', path: '/tg-market/api/v2/balance' });
		expect(request!.headers.authorization).toBe('Bearer sk-sandbox');
	});
});
