import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { freshClone, type FreshClone } from './support/freshClone';

/* Slow, since the time they take is what they test. */

const MINUTE_MS = 60_000;

let clone: FreshClone;
let server: Server;
beforeEach(async () => {
	clone = await freshClone();
});
afterEach(async () => {
	server.closeAllConnections();
	server.close();
	await clone.remove();
});

/** A registry that answers pings until it is asked for a package, and from then on answers nothing. */
async function registry(answersPings: boolean): Promise<string> {
	let answers = answersPings;
	server = createServer((request, response) => {
		answers &&= request.url!.startsWith('/-/ping');
		if (answers) response.setHeader('content-type', 'application/json').end('{}');
	});
	await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

it.each([
	['at the start', false],
	['on the way', true],
])('ends within a minute when the network goes silent %s', async (_, answersPings) => {
	const url = await registry(answersPings);
	const { code, output, ms } = await clone.npmRun('sandbox', { npm_config_registry: url });
	expect(output).toContain(`The npm registry ${url} cannot be reached`);
	expect(code).toBe(1);
	expect(ms).toBeLessThan(MINUTE_MS);
});
