import { errorOf, jsonOf } from '../../support/harness';
import { getBalance, useTeleKartStars } from '../support/teleKartStars';
import { links } from '../support/providerNode';

const { run, answerWith, requests, details } = useTeleKartStars();

describe('balance: get', () => {
	it('gives the balance for every item', async () => {
		const done = await run(getBalance, [{}, {}]);
		expect(jsonOf(done)).toEqual(
			Array(2).fill({
				provider: 'teleKartStars',
				available: 1000,
				locked: null,
				total: 1000,
				currency: 'USD',
			}),
		);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }]);
	});

	it('takes the documented sample, and leaves it untouched without Simplify', async () => {
		const sample = { ok: true, data: { user_id: 123456789, balance_usd: 25.5 } };
		await answerWith('balance.get', sample);
		expect(jsonOf(await run(getBalance))).toMatchObject([{ available: 25.5, total: 25.5 }]);
		await answerWith('balance.get', sample);
		expect(jsonOf(await run({ ...getBalance, simplify: false }))).toEqual([sample.data]);
	});

	it('sends the key as a bearer token', async () => {
		await run(getBalance);
		const [request] = await requests();
		expect(request).toMatchObject({ method: 'GET', path: '/telekart-stars/api/v1/balance' });
		expect(request!.headers.authorization).toBe('Bearer tah_sandbox');
	});

	it('takes numbers as text and unknown fields, and says so when there is no balance', async () => {
		await answerWith('balance.get', { ok: true, data: { balance_usd: '7.25', bonus: {} }, later: 1 });
		expect(jsonOf(await run(getBalance))).toMatchObject([{ available: 7.25 }]);
		await answerWith('balance.get', { ok: true, data: {} });
		expect(errorOf(await run(getBalance))).toMatchObject({
			message: expect.stringContaining('data.balance_usd'),
			data: details(null),
		});
	});
});
