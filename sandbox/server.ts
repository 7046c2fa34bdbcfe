import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';

import { type Account, type AccountSpec } from './accounts';
import { SandboxClient } from './client';
import { Clock } from './clock';
import { control } from './control';
import { Faults, textOf, type Outcome, type Injection } from './faults';
import { Journal, type RequestEntry } from './journal';
import { Charges } from './charges';
import { page } from './page';
import {
	providerNames,
	Refusal,
	Reply,
	serviceNames,
	type Call,
	type OpenCall,
	type Provider,
	type ProviderName,
	type Route,
	type ServiceName,
	type Settings,
	type Timelines,
} from './provider';
import { aiMarket } from './providers/aiMarket';
import { gamesDrop } from './providers/gamesDrop';
import { n8n } from './providers/n8n';
import { teleKartStars } from './providers/teleKartStars';
import { tgMarket } from './providers/tgMarket';
import { tribute } from './providers/tribute';
import { StateFile, type Kept } from './state';

export interface SandboxOptions {
	/** 0, the default, takes a free one. */
	port?: number;
	/** Loopback by default. */
	host?: string;
	/** How orders progress by themselves. */
	timelines?: Partial<Timelines>;
	/** How long TG Market's `wait=true` waits before it answers 408. */
	waitTimeoutMs?: number;
	/** The well-known accounts; what is left out keeps its default. Accounts opened later take these balances and rates. */
	accounts?: Partial<Record<ServiceName, AccountSpec>>;
	/** How many of the last requests are kept in full. */
	keepRequests?: number;
	/** Where accounts, balances, orders, charges and all numbers are kept, so that they go on after a restart. */
	stateFile?: string;
}

export interface ApiKeyCredentials {
	apiKey: string;
	baseUrl: string;
}

export interface GamesDropCredentials {
	token: string;
	baseUrl: string;
	telegramBaseUrl: string;
	/** The JWT of gamesDropDashboardApi. */
	dashboardToken: string;
}

/** What the credential of each provider's well-known account holds. */
export type SandboxProviders = Record<Exclude<ProviderName, 'gamesDrop'>, ApiKeyCredentials> & {
	gamesDrop: GamesDropCredentials;
};

export interface Sandbox {
	url: string;
	providers: SandboxProviders;
	/** What orderTrackingApi holds: an n8n of which there is nothing but Data Tables and executions. */
	n8n: ApiKeyCredentials;
	client: SandboxClient;
	close(): Promise<void>;
}

/** Orders that are seen to progress, and are through within seconds. */
const demoTimelines: Timelines = {
	teleKartStars: [
		{ afterMs: 0, status: 'pending' },
		{ afterMs: 5000, status: 'confirmed' },
	],
	tgMarket: [
		{ afterMs: 0, status: 'pending' },
		{ afterMs: 1000, status: 'processing' },
		{ afterMs: 3000, status: 'completed' },
	],
	gamesDrop: [
		{ afterMs: 0, status: 'SUBMITTED' },
		{ afterMs: 1000, status: 'PROCESSING' },
		{ afterMs: 4000, status: 'COMPLETED' },
	],
};

/** A double of all five providers, and of n8n's Data Tables, on one port. Everything it knows is in it: several run side by side. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
	const { port = 0, host = '127.0.0.1', keepRequests = 2000 } = options;
	const clock = new Clock();
	const charges = new Charges(() => clock.now());
	const journal = new Journal(keepRequests);
	const faults = new Faults();
	const startSettings = (): Settings => ({
		timelines: { ...demoTimelines, ...options.timelines },
		waitTimeoutMs: options.waitTimeoutMs ?? 90_000,
		accounts: options.accounts ?? {},
	});
	const settings = startSettings();

	const world = { clock, charges, settings };
	const tributeProvider = tribute(world);
	const dataTables = n8n(world);
	const providers = {
		teleKartStars: teleKartStars(world),
		tgMarket: tgMarket(world),
		tribute: tributeProvider,
		aiMarket: aiMarket(world),
		gamesDrop: gamesDrop(world),
		n8n: dataTables,
	} as unknown as Record<ServiceName, Provider>;

	const app = fastify({ bodyLimit: 64 * 1024 * 1024, forceCloseConnections: true, exposeHeadRoutes: false });
	// Each provider has its own idea of a body it cannot read, so nothing is parsed before it is known whose it is.
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));

	const file = options.stateFile && new StateFile(options.stateFile, kept({ clock, charges }, providers));
	const save = async () => {
		if (file) await file.save();
	};

	let url = '';
	const context = { clock, journal, faults, save };
	for (const name of serviceNames) serveProvider(app, providers[name], context);
	await app.register(
		async (scope) =>
			control(scope, {
				...world,
				providers,
				save,
				tribute: tributeProvider,
				n8n: dataTables,
				journal,
				faults,
				origin: () => url,
				restoreSettings: () => Object.assign(settings, startSettings()),
			}),
		{ prefix: '/control' },
	);

	page(app, { providers, charges, journal, faults, save, origin: () => url });

	await app.listen({ port, host });
	url = `http://${host}:${(app.server.address() as AddressInfo).port}`;
	const credentials = (name: ServiceName) => providers[name].credentials(providers[name].accounts.main, url);

	return {
		url,
		providers: Object.fromEntries(
			providerNames.map((name) => [name, credentials(name)]),
		) as unknown as SandboxProviders,
		n8n: credentials('n8n') as unknown as ApiKeyCredentials,
		client: new SandboxClient(url),
		async close() {
			clock.stop();
			await app.close();
			await save();
		},
	};
}

interface Context {
	clock: Clock;
	journal: Journal;
	faults: Faults;
	/** Resolves when nothing that has happened can be lost any more. */
	save(): Promise<void>;
}

/** Everything that outlives the process. */
function kept(shared: Record<string, Kept>, providers: Record<ServiceName, Provider>): Record<string, Kept> {
	const parts = serviceNames.flatMap((name): Array<[string, Kept]> => {
		const { accounts, state } = providers[name];
		return [
			[name, { snapshot: () => state, restore: (earlier) => Object.assign(state, earlier) }],
			[`${name} accounts`, accounts],
		];
	});
	return { ...shared, ...Object.fromEntries(parts) };
}

function serveProvider(app: FastifyInstance, provider: Provider, context: Context): void {
	const { journal } = context;
	const begin = (request: FastifyRequest, reply: FastifyReply, operation: string): RequestEntry => {
		const entry = journal.begin({
			provider: provider.name,
			operation,
			method: request.method,
			path: request.raw.url ?? '',
			headers: request.headers,
			body: rawBody(request),
		});
		reply.raw.once('close', () => journal.end(entry));
		return entry;
	};

	for (const route of provider.routes) {
		app.route({
			method: route.method,
			url: (route.prefix ?? provider.prefix) + route.path,
			handler: async (request, reply) => {
				const entry = begin(request, reply, route.operation);
				const outcome = await exchange({ provider, route, request, reply, entry, ...context });
				if (route.method !== 'GET') await context.save();
				return await send(reply, outcome, entry);
			},
		});
	}

	const prefixes = new Set([
		provider.prefix,
		...provider.routes.map(({ prefix }) => prefix ?? provider.prefix),
	]);
	for (const prefix of prefixes) {
		app.all(`${prefix}/*`, async (request, reply) =>
			send(reply, provider.unknownPath().reply, begin(request, reply, 'unknown')),
		);
	}
}

interface Exchange extends Context {
	provider: Provider;
	route: Route;
	request: FastifyRequest;
	reply: FastifyReply;
	entry: RequestEntry;
}

/** One request from its arrival to what becomes of it. */
async function exchange(exchange: Exchange): Promise<Outcome> {
	const { provider, route, request, entry, clock, faults } = exchange;
	let headers: Record<string, string> = {};
	try {
		const account = route.open ? undefined : (route.authenticate ?? provider.authenticate)(request.headers);
		if (account) {
			entry.account = account.name;
			const passed = account.pass(clock.now());
			headers = provider.headers?.(account) ?? {};
			if (!passed) throw overLimit(provider, account, clock.now());
		}
		const call: OpenCall = {
			params: request.params as Record<string, string>,
			query: request.query as Record<string, string | undefined>,
			headers: request.headers,
			body: parsedBody(request, provider),
			url: entry.path,
		};
		const injection = faults.inject({
			provider,
			operation: route.operation,
			account: account?.name,
			url: entry.path,
			rawBody: entry.body,
			call,
		});
		entry.faults = injection.ids;
		injection.prepare?.(call);

		return await serve({ ...call, account } as Call, injection, headers, exchange);
	} catch (error) {
		return dressed(refusal(error), headers);
	}
}

/** The provider's own headers are on its own answers, not on those of a fault. */
async function serve(
	call: Call,
	injection: Injection,
	headers: Record<string, string>,
	{ route, reply, clock }: Exchange,
): Promise<Outcome> {
	const release = route.open ? undefined : route.hold?.(call);
	let answer: Reply;
	try {
		if (injection.delayBefore) await clock.pause(injection.delayBefore);
		const instead = injection.instead?.();
		// A purchase that hangs is under way until its client leaves.
		if (instead === 'hang') await gone(reply.raw);
		if (instead) return instead;
		answer = await answerTo(route, call);
		if (injection.double) {
			const second = await answerTo(route, call);
			if (injection.double === 'last') answer = second;
		}
	} finally {
		release?.();
	}
	answer = dressed(answer, headers);
	if (injection.delayAfter) await clock.pause(injection.delayAfter);
	return injection.afterwards?.(answer) ?? answer;
}

const rawBody = ({ body }: FastifyRequest): string => (typeof body === 'string' ? body : '');

function parsedBody(request: FastifyRequest, provider: Provider): unknown {
	const text = rawBody(request);
	if (!text) return undefined;
	try {
		return JSON.parse(text);
	} catch {
		throw provider.unreadableBody();
	}
}

function overLimit(provider: Provider, account: Account, now: number): Refusal {
	if (!provider.tellsRetryDelay) return provider.rateLimited();
	const { freeAt } = account.allowance(now);
	return provider.rateLimited(Math.max(Math.ceil((freeAt - now) / 1000), 1));
}

async function answerTo(route: Route, call: Call): Promise<Reply> {
	try {
		return await route.handle(call);
	} catch (error) {
		return refusal(error);
	}
}

function refusal(error: unknown): Reply {
	if (error instanceof Refusal) return error.reply;
	throw error;
}

const dressed = (reply: Reply, headers: Record<string, string>): Reply =>
	new Reply(reply.status, reply.body, { ...headers, ...reply.headers });

const gone = (response: ServerResponse): Promise<void> =>
	new Promise((resolve) => {
		if (response.closed || response.destroyed) resolve();
		else response.once('close', () => resolve());
	});

async function send(reply: FastifyReply, outcome: Outcome, entry: RequestEntry): Promise<FastifyReply> {
	if (outcome === 'drop' || outcome === 'hang') {
		reply.hijack();
		if (outcome === 'drop') reply.raw.destroy();
		else await gone(reply.raw);
		return reply;
	}
	entry.status = outcome.status;
	return reply
		.status(outcome.status)
		.headers({ 'content-type': 'application/json; charset=utf-8', ...outcome.headers })
		.send(textOf(outcome));
}
