import './quiet';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Socket, type AddressInfo } from 'node:net';
import { startBed, type Bed } from '../support/bed';
import { CERTIFICATE, KEY } from './certificate';
import { shops } from './shops';
import { retrying, saidOf, Till } from './till';

/**
 * Which connections certainly brought nothing to the provider, and which may have: only the former are rejections.
 */

let bed: Bed;
beforeAll(async () => {
	bed = await startBed();
});
afterAll(async () => await bed.close());

const servers: Server[] = [];
afterEach(async () => {
	for (const server of servers.splice(0)) {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	}
});

async function listen(server: Server): Promise<number> {
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return (server.address() as AddressInfo).port;
}

/** A till whose provider is somewhere else. */
async function moved(name: string, baseUrl: string): Promise<Till> {
	const till = await Till.open(bed, name);
	const { id } = Object.values(till.use.credentials!)[0]!;
	bed.credentials[id!] = { ...till.account.credentials, baseUrl };
	return till;
}

const quick = (till: Till) => till.order({ options: { requestTimeout: 2 } });
const buy = async (till: Till) => saidOf(await till.buy(undefined, quick(till), retrying(2)));

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
			const { message, description, data } = await buy(await moved(name, baseUrl));
			expect(data).toMatchObject({ code: null, outcome: 'rejected' });
			expect(message).toMatch(words);
			expect(description).toMatch(/Base URL/);
		}
	});

	it('a key that no header can carry', async () => {
		const till = await Till.open(bed, 'TeleKart');
		const { id } = Object.values(till.use.credentials!)[0]!;
		bed.credentials[id!] = { ...till.account.credentials, apiKey: 'tah_ключ\n' };
		const { data } = await buy(till);
		expect(data).toMatchObject({ outcome: 'rejected' });
		expect(await till.charged()).toEqual([]);
	});

	it('a certificate that is not trusted, and the server sees no request', async () => {
		let seen = 0;
		const port = await listen(
			createTlsServer({ key: KEY, cert: CERTIFICATE }, () => seen++) as unknown as Server,
		);
		const { message, data } = await buy(await moved('TeleKart', `https://127.0.0.1:${port}`));
		expect(data).toMatchObject({ outcome: 'rejected' });
		expect(message).toMatch(/its certificate is not valid/);
		expect(seen).toBe(0);
	});

	it('AI-Market, which repeats, gives up after a while', async () => {
		const till = await moved('AI-Market', 'http://127.0.0.1:1');
		const started = Date.now();
		const done = await till.buy(undefined, till.order({ options: { requestTimeout: 300 } }));
		expect(saidOf(done).data).toMatchObject({ outcome: 'rejected' });
		// Far from twice the request timeout.
		expect(Date.now() - started).toBeLessThan(120_000);
	}, 150_000);
});

describe('perhaps sent', () => {
	/** Breaks the connection as the system would, when the provider has the request. */
	async function breakWith(code: string, syscall: string, name = 'TeleKart') {
		const till = await Till.open(bed, name);
		await till.strike({ type: 'hang', phase: 'after' }, { times: -1 });
		const sockets: Socket[] = [];
		const { connect: open } = Socket.prototype;
		Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
			sockets.push(this);
			return open.apply(this, args as never) as Socket;
		} as never;
		try {
			const running = till.buy(undefined, till.order(), retrying(3));
			while ((await till.charged()).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
			const error = Object.assign(new Error(`${syscall} ${code}`), { code, syscall, errno: -1 });
			for (const socket of sockets) socket.destroy(error);
			return { till, said: saidOf(await running) };
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
		const { till, said } = await breakWith(code, syscall);
		expect(said.data).toMatchObject({ code: null, outcome: 'unknown' });
		// n8n puts a text of its own in place of one that names such a code.
		expect(`${said.message} ${said.description}`).not.toContain(code);
		expect(await till.sends()).toHaveLength(1);
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
		const till = await moved('TeleKart', `http://127.0.0.1:${await listen(server)}`);
		expect((await buy(till)).data).toMatchObject({ outcome: 'unknown' });
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
			const till = await moved('TeleKart', `http://127.0.0.1:${await listen(server)}`);
			expect((await buy(till)).data).toMatchObject({ outcome: 'unknown' });
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

	/** What a purchase comes to behind a proxy; tests themselves go round it. */
	async function behind(port: number) {
		const till = await Till.open(bed, 'TeleKart');
		// Loopback addresses are often excepted, so the provider has a name that only the proxy resolves.
		const { id } = Object.values(till.use.credentials!)[0]!;
		const { baseUrl } = till.account.credentials;
		const { port: sandboxPort, pathname } = new URL(baseUrl!);
		bed.credentials[id!] = {
			...till.account.credentials,
			baseUrl: `http://provider.invalid:${sandboxPort}${pathname}`,
		};
		process.env.HTTP_PROXY = `http://127.0.0.1:${port}`;
		delete process.env.NO_PROXY;
		return { till, said: await buy(till) };
	}

	/** Forwards to the sandbox, and answers with what `reply` makes of it. */
	const proxy = (reply: 'faithful' | 'broken' | 502 | 407 | 'refuses'): Server =>
		createServer((incoming, outgoing) => {
			if (reply === 407) return void outgoing.writeHead(407).end('Proxy Authentication Required');
			const { port, pathname } = new URL(incoming.url!);
			const forwarded = httpRequest(
				{ host: '127.0.0.1', port, path: pathname, method: incoming.method, headers: incoming.headers },
				(answer) => {
					if (reply === 'broken') return void outgoing.destroy();
					if (reply === 502) return void outgoing.writeHead(502).end('<h1>Bad Gateway</h1>');
					outgoing.writeHead(answer.statusCode!, answer.headers);
					answer.pipe(outgoing);
				},
			);
			incoming.pipe(forwarded);
		});

	it('that works, it is bought', async () => {
		const { till, said } = await behind(await listen(proxy('faithful')));
		expect(said.data).toBeUndefined();
		expect(await till.charged()).toHaveLength(1);
	});

	it.each(['broken', 502] as const)('that loses the answer (%s), the outcome is unknown', async (reply) => {
		const { till, said } = await behind(await listen(proxy(reply)));
		expect(said.data).toMatchObject({ outcome: 'unknown' });
		expect(await till.sends()).toHaveLength(1);
	});

	it('that is not there or wants a password, nothing was sent', async () => {
		for (const port of [1, await listen(proxy(407))]) {
			const { till, said } = await behind(port);
			expect(said.data).toMatchObject({ outcome: 'rejected' });
			expect(await till.sends()).toEqual([]);
		}
	});
});

it('every provider: a purchase opens a connection of its own, so that none is closed on it while it waits', async () => {
	const ports = new Map<string, Set<number | undefined>>();
	for (const { name } of shops) {
		const till = await Till.open(bed, name);
		const seen = new Set<number | undefined>();
		const target = new URL(till.account.credentials.baseUrl!);
		const server = createServer((incoming, outgoing) => {
			if (incoming.method === 'POST') seen.add(incoming.socket.remotePort);
			const forwarded = httpRequest(
				{
					host: '127.0.0.1',
					port: target.port,
					path: incoming.url,
					method: incoming.method,
					headers: incoming.headers,
				},
				(answer) => {
					outgoing.writeHead(answer.statusCode!, answer.headers);
					answer.pipe(outgoing);
				},
			);
			incoming.pipe(forwarded);
		});
		const { id } = Object.values(till.use.credentials!)[0]!;
		const port = await listen(server);
		bed.credentials[id!] = {
			...till.account.credentials,
			baseUrl: `http://127.0.0.1:${port}${target.pathname}`,
		};
		await till.buy(till.items(3));
		expect(await till.charged()).toHaveLength(3);
		ports.set(name, seen);
	}
	// GamesDrop asks for its price with a POST as well.
	expect([...ports].map(([name, seen]) => [name, seen.size])).toEqual(
		shops.map(({ name }) => [name, name === 'GamesDrop' ? 6 : 3]),
	);
});
