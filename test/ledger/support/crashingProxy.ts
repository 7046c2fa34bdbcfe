import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where a process may stop: before its request is served, before it has the answer, or right after. */
export type Moment = 'before' | 'served' | 'answered';
export const moments: Moment[] = ['before', 'served', 'answered'];

export interface Crash {
	/** The how many-th request of the process, from 0, or its purchase. */
	request: number | 'purchase';
	moment: Moment;
}

/** The paths at which the providers take orders. */
const PURCHASE = /^POST .*(create-order|\/orders|\/purchase|\/stars|\/premium)$/;

/**
 * Stands between a process and everything it talks to, and calls `crash` at one moment of one of its requests. What
 * the process awaits between two requests does nothing that others see, so these are all the moments that count.
 */
export async function startCrashingProxy(
	target: string,
	at: Crash | undefined,
	crash: () => void,
): Promise<{ url: string; requests: () => string[]; close: () => Promise<void> }> {
	const seen: string[] = [];
	const { hostname, port } = new URL(target);

	const serve = (incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer) => {
		const index = seen.length;
		const { method, url, headers } = incoming;
		const path = URL.canParse(url!) ? new URL(url!).pathname + new URL(url!).search : url!;
		const name = `${method} ${path.split('?')[0]}`;
		seen.push(name);
		const isHere = (moment: Moment) =>
			at?.moment === moment && (at.request === index || (at.request === 'purchase' && PURCHASE.test(name)));
		if (isHere('before')) return crash();
		const forwarded = request({ hostname, port, method, path, headers }, (answer) => {
			const parts: Buffer[] = [];
			answer.on('data', (part: Buffer) => parts.push(part));
			answer.on('end', () => {
				if (isHere('served')) return crash();
				outgoing.writeHead(answer.statusCode!, answer.headers);
				outgoing.end(Buffer.concat(parts), () => {
					// A moment for the process to take the answer in.
					if (isHere('answered')) setTimeout(crash, 5);
				});
			});
		});
		forwarded.end(body);
	};
	const server = createServer((incoming, outgoing) => {
		const parts: Buffer[] = [];
		incoming.on('data', (part: Buffer) => parts.push(part));
		incoming.on('end', () => serve(incoming, outgoing, Buffer.concat(parts)));
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		requests: () => seen,
		close: async () =>
			await new Promise((resolve) => {
				server.closeAllConnections();
				server.close(() => resolve());
			}),
	};
}
