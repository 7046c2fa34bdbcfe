import axios from 'axios';
import Fastify, { type FastifyInstance } from 'fastify';

/** A request on its way through a gate. */
export interface Passing {
	method: string;
	path: string;
	headers: Record<string, unknown>;
	/** As it was sent. */
	body: string;
}

/** What stands between a worker and a service. A hook that does not settle keeps the request or its answer back. */
export interface Hooks {
	/** Before the request goes on. Gives how often it does: 2 for a request that something on the way repeats. */
	before?: (request: Passing) => Promise<number | void>;
	/** Before the answer goes back. `drop` cuts the connection instead. */
	after?: (request: Passing, answer: string) => Promise<'drop' | void>;
}

const HOP_BY_HOP = ['host', 'connection', 'content-length', 'content-encoding', 'transfer-encoding'];
const endToEnd = (headers: object) =>
	Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name.toLowerCase())));

/** A proxy in front of one service, whose hooks a test sets. */
export class Gate {
	hooks: Hooks = {};

	private constructor(
		private readonly server: FastifyInstance,
		readonly url: string,
	) {}

	static async open(target: string): Promise<Gate> {
		const server = Fastify({ forceCloseConnections: true });
		server.removeAllContentTypeParsers();
		server.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) => done(null, body));
		server.all('*', async (request, reply) => {
			const { method, url: path, headers } = request;
			const passing = { method, path, headers, body: (request.body as string | undefined) ?? '' };
			const copies = (await gate.hooks.before?.(passing)) ?? 1;
			const send = async () =>
				await axios.request<string>({
					...{ method, url: `${target}${path}`, headers: endToEnd(headers), data: passing.body },
					...{ responseType: 'text', transformResponse: (text: string) => text, transformRequest: [] },
					...{ validateStatus: () => true, maxRedirects: 0, proxy: false },
				});
			let answer = await send();
			for (let sent = 1; sent < copies; sent++) answer = await send();
			if ((await gate.hooks.after?.(passing, answer.data)) === 'drop') {
				reply.hijack();
				return request.raw.destroy();
			}
			return await reply.code(answer.status).headers(endToEnd(answer.headers)).send(answer.data);
		});
		const gate = new Gate(server, await server.listen({ host: '127.0.0.1', port: 0 }));
		return gate;
	}

	async close(): Promise<void> {
		this.hooks = {};
		await this.server.close();
	}
}
