import { createServer } from 'node:http';
import { jsonOf } from '../../support/harness';
import { listen } from '../../support/listen';
import { answer } from '../../support/sandboxFaults';
import { useGamesDrop } from '../support/gamesDrop';
import { links } from '../support/providerNode';

const { account, useAccount, harness, run, injectFault, requests } = useGamesDrop();

describe('balance: get', () => {
	const get = { resource: 'balance', operation: 'get' };

	it('gives the balance in USD, one for each item, linked to it', async () => {
		await useAccount({ balance: 500.25 });
		const done = await run(get, [{}, {}]);
		const expected = { provider: 'gamesDrop', available: 500.25, locked: 0, total: 500.25, currency: 'USD' };
		expect(jsonOf(done)).toEqual([expected, expected]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }]);
	});

	it('gives the answer untouched when it is not simplified', async () => {
		const [raw] = jsonOf(await run({ ...get, simplify: false }));
		expect(raw).toEqual({
			balance: 1000,
			draftBalance: 0,
			isPostpaid: false,
			balanceProfile: 'USDT',
			currency: { id: 3, code: 'USD' },
			partnerId: expect.any(Number),
		});
	});

	it('sends the token as it is, to the address for stores', async () => {
		await run(get);
		const [sent] = await requests('balance.get');
		expect(sent).toMatchObject({ method: 'GET', path: '/gamesdrop/api/v1/offers/balance', body: '' });
		expect(sent!.headers.authorization).toBe(account.key);
	});

	it.each([
		[{ balance: '0.1', draft_balance: '0.2', currency: 'usd' }, 0.1, 0.2, 0.3],
		[{ balance: 5, isPostpaid: true }, 5, null, 5],
	])('reads %j', async (body, available, locked, total) => {
		await injectFault('balance.get', answer(body));
		expect(jsonOf(await run(get))).toEqual([
			{ provider: 'gamesDrop', available, locked, total, currency: 'USD' },
		]);
	});

	it('requests the second address where the first does not exist', async () => {
		const asked: string[] = [];
		const server = createServer((request, response) => {
			asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
			const isThere = request.url === '/api/v1/balance';
			response.writeHead(isThere ? 200 : 404, { 'content-type': 'application/json' });
			response.end(JSON.stringify(isThere ? { balance: 7.5 } : { message: 'Cannot GET' }));
		});
		const baseUrl = `http://127.0.0.1:${await listen(server)}`;
		harness.credentials.gamesDropApi = { ...harness.credentials.gamesDropApi, baseUrl };
		const done = await run(get);
		server.close();
		expect(jsonOf(done)).toEqual([expect.objectContaining({ available: 7.5, total: 7.5, currency: 'USD' })]);
		expect(asked).toEqual([
			`GET /api/v1/offers/balance ${account.key}`,
			`GET /api/v1/balance ${account.key}`,
		]);
	});

	it('reports the answer of the first address when the second does not exist either', async () => {
		await injectFault('balance.get', answer({ message: 'Not found' }, 404));
		const done = await run(get);
		expect((await requests('balance.get')).map(({ path }) => path)).toEqual([
			'/gamesdrop/api/v1/offers/balance',
			'/gamesdrop/api/v1/balance',
		]);
		expect(done.error?.message).toBe('GamesDrop: Not found');
		expect(done.error?.httpCode).toBe('404');
	});

	it.each([401, 403, 400])('does not request the second address after HTTP %s', async (status) => {
		await injectFault('balance.get', answer({}, status));
		await run(get);
		expect(await requests('balance.get')).toHaveLength(1);
	});
});
