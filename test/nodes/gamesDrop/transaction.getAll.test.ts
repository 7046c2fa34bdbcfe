import type { INodeParameters } from 'n8n-workflow';
import { jsonOf } from '../../support/harness';
import { answer } from '../../support/sandboxFaults';
import { stars, useGamesDrop } from '../support/gamesDrop';
import { links } from '../support/providerNode';

const { account, harness, run, injectFault, requests } = useGamesDrop();

describe('transaction: getAll', () => {
	const getAll = (more: INodeParameters = {}) => ({ resource: 'transaction', operation: 'getAll', ...more });

	it('gives the transactions untouched, latest first, with the dashboard’s own token', async () => {
		await run(stars());
		const done = await run(getAll());
		expect(jsonOf(done)).toEqual([
			{
				id: expect.any(Number),
				amount: -0.78,
				type: 'PURCHASE',
				description: 'API Purchase - Telegram Stars',
				balanceAfter: 999.22,
				createdAt: expect.any(String),
			},
			expect.objectContaining({ type: 'DEPOSIT', amount: 1000 }),
		]);
		const [sent] = await requests('transaction.getAll');
		expect(sent!.path).toBe('/gamesdrop/api/v1/balance/transactions?page=1&limit=50');
		expect(sent!.headers.authorization).toBe(`Bearer ${account.credentials.dashboardToken}`);
	});

	it('gives them all, page by page, for each item', async () => {
		const all = Array.from({ length: 230 }, (_, index) => ({ id: 230 - index, amount: -1 }));
		for (const page of [1, 2, 3]) {
			await injectFault(
				'transaction.getAll',
				answer({ transactions: all.slice((page - 1) * 100, page * 100), total: 230 }),
				{
					match: { fields: { page } },
					times: -1,
				},
			);
		}
		const done = await run(getAll({ returnAll: true }), [{}, {}]);
		expect(jsonOf(done)).toEqual([...all, ...all]);
		expect(links(done)).toEqual([...all.map(() => ({ item: 0 })), ...all.map(() => ({ item: 1 }))]);
		expect(jsonOf(await run(getAll({ limit: 150 })))).toHaveLength(150);
	});

	it('continues where a page is shorter than requested', async () => {
		const all = Array.from({ length: 45 }, (_, index) => ({ id: index, amount: 1 }));
		for (const page of [1, 2, 3]) {
			await injectFault(
				'transaction.getAll',
				answer({ transactions: all.slice((page - 1) * 20, page * 20), total: 45 }),
				{
					match: { fields: { page } },
				},
			);
		}
		expect(jsonOf(await run(getAll({ returnAll: true })))).toEqual(all);
	});

	it('takes transactions without an ID for different ones', async () => {
		const transactions = [{ amount: 1 }, { amount: 1 }, { amount: 2, error: 'kept' }];
		await injectFault('transaction.getAll', answer({ transactions }));
		expect(jsonOf(await run(getAll()))).toEqual([
			{ amount: 1 },
			{ amount: 1 },
			{ amount: 2, providerError: 'kept' },
		]);
	});

	it('explains that the store’s token does not work here', async () => {
		harness.credentials.gamesDropDashboardApi = {
			...harness.credentials.gamesDropDashboardApi,
			token: account.key,
		};
		const { error } = await run(getAll());
		expect(error?.message).toBe('GamesDrop: Invalid authorization token');
		expect(error?.description).toMatch(/sign in to the GamesDrop dashboard again/);
		expect(error?.httpCode).toBe('401');
	});
});
