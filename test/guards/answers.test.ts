import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { failureOf, TrackedPurchases } from '../ledger/support/tracked';
import { PurchaseHarness } from '../purchase/support/purchaseHarness';
import { kindNames, purchaseKinds } from '../purchase/support/purchaseKinds';
import { combinations, sampled } from '../support/full';
import { errorOf, jsonOf, useHarness } from '../support/harness';
import { answer } from '../support/sandboxFaults';

/** Answers that are easily taken for something else: other numbers, a clear no, a wrong key, an unknown order. */

const harness = useHarness();
const open = async (name: string) => await PurchaseHarness.open(harness, name);
const orderKinds = purchaseKinds
	.filter(({ operation }) => operation === 'order.create')
	.map(({ name }) => name);

describe('numbers beyond 2^53', () => {
	const ID = '9007199254740993';
	const answers: Record<string, string> = {
		TeleKart: `{"ok":true,"data":{"order_id":${ID},"status":"pending"}}`,
		'TG stars': `{"ok":true,"order_id":${ID},"status":"pending"}`,
		'AI-Market': `{"success":true,"order_id":${ID},"codes":[{"pin":${ID}},${ID}]}`,
		GamesDrop: `{"orderId":${ID},"status":"COMPLETED","key":[${ID}]}`,
	};

	it.each(Object.keys(answers))(
		'%s: an order ID is the same in the output and in the ledger',
		async (name) => {
			const books = await TrackedPurchases.open(harness, name);
			await books.purchases.injectFault(answer(answers[name]));
			const [item] = jsonOf(await books.buy(), 'Buy');
			expect(item!.orderId).toBe(ID);
			for (const code of item!.codes as string[]) expect(code).toContain(ID);
			expect((await books.rows()).map(({ orderId }) => orderId)).toEqual([ID]);
		},
	);

	it.each([
		['TeleKart', {}],
		['TG stars', { orderType: 'stars' }],
	])(
		'%s: Order: Get asks for that very order, or refuses a number that is none any more',
		async (name, more) => {
			const purchases = await open(name);
			const looking = (orderId: string): INodeParameters => ({
				...{ resource: 'order', operation: 'get', orderId, ...more },
			});
			await purchases.buy([{}], looking(ID));
			const { requests } = await harness.sandbox.client.requests({ account: purchases.account.name });
			expect(requests.at(-1)!.path).toMatch(new RegExp(`/${ID}$`));
			const changed = await purchases.buy([{}], looking(`={{ ${ID} }}`));
			expect(errorOf(changed).data).toMatchObject({ code: 'INVALID_PARAMETER' });
		},
	);

	it('GamesDrop: Order: Get refuses an ID that cannot leave as a number', async () => {
		const purchases = await open('GamesDrop');
		const order = { resource: 'order', operation: 'get', lookUpBy: 'orderId', orderId: ID };
		expect(errorOf(await purchases.buy([{}], order)).data).toMatchObject({ code: 'INVALID_PARAMETER' });
	});

	it('decimals stay numbers, however many digits they have', async () => {
		const purchases = await open('TG stars');
		const body =
			'{"ok":true,"order_id":7,"status":"pending","price_usd":0.30000000000000004,"note":"12345678901234567890"}';
		await purchases.injectFault(answer(body), { times: 2 });
		expect(jsonOf(await purchases.buy(), 'Buy')).toMatchObject([
			{ orderId: '7', price: 0.30000000000000004 },
		]);
		const raw = jsonOf(await purchases.buy(undefined, purchases.parameters({ simplify: false })), 'Buy');
		expect(raw).toMatchObject([{ price_usd: 0.30000000000000004, note: '12345678901234567890' }]);
	});
});

describe('TG Market: words that leave open whether it ordered', () => {
	const statuses = [200, 400, 402, 404, 408, 409, 422, 429, 500];
	const said: Array<[string, IDataObject]> = [
		['order_creation_failed', { ok: false, error: 'order_creation_failed' }],
		['order_creation_failed, as a message', { ok: false, message: 'order_creation_failed: try later' }],
		['timeout', { ok: false, error: 'timeout' }],
		['timeout in an object', { ok: false, error: { code: 'timeout', message: 'waiting took too long' } }],
	];
	it.each(sampled(combinations(statuses, said), 9, ([status, [words]]) => [status, words]))(
		'%s %j is of unknown outcome',
		async (status, [, body]) => {
			const purchases = await open('TG stars');
			await purchases.injectFault(answer(body, status));
			const { data, message } = errorOf(await purchases.buy());
			expect(data).toMatchObject({ outcome: 'unknown' });
			expect(message).toMatch(/may have gone through.*Do not repeat it/);
		},
	);
});

describe('a refusal that names an order', () => {
	const refusals: Record<string, IDataObject> = {
		TeleKart: { ok: false, error: 'INTERNAL', data: { order_id: '20261', status: 'pending' } },
		'TG stars': { ok: false, error: 'something_new', order_id: 20261 },
		'AI-Market': { success: false, code: 'SOMETHING_NEW', error: 'Something new', order_id: 'AM-20261' },
		GamesDrop: {
			error: { code: 'SOMETHING_NEW', message: 'Something new' },
			orderId: 20261,
			status: 'SUBMITTED',
		},
	};
	it.each(sampled(combinations(Object.keys(refusals), [400, 409, 422]), 4))(
		'%s, HTTP %d: is of unknown outcome',
		async (name, status) => {
			const purchases = await open(name);
			await purchases.injectFault(answer(refusals[name], status), { times: -1 });
			const finished = await purchases.buy(
				undefined,
				purchases.parameters({ options: { requestTimeout: 1 } }),
			);
			expect(errorOf(finished).data).toMatchObject({ outcome: 'unknown' });
		},
	);
});

describe('a request that something on the way repeats', () => {
	const duplicated = async (name: string, first: 'first' | 'last') => {
		const purchases = await open(name);
		await purchases.injectFault({ type: 'double', answer: first });
		return { purchases, finished: await purchases.buy() };
	};

	it.each(['first', 'last'] as const)(
		'GamesDrop: gives the order, whichever answer arrives: the %s',
		async (which) => {
			const { purchases, finished } = await duplicated('GamesDrop', which);
			const [charged, ...others] = await purchases.charged();
			expect(others).toEqual([]);
			expect(jsonOf(finished, 'Buy')).toMatchObject([{ orderId: charged, state: 'completed' }]);
		},
	);

	it('GamesDrop: leaves the outcome unknown while the order cannot be found', async () => {
		const purchases = await open('GamesDrop');
		await purchases.injectFault({ type: 'double' });
		await purchases.injectFault({ type: 'drop' }, { operation: 'order.get', times: -1 });
		const finished = await purchases.buy(undefined, purchases.parameters({ options: { requestTimeout: 1 } }));
		expect(errorOf(finished).data).toMatchObject({ code: 'TRANSACTION_DUPLICATE', outcome: 'unknown' });
		expect(await purchases.charged()).toHaveLength(1);
	});

	it('AI-Market: gives the one order that both are', async () => {
		const { purchases, finished } = await duplicated('AI-Market', 'last');
		expect(jsonOf(finished, 'Buy').map(({ orderId }) => orderId)).toEqual(await purchases.charged());
	});

	it("GamesDrop: the user's own Transaction ID gives the order in every later execution", async () => {
		const purchases = await open('GamesDrop');
		const parameters = purchases.parameters({ transactionId: 'invoice-1' });
		const orders = [];
		for (let execution = 0; execution < 3; execution++)
			orders.push(...jsonOf(await purchases.buy(undefined, parameters), 'Buy').map(({ orderId }) => orderId));
		const [charged] = await purchases.charged();
		expect(orders).toEqual([charged, charged, charged]);
	});
});

describe('a web page of something on the way', () => {
	const page =
		'<!DOCTYPE html><html><head><title>Just a moment…</title></head><body>Checking your browser</body></html>';

	it.each(sampled(combinations(kindNames, [400, 403, 405, 407, 451]), 8))(
		'%s, HTTP %d: is not taken for a wrong key',
		async (name, status) => {
			const purchases = await open(name);
			await purchases.injectFault(answer(page, status), { times: -1 });
			const { message, description, data } = errorOf(await purchases.buy());
			expect(data).toMatchObject({ code: null, outcome: 'rejected' });
			expect(message).toMatch(/^A web page answered instead of/);
			expect(description).toMatch(/proxy, a firewall or a bot check.*key is not the cause/i);
			expect(await purchases.charged()).toEqual([]);
		},
	);

	it.each(orderKinds)('%s, in the place of the ledger: nothing is ordered', async (name) => {
		const books = await TrackedPurchases.open(harness, name);
		await harness.sandbox.client.addFault({
			provider: 'n8n',
			operation: 'row.insert',
			times: -1,
			fault: answer(page, 403),
		});
		try {
			const finished = await books.buy();
			expect(failureOf(finished)).toMatchObject({ code: 'LEDGER_UNAVAILABLE', outcome: 'rejected' });
			expect(await books.purchases.requests()).toEqual([]);
		} finally {
			await harness.sandbox.client.clearFaults({ provider: 'n8n' });
		}
	});
});

describe('what is asked for', () => {
	/** The endpoints of the providers' documents that these nodes may use. */
	const DOCUMENTED: Record<string, RegExp[]> = {
		teleKartStars: [
			/^GET \/telekart-stars\/api\/v1\/(products|products\/stars|products\/gifts|balance|orders\/[^/]+)$/,
			/^POST \/telekart-stars\/api\/v1\/orders$/,
		],
		tgMarket: [
			/^GET \/tg-market\/api\/v2\/(balance|order\/\d+|premium_order\/\d+)$/,
			/^POST \/tg-market\/api\/v2\/(stars|premium)$/,
		],
		aiMarket: [/^GET \/ai-market\/api\/v1\/(balance|products)$/, /^POST \/ai-market\/api\/v1\/purchase$/],
		gamesDrop: [
			/^GET \/gamesdrop\/api\/v1\/(offers\/balance|balance\/transactions(\?.*)?)$/,
			/^POST \/gamesdrop\/api\/v1\/offers\/(find-one|sync|create-order|order-status|servers|check-game-data)$/,
			/^POST \/gamesdrop-telegram\/api\/aggregator\/a6\/telegram\/user-info$/,
		],
	};
	const product = (value: string) => ({ __rl: true, mode: 'id', value });
	const list = (more: INodeParameters = {}): INodeParameters => ({
		resource: 'product',
		operation: 'getAll',
		...more,
	});
	const balance = { resource: 'balance', operation: 'get' };
	const order = (more: INodeParameters): INodeParameters => ({
		resource: 'order',
		operation: 'get',
		...more,
	});
	const READS: Array<[string, INodeParameters]> = [
		...['all', 'premium', 'stars', 'gifts'].map((group): [string, INodeParameters] => [
			'teleKartStars',
			list({ group }),
		]),
		...Object.keys(DOCUMENTED).map((name): [string, INodeParameters] => [name, balance]),
		['teleKartStars', order({ orderId: '1' })],
		['tgMarket', list()],
		['tgMarket', order({ orderType: 'stars', orderId: '1' })],
		['tgMarket', order({ orderType: 'premium', orderId: '1' })],
		['aiMarket', list()],
		['gamesDrop', list()],
		['gamesDrop', { resource: 'product', operation: 'get', productId: product('101') }],
		['gamesDrop', { resource: 'product', operation: 'getServers', productId: product('20003') }],
		['gamesDrop', { resource: 'transaction', operation: 'getAll' }],
		[
			'gamesDrop',
			{ resource: 'player', operation: 'validate', productId: product('20003'), gameUserId: '52357322414' },
		],
		['gamesDrop', { resource: 'telegramUser', operation: 'get', username: '@durov' }],
		['gamesDrop', order({ lookUpBy: 'orderId', orderId: '1' })],
		['gamesDrop', order({ lookUpBy: 'transactionId', transactionId: 't' })],
	];

	it('is an endpoint of the document, whatever the operation', async () => {
		await harness.sandbox.client.reset();
		for (const [name, parameters] of READS) await harness.runNode(name, parameters);
		for (const name of orderKinds) await (await open(name)).buy();
		for (const [provider, documented] of Object.entries(DOCUMENTED)) {
			const { requests } = await harness.sandbox.client.requests({ provider: provider as 'tgMarket' });
			const asked = [...new Set(requests.map(({ method, path }) => `${method} ${path}`))];
			expect(asked.length).toBeGreaterThanOrEqual(3);
			expect(asked.filter((one) => !documented.some((pattern) => pattern.test(one)))).toEqual([]);
		}
	});

	it.each(READS.filter(([, { operation }]) => operation === 'getAll'))(
		'%s: a 404 of a list does not speak of order IDs: %j',
		async (name, parameters) => {
			const { client } = harness.sandbox;
			await client.addFault({ provider: name as 'tgMarket', times: -1, fault: answer({}, 404) });
			const { message, description } = errorOf(await harness.runNode(name, parameters));
			await client.clearFaults({ provider: name as 'tgMarket' });
			expect(`${message} ${description}`).not.toMatch(/order ID/i);
			if (message !== '') expect(description).toMatch(/Base URL/);
		},
	);
});
