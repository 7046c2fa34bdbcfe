import {
	createServer,
	request as httpRequest,
	type IncomingMessage,
	type Server,
	type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Socket } from 'node:net';
import { itInFull } from '../support/full';
import { errorOf, useHarness } from '../support/harness';
import { listen } from '../support/listen';
import { PurchaseHarness, retryOnFail } from './support/purchaseHarness';
import { kindNames } from './support/purchaseKinds';
import { TLS_CERTIFICATE, TLS_KEY } from './support/tlsCertificate';

/**
 * Which failed connections prove that nothing reached the provider: only those are rejections. After the others
 * the outcome is unknown.
 */

const harness = useHarness();

const servers: Server[] = [];
afterEach(async () => {
	for (const server of servers.splice(0)) {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	}
});

/** Starts a server for the rest of the test, and gives its port. */
async function serve(server: Server): Promise<number> {
	servers.push(server);
	return await listen(server);
}

/** Purchases whose provider has another address. */
async function openAt(name: string, baseUrl: string): Promise<PurchaseHarness> {
	const purchases = await PurchaseHarness.open(harness, name);
	purchases.changeCredential({ baseUrl });
	return purchases;
}

const buy = async (purchases: PurchaseHarness) =>
	errorOf(
		await purchases.buy(undefined, purchases.parameters({ options: { requestTimeout: 1 } }), retryOnFail(2)),
	);

/** Forwards a request to another port of this machine, and the answer back, or to `answered`. */
function forward(
	incoming: IncomingMessage,
	outgoing: ServerResponse,
	{ port, path }: { port: string; path: string },
	answered = (answer: IncomingMessage) => {
		outgoing.writeHead(answer.statusCode!, answer.headers);
		answer.pipe(outgoing);
	},
): void {
	const { method, headers } = incoming;
	incoming.pipe(httpRequest({ host: '127.0.0.1', port, path, method, headers }, answered));
}

describe('never sent', () => {
	it.each([
		['a port where nothing listens', 'http://127.0.0.1:1', /the connection was refused/],
		[
			'the same by name, with its addresses of both kinds',
			'http://localhost:1',
			/the connection was refused/,
		],
		['a host that does not exist', 'http://nowhere.invalid', /its host name is not known/],
		['an address that is none', 'nowhere at all', /its address is not valid/],
		['another protocol', 'ftp://127.0.0.1:1', /its address is not valid/],
	])('%s', async (_, baseUrl, words) => {
		for (const name of ['TeleKart', 'TG stars', 'Tribute']) {
			const { message, description, data } = await buy(await openAt(name, baseUrl));
			expect(data).toMatchObject({ code: null, outcome: 'rejected' });
			expect(message).toMatch(words);
			expect(description).toMatch(/Base URL/);
		}
	});

	it('a key that no header can carry', async () => {
		const purchases = await PurchaseHarness.open(harness, 'TeleKart');
		purchases.changeCredential({ apiKey: 'tah_ключ\n' });
		const { data } = await buy(purchases);
		expect(data).toMatchObject({ outcome: 'rejected' });
		expect(await purchases.charged()).toEqual([]);
	});

	it('a certificate that is not trusted, and the server sees no request', async () => {
		let seen = 0;
		const port = await serve(
			createTlsServer({ key: TLS_KEY, cert: TLS_CERTIFICATE }, () => seen++) as unknown as Server,
		);
		const { message, data } = await buy(await openAt('TeleKart', `https://127.0.0.1:${port}`));
		expect(data).toMatchObject({ outcome: 'rejected' });
		expect(message).toMatch(/its certificate is not valid/);
		expect(seen).toBe(0);
	});

	itInFull(
		'AI-Market, whose purchases are repeated, gives up after a while',
		async () => {
			const purchases = await openAt('AI-Market', 'http://127.0.0.1:1');
			const started = Date.now();
			const done = await purchases.buy(undefined, purchases.parameters({ options: { requestTimeout: 300 } }));
			expect(errorOf(done).data).toMatchObject({ outcome: 'rejected' });
			// Far from twice the request timeout.
			expect(Date.now() - started).toBeLessThan(120_000);
		},
		150_000,
	);
});

describe('perhaps sent', () => {
	/** Breaks the connection as the system would, when the provider has the request. */
	async function breakWith(code: string, syscall: string, name = 'TeleKart') {
		const purchases = await PurchaseHarness.open(harness, name);
		await purchases.injectFault({ type: 'hang', phase: 'after' }, { times: -1 });
		const sockets: Socket[] = [];
		const { connect: open } = Socket.prototype;
		Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
			sockets.push(this);
			return open.apply(this, args as never) as Socket;
		} as never;
		try {
			const running = purchases.buy(undefined, purchases.parameters(), retryOnFail(3));
			while ((await purchases.charged()).length === 0)
				await new Promise((resolve) => setTimeout(resolve, 10));
			const error = Object.assign(new Error(`${syscall} ${code}`), { code, syscall, errno: -1 });
			for (const socket of sockets) socket.destroy(error);
			return { purchases, error: errorOf(await running) };
		} finally {
			Socket.prototype.connect = open;
		}
	}

	it.each([
		['ECONNRESET', 'read'],
		['EPIPE', 'write'],
		['ETIMEDOUT', 'read'],
		['EHOSTUNREACH', 'read'],
		['ENETUNREACH', 'write'],
		['ECONNREFUSED', 'read'],
		['EADDRNOTAVAIL', 'write'],
	])('%s from %s, after the provider took the order', async (code, syscall) => {
		const { purchases, error } = await breakWith(code, syscall);
		expect(error.data).toMatchObject({ code: null, outcome: 'unknown' });
		// n8n puts a text of its own in place of one that names such a code.
		expect(`${error.message} ${error.description}`).not.toContain(code);
		expect(await purchases.requests()).toHaveLength(1);
	});

	it.each([
		['that answers without HTTP', 'plain'],
		['that only listens', 'mute'],
		['that hangs up at once', 'rude'],
	])('a server %s', async (_, kind) => {
		const server = createServer();
		server.removeAllListeners('request');
		server.on('connection', (socket: Socket) => {
			socket.on('error', () => {});
			if (kind === 'plain') socket.end('220 welcome\r\n');
			if (kind === 'rude') socket.destroy();
		});
		const purchases = await openAt('TeleKart', `http://127.0.0.1:${await serve(server)}`);
		expect((await buy(purchases)).data).toMatchObject({ outcome: 'unknown' });
	});

	it('an answer that breaks off, or promises more than it gives', async () => {
		for (const length of ['1000', undefined]) {
			const server = createServer((_, response) => {
				response.writeHead(200, {
					'content-type': 'application/json',
					...(length === undefined ? {} : { 'content-length': length }),
				});
				response.write('{"ok":true,"data":{"order_id":"2026');
				setTimeout(() => response.destroy(), 20);
			});
			const purchases = await openAt('TeleKart', `http://127.0.0.1:${await serve(server)}`);
			expect((await buy(purchases)).data).toMatchObject({ outcome: 'unknown' });
		}
	});
});

describe('through a proxy', () => {
	const { HTTP_PROXY, NO_PROXY } = process.env;
	afterEach(() => {
		for (const [name, value] of Object.entries({ HTTP_PROXY, NO_PROXY })) {
			if (value === undefined) delete process.env[name];
			else process.env[name] = value;
		}
	});

	/** A purchase through a proxy on this port. The tests' own requests do not use it. */
	async function behind(port: number) {
		const purchases = await PurchaseHarness.open(harness, 'TeleKart');
		// Loopback addresses are often excepted, so the provider has a name that only the proxy resolves.
		const { port: sandboxPort, pathname } = new URL(purchases.account.credentials.baseUrl!);
		purchases.changeCredential({ baseUrl: `http://provider.invalid:${sandboxPort}${pathname}` });
		process.env.HTTP_PROXY = `http://127.0.0.1:${port}`;
		delete process.env.NO_PROXY;
		return { purchases, error: await buy(purchases) };
	}

	/** Forwards to the sandbox, and answers with what `reply` makes of it. */
	const proxy = (reply: 'faithful' | 'broken' | 502 | 407): Server =>
		createServer((incoming, outgoing) => {
			if (reply === 407) return void outgoing.writeHead(407).end('Proxy Authentication Required');
			const { port, pathname: path } = new URL(incoming.url!);
			const answered =
				reply === 'broken'
					? () => void outgoing.destroy()
					: reply === 502
						? () => void outgoing.writeHead(502).end('<h1>Bad Gateway</h1>')
						: undefined;
			forward(incoming, outgoing, { port, path }, answered);
		});

	it('that works, it is bought', async () => {
		const { purchases, error } = await behind(await serve(proxy('faithful')));
		expect(error.data).toBeUndefined();
		expect(await purchases.charged()).toHaveLength(1);
	});

	it.each(['broken', 502] as const)('that loses the answer (%s), the outcome is unknown', async (reply) => {
		const { purchases, error } = await behind(await serve(proxy(reply)));
		expect(error.data).toMatchObject({ outcome: 'unknown' });
		expect(await purchases.requests()).toHaveLength(1);
	});

	it('that is not there or wants a password, nothing was sent', async () => {
		for (const port of [1, await serve(proxy(407))]) {
			const { purchases, error } = await behind(port);
			expect(error.data).toMatchObject({ outcome: 'rejected' });
			expect(await purchases.requests()).toEqual([]);
		}
	});
});

it('every provider: a purchase opens a connection of its own, so that none is closed on it while it waits', async () => {
	const ports = new Map<string, Set<number | undefined>>();
	for (const name of kindNames) {
		const purchases = await PurchaseHarness.open(harness, name);
		const seen = new Set<number | undefined>();
		const target = new URL(purchases.account.credentials.baseUrl!);
		const server = createServer((incoming, outgoing) => {
			if (incoming.method === 'POST') seen.add(incoming.socket.remotePort);
			forward(incoming, outgoing, { port: target.port, path: incoming.url! });
		});
		const port = await serve(server);
		purchases.changeCredential({ baseUrl: `http://127.0.0.1:${port}${target.pathname}` });
		await purchases.buy(purchases.items(3));
		expect(await purchases.charged()).toHaveLength(3);
		ports.set(name, seen);
	}
	// GamesDrop asks for its price with a POST as well.
	expect([...ports].map(([name, seen]) => [name, seen.size])).toEqual(
		kindNames.map((name) => [name, name === 'GamesDrop' ? 6 : 3]),
	);
});
