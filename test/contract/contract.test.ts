import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { IHttpRequestOptions } from 'n8n-workflow';
import { z } from 'zod';

import { TgMarketApi } from '../../credentials/TgMarketApi.credentials';
import { connection } from '../../nodes/TgMarket/api';
import type { FaultSpec } from '../../sandbox/faults';
import type { ProviderName } from '../../sandbox/provider';
import { main } from '../../scripts/contract/cli';
import { tgMarketRequests } from '../../scripts/contract/documented';
import { compareWithDocument } from '../../scripts/contract/fields';
import { checkedProviders } from '../../scripts/contract/providers';
import { NotPermitted, permittedAs, readOnlyContext, RecordingApi } from '../../scripts/contract/readOnly';
import { check, type Report } from '../../scripts/contract/run';
import { api, useSandbox } from '../sandbox/support';

const sandbox = useSandbox();
const names = checkedProviders().map(({ name }) => name);

/** Orders of each kind, placed behind the check's back. */
let orders: Record<string, string> = {};

beforeAll(async () => {
	const { teleKartStars, tgMarket, tribute, gamesDrop } = sandbox().providers;
	const tele = api(teleKartStars.baseUrl, { authorization: `Bearer ${teleKartStars.apiKey}` });
	const market = api(tgMarket.baseUrl, { authorization: `Bearer ${tgMarket.apiKey}` });
	const games = api(gamesDrop.baseUrl, { authorization: gamesDrop.token });
	const [gift, stars, premium, key] = await Promise.all([
		tele.post('/api/v1/orders', { product_id: 'gift_h_rose', target: '@someone' }),
		market.post('/api/v2/stars', { username: 'someone', amount: 100 }),
		market.post('/api/v2/premium', { username: 'someone', duration: 3 }),
		games.post('/api/v1/offers/create-order', { offerId: 999, price: 23.09, transactionId: 'invoice-1' }),
	]);
	await games.post('/api/v1/offers/create-order', {
		offerId: 1101,
		price: 0.39,
		transactionId: 'invoice-2',
		customer: { gameUserId: '143594291' },
	});
	const shop = api(tribute.baseUrl, { 'api-key': tribute.apiKey });
	const link = await shop.post('/api/v1/shop/orders', {
		...{ title: 'Guitar course', description: 'Twelve lessons', amount: 100_000, currency: 'rub' },
		...{ period: 'monthly', customerId: 'chat 7' },
	});
	await sandbox().client.playTributeOrder({ orderId: link.body.uuid, event: 'paid' });
	orders = {
		TELEKART_STARS_ORDER_ID: gift.body.data.order_id,
		TG_MARKET_STARS_ORDER_ID: String(stars.body.order_id),
		TG_MARKET_PREMIUM_ORDER_ID: String(premium.body.order_id),
		GAMES_DROP_ORDER_ID: String(key.body.orderId),
		GAMES_DROP_TRANSACTION_ID: 'invoice-2',
		GAMES_DROP_TELEGRAM_USERNAME: '@igoryan34',
	};
});

afterEach(async () => {
	await sandbox().client.clearFaults();
});

/** What the environment holds for the sandbox's accounts. */
function environment(): Record<string, string> {
	const { teleKartStars, tgMarket, tribute, aiMarket, gamesDrop } = sandbox().providers;
	return {
		TELEKART_STARS_API_KEY: teleKartStars.apiKey,
		TELEKART_STARS_BASE_URL: teleKartStars.baseUrl,
		TG_MARKET_API_KEY: tgMarket.apiKey,
		TG_MARKET_BASE_URL: tgMarket.baseUrl,
		TRIBUTE_API_KEY: tribute.apiKey,
		TRIBUTE_BASE_URL: tribute.baseUrl,
		AI_MARKET_API_KEY: aiMarket.apiKey,
		AI_MARKET_BASE_URL: aiMarket.baseUrl,
		GAMES_DROP_TOKEN: gamesDrop.token,
		GAMES_DROP_DASHBOARD_TOKEN: gamesDrop.dashboardToken,
		GAMES_DROP_BASE_URL: gamesDrop.baseUrl,
		GAMES_DROP_TELEGRAM_BASE_URL: gamesDrop.telegramBaseUrl,
		...orders,
	};
}

async function report(name: string, changes: Record<string, string> = {}): Promise<Report> {
	const provider = checkedProviders().find((candidate) => candidate.name === name)!;
	return await check(provider, { ...environment(), ...changes });
}

async function run(args: string[], variables: Record<string, string | undefined> = environment()) {
	const lines: string[] = [];
	const code = await main(args, variables, (text) => lines.push(text));
	return { code, text: lines.join('\n') };
}

const fault = async (provider: ProviderName, operation: string, spec: FaultSpec['fault']) =>
	await sandbox().client.addFault({ provider, operation, fault: spec, times: -1 });

/** A 200 with this body. */
const answers = (body: unknown): FaultSpec['fault'] => ({ type: 'refuse', status: 200, body });

const requestsSoFar = async () => (await sandbox().client.requests()).requests.length;

const findingsOf = ({ rows }: Report, name: string) => rows.find((row) => row.name === name)!.findings;

describe('an account whose answers are as documented', () => {
	it.each(names)('%s: everything is read, nothing differs', async (name) => {
		const { rows, failed } = await report(name);
		expect(failed).toBe(false);
		expect(rows.filter(({ result }) => result !== 'read')).toEqual([]);
		expect(rows.flatMap(({ findings }) => findings)).toEqual([]);
	});

	it('distinguishes an unknown player or order from a difference', async () => {
		const { rows, failed } = await report('gamesDrop', {
			GAMES_DROP_PLAYER_ID: '1',
			GAMES_DROP_ORDER_ID: '1',
		});
		expect(rows.find(({ name }) => name === 'player')).toMatchObject({ result: 'read', findings: [] });
		expect(rows.find(({ name }) => name === 'order')).toMatchObject({
			result: 'not read',
			summary: 'GamesDrop: Order not found',
		});
		expect(failed).toBe(true);
	});

	it('skips what no variable names', async () => {
		const { rows, failed } = await report('tgMarket', { TG_MARKET_STARS_ORDER_ID: '' });
		expect(rows.find(({ name }) => name === 'order: stars')).toEqual({
			name: 'order: stars',
			result: 'skipped',
			summary: 'set TG_MARKET_STARS_ORDER_ID to read it',
			asked: [],
			findings: [],
		});
		expect(failed).toBe(false);
	});
});

describe('it never buys', () => {
	it('charges nothing and sends only requests that read, also when answers fail', async () => {
		const { client } = sandbox();
		const before = await client.charges();
		const asked = await requestsSoFar();
		for (const name of names) await report(name);
		for (const name of names)
			await client.addFault({
				provider: name as ProviderName,
				times: -1,
				fault: { type: 'unreadable', kind: 'wrongShape' },
			});
		for (const name of names) expect(await report(name)).toMatchObject({ failed: true });

		expect(await client.charges()).toEqual(before);
		const ours = (await client.requests()).requests.slice(asked);
		expect(ours.length).toBeGreaterThan(40);
		expect([...new Set(ours.map(({ operation }) => operation))].sort()).toEqual([
			'balance.get',
			'order.get',
			'order.getAll',
			'order.getTransactions',
			'physicalOrder.get',
			'physicalOrder.getAll',
			'player.validate',
			'product.get',
			'product.getAll',
			'product.getServers',
			'telegramUser.get',
			'transaction.getAll',
		]);
	});

	const values = () => ({ ...sandbox().providers.tgMarket });
	const permitted = Object.keys(tgMarketRequests);
	const context = () => readOnlyContext({ credential: new TgMarketApi(), values: values(), permitted });
	const send = async (method: IHttpRequestOptions['method'], url: string) =>
		await context().helpers.httpRequestWithAuthentication.call(context() as never, 'tgMarketApi', {
			method,
			url,
			body: { username: 'someone', amount: 100 },
		});

	it.each<[IHttpRequestOptions['method'], string]>([
		['POST', 'ORIGIN/api/v2/stars'],
		['POST', 'ORIGIN/api/v2/premium'],
		['POST', 'ORIGIN/api/v2/balance'],
		['GET', 'ORIGIN/api/v2/stars'],
		['GET', 'ORIGIN/api/v2/order/1/../../stars'],
		['GET', 'ORIGIN/api/v2/order/%2e%2e%2fstars'],
		['GET', 'ORIGIN/api/v2/order/1?wait=true'],
		['GET', 'ORIGIN//api/v2/balance'],
		['GET', 'ORIGIN.example.com/api/v2/balance'],
		['GET', 'OTHER/api/v2/balance'],
	])('refuses %s %s', async (method, address) => {
		const { baseUrl } = values();
		const url = address
			.replace('ORIGIN', baseUrl)
			.replace('OTHER', baseUrl.replace('127.0.0.1', 'localhost'));
		const before = await requestsSoFar();
		await expect(send(method, url)).rejects.toThrow(NotPermitted);
		expect(await requestsSoFar()).toBe(before);
	});

	it('permits what only reads', async () => {
		expect(await send('GET', `${values().baseUrl}/api/v2/balance`)).toMatchObject({ statusCode: 200 });
	});

	it('refuses purchases of the nodes, and reads that are not on the list, before they reach n8n', async () => {
		const watched = new RecordingApi(context(), connection, values(), permitted, () => {});
		const purchase = { method: 'POST', path: '/api/v2/stars', body: {} } as const;
		await expect(watched.buy(purchase)).rejects.toThrow(NotPermitted);
		await expect(watched.buyIdempotently(purchase)).rejects.toThrow(NotPermitted);
		await expect(watched.read(purchase, z.unknown())).rejects.toThrow(NotPermitted);
		// With other limits the connection is another one, and the list still holds.
		const before = await requestsSoFar();
		await expect(watched.within({ timeout: 1_000 }).buy(purchase, z.unknown())).rejects.toThrow();
		expect(await requestsSoFar()).toBe(before);
	});

	it('has nothing on any list that the sandbox takes money for', () => {
		const lists = checkedProviders().flatMap(({ checks }) =>
			checks.flatMap(({ account }) => Object.keys(account.requests)),
		);
		const paid = [
			['POST', '/api/v1/orders'],
			['POST', '/api/v2/stars'],
			['POST', '/api/v2/premium'],
			['POST', '/api/v1/products/purchases/12345/cancel'],
			['POST', '/api/v1/shop/orders'],
			['POST', '/api/v1/shop/orders/0f5c1c5e/cancel'],
			['POST', '/api/v1/shop/orders/0f5c1c5e/transactions/90001/refund'],
			['POST', '/api/v1/shop/charges'],
			['POST', '/api/v1/purchase'],
			['POST', '/api/v1/offers/create-order'],
		] as const;
		for (const [method, path] of paid) expect(permittedAs(method, path, lists)).toBeUndefined();
	});
});

describe('answers that differ', () => {
	it.each(['html', 'truncated', 'empty', 'wrongShape'] as const)(
		'fails on a balance that is %s',
		async (kind) => {
			await fault('teleKartStars', 'balance.get', { type: 'unreadable', kind });
			const found = await report('teleKartStars');
			expect(found.failed).toBe(true);
			expect(found.rows.find(({ name }) => name === 'balance')).toMatchObject({
				result: 'not read',
				summary: 'not readable',
				findings: expect.arrayContaining([expect.objectContaining({ level: 'wrong' })]),
			});
			expect((await run(['teleKartStars'])).code).toBe(1);
		},
	);

	it.each<[ProviderName, string]>([
		['teleKartStars', 'order'],
		['tgMarket', 'order: stars'],
		['gamesDrop', 'order'],
	])('%s: names a status nobody knows, and goes on', async (provider, row) => {
		await fault(provider, 'order.get', { type: 'unknownStatus', status: 'on_hold' });
		const found = await report(provider);
		expect(findingsOf(found, row)).toEqual([
			{ level: 'review', text: 'the node does not know the status "on_hold"' },
		]);
		expect(found.failed).toBe(false);
	});

	it('fails on a field that is there and cannot be read, and says where and how often', async () => {
		const row = { id: '001', name: 'Something', stock: 1, in_stock: true };
		await fault(
			'aiMarket',
			'product.getAll',
			answers({
				products: [
					{ ...row, price: { amount: 16 } },
					{ ...row, price: [16] },
					{ ...row, price: 16 },
				],
			}),
		);
		const found = await report('aiMarket');
		expect(findingsOf(found, 'catalog')).toEqual([
			{
				level: 'wrong',
				text: 'products[].price is there and read as missing: object instead of number or text, 2 times',
			},
			{ level: 'review', text: 'products[].price is object, documented as number in 1 of 3' },
			{ level: 'review', text: 'products[].price is list, documented as number in 1 of 3' },
		]);
		expect(found.failed).toBe(true);
	});

	it('says so when a whole list is missing, which reads like an empty one', async () => {
		await fault('tribute', 'product.getAll', answers({ meta: { total: 0, offset: 1, limit: 20 } }));
		expect(findingsOf(await report('tribute'), 'products')).toEqual([
			{ level: 'review', text: 'rows is missing' },
		]);
	});

	it('fails on a field the node needs', async () => {
		await fault('tribute', 'product.get', answers({ name: 'VPN', amount: 499 }));
		expect(findingsOf(await report('tribute'), 'product')[0]).toEqual({
			level: 'wrong',
			text: expect.stringMatching(/^cannot be read: id: .+, found nothing$/) as string,
		});
	});

	it('reports missing, mistyped and new fields and unknown words that the node accepts', async () => {
		await fault(
			'aiMarket',
			'balance.get',
			answers({ balance: '24.50', currency: 'USDC', wallet: { id: 7 }, currency_id: null }),
		);
		await fault('tgMarket', 'balance.get', answers({ ok: true, available_usd: 3, balance_usd: 4 }));
		const found = await report('aiMarket');
		expect(findingsOf(found, 'balance')).toEqual([
			{ level: 'review', text: 'balance is text, documented as number' },
			{ level: 'review', text: 'currency is "USDC"' },
			{ level: 'note', text: 'wallet is new (object)' },
		]);
		expect(found.failed).toBe(false);
		expect(findingsOf(await report('tgMarket'), 'balance')).toEqual([
			{ level: 'review', text: 'locked_usd is missing' },
		]);
		expect((await run(['aiMarket'])).code).toBe(0);
	});

	it('reads the other spelling of a key, and says that it is another', async () => {
		const { body } = await api(sandbox().providers.gamesDrop.baseUrl, {
			authorization: sandbox().providers.gamesDrop.token,
		}).get('/api/v1/offers/balance');
		const { draftBalance, ...rest } = body;
		await fault('gamesDrop', 'balance.get', answers({ ...rest, draft_balance: draftBalance }));
		const found = await report('gamesDrop', { GAMES_DROP_DASHBOARD_TOKEN: '' });
		expect(findingsOf(found, 'balance')).toEqual([
			{ level: 'review', text: 'draftBalance is missing' },
			{ level: 'note', text: 'draft_balance is new (number)' },
		]);
		expect(found.failed).toBe(false);
	});

	it('counts the rows of a list that lack a field, and shows no long text', () => {
		const rows = [
			{ id: 1, kind: 'a' },
			{ kind: 'b' },
			{ id: 3, kind: 'a key that nobody should see '.repeat(3) },
		];
		expect(compareWithDocument({ rows }, { 'rows[].id': 'number', 'rows[].kind': ['a', 'b'] })).toEqual([
			{ level: 'review', text: 'rows[].id is missing in 1 of 3' },
			{ level: 'review', text: 'rows[].kind is a text of 87 characters' },
		]);
	});
});

describe('the command', () => {
	const KEY = 'sk-a-key-that-must-not-be-seen';

	it('prints no key, also when the provider repeats it', async () => {
		await sandbox().client.createAccount({ provider: 'tgMarket', key: KEY });
		await fault('tgMarket', 'balance.get', {
			type: 'refuse',
			status: 400,
			body: { ok: false, error: `no such key: ${KEY}`, [KEY]: KEY },
		});
		const { code, text } = await run(['tgMarket'], { ...environment(), TG_MARKET_API_KEY: KEY });
		expect(code).toBe(1);
		expect(text).toContain('no such key: ***');
		expect(text).not.toContain(KEY);

		await sandbox().client.clearFaults();
		for (const name of names) {
			const shown = (await run([name])).text;
			for (const [variable, value] of Object.entries(environment()))
				if (/KEY|TOKEN/.test(variable)) expect(shown).not.toContain(value);
		}
	});

	it.each(names)('%s: says which variable is missing', async (name) => {
		const { code, text } = await run([name], {});
		expect(code).toBe(2);
		expect(text).toMatch(
			/^[A-Z_]+ is not set\. It holds the (API Key|Store Token) of the .+ account to read\./,
		);
		expect(text).toContain(`npm run contract -- ${name}`);
	});

	it('explains itself', async () => {
		const { code, text } = await run(['--help'], {});
		expect(code).toBe(0);
		expect(text).toContain('It never buys');
		for (const variable of Object.keys(environment())) expect(text).toContain(variable);
		expect(await run([])).toMatchObject({ code: 2, text: expect.stringContaining('Usage') as string });
		expect(await run(['paypal'])).toMatchObject({
			code: 2,
			text: expect.stringContaining('There is no provider "paypal"') as string,
		});
	});

	it('runs as a program, with the provider written in any way', async () => {
		const { stdout } = await promisify(execFile)(
			process.execPath,
			['--import', 'tsx', join(__dirname, '../../scripts/contract.ts'), 'TG-Market'],
			{ env: { ...process.env, ...environment() } },
		);
		expect(stdout).toContain('TG Market');
		expect(stdout).toContain('No differences.');
	});

	it('follows no redirect with the key', async () => {
		await fault('teleKartStars', 'balance.get', { type: 'redirect', status: 302 });
		const { code, text } = await run(['teleKartStars']);
		expect(code).toBe(1);
		expect(text).toContain('redirected the request (HTTP 302)');
	});

	it('asks no more where nobody answers', async () => {
		const { code, text } = await run(['aiMarket'], {
			...environment(),
			AI_MARKET_BASE_URL: 'http://127.0.0.1:9',
		});
		expect(code).toBe(1);
		expect(text).toMatch(/catalog +AI-Market could not be reached/);
		expect(text).not.toContain('balance');
	});
});
