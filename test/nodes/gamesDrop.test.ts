import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LoadOptionsContext } from 'n8n-core';
import type { IDataObject, INode, INodeListSearchResult, INodeParameters } from 'n8n-workflow';
import { GamesDrop } from '../../nodes/GamesDrop/GamesDrop.node';
import type { AccountView, ControlInput } from '../../sandbox/control';
import { credentialsFor, jsonOf, startBed, type Bed } from '../support/bed';
import { additionalDataFor, workflowOf, type Finished } from '../support/engine';
import { node } from '../support/nodes';

let bed: Bed;
let account: AccountView;
beforeAll(async () => {
	bed = await startBed();
});
afterAll(async () => await bed.close());
beforeEach(async () => {
	await bed.sandbox.client.reset();
	await useAccount();
});

/** Paces are learned by account and shared in the process, so each test has an account of its own. */
async function useAccount(spec: Omit<ControlInput['newAccount'], 'provider'> = {}): Promise<void> {
	account = await bed.sandbox.client.createAccount({ provider: 'gamesDrop', ...spec });
	const { dashboardToken, ...shop } = account.credentials;
	bed.credentials.gamesDropApi = shop;
	bed.credentials.gamesDropDashboardApi = { token: dashboardToken!, baseUrl: shop.baseUrl! };
}

type Fault = ControlInput['fault'];
const fault = async (operation: string, what: Fault['fault'], more: Partial<Fault> = {}) =>
	await bed.sandbox.client.addFault({ provider: 'gamesDrop', operation, fault: what, ...more });
/** Answers with a status and body of the test's choice. */
const answer = (body: unknown, status = 200): Fault['fault'] => ({ type: 'refuse', status, body });

const charges = async () => (await bed.sandbox.client.charges({ account: account.name })).charges;
const requests = async (operation?: string) =>
	(await bed.sandbox.client.requests({ provider: 'gamesDrop', ...(operation ? { operation } : {}) }))
		.requests;
const bodies = async (operation: string) =>
	(await requests(operation)).map(({ body }) => JSON.parse(body) as IDataObject);

const run = async (parameters: INodeParameters, items?: IDataObject[], more?: Partial<INode>) =>
	await bed.runNode('gamesDrop', parameters, items, more);
const offer = (value: string | number) => ({ __rl: true, mode: 'id', value });

const VOUCHER = 101;
const GIFT = 1001;
const STARS = 1102;
const TELEGRAM_ID = '143594291';
const TOP_UP = 20_003;
const PLAYER = '52357322414';

const order = (parameters: INodeParameters = {}): INodeParameters => ({
	resource: 'order',
	operation: 'create',
	productId: offer(VOUCHER),
	...parameters,
});
const buy = async (parameters: INodeParameters = {}, items?: IDataObject[], more?: Partial<INode>) =>
	await run(order(parameters), items, more);
const stars = (parameters: INodeParameters = {}) =>
	order({ productId: offer(STARS), gameUserId: TELEGRAM_ID, ...parameters });
const topUp = (parameters: INodeParameters = {}) =>
	order({ productId: offer(TOP_UP), gameUserId: PLAYER, ...parameters });

const links = (done: Finished, output = 0) => done.output('Node', output).map(({ pairedItem }) => pairedItem);
const dataOf = (done: Finished) => done.error?.context?.data;
const DERIVED_KEY = /^n8n-[0-9a-f]{32}$/;

describe('balance: get', () => {
	const get = { resource: 'balance', operation: 'get' };

	it('gives the balance in USD, one for each item, linked to it', async () => {
		await useAccount({ balance: 500.25 });
		const done = await run(get, [{}, {}]);
		const account = { provider: 'gamesDrop', available: 500.25, locked: 0, total: 500.25, currency: 'USD' };
		expect(jsonOf(done)).toEqual([account, account]);
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
		await fault('balance.get', answer(body));
		expect(jsonOf(await run(get))).toEqual([
			{ provider: 'gamesDrop', available, locked, total, currency: 'USD' },
		]);
	});

	it('looks in the other place where the first is not there', async () => {
		const asked: string[] = [];
		const server = createServer((request, response) => {
			asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
			const isThere = request.url === '/api/v1/balance';
			response.writeHead(isThere ? 200 : 404, { 'content-type': 'application/json' });
			response.end(JSON.stringify(isThere ? { balance: 7.5 } : { message: 'Cannot GET' }));
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
		bed.credentials.gamesDropApi = { ...bed.credentials.gamesDropApi, baseUrl };
		const done = await run(get);
		server.close();
		expect(jsonOf(done)).toEqual([expect.objectContaining({ available: 7.5, total: 7.5, currency: 'USD' })]);
		expect(asked).toEqual([
			`GET /api/v1/offers/balance ${account.key}`,
			`GET /api/v1/balance ${account.key}`,
		]);
	});

	it('tells what the first place said when there is nothing in the other either', async () => {
		await fault('balance.get', answer({ message: 'Not found' }, 404));
		const done = await run(get);
		expect((await requests('balance.get')).map(({ path }) => path)).toEqual([
			'/gamesdrop/api/v1/offers/balance',
			'/gamesdrop/api/v1/balance',
		]);
		expect(done.error?.message).toBe('GamesDrop: Not found');
		expect(done.error?.httpCode).toBe('404');
	});

	it.each([401, 403, 400])('does not look in the other place after HTTP %s', async (status) => {
		await fault('balance.get', answer({}, status));
		await run(get);
		expect(await requests('balance.get')).toHaveLength(1);
	});
});

describe('product: getAll', () => {
	const getAll = (more: INodeParameters = {}) => ({ resource: 'product', operation: 'getAll', ...more });

	it('gives products as all providers have them', async () => {
		const done = await run(getAll());
		expect(jsonOf(done)).toHaveLength(50);
		expect(jsonOf(done)[0]).toEqual({
			provider: 'gamesDrop',
			productId: '101',
			name: 'PUBG Mobile – 60 UC',
			type: null,
			quantity: 1,
			unit: 'piece',
			price: 0.99,
			unitPrice: 0.99,
			currency: 'USD',
			inStock: true,
		});
		expect(await bodies('product.getAll')).toEqual([{ limit: 50, page: 1 }]);
	});

	it('gives the rows untouched when they are not simplified', async () => {
		const done = await run(getAll({ simplify: false, limit: 1 }));
		expect(jsonOf(done)).toEqual([
			{
				productId: 5,
				productName: 'PUBG Mobile',
				offerGroupId: 101,
				offerGroupName: '60 UC',
				price: 0.99,
				currency: 'USD',
				inStock: true,
			},
		]);
	});

	it('knows how many Telegram Stars a product delivers', async () => {
		const done = await run(getAll({ filters: { search: ' Telegram Stars ' } }));
		expect(
			jsonOf(done).map(({ quantity, unit, price, unitPrice }) => [quantity, unit, price, unitPrice]),
		).toEqual([
			[50, 'star', 0.39, 0.0078],
			[100, 'star', 0.77, 0.0077],
			[500, 'star', 3.83, 0.00766],
			[1000, 'star', 7.65, 0.00765],
		]);
		expect(await bodies('product.getAll')).toEqual([{ limit: 50, page: 1, search: 'Telegram Stars' }]);
	});

	it('gives all 12,000, none lost or doubled, in three requests', async () => {
		const done = await run(getAll({ returnAll: true }));
		const ids = jsonOf(done).map(({ productId }) => productId);
		expect(ids).toHaveLength(12_000);
		expect(new Set(ids).size).toBe(12_000);
		expect(done.output('Node').every(({ pairedItem }) => (pairedItem as { item: number }).item === 0)).toBe(
			true,
		);
		expect(await bodies('product.getAll')).toEqual([1, 2, 3].map((page) => ({ limit: 5_000, page })));
	});

	it.each([
		[1, [1]],
		[5_000, [5_000]],
		[5_001, [2_501, 2_501]],
		[11_000, [3_667, 3_667, 3_667]],
	])('asks for no more than %s need', async (limit, sizes) => {
		expect(jsonOf(await run(getAll({ limit })))).toHaveLength(limit);
		expect((await bodies('product.getAll')).map((body) => body.limit)).toEqual(sizes);
	});

	it('filters by category and search, for each item', async () => {
		const done = await run(
			getAll({ limit: 3, filters: { category: '={{ $json.category }}', search: '={{ $json.search }}' } }),
			[{ category: 'Gift Cards', search: 'steam' }, { category: 'TOP_UP' }],
		);
		expect(links(done)).toEqual([0, 0, 0, 1, 1, 1].map((item) => ({ item })));
		expect(jsonOf(done)[0]!.name).toMatch(/steam/i);
		expect(await bodies('product.getAll')).toEqual(
			expect.arrayContaining([
				{ limit: 3, page: 1, search: 'steam', category: 'Gift Cards' },
				{ limit: 3, page: 1, category: 'TOP_UP' },
			]),
		);
	});

	it('gives nothing where nothing is found', async () => {
		const done = await run(getAll({ filters: { search: 'no such thing' } }));
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual([]);
	});

	describe('page by page', () => {
		const page = (ids: number[], count?: number) =>
			answer({
				...(count === undefined ? {} : { count }),
				rows: ids.map((offerGroupId) => ({ offerGroupId })),
			});
		const paged = async (...pages: Array<Fault['fault']>) => {
			for (const [index, what] of pages.entries())
				await fault('product.getAll', what, { match: { fields: { page: index + 1 } }, times: -1 });
			const ids = jsonOf(await run(getAll({ limit: 4 }))).map(({ productId }) => productId);
			return [ids, (await requests('product.getAll')).length];
		};

		it('ends with an empty page', async () => {
			expect(await paged(page([], 9))).toEqual([[], 1]);
		});
		it('ends with a short page where no total is given', async () => {
			expect(await paged(page([1, 2]))).toEqual([['1', '2'], 1]);
		});
		it('ends when all there are have come', async () => {
			expect(await paged(page([1, 2], 2))).toEqual([['1', '2'], 1]);
		});
		it('goes on after a short page when the total says so', async () => {
			expect(await paged(page([1, 2], 3), page([3], 3))).toEqual([['1', '2', '3'], 2]);
		});
		it('ends when a page repeats itself', async () => {
			expect(await paged(page([1, 2], 1_250), page([1, 2], 1_250))).toEqual([['1', '2'], 2]);
		});
		it('takes a row once that has moved to the next page', async () => {
			expect(await paged(page([1, 2], 3), page([2, 3], 3))).toEqual([['1', '2', '3'], 2]);
		});
	});

	it('reads the document’s sample, and keys in snake_case', async () => {
		const sample = { productId: 5, productName: 'PUBG Mobile', offerGroupId: 101, offerGroupName: '60 UC' };
		await fault(
			'product.getAll',
			answer({
				count: 1250,
				rows: [
					{ ...sample, price: 0.99, currency: 'USD', inStock: true },
					{
						product_name: 'Netflix',
						offer_group_id: '102',
						offer_group_name: '1 Month',
						price: '4.20',
						currency: 'eur',
						in_stock: false,
					},
					{ offerGroupId: 103 },
				],
			}),
		);
		const done = await run(getAll({ limit: 3 }));
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({ productId: '101', name: 'PUBG Mobile – 60 UC', price: 0.99, inStock: true }),
			expect.objectContaining({
				productId: '102',
				name: 'Netflix – 1 Month',
				price: 4.2,
				currency: 'EUR',
				inStock: false,
			}),
			expect.objectContaining({ productId: '103', name: '103', price: null, currency: null, inStock: null }),
		]);
	});

	it.each([['<b>x</b>'], ['../?#%\'"\\'], ['原神 🎮'], ['y'.repeat(5_000)]])(
		'sends what it is given as it is',
		async (search) => {
			const done = await run(getAll({ filters: { search, category: search } }));
			expect(done.error).toBeUndefined();
			expect(await bodies('product.getAll')).toEqual([{ limit: 50, page: 1, search, category: search }]);
		},
	);

	it('refuses a search that is no text', async () => {
		const done = await run(getAll({ filters: { search: '={{ [1] }}' } }));
		expect(done.error?.message).toBe('Search: expected text, got "[1]"');
		expect(await requests()).toEqual([]);
	});
});

describe('the list of products in the editor', () => {
	async function search(filter?: string, token?: string): Promise<INodeListSearchResult> {
		const saved = node('Node', 'gamesDrop', order(), credentialsFor('gamesDrop'));
		const workflow = workflowOf(bed, { nodes: [saved], connections: {} });
		const context = new LoadOptionsContext(
			workflow,
			saved,
			additionalDataFor(bed, '1', workflow, 'internal'),
			'',
		);
		return await new GamesDrop().methods.listSearch.searchProducts.call(context, filter, token);
	}

	it('is searched and paged by GamesDrop', async () => {
		const first = await search(' genshin ');
		expect(first.results).toHaveLength(50);
		expect(first.paginationToken).toBe('2');
		const second = await search(' genshin ', '2');
		expect(second.results[0]!.value).not.toBe(first.results[0]!.value);
		expect(await bodies('product.getAll')).toEqual([
			{ limit: 50, page: 1, search: 'genshin' },
			{ limit: 50, page: 2, search: 'genshin' },
		]);
	});

	it('shows names and prices, and ends', async () => {
		expect(await search('telegram stars')).toEqual({
			results: [
				{ name: 'Telegram Stars – 50 Stars (0.39 USD)', value: '1101' },
				{ name: 'Telegram Stars – 100 Stars (0.77 USD)', value: '1102' },
				{ name: 'Telegram Stars – 500 Stars (3.83 USD)', value: '1103' },
				{ name: 'Telegram Stars – 1000 Stars (7.65 USD)', value: '1104' },
			],
		});
	});

	it('says why it is empty', async () => {
		await fault('product.getAll', { type: 'refuse', code: 'INVALID_TOKEN' });
		await expect(search()).rejects.toThrow('GamesDrop: Invalid authorization token');
	});
});

describe('product: get', () => {
	const get = (productId: unknown, more: INodeParameters = {}) =>
		({ resource: 'product', operation: 'get', productId, ...more }) as INodeParameters;

	it('gives a product and its price, for each item, linked to it', async () => {
		const done = await run(get('={{ $json.id }}'), [{ id: GIFT }, { id: '999' }]);
		expect(jsonOf(done)).toEqual([
			{
				provider: 'gamesDrop',
				productId: '1001',
				name: 'PUBG MOBILE GIFT – 60 UC',
				type: null,
				quantity: 1,
				unit: 'piece',
				price: 560.1,
				unitPrice: 560.1,
				currency: 'RUB',
				inStock: null,
			},
			expect.objectContaining({ productId: '999', price: 23.09, currency: 'KZT' }),
		]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }]);
		expect(await bodies('product.get')).toEqual(
			expect.arrayContaining([{ offerId: 1001 }, { offerId: 999 }]),
		);
	});

	it('gives the answer untouched when it is not simplified', async () => {
		expect(jsonOf(await run(get(offer(GIFT), { simplify: false })))).toEqual([
			{
				offerId: 1001,
				productName: 'PUBG MOBILE GIFT',
				offerName: '60 UC',
				count: 1,
				price: 560.1,
				currency: 'RUB',
				settlementMethod: 'USDT',
				balanceProfile: 'USDT',
				isSettlementCompatible: true,
				isReturnDataForCustomer: true,
			},
		]);
	});

	it('reads the document’s sample of Telegram Stars, and keys in snake_case', async () => {
		await fault(
			'product.get',
			answer({
				offer_id: 1001,
				product_name: 'Telegram Stars',
				offer_name: '100 Stars',
				price: '0.77',
				currency: { id: 3, code: 'usd' },
			}),
		);
		expect(jsonOf(await run(get(offer(GIFT))))).toEqual([
			expect.objectContaining({
				productId: '1001',
				name: 'Telegram Stars – 100 Stars',
				quantity: 100,
				unit: 'star',
				unitPrice: 0.0077,
				currency: 'USD',
			}),
		]);
	});

	it.each([
		['a name', 'telegram_stars_100', 'telegram_stars_100'],
		['a fraction', '={{ 1001.5 }}', '1001.5'],
		['zeros in front', '0999', '0999'],
		['nothing of the kind', '../balance?#%', '../balance?#%'],
		['a number too large', '99999999999999999999', '99999999999999999999'],
		['a long text', 'x'.repeat(9_000), 'x'.repeat(60)],
		['a minus', '={{ -5 }}', '-5'],
	])('takes only the number of an offer group: %s', async (_, productId, shown) => {
		const done = await run(get(productId));
		expect(done.error?.message).toBe(
			`Product: expected the number of a GamesDrop offer group, got "${shown}"`,
		);
		expect(done.error?.description).toMatch(/Choose the product from the list/);
		expect(dataOf(done)).toEqual({ provider: 'gamesDrop', code: 'INVALID_PARAMETER', outcome: 'rejected' });
		expect(await requests()).toEqual([]);
	});
});

describe('product: getServers', () => {
	const getServers = (productId: unknown) =>
		({ resource: 'product', operation: 'getServers', productId }) as INodeParameters;

	it('gives one item for each server, linked to the item that asked', async () => {
		await fault('product.getServers', answer({ Europe: 'os_euro', America: 'os_usa', Asia: 'os_asia' }), {
			match: { fields: { offerId: GIFT } },
		});
		const done = await run(getServers('={{ $json.id }}'), [{ id: VOUCHER }, { id: GIFT }]);
		expect(jsonOf(done)).toEqual([
			{ name: 'Europe', gameServerId: 'os_euro' },
			{ name: 'America', gameServerId: 'os_usa' },
			{ name: 'Asia', gameServerId: 'os_asia' },
		]);
		expect(links(done)).toEqual([{ item: 1 }, { item: 1 }, { item: 1 }]);
		expect((await requests('product.getServers'))[0]!.path).toBe('/gamesdrop/api/v1/offers/servers');
	});

	it.each([[{}], [[]]])('gives nothing for %j', async (body) => {
		await fault('product.getServers', answer(body));
		const done = await run(getServers(offer(GIFT)));
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual([]);
	});

	it('takes a server of any name', async () => {
		await fault('product.getServers', answer({ error: 'srv-1', message: 2, code: 'srv-3' }));
		expect(jsonOf(await run(getServers(offer(GIFT))))).toEqual([
			{ name: 'error', gameServerId: 'srv-1' },
			{ name: 'message', gameServerId: '2' },
			{ name: 'code', gameServerId: 'srv-3' },
		]);
	});
});

describe('player: validate', () => {
	const validate = (more: INodeParameters = {}): INodeParameters => ({
		resource: 'player',
		operation: 'validate',
		productId: offer(TOP_UP),
		gameUserId: '={{ $json.player }}',
		...more,
	});

	it('gives yes and no as data, linked to the items', async () => {
		const done = await run(validate(), [{ player: PLAYER }, { player: '12' }, { player: 52357322414 }]);
		const valid = {
			valid: true,
			status: 'VALID',
			playerName: 'JJJ',
			productId: String(TOP_UP),
			gameUserId: PLAYER,
			gameServerId: null,
		};
		expect(jsonOf(done)).toEqual([
			valid,
			{ ...valid, valid: false, status: 'INVALID', playerName: null, gameUserId: '12' },
			valid,
		]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
	});

	it('sends the player as text, and a server only when one is given', async () => {
		await run(validate({ gameServerId: '={{ $json.server }}' }), [{ player: 5, server: 1234 }]);
		await run(validate(), [{ player: '007' }]);
		expect(await bodies('player.validate')).toEqual([
			{ offerId: TOP_UP, gameUserId: '5', gameServerId: '1234' },
			{ offerId: TOP_UP, gameUserId: '007' },
		]);
	});

	it.each([200, 400, 404, 422])('takes INVALID for an answer with HTTP %s', async (status) => {
		await fault('player.validate', answer({ status: 'INVALID' }, status));
		const done = await run(validate(), [{ player: PLAYER }]);
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({ valid: false, status: 'INVALID', playerName: null }),
		]);
		expect(await requests('player.validate')).toHaveLength(1);
	});

	it('says neither yes nor no to another word', async () => {
		await fault('player.validate', answer({ status: 'CHECKING', game_user_login: 'J' }));
		const done = await run(validate(), [{ player: PLAYER }]);
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({ valid: null, status: 'CHECKING', playerName: 'J' }),
		]);
	});

	it('is refused like everything else', async () => {
		await fault('player.validate', { type: 'refuse', code: 'OFFER_NOT_FOUND' });
		expect(dataOf(await run(validate(), [{ player: PLAYER }]))).toMatchObject({ code: 'OFFER_NOT_FOUND' });
	});

	it.each([
		['Game User ID: is empty', { player: ' ' }],
		['Game User ID: expected text, got "{"a":1}"', { player: { a: 1 } }],
		['Game User ID: expected text, got "9007199254740993000"', { player: 9007199254740993000 }],
	])('refuses before anything is sent: %s', async (message, item) => {
		expect((await run(validate(), [item as IDataObject])).error?.message).toBe(message);
		expect(await requests()).toEqual([]);
	});
});

describe('telegramUser: get', () => {
	const get = { resource: 'telegramUser', operation: 'get', username: '={{ $json.name }}' };

	it('gives the ID where the user has talked to the bot, linked to the items', async () => {
		const done = await run(get, [{ name: '@igoryan34' }, { name: 'private_person' }, { name: 143594291 }]);
		const igor = {
			resolved: true,
			telegramUserId: '143594291',
			username: 'igoryan34',
			firstName: 'Igor',
			message: 'User account verified successfully',
		};
		expect(jsonOf(done)).toEqual([
			igor,
			{
				resolved: false,
				telegramUserId: null,
				username: 'private_person',
				firstName: 'private_person',
				message: expect.stringMatching(/not publicly available/),
			},
			igor,
		]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
	});

	it('asks the other host, with the same token', async () => {
		await run(get, [{ name: '@igoryan34' }]);
		const [sent] = await requests();
		expect(sent).toMatchObject({
			method: 'POST',
			path: '/gamesdrop-telegram/api/aggregator/a6/telegram/user-info',
		});
		expect(sent!.headers.authorization).toBe(account.key);
		expect(JSON.parse(sent!.body)).toEqual({ username: '@igoryan34' });
	});

	it.each([
		[
			'a name that cannot be one',
			'<b>../?#%',
			{ resolved: false, telegramUserId: null, message: 'Username format is invalid' },
		],
		['letters of all kinds', '名前🎮', { resolved: false, telegramUserId: null }],
		['a long text', 'z'.repeat(9_000), { resolved: false, telegramUserId: null }],
	])('gives an answer to %s', async (_, name, expected) => {
		expect(jsonOf(await run(get, [{ name }]))).toEqual([expect.objectContaining(expected)]);
	});

	it('reads an answer with little in it', async () => {
		await fault('telegramUser.get', answer({ valid: true, userInfo: { id: 0 } }));
		expect(jsonOf(await run(get, [{ name: 'x' }]))).toEqual([
			{ resolved: false, telegramUserId: null, username: null, firstName: null, message: null },
		]);
	});
});

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
			await fault(
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

	it('goes on where the provider gives less at once than it was asked for', async () => {
		const all = Array.from({ length: 45 }, (_, index) => ({ id: index, amount: 1 }));
		for (const page of [1, 2, 3]) {
			await fault(
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
		await fault('transaction.getAll', answer({ transactions }));
		expect(jsonOf(await run(getAll()))).toEqual([
			{ amount: 1 },
			{ amount: 1 },
			{ amount: 2, providerError: 'kept' },
		]);
	});

	it('tells that the store’s token does not work here', async () => {
		bed.credentials.gamesDropDashboardApi = { ...bed.credentials.gamesDropDashboardApi, token: account.key };
		const { error } = await run(getAll());
		expect(error?.message).toBe('GamesDrop: Invalid authorization token');
		expect(error?.description).toMatch(/sign in to the GamesDrop dashboard again/);
		expect(error?.httpCode).toBe('401');
	});
});

describe('order: create', () => {
	it('buys a key at the latest price and says what was sent', async () => {
		const done = await buy({
			productId: offer(GIFT),
			transactionId: 'test112321124214',
			email: 'user@gmail.com',
		});
		expect(jsonOf(done)).toEqual([
			{
				provider: 'gamesDrop',
				orderId: expect.stringMatching(/^\d+$/),
				state: 'completed',
				status: 'COMPLETED',
				productId: '1001',
				recipient: 'user@gmail.com',
				price: 560.1,
				currency: 'RUB',
				codes: [expect.stringMatching(/^\d{12}$/)],
				message: null,
				transactionId: 'test112321124214',
			},
		]);
		expect((await requests()).map(({ operation }) => operation)).toEqual(['product.get', 'order.create']);
		const [sent] = await requests('order.create');
		expect(sent).toMatchObject({ method: 'POST', path: '/gamesdrop/api/v1/offers/create-order' });
		expect(sent!.headers.authorization).toBe(account.key);
		expect(sent!.body).toBe(
			'{"offerId":1001,"price":560.1,"transactionId":"test112321124214","customer":{"email":"user@gmail.com"}}',
		);
		expect(await charges()).toEqual([
			expect.objectContaining({ productId: '1001', amount: 560.1, currency: 'RUB', key: 'test112321124214' }),
		]);
	});

	it('gives the answer untouched when it is not simplified', async () => {
		expect(jsonOf(await buy({ simplify: false, transactionId: 't1' }))).toEqual([
			{
				orderId: expect.any(Number),
				count: 1,
				price: 0.99,
				currency: 'USD',
				offerId: 101,
				productName: 'PUBG Mobile',
				offerName: '60 UC',
				status: 'COMPLETED',
				isReturnDataForCustomer: true,
				key: expect.any(String),
				createdAt: expect.any(String),
			},
		]);
	});

	it('buys once per item, with a transaction ID of its own, and links the items', async () => {
		const done = await buy({ productId: '={{ $json.id }}' }, [{ id: 101 }, { id: '999' }, { id: 101 }]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
		const ids = jsonOf(done).map(({ transactionId }) => transactionId);
		expect(new Set(ids).size).toBe(3);
		for (const id of ids) expect(id).toMatch(DERIVED_KEY);
		expect((await charges()).map(({ key, amount }) => [key, amount])).toEqual([
			[ids[0], 0.99],
			[ids[1], 0],
			[ids[2], 0.99],
		]);
	});

	it('sends customers only what was given, as text, and prices untouched', async () => {
		await bed.sandbox.client.changeProduct({
			provider: 'gamesDrop',
			productId: '101',
			price: 560.1000000001,
		});
		await buy({ transactionId: 'a' });
		await buy({
			transactionId: 'b',
			gameUserId: '={{ 52357322414 }}',
			gameServerId: '={{ 7 }}',
			email: ' a@b.c ',
		});
		await bed.sandbox.client.changeProduct({ provider: 'gamesDrop', productId: '101', price: 0.1 });
		await buy({ transactionId: 'c', gameUserId: '007' });
		expect(await bodies('order.create')).toEqual([
			{ offerId: 101, price: 560.1000000001, transactionId: 'a' },
			{
				offerId: 101,
				price: 560.1000000001,
				transactionId: 'b',
				customer: { gameUserId: '52357322414', gameServerId: '7', email: 'a@b.c' },
			},
			{ offerId: 101, price: 0.1, transactionId: 'c', customer: { gameUserId: '007' } },
		]);
	});

	it('sends Telegram Stars, and takes the price that was charged', async () => {
		const done = await run(stars({ transactionId: 'tg_stars_12345', email: 'user@example.com' }));
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({
				state: 'completed',
				productId: '1102',
				recipient: TELEGRAM_ID,
				price: 0.78,
				currency: 'USD',
				codes: [],
			}),
		]);
	});

	it.each([
		['123456789', 'Failed to deliver Stars: user not found'],
		['123456790', 'Failed to deliver Stars: STARGIFT_INVALID'],
		['123456791', 'Failed to deliver Stars: bot was blocked by user'],
	])('gives an order that was cancelled as it is: %s', async (gameUserId, message) => {
		const done = await run(stars({ gameUserId }));
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({
				state: 'cancelled',
				status: 'CANCELED',
				productId: '1102',
				recipient: gameUserId,
				price: 0.77,
				currency: 'USD',
				message,
			}),
		]);
	});

	it('confirms a price of its own without asking for it', async () => {
		const done = await buy({
			productId: offer(999),
			priceMode: 'fixed',
			price: '={{ "23.09" }}',
			transactionId: 'test_123456',
		});
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({
				state: 'completed',
				price: 23.09,
				currency: 'KZT',
				codes: [expect.any(String)],
			}),
		]);
		expect((await requests()).map(({ operation }) => operation)).toEqual(['order.create']);
	});

	it('is refused at another price', async () => {
		const done = await buy({ productId: offer(999), priceMode: 'fixed', price: 23.1, transactionId: 't' });
		expect(done.error?.message).toBe('GamesDrop: Incorrect product price (key t)');
		expect(done.error?.description).toMatch(
			/Nothing was ordered.*not the one you sell at|Nothing was ordered/,
		);
		expect(dataOf(done)).toEqual({ provider: 'gamesDrop', code: 'WRONG_PRICE', outcome: 'rejected' });
		expect(await charges()).toEqual([]);
	});

	it('keeps what it bought over the tries of Retry On Fail', async () => {
		await fault(
			'order.create',
			{ type: 'refuse', code: 'OUT_OF_STOCK' },
			{ match: { fields: { offerId: 999 } } },
		);
		const done = await buy({ productId: '={{ $json.id }}' }, [{ id: 101 }, { id: 999 }, { id: 1001 }], {
			retryOnFail: true,
			maxTries: 3,
			waitBetweenTries: 1,
		});
		expect(done.error).toBeUndefined();
		expect((await charges()).map(({ productId }) => productId)).toEqual(['101', '999', '1001']);
		expect((await bodies('order.create')).map(({ offerId }) => offerId)).toEqual([101, 999, 999, 1001]);
	});

	it.each([
		['SUBMITTED', 'pending'],
		['PROCESSING', 'processing'],
		['COMPLETED', 'completed'],
		['completed', 'completed'],
		['CANCELED', 'cancelled'],
		['CANCELLED', 'cancelled'],
		['FAILED', 'failed'],
		['REFUND', 'refunded'],
		['Refunded', 'refunded'],
		['ON_HOLD', 'unknown'],
	])('knows the status %s', async (status, state) => {
		await fault('order.create', { type: 'unknownStatus', status });
		expect(jsonOf(await buy())).toEqual([expect.objectContaining({ status, state })]);
	});

	it('is bought and tells what is missing when the answer says little', async () => {
		await fault('order.create', answer({ orderId: 10228902, status: 'CANCELED', message: 'No luck' }));
		expect(jsonOf(await buy({ transactionId: 't', gameUserId: '5' }))).toEqual([
			{
				provider: 'gamesDrop',
				orderId: '10228902',
				state: 'cancelled',
				status: 'CANCELED',
				productId: '101',
				recipient: '5',
				price: 0.99,
				currency: 'USD',
				codes: [],
				message: 'No luck',
				transactionId: 't',
			},
		]);
	});

	it('reads keys in snake_case, and codes in any number', async () => {
		await fault(
			'order.create',
			answer({
				order_id: '7',
				status: 'COMPLETED',
				offer_id: 101,
				price: '0.99',
				currency: 'usd',
				key: ['K-1', 'K-2'],
				fulfillment_data: { telegram_user_id: 5, error_message: 'none' },
				message: 'ORDER_NOT_FOUND',
			}),
		);
		expect(jsonOf(await buy())).toEqual([
			expect.objectContaining({
				orderId: '7',
				codes: ['K-1', 'K-2'],
				recipient: '5',
				currency: 'USD',
				state: 'completed',
			}),
		]);
	});
});

describe('waiting for completion', () => {
	const timeline = [
		{ afterMs: 0, status: 'SUBMITTED' },
		{ afterMs: 500, status: 'PROCESSING' },
		{ afterMs: 1_000, status: 'COMPLETED' },
	];

	it('gives a top-up as it stands when it is not waited for', async () => {
		const done = await run(topUp());
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({ state: 'pending', status: 'SUBMITTED', recipient: PLAYER }),
		]);
	});

	it('asks until the top-up is there', async () => {
		await useAccount({ timeline });
		const done = await run(
			topUp({ transactionId: 't1', options: { waitForCompletion: true, waitTimeout: 10 } }),
		);
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({
				state: 'completed',
				status: 'COMPLETED',
				recipient: PLAYER,
				transactionId: 't1',
			}),
		]);
		const [{ orderId }] = jsonOf(done) as [{ orderId: string }];
		expect((await bodies('order.get'))[0]).toEqual({ orderId: Number(orderId) });
		expect(await charges()).toHaveLength(1);
	});

	it('brings what a key order delivers in the end, untouched too', async () => {
		await useAccount({ timeline });
		const done = await buy({ simplify: false, options: { waitForCompletion: true } });
		expect(jsonOf(done)).toEqual([expect.objectContaining({ status: 'COMPLETED', key: expect.any(String) })]);
	});

	it('gives a top-up that is cancelled meanwhile, which is no failure', async () => {
		await useAccount({ timeline });
		const done = await run(topUp({ gameUserId: '12', options: { waitForCompletion: true } }));
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({ state: 'cancelled', message: 'Failed to deliver top-up: player not found' }),
		]);
	});

	it('gives the order as it stands when the time is up', async () => {
		await useAccount({ timeline: [{ afterMs: 0, status: 'PROCESSING' }] });
		const done = await run(topUp({ options: { waitForCompletion: true, waitTimeout: 1 } }));
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual([expect.objectContaining({ state: 'processing' })]);
	});
});

describe('order: get', () => {
	const get = (more: INodeParameters) => ({ resource: 'order', operation: 'get', ...more });

	it('finds an order by its ID and by its transaction ID, linked to the items', async () => {
		const [bought] = jsonOf(await buy({ transactionId: '={{ "invoice-1" }}' }));
		const { transactionId, ...plain } = bought!;
		const byId = await run(get({ orderId: '={{ $json.id }}' }), [
			{ id: bought!.orderId },
			{ id: Number(bought!.orderId) },
		]);
		expect(jsonOf(byId)).toEqual([plain, plain]);
		expect(links(byId)).toEqual([{ item: 0 }, { item: 1 }]);
		const byTransaction = await run(
			get({ lookUpBy: 'transactionId', transactionId: transactionId as string }),
		);
		expect(jsonOf(byTransaction)).toEqual([plain]);
		expect(await bodies('order.get')).toEqual([
			{ orderId: Number(bought!.orderId) },
			{ orderId: Number(bought!.orderId) },
			{ transactionId: 'invoice-1' },
		]);
	});

	it('gives the order untouched when it is not simplified', async () => {
		const [raw] = jsonOf(await buy({ simplify: false, transactionId: 't' }));
		const found = await run(get({ lookUpBy: 'transactionId', transactionId: 't', simplify: false }));
		expect(jsonOf(found)).toEqual([raw]);
	});

	it('names who received the Stars', async () => {
		const [bought] = jsonOf(await run(stars()));
		const done = await run(get({ orderId: bought!.orderId as string }));
		expect(jsonOf(done)).toEqual([expect.objectContaining({ recipient: TELEGRAM_ID, price: 0.78 })]);
	});

	it.each([
		['Order ID: expected the number GamesDrop gave the order, got "invoice-1"', { orderId: 'invoice-1' }],
		['Order ID: expected the number GamesDrop gave the order, got "../?#%"', { orderId: '../?#%' }],
		['Order ID: is empty', { orderId: '={{ $json.missing }}' }],
		['Transaction ID: is empty', { lookUpBy: 'transactionId', transactionId: '={{ "" }}' }],
		[
			'Transaction ID: expected text, got "true"',
			{ lookUpBy: 'transactionId', transactionId: '={{ true }}' },
		],
	])('refuses before anything is sent: %s', async (message, parameters) => {
		const done = await run(get(parameters as INodeParameters));
		expect(done.error?.message).toBe(message);
		expect(dataOf(done)).toEqual({ provider: 'gamesDrop', code: 'INVALID_PARAMETER', outcome: 'rejected' });
		expect(await requests()).toEqual([]);
	});

	it.each([['<script>'], ['../?#%'], ['тест 🎮'], ['t'.repeat(5_000)]])(
		'looks for any transaction ID',
		async (transactionId) => {
			const done = await run(get({ lookUpBy: 'transactionId', transactionId }));
			expect(dataOf(done)).toMatchObject({ code: 'ORDER_NOT_FOUND' });
			expect(await bodies('order.get')).toEqual([{ transactionId }]);
		},
	);
});

describe('an answer that does not come', () => {
	type Lost = [string, Fault['fault']];
	const ways = (phase: 'before' | 'after'): Lost[] => [
		['a dropped connection', { type: 'drop', phase }],
		['a server that hangs', { type: 'hang', phase }],
		...([500, 502, 503, 504] as const).map((status): Lost => [
			`HTTP ${status}`,
			{ type: 'error', status, phase },
		]),
		...(['html', 'truncated', 'empty', 'wrongShape'] as const).map((kind): Lost => [
			`an unreadable answer (${kind})`,
			{ type: 'unreadable', kind, phase },
		]),
	];
	const quick = { options: { requestTimeout: 1 } };

	it.each(ways('after'))('is looked up by the transaction ID: %s', async (_, what) => {
		await fault('order.create', what);
		const done = await run(stars(quick));
		expect(done.error).toBeUndefined();
		const [{ transactionId }] = jsonOf(done) as [{ transactionId: string }];
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({ state: 'completed', recipient: TELEGRAM_ID, price: 0.78, transactionId }),
		]);
		expect(await bodies('order.get')).toEqual([{ transactionId }]);
		expect(await requests('order.create')).toHaveLength(1);
		expect(await charges()).toHaveLength(1);
	});

	it.each(ways('before'))('leaves the outcome unknown when nothing is found: %s', async (_, what) => {
		await fault('order.create', what);
		const done = await buy({ transactionId: 'invoice-9', ...quick });
		expect(dataOf(done)).toMatchObject({ provider: 'gamesDrop', outcome: 'unknown' });
		expect(done.error?.message).toMatch(/^The outcome of this purchase is unknown.*\(key invoice-9\)$/);
		expect(done.error?.description).toMatch(/Order: Get by Transaction ID "invoice-9"/);
		expect(await requests('order.create')).toHaveLength(1);
		expect(await charges()).toEqual([]);
	});

	it('delivers the key that was bought', async () => {
		await fault('order.create', { type: 'drop', phase: 'after' });
		expect(jsonOf(await buy(quick))).toEqual([
			expect.objectContaining({ codes: [expect.stringMatching(/^\d{12}$/)] }),
		]);
	});

	it('finds an order that appears a little later', async () => {
		await fault('order.create', { type: 'drop', phase: 'after' });
		await fault('order.get', { type: 'refuse', code: 'ORDER_NOT_FOUND' });
		expect(jsonOf(await buy())).toEqual([expect.objectContaining({ state: 'completed' })]);
		expect(await requests('order.get')).toHaveLength(2);
	});

	it.each([
		['refused', { type: 'refuse', code: 'INVALID_TOKEN' } as const],
		['never answered', { type: 'hang' } as const],
		['dropped', { type: 'drop' } as const],
	])('leaves the outcome unknown when the look is %s, and the same ID finds it later', async (_, what) => {
		await fault('order.create', { type: 'drop', phase: 'after' });
		const { id } = await fault('order.get', what, { times: -1 });
		const done = await buy({ transactionId: 'invoice-9', ...quick });
		expect(dataOf(done)).toEqual({ provider: 'gamesDrop', code: null, outcome: 'unknown' });
		expect(done.error?.description).toMatch(/GamesDrop takes each Transaction ID once/);

		await bed.sandbox.client.clearFaults({ id });
		const again = await buy({ transactionId: 'invoice-9', ...quick });
		expect(jsonOf(again)).toEqual([
			expect.objectContaining({ state: 'completed', codes: [expect.any(String)] }),
		]);
		expect(await charges()).toHaveLength(1);
	});

	it('does not pass another order under the same ID for this one', async () => {
		const [earlier] = jsonOf(await buy({ transactionId: 'shared' }));
		await fault('order.create', { type: 'drop', phase: 'before' });
		const done = await run(stars({ transactionId: 'shared', ...quick }));
		expect(dataOf(done)).toEqual({ provider: 'gamesDrop', code: null, outcome: 'unknown' });
		expect(done.error?.description).toContain(
			`GamesDrop has order ${String(earlier!.orderId)} (COMPLETED, product 101)`,
		);
		expect(done.error?.description).not.toContain((earlier!.codes as string[])[0]);
		expect(await charges()).toHaveLength(1);
	});

	it('is not sent again by Retry On Fail', async () => {
		await fault('order.create', { type: 'error', status: 502 });
		const done = await buy(quick, [{}], { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 });
		expect(dataOf(done)).toMatchObject({ outcome: 'unknown' });
		expect(await requests('order.create')).toHaveLength(1);
	});

	it('takes no redirect', async () => {
		await fault('order.create', { type: 'redirect', status: 307 });
		expect(dataOf(await buy(quick))).toMatchObject({ outcome: 'rejected' });
		await fault('order.create', { type: 'redirect', status: 302 });
		expect(dataOf(await buy(quick))).toMatchObject({ outcome: 'unknown' });
		expect(await charges()).toEqual([]);
	});
});

describe('a transaction ID that was used before', () => {
	it('brings the order back when it is the same: no recipient on either side', async () => {
		const [first] = jsonOf(await buy({ transactionId: 'invoice-1' }));
		const again = await buy({ transactionId: 'invoice-1' });
		expect(jsonOf(again)).toEqual([first]);
		expect(await charges()).toHaveLength(1);
	});

	it('brings the order back when it is the same: Stars for the same account', async () => {
		const [first] = jsonOf(await run(stars({ transactionId: 'invoice-1' })));
		expect(jsonOf(await run(stars({ transactionId: 'invoice-1' })))).toEqual([first]);
		expect(await charges()).toHaveLength(1);
	});

	it.each([
		['another product', stars({ transactionId: 'used' }), 'order %s (COMPLETED, product 101)'],
		[
			'a recipient the order does not name',
			order({ transactionId: 'used', gameUserId: PLAYER }),
			'order %s (COMPLETED, product 101)',
		],
		[
			'a customer the order does not name',
			order({ transactionId: 'used', email: 'a@b.c' }),
			'order %s (COMPLETED, product 101)',
		],
	])('is refused for %s', async (_, parameters, named) => {
		const [earlier] = jsonOf(await buy({ transactionId: 'used' }));
		const done = await run(parameters);
		expect(done.error?.message).toBe(
			`This Transaction ID was used before, for ${named.replace('%s', String(earlier!.orderId))} (key used)`,
		);
		expect(done.error?.description).toMatch(/Nothing was ordered now.*use another Transaction ID/);
		expect(done.error?.httpCode).toBe('409');
		expect(dataOf(done)).toEqual({
			provider: 'gamesDrop',
			code: 'TRANSACTION_DUPLICATE',
			outcome: 'rejected',
		});
		expect(JSON.stringify([done.error?.message, done.error?.description])).not.toContain(
			(earlier!.codes as string[])[0],
		);
		expect(await charges()).toHaveLength(1);
	});

	it('is refused for another account', async () => {
		await run(stars({ transactionId: 'used' }));
		const done = await run(stars({ transactionId: 'used', gameUserId: '777000777' }));
		expect(dataOf(done)).toMatchObject({ code: 'TRANSACTION_DUPLICATE', outcome: 'rejected' });
		expect((await charges()).map(({ recipient }) => recipient)).toEqual([TELEGRAM_ID]);
	});

	it('is refused for an order that was cancelled and names no product', async () => {
		const [cancelled] = jsonOf(await run(stars({ transactionId: 'used', gameUserId: '123456789' })));
		const done = await run(stars({ transactionId: 'used', gameUserId: '123456789' }));
		expect(done.error?.message).toBe(
			`This Transaction ID was used before, for order ${String(cancelled!.orderId)} (CANCELED) (key used)`,
		);
	});

	it('is refused when the order cannot be looked up', async () => {
		await buy({ transactionId: 'used' });
		await fault('order.get', { type: 'refuse', code: 'ORDER_NOT_FOUND' });
		const done = await buy({ transactionId: 'used' });
		expect(done.error?.message).toMatch(
			/^This Transaction ID was used for an order before, which could not be looked up/,
		);
		expect(dataOf(done)).toEqual({
			provider: 'gamesDrop',
			code: 'TRANSACTION_DUPLICATE',
			outcome: 'rejected',
		});
	});
});

describe('what GamesDrop refuses', () => {
	const documented: Array<[code: string, httpCode: string, message: string, description: RegExp]> = [
		['INVALID_TOKEN', '401', 'Invalid authorization token', /enter the token of your store/],
		['OFFER_NOT_FOUND', '404', 'Product not found or no access', /Choose the product from the list again/],
		['OUT_OF_STOCK', '409', 'Offer is out of stock', /Order again later/],
		['WRONG_PRICE', '400', 'Incorrect product price', /Price Mode "Latest"/],
		['ORDER_NOT_FOUND', '404', 'Order not found', /Check the ID/],
		['ORDER_NOT_PROCESSING', '409', 'Order is not yet processing', /Wait until/],
		['ORDER_NOT_COMPLETED', '409', 'Order is not yet completed', /up to 60 minutes/],
		['ORDER_ALREADY_CANCELED', '409', 'Order is already canceled', /another Transaction ID/],
		['ORDER_ALREADY_REFUNDED', '409', 'Order is already refunded', /another Transaction ID/],
		['INVALID_REQUEST_BODY', '400', 'Invalid request format', /top-ups need Game User ID/],
		['INSUFFICIENT_BALANCE', '402', 'Insufficient account balance', /kept in USD/],
	];

	it.each(documented)('is an error for the user: %s', async (code, httpCode, message, description) => {
		await fault('order.create', { type: 'refuse', code });
		const done = await buy({ transactionId: 't' });
		expect(done.error?.message).toBe(`GamesDrop: ${message} (key t)`);
		expect(done.error?.description).toMatch(description);
		expect(done.error?.httpCode).toBe(httpCode);
		expect(done.error?.context?.itemIndex).toBe(0);
		expect(dataOf(done)).toEqual({ provider: 'gamesDrop', code, outcome: 'rejected' });
		expect(await requests('order.create')).toHaveLength(1);
	});

	it.each(['SERVICE_UNAVAILABLE', 'BALANCE_UNAVAILABLE'])(
		'may have been bought all the same with a 5xx: %s',
		async (code) => {
			await fault('order.create', { type: 'refuse', code });
			const done = await buy({ transactionId: 't', options: { requestTimeout: 1 } });
			expect(dataOf(done)).toEqual({ provider: 'gamesDrop', code, outcome: 'unknown' });
			expect(done.error?.httpCode).toBe('503');
		},
	);

	it.each(['SERVICE_UNAVAILABLE', 'BALANCE_UNAVAILABLE'])('is refused with a clear no: %s', async (code) => {
		await fault('order.create', answer({ code, message: 'Later' }, 409));
		const done = await buy({ transactionId: 't' });
		expect(done.error?.message).toBe('GamesDrop: Later (key t)');
		expect(done.error?.description).toBe('Try again later.');
		expect(dataOf(done)).toEqual({ provider: 'gamesDrop', code, outcome: 'rejected' });
	});

	it.each([
		[
			'error.code',
			{ error: { code: 'WRONG_PRICE', message: 'Price moved' } },
			400,
			'WRONG_PRICE',
			'Price moved',
		],
		[
			'error',
			{ error: 'WRONG_PRICE' },
			400,
			'WRONG_PRICE',
			'the confirmed price is not the price of the product any more',
		],
		[
			'code in small letters',
			{ code: 'wrong_price' },
			400,
			'WRONG_PRICE',
			'the confirmed price is not the price of the product any more',
		],
		[
			'message alone',
			{ message: 'WRONG_PRICE' },
			400,
			'WRONG_PRICE',
			'the confirmed price is not the price of the product any more',
		],
		[
			'NestJS',
			{
				statusCode: 400,
				message: ['price must be a number', 'offerId must be a number'],
				error: 'Bad Request',
			},
			400,
			'Bad Request',
			'price must be a number; offerId must be a number',
		],
		[
			'NestJS with a code',
			{ statusCode: 404, message: 'OFFER_NOT_FOUND', error: 'Not Found' },
			404,
			'OFFER_NOT_FOUND',
			'Not Found',
		],
		[
			'HTTP 200',
			{ code: 'INSUFFICIENT_BALANCE', message: 'Too little' },
			200,
			'INSUFFICIENT_BALANCE',
			'Too little',
		],
		[
			'HTTP 201 and a nested code',
			{ success: false, error: { code: 'OUT_OF_STOCK' } },
			201,
			'OUT_OF_STOCK',
			'the product is out of stock',
		],
		[
			'an unknown code',
			{ code: 'REGION_LOCKED', message: 'Not in your region' },
			403,
			'REGION_LOCKED',
			'Not in your region',
		],
	])('is read from %s', async (_, body, status, code, words) => {
		await fault('order.create', answer(body, status));
		const done = await buy({ transactionId: 't' });
		expect(done.error?.message).toBe(`GamesDrop: ${words} (key t)`);
		expect(dataOf(done)).toEqual({ provider: 'gamesDrop', code, outcome: 'rejected' });
		expect(done.error?.httpCode).toBe(String(status));
	});

	it.each([
		[401, /enter the token of your store/],
		[422, /Check the values of the node/],
		[429, /Wait a little/],
	])('comes with advice for HTTP %s where its code is new', async (status, description) => {
		await fault('order.create', answer({ code: 'NEW', message: 'No' }, status));
		const done = await buy({ transactionId: 't' });
		expect(done.error?.message).toBe('GamesDrop: No (key t)');
		expect(done.error?.description).toMatch(description);
		expect(dataOf(done)).toEqual({ provider: 'gamesDrop', code: 'NEW', outcome: 'rejected' });
	});

	it('is told by its status where nothing can be read', async () => {
		await fault('order.create', answer('<html>Forbidden</html>', 403));
		const done = await buy({ transactionId: 't' });
		expect(done.error?.message).toBe('GamesDrop did not accept the key of the credential (HTTP 403) (key t)');
		expect(dataOf(done)).toEqual({ provider: 'gamesDrop', code: null, outcome: 'rejected' });
	});

	it.each(documented)('is told for reads as well: %s', async (code, httpCode, message) => {
		await fault('product.get', { type: 'refuse', code });
		const done = await run({ resource: 'product', operation: 'get', productId: offer(GIFT) });
		expect(done.error?.message).toBe(`GamesDrop: ${message}`);
		expect(done.error?.httpCode).toBe(httpCode);
		expect(dataOf(done)).toEqual({ provider: 'gamesDrop', code, outcome: 'rejected' });
	});

	it.each(['SERVICE_UNAVAILABLE', 'BALANCE_UNAVAILABLE', 'RATE_LIMITED'])(
		'is asked again where that helps: %s',
		async (code) => {
			await fault('product.get', { type: 'refuse', code });
			const done = await run({ resource: 'product', operation: 'get', productId: offer(GIFT) });
			expect(jsonOf(done)).toHaveLength(1);
			expect(await requests('product.get')).toHaveLength(2);
		},
	);

	it('never shows the token or a key', async () => {
		await fault(
			'order.create',
			answer({ code: 'INVALID_TOKEN', message: `Token ${account.key} is not valid` }, 401),
		);
		const done = await buy();
		expect(JSON.stringify([done.error, done.error?.message, done.error?.description])).not.toContain(
			account.key,
		);
	});

	it('comes from the provider itself: unknown, hidden, sold out, poor, incomplete', async () => {
		await useAccount({ balance: 0.5 });
		expect(dataOf(await buy({ productId: offer(4) }))).toMatchObject({ code: 'OFFER_NOT_FOUND' });
		expect(dataOf(await buy())).toMatchObject({ code: 'INSUFFICIENT_BALANCE' });
		await bed.sandbox.client.changeProduct({ provider: 'gamesDrop', productId: '101', available: false });
		expect(dataOf(await buy())).toMatchObject({ code: 'OUT_OF_STOCK' });
		expect((await run(stars({ gameUserId: '@igoryan34' }))).error?.message).toMatch(/^GamesDrop: /);
		expect(dataOf(await buy({ productId: offer(TOP_UP) }))).toMatchObject({ code: 'INVALID_REQUEST_BODY' });
		bed.credentials.gamesDropApi = { ...bed.credentials.gamesDropApi, token: 'wrong' };
		expect(dataOf(await buy())).toMatchObject({ code: 'INVALID_TOKEN' });
		expect(await charges()).toEqual([]);
	});
});

describe('what fails while the rest goes on', () => {
	const failed = {
		error: 'GamesDrop: Product not found or no access',
		details: { provider: 'gamesDrop', code: 'OFFER_NOT_FOUND', outcome: 'rejected' },
	};
	const unplaced = { ...failed, error: `${failed.error} (key t-4)` };
	const bad = { id: 4 };
	const runs: Array<[string, IDataObject[]]> = [
		['the first item', [bad, { id: 101 }]],
		['a later item', [{ id: 101 }, bad, { id: 999 }]],
	];
	const buying = order({ productId: '={{ $json.id }}', transactionId: '={{ "t-" + $json.id }}' });
	const reading: INodeParameters = { resource: 'product', operation: 'get', productId: '={{ $json.id }}' };

	it.each(runs)('is an item of its own with Continue On Fail: %s', async (_, items) => {
		for (const [parameters, item] of [
			[buying, unplaced],
			[reading, failed],
		] as const) {
			const done = await run(parameters, items, { onError: 'continueRegularOutput' });
			expect(done.error).toBeUndefined();
			expect(links(done)).toEqual(items.map((_item, index) => ({ item: index })));
			expect(jsonOf(done)).toEqual(
				items.map(({ id }) => (id === bad.id ? item : expect.objectContaining({ productId: String(id) }))),
			);
		}
		expect(await charges()).toHaveLength(items.length - 1);
	});

	it.each(runs)('goes to the error output: %s', async (_, items) => {
		for (const [parameters, item] of [
			[buying, unplaced],
			[reading, failed],
		] as const) {
			const done = await run(parameters, items, { onError: 'continueErrorOutput' });
			// n8n puts the fields of the input item beside it.
			expect(jsonOf(done, 'Node', 1)).toEqual([{ ...bad, ...item }]);
			expect(links(done, 1)).toEqual([{ item: items.indexOf(bad) }]);
			expect(jsonOf(done).map(({ productId }) => productId)).toEqual(
				items.filter((one) => one !== bad).map(({ id }) => String(id)),
			);
			expect(links(done)).toEqual(items.flatMap((one, index) => (one === bad ? [] : [{ item: index }])));
		}
	});

	it('stops the run otherwise, naming what was bought before', async () => {
		const done = await run(buying, [{ id: 101 }, bad, { id: 999 }]);
		expect(done.error?.context?.itemIndex).toBe(1);
		expect(dataOf(done)).toEqual({
			...failed.details,
			placed: [{ item: 0, orderId: expect.stringMatching(/^\d+$/), key: 't-101' }],
		});
		expect(await charges()).toHaveLength(1);
	});

	it.each([
		[
			'product: getAll',
			{ resource: 'product', operation: 'getAll', limit: '={{ $json.limit }}' },
			{ limit: 0 },
			{ limit: 1 },
		],
		[
			'product: getServers',
			{ resource: 'product', operation: 'getServers', productId: '={{ $json.id }}' },
			{ id: 'x' },
			{ id: TOP_UP },
		],
		[
			'player: validate',
			{ resource: 'player', operation: 'validate', productId: offer(TOP_UP), gameUserId: '={{ $json.id }}' },
			{ id: '' },
			{ id: PLAYER },
		],
		[
			'telegramUser: get',
			{ resource: 'telegramUser', operation: 'get', username: '={{ $json.id }}' },
			{ id: '' },
			{ id: 'igoryan34' },
		],
		[
			'transaction: getAll',
			{ resource: 'transaction', operation: 'getAll', limit: '={{ $json.limit }}' },
			{ limit: 'x' },
			{ limit: 1 },
		],
		[
			'order: get',
			{ resource: 'order', operation: 'get', lookUpBy: 'transactionId', transactionId: '={{ $json.id }}' },
			{ id: 'nope' },
			{ id: 'there' },
		],
	])('works for %s', async (name, parameters, wrong, right) => {
		if (name === 'order: get') await buy({ transactionId: 'there' });
		if (name === 'product: getServers')
			await fault('product.getServers', answer({ Europe: 'eu' }), { times: -1 });
		for (const items of [
			[wrong, right],
			[right, wrong],
		] as IDataObject[][]) {
			const done = await run(parameters as INodeParameters, items, { onError: 'continueErrorOutput' });
			const at = items.indexOf(wrong as IDataObject);
			expect(links(done, 1)).toEqual([{ item: at }]);
			expect(jsonOf(done, 'Node', 1)).toEqual([
				expect.objectContaining({
					error: expect.any(String),
					details: expect.objectContaining({ provider: 'gamesDrop', outcome: 'rejected' }),
				}),
			]);
			expect(links(done)).toEqual([{ item: 1 - at }]);
		}
	});
});

describe('Max Price', () => {
	const below = (maxPrice: unknown, more: INodeParameters = {}) =>
		({ transactionId: 't', options: { maxPrice }, ...more }) as INodeParameters;
	const setPrice = async (price: number) =>
		await bed.sandbox.client.changeProduct({ provider: 'gamesDrop', productId: '101', price });

	it('lets an order through that costs as much', async () => {
		expect(jsonOf(await buy(below(0.99)))).toEqual([expect.objectContaining({ price: 0.99 })]);
	});

	it.each([
		['the latest price', below(0.98), 'The order would cost 0.99 USD, above the Max Price of 0.98 USD'],
		[
			'in the currency of the product',
			below(500, { productId: offer(GIFT) }),
			'The order would cost 560.1 RUB, above the Max Price of 500 RUB',
		],
		[
			'a fixed price above it',
			below(1, { priceMode: 'fixed', price: 1.01 }),
			'The order would cost 1.01 USD, above the Max Price of 1 USD',
		],
		[
			'a quote above it, whatever the fixed price',
			below(0.5, { priceMode: 'fixed', price: 0.4 }),
			'The order would cost 0.99 USD, above the Max Price of 0.5 USD',
		],
	])('refuses before ordering: %s', async (_, parameters, message) => {
		const done = await buy(parameters);
		expect(done.error?.message).toBe(message);
		expect(dataOf(done)).toEqual({ provider: 'gamesDrop', code: 'MAX_PRICE_EXCEEDED', outcome: 'rejected' });
		expect(await requests('order.create')).toEqual([]);
	});

	it('checks every item before it buys the first, and asks once for the same product', async () => {
		const done = await buy(
			below(1, { productId: '={{ $json.id }}', transactionId: '={{ "t" + $itemIndex }}' }),
			[{ id: 101 }, { id: 101 }, { id: GIFT }],
		);
		expect(done.error?.context?.itemIndex).toBe(2);
		expect(await bodies('product.get')).toEqual(
			expect.arrayContaining([{ offerId: 101 }, { offerId: GIFT }]),
		);
		expect(await requests('product.get')).toHaveLength(2);
		expect(await charges()).toEqual([]);
	});

	it('asks again right before ordering, and holds the ceiling then', async () => {
		await fault('product.get', answer({ offerId: 101, price: 0.5, currency: 'USD' }));
		const done = await buy(below(0.6));
		expect(done.error?.message).toBe('The order would cost 0.99 USD, above the Max Price of 0.6 USD (key t)');
		expect(dataOf(done)).toEqual({ provider: 'gamesDrop', code: 'MAX_PRICE_EXCEEDED', outcome: 'rejected' });
		expect(await requests('order.create')).toEqual([]);
	});

	it('confirms the price of that moment', async () => {
		await fault('product.get', answer({ offerId: 101, price: 0.5, currency: 'USD' }));
		await setPrice(0.75);
		expect(jsonOf(await buy(below(0.8)))).toEqual([expect.objectContaining({ price: 0.75 })]);
	});

	it.each([
		['with a ceiling', below(1)],
		['without one', { transactionId: 't' }],
	])('orders nothing when no price is quoted: %s', async (_, parameters) => {
		await fault('product.get', answer({ offerId: 101, productName: 'PUBG', price: null }), { times: -1 });
		const done = await buy(parameters);
		expect(dataOf(done)).toEqual({ provider: 'gamesDrop', code: 'PRICE_UNKNOWN', outcome: 'rejected' });
		expect(await requests('order.create')).toEqual([]);
	});

	it('orders nothing when the price cannot be read right before', async () => {
		await fault('product.get', { type: 'refuse', code: 'OFFER_NOT_FOUND' });
		const done = await buy({ transactionId: 't' });
		expect(dataOf(done)).toEqual({ provider: 'gamesDrop', code: 'OFFER_NOT_FOUND', outcome: 'rejected' });
		expect(await requests('order.create')).toEqual([]);
	});
});

describe('what users and expressions enter', () => {
	it.each([
		['Price: expected the price GamesDrop quotes, got 0', { priceMode: 'fixed', price: 0 }],
		['Price: expected the price GamesDrop quotes, got -1', { priceMode: 'fixed', price: -1 }],
		['Price: expected the price GamesDrop quotes, got nothing', { priceMode: 'fixed', price: '={{ "" }}' }],
		['Price: expected a number, got "23,09"', { priceMode: 'fixed', price: '23,09' }],
		['Price Mode: expected one of latest, fixed, got "cheap"', { priceMode: '={{ "cheap" }}' }],
		['Product: is empty', { productId: '={{ $json.missing }}' }],
		['Product: expected text, got "{"id":1}"', { productId: '={{ {id: 1} }}' }],
		['Game User ID: expected text, got "[1]"', { gameUserId: '={{ [1] }}' }],
		['Email: expected text, got "true"', { email: '={{ true }}' }],
		['Transaction ID: expected text, got "{}"', { transactionId: '={{ ({}) }}' }],
		['Max Price: expected a number, got "cheap"', { options: { maxPrice: 'cheap' } }],
		['Request Timeout: expected a number of at least 1, got 0', { options: { requestTimeout: 0 } }],
	])('is refused before anything is sent: %s', async (message, parameters) => {
		const done = await buy(parameters as INodeParameters);
		expect(done.error?.message).toBe(message);
		expect(dataOf(done)).toEqual({ provider: 'gamesDrop', code: 'INVALID_PARAMETER', outcome: 'rejected' });
		expect(await requests()).toEqual([]);
	});

	it.each([
		['markup', '<script>alert(1)</script>'],
		['a path', '../../balance?x=1#%2e'],
		['letters of all kinds', '名前 🎮'],
		['quotes', `'"; DROP TABLE orders; --\\`],
		['20,000 letters', 'x'.repeat(20_000)],
	])('arrives as it is: %s', async (_, text) => {
		const done = await buy({ transactionId: text, gameUserId: text, gameServerId: text, email: text });
		expect(done.error).toBeUndefined();
		expect(await bodies('order.create')).toEqual([
			{
				offerId: 101,
				price: 0.99,
				transactionId: text,
				customer: { gameUserId: text, gameServerId: text, email: text },
			},
		]);
		expect(jsonOf(done)).toEqual([expect.objectContaining({ recipient: text, transactionId: text })]);
	});
});
