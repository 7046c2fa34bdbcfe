import { parseArgs } from 'node:util';

import { startSandbox } from './server';

/* `npm run sandbox -- [port] [--state <file>]`: the sandbox by itself, until it is interrupted. */

async function main(): Promise<void> {
	const { values, positionals } = parseArgs({
		options: { state: { type: 'string' } },
		allowPositionals: true,
	});
	const port = Number(positionals[0] ?? process.env.SANDBOX_PORT ?? 4010);
	const sandbox = await startSandbox({ port, ...(values.state && { stateFile: values.state }) });

	console.log(`Sandbox of the five providers at ${sandbox.url}; what to enter in n8n's credentials:\n`);
	for (const [provider, credentials] of Object.entries({ ...sandbox.providers, n8n: sandbox.n8n })) {
		console.log(provider);
		for (const [field, value] of Object.entries(credentials)) console.log(`  ${field.padEnd(16)} ${value}`);
	}
	console.log(`\nCharges: ${sandbox.url}/control/charges\nRequests: ${sandbox.url}/control/requests`);

	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sandbox.close());
}

void main();
