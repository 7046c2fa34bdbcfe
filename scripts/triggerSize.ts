/**
 * What a poll of the order trigger costs in a real n8n, with a table of many open and finished orders: its time, its
 * requests to n8n and to the provider, n8n's memory, and after how many polls the oldest open order was looked up.
 *
 * `npx tsx scripts/triggerSize.ts [open orders …]` takes 1,000, 10,000 and 100,000 open orders, beside 300,000 finished
 * ones, and four polls of each. `UNTIL_OLDEST=1` polls until the oldest has been looked up (up to three hours each).
 */
import { readFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TEXT_COLUMNS, NUMBER_COLUMNS } from '../nodes/shared/ledger/row';
import { packPackage, startHost, type N8nHost } from './host/host';

const SIZES = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1_000, 10_000, 100_000];
const FINISHED = Number(process.env.FINISHED ?? 300_000);
const POLLS = Number(process.env.POLLS ?? 4);
const MOST_POLLS = process.env.UNTIL_OLDEST ? 185 : POLLS;
const ROWS_AT_ONCE = 500;
/** Requests that lie further apart are of different polls. */
const BETWEEN_POLLS_MS = 12_000;
const DAY_MS = 86_400_000;

interface Poll {
	from: number;
	to: number;
	n8n: number;
	lookUps: number;
}

/** Counts what the polls ask. */
class Meter {
	readonly polls: Poll[] = [];
	readonly lookedUp = new Set<string>();

	count(kind: 'n8n' | 'lookUps'): void {
		const now = Date.now();
		const last = this.polls.at(-1);
		const isNew = last === undefined || now - last.to > BETWEEN_POLLS_MS;
		const poll = isNew ? { from: now, to: now, n8n: 0, lookUps: 0 } : last;
		if (isNew) this.polls.push(poll);
		poll[kind]++;
		poll.to = now;
	}

	ended(): void {
		const last = this.polls.at(-1);
		if (last !== undefined) last.to = Date.now();
	}
}

let meter = new Meter();

const listen = async (server: Server): Promise<string> =>
	await new Promise((resolve) =>
		server.listen(0, '127.0.0.1', () => {
			resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
		}),
	);

/** A provider whose orders are all pending. */
const provider = createServer((incoming, answer) => {
	const orderId = decodeURIComponent(incoming.url!.split('/').at(-1)!);
	meter.count('lookUps');
	meter.lookedUp.add(orderId);
	setTimeout(() => {
		answer.setHeader('content-type', 'application/json');
		answer.end(JSON.stringify({ ok: true, data: { order_id: orderId, status: 'pending', price_usd: 1 } }));
		meter.ended();
	}, 50);
});

/** n8n's public API as the trigger reaches it, counted. */
const counted = (host: N8nHost): Server =>
	createServer((incoming: IncomingMessage, answer) => {
		meter.count('n8n');
		const { method, url, headers } = incoming;
		const passed = request(`${host.url}${url}`, { method, headers }, (given) => {
			answer.writeHead(given.statusCode!, given.headers);
			given.pipe(answer);
			given.on('end', () => meter.ended());
		});
		incoming.pipe(passed);
	});

const memoryOf = (pid: number): number => {
	const status = readFileSync(`/proc/${pid}/status`, 'utf8');
	return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
};

async function fill(
	host: N8nHost,
	table: string,
	count: number,
	row: (index: number) => object,
): Promise<void> {
	for (let begin = 0; begin < count; begin += ROWS_AT_ONCE) {
		const data = Array.from({ length: Math.min(ROWS_AT_ONCE, count - begin) }, (_, index) =>
			row(begin + index),
		);
		await host.api('POST', `/data-tables/${table}/rows`, { data, returnType: 'count' });
	}
}

async function measure(host: N8nHost, open: number, addresses: { n8n: string; provider: string }) {
	const name = `size_${open}`;
	const columns = [
		...TEXT_COLUMNS.map((column) => ({ name: column, type: 'string' })),
		...NUMBER_COLUMNS.map((column) => ({ name: column, type: 'number' })),
	];
	const { id: table } = await host.api<{ id: string }>('POST', '/data-tables', { name, columns });
	const long = new Date(Date.now() - 3 * DAY_MS).toISOString();
	const common = {
		provider: 'teleKartStars',
		orderType: '',
		account: 'a'.repeat(32),
		currency: 'USD',
		price: 1,
	};
	await fill(host, table, open, (index) => ({
		...{ ...common, orderId: `open-${index}`, state: 'pending', status: 'pending', finalAt: '' },
		...{ stateAt: long, sentAt: long, nonce: `open-${index}` },
	}));
	await fill(host, table, FINISHED, (index) => ({
		...{ ...common, orderId: `final-${index}`, state: 'completed', status: 'confirmed', finalAt: long },
		...{ stateAt: long, sentAt: long, nonce: `final-${index}`, previousState: 'pending' },
	}));

	const credential = async (type: string, data: object) =>
		(await host.api<{ id: string }>('POST', '/credentials', { name: `${type} ${name}`, type, data })).id;
	const credentials = {
		teleKartStarsApi: await credential('teleKartStarsApi', { apiKey: 'key', baseUrl: addresses.provider }),
		orderTrackingApi: await credential('orderTrackingApi', { apiKey: host.apiKey, baseUrl: addresses.n8n }),
	};
	const { id: workflow } = await host.api<{ id: string }>('POST', '/workflows', {
		...{ name, settings: {}, connections: {} },
		nodes: [
			{
				...{ id: 'trigger', name: 'Trigger', type: 'n8n-nodes-digital-goods.digitalGoodsOrderTrigger' },
				...{ typeVersion: 1, position: [0, 0] },
				credentials: Object.fromEntries(
					Object.entries(credentials).map(([type, id]) => [type, { id, name: type }]),
				),
				parameters: {
					...{ source: 'trackedOrders', providers: ['teleKartStars'], tableName: name },
					events: ['completed', 'failed', 'cancelled', 'refunded', 'unconfirmed'],
					pollTimes: { item: [{ mode: 'everyMinute' }] },
				},
			},
		],
	});
	meter = new Meter();
	const before = memoryOf(host.pid!);
	let most = before;
	await host.api('POST', `/workflows/${workflow}/activate`, {});
	const isDone = () => {
		const finished = meter.polls.filter(({ to }) => Date.now() - to > BETWEEN_POLLS_MS).length;
		return finished >= MOST_POLLS || (finished >= POLLS && meter.lookedUp.has('open-0'));
	};
	while (!isDone()) {
		await new Promise((resolve) => setTimeout(resolve, 500));
		most = Math.max(most, memoryOf(host.pid!));
	}
	await host.api('POST', `/workflows/${workflow}/deactivate`, {});
	await host.api('DELETE', `/data-tables/${table}`);
	const { polls, lookedUp } = meter;
	const seconds = polls.map(({ from, to }) => (to - from) / 1000);
	const average = lookedUp.size / polls.length;
	return {
		'open orders': open.toLocaleString('en'),
		'finished orders': FINISHED.toLocaleString('en'),
		'longest poll, s': Math.max(...seconds).toFixed(1),
		'all polls, s': seconds.map((each) => each.toFixed(1)).join(' '),
		'most requests to n8n': Math.max(...polls.map((poll) => poll.n8n)),
		'most look-ups': Math.max(...polls.map((poll) => poll.lookUps)),
		'n8n before, MB': before.toFixed(0),
		'n8n at most, MB': most.toFixed(0),
		'different orders': lookedUp.size.toLocaleString('en'),
		'all looked up after, min': Math.ceil(open / average),
	};
}

async function main(): Promise<void> {
	const host = await startHost({
		tarball: await packPackage(),
		env: { N8N_DATA_TABLES_MAX_SIZE_BYTES: String(4_000_000_000), NODE_OPTIONS: '--max-old-space-size=4096' },
	});
	const n8n = counted(host);
	try {
		const addresses = { provider: await listen(provider), n8n: await listen(n8n) };
		for (const open of SIZES) console.table([await measure(host, open, addresses)]);
	} finally {
		await host.stop();
		for (const server of [provider, n8n]) {
			server.close();
			server.closeAllConnections();
		}
	}
}

void main();
