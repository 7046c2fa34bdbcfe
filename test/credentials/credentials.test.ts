import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { ICredentialDataDecryptedObject, ICredentialType } from 'n8n-workflow';
import { AiMarketApi } from '../../credentials/AiMarketApi.credentials';
import { GamesDropApi } from '../../credentials/GamesDropApi.credentials';
import { GamesDropDashboardApi } from '../../credentials/GamesDropDashboardApi.credentials';
import { OrderTrackingApi } from '../../credentials/OrderTrackingApi.credentials';
import { bareKey } from '../../credentials/shared/auth';
import { TeleKartStarsApi } from '../../credentials/TeleKartStarsApi.credentials';
import { TgMarketApi } from '../../credentials/TgMarketApi.credentials';
import { TributeApi } from '../../credentials/TributeApi.credentials';
import { requestAsNode, runTest } from './support/credentialTest';

interface Case {
	credential: ICredentialType;
	displayName: string;
	field: 'apiKey' | 'token';
	header: string;
	scheme: string;
	origin: string;
	url: string;
}

const CASES: Record<string, Case> = {
	teleKartStarsApi: {
		credential: new TeleKartStarsApi(),
		displayName: 'TeleKart Stars API',
		field: 'apiKey',
		header: 'authorization',
		scheme: 'Bearer ',
		origin: 'https://api.telekartstar.com',
		url: '/api/v1/balance',
	},
	tgMarketApi: {
		credential: new TgMarketApi(),
		displayName: 'TG Market API',
		field: 'apiKey',
		header: 'authorization',
		scheme: 'Bearer ',
		origin: 'https://tg-market.store',
		url: '/api/v2/balance',
	},
	tributeApi: {
		credential: new TributeApi(),
		displayName: 'Tribute API',
		field: 'apiKey',
		header: 'api-key',
		scheme: '',
		origin: 'https://tribute.tg',
		url: '/api/v1/products?page=1&size=1',
	},
	aiMarketApi: {
		credential: new AiMarketApi(),
		displayName: 'AI-Market API',
		field: 'apiKey',
		header: 'x-api-key',
		scheme: '',
		origin: 'https://api.ai-market.store',
		url: '/api/v1/balance',
	},
	gamesDropApi: {
		credential: new GamesDropApi(),
		displayName: 'GamesDrop API',
		field: 'token',
		header: 'authorization',
		scheme: '',
		origin: 'https://partner.gamesdrop.io',
		url: '/api/v1/offers/balance',
	},
	gamesDropDashboardApi: {
		credential: new GamesDropDashboardApi(),
		displayName: 'GamesDrop Dashboard API',
		field: 'token',
		header: 'authorization',
		scheme: 'Bearer ',
		origin: 'https://partner.gamesdrop.io',
		url: '/api/v1/balance/transactions?page=1&limit=1',
	},
	orderTrackingApi: {
		credential: new OrderTrackingApi(),
		displayName: 'n8n Data Table (Order Tracking) API',
		field: 'apiKey',
		header: 'x-n8n-api-key',
		scheme: '',
		origin: 'http://localhost:5678',
		url: '/api/v1/data-tables?limit=1',
	},
};
const ALL = Object.entries(CASES);

let server: FastifyInstance;
let origin: string;
let seen: FastifyRequest[] = [];
let answer: { status: number; body: unknown; headers?: Record<string, string> };

beforeAll(async () => {
	server = fastify();
	server.all('*', async (request, reply) => {
		seen.push(request);
		await reply
			.code(answer.status)
			.headers(answer.headers ?? {})
			.send(answer.body);
	});
	origin = await server.listen({ host: '127.0.0.1', port: 0 });
});

afterAll(async () => await server.close());

beforeEach(() => {
	seen = [];
	answer = { status: 200, body: { ok: true } };
});

const dataFor = ({ field }: Case, key: string, baseUrl: string): ICredentialDataDecryptedObject => ({
	[field]: key,
	baseUrl,
});

describe.each(ALL)('%s', (name, it_) => {
	const { credential, displayName, field, header, scheme, url } = it_;

	it('has the fields saved credentials rely on', () => {
		expect(credential).toMatchObject({ name, displayName });
		const fields = Object.fromEntries(credential.properties.map((p) => [p.name, p]));
		expect(Object.keys(fields)).toEqual(
			name === 'gamesDropApi' ? [field, 'baseUrl', 'telegramBaseUrl'] : [field, 'baseUrl'],
		);
		expect(fields[field]).toMatchObject({ type: 'string', typeOptions: { password: true }, required: true });
		expect(fields.baseUrl).toMatchObject({ type: 'string', default: it_.origin });
	});

	it.each([
		['as issued', 'key_1A-b.c'],
		['with white space around it', ' \t key_1A-b.c \r\n'],
		['with "Bearer" in front', ' Bearer  key_1A-b.c'],
		['with "bearer" in front', 'bearer key_1A-b.c'],
		['broken over two lines', 'key_1A\n-b.c'],
		['with invisible characters', '\uFEFFkey_1A\u200B-b.c\u00A0'],
	])('sends the key in its header: %s', async (_, typed) => {
		await requestAsNode(credential, dataFor(it_, typed, origin), {
			method: 'POST',
			url: `${origin}/anything`,
			headers: { 'X-Own': 'kept' },
			body: { a: 1 },
			json: true,
		});

		expect(seen).toHaveLength(1);
		expect(seen[0]?.headers).toMatchObject({ [header]: `${scheme}key_1A-b.c`, 'x-own': 'kept' });
		expect(seen[0]?.body).toEqual({ a: 1 });
		const others = ALL.map(([, other]) => other.header).filter((other) => other !== header);
		for (const other of others) expect(seen[0]?.headers).not.toHaveProperty(other);
	});

	it.each([
		['plain', '', ''],
		['with a trailing slash', '/', ''],
		['with a path prefix', '/proxy/goods', '/proxy/goods'],
		['with a path prefix and a trailing slash', '/proxy/goods/', '/proxy/goods'],
		['with white space around it', ' ', ''],
	])('tests the connection at the base URL: %s', async (_, typed, prefix) => {
		await runTest(credential, dataFor(it_, 'key', origin + typed));

		expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([`GET ${prefix}${url}`]);
		expect(seen[0]?.headers).toMatchObject({ [header]: `${scheme}key` });
	});

	it.each([
		[401, 'not accepted'],
		[403, name === 'aiMarketApi' ? 'suspended' : name === 'orderTrackingApi' ? 'may not' : 'knows the'],
		[404, 'Base URL'],
		[429, 'slow down'],
		[503, 'unavailable'],
	])('says what HTTP %d means', async (status, words) => {
		answer = { status, body: { message: 'no' } };
		expect(await verdict(it_)).toContain(words);
	});

	it('does not follow a redirect, which would make a read of an order', async () => {
		answer = { status: 301, body: '', headers: { location: `${origin}/elsewhere` } };
		expect(await verdict(it_)).toContain('another address');
		expect(seen).toHaveLength(1);
	});

	it('does not take a web page for the API', async () => {
		answer = {
			status: 200,
			body: '<!doctype html><title>Hi</title>',
			headers: { 'content-type': 'text/html' },
		};
		expect(await verdict(it_)).toContain('web page');
	});
});

it.each([
	['teleKartStarsApi', { ok: false, error: 'UNAUTHORIZED', message: 'no' }, 'tgsk_'],
	['teleKartStarsApi', { ok: false, error: 'RATE_LIMITED', message: 'no' }, 'slow down'],
	['teleKartStarsApi', { ok: false, error: 'ODD', message: 'no' }, 'refused'],
	['tgMarketApi', { ok: false, error: 'invalid_api_key' }, 'not accepted'],
	['tgMarketApi', { ok: false, error: 'user_not_found' }, 'no account'],
	['tgMarketApi', { ok: false }, 'refused'],
	['aiMarketApi', { code: 'INVALID_KEY', error: 'no' }, 'not accepted'],
	['gamesDropApi', { error: 'INVALID_TOKEN', message: 'no' }, 'not accepted'],
	['gamesDropApi', { error: { code: 'INVALID_TOKEN' } }, 'not accepted'],
] as const)('%s understands a refusal sent with HTTP 200: %j', async (name, body, words) => {
	answer = { status: 200, body };
	expect(await verdict(CASES[name]!)).toContain(words);
});

it.each([
	['teleKartStarsApi', { ok: true, data: { user_id: 1, balance_usd: 25.5 } }],
	['tgMarketApi', { ok: true, balance_usd: 25.5, locked_usd: 2, available_usd: 23.5 }],
	['tributeApi', { rows: null, meta: { total: 0, offset: 1, limit: 1 } }],
	['aiMarketApi', { balance: 24.5, currency: 'USDT' }],
	['gamesDropApi', { balance: 500.25, draftBalance: 0, currency: { id: 3, code: 'USD' } }],
	['gamesDropDashboardApi', { transactions: [], total: 0 }],
	['orderTrackingApi', { data: [], nextCursor: null }],
] as const)('%s is content with the documented answer', async (name, body) => {
	answer = { status: 200, body };
	expect(await verdict(CASES[name]!)).toBe('OK');
});

it('never makes a header of a key that cannot stand in one', () => {
	for (const odd of ['ключ', 'a\0b', '\u{1F511}', '', null, undefined, 12]) {
		expect(() => new Headers({ 'x-key': bareKey(odd) })).not.toThrow();
	}
});

/** What stands at a dotted path, in text as in objects. */
const at = (value: unknown, path: string): unknown =>
	path
		.split('.')
		.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);

/** What the user reads: n8n's credentials tester applies the rules in this way, the first that matches wins. */
async function verdict(it_: Case): Promise<string> {
	const rules = it_.credential.test?.rules ?? [];
	let body: unknown;
	try {
		body = await runTest(it_.credential, dataFor(it_, 'key', origin));
	} catch (error) {
		const status = at(error, 'cause.response.status');
		const rule = rules.find((r) => r.type === 'responseCode' && r.properties.value === status);
		return String(rule?.properties.message ?? status ?? error);
	}
	const rule = rules.find(
		(r) => r.type === 'responseSuccessBody' && at(body, String(r.properties.key)) === r.properties.value,
	);
	return String(rule?.properties.message ?? 'OK');
}
