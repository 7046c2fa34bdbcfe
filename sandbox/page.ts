import type { FastifyInstance } from 'fastify';

import type { Charges } from './charges';
import type { FaultReport, Faults, FaultSpec } from './faults';
import { Html, html } from './html';
import type { Journal } from './journal';
import { providerNames, serviceNames, type ProviderName, type ServiceName } from './names';
import type { Provider } from './provider';

/* The page at the sandbox's address: what it holds and was asked, and the failures people want to see first. */

export interface Shown {
	providers: Record<ServiceName, Provider>;
	charges: Charges;
	journal: Journal;
	faults: Faults;
	/** Where the sandbox listens. */
	origin(): string;
	/** Resolves when nothing that has happened can be lost any more. */
	save(): Promise<void>;
}

/** How many lines a list has. */
const LINES = 15;

/** A failure on a button. */
interface Failure {
	title: string;
	/** What happens, and what a workflow makes of it. */
	text: string;
	button: string;
	/** For these providers. */
	providers: readonly ProviderName[];
	done(provider: string): string;
	/** The control request it is: method, path and body. */
	request(provider: ProviderName): { method: 'POST' | 'PATCH'; path: string; body: object };
}

const buyers: readonly ProviderName[] = providerNames.filter((name) => name !== 'tribute');

/** A refusal that a buyer is likely to meet. */
const refusal: Record<ProviderName, string> = {
	teleKartStars: 'INVALID_PRODUCT',
	tgMarket: 'user_not_found',
	tribute: 'error_shop_inactive',
	aiMarket: 'OUT_OF_STOCK',
	gamesDrop: 'OUT_OF_STOCK',
};

const faultRequest = (provider: ProviderName, fault: FaultSpec['fault']) => ({
	method: 'POST' as const,
	path: '/faults',
	body: { provider, operation: 'order.create', fault },
});

const failures = {
	refusal: {
		title: 'A refusal',
		text: 'The provider says no to the next order. Nothing is charged; the node fails with outcome “rejected”.',
		button: 'Refuse the next order',
		providers: providerNames,
		done: (provider) => `${provider} refuses the next order.`,
		request: (provider) => faultRequest(provider, { type: 'refuse', code: refusal[provider] }),
	},
	lostAnswer: {
		title: 'A lost answer',
		text: 'The next order is placed and charged, but the connection breaks before the answer. The node fails with outcome “unknown”.',
		button: 'Lose the next answer',
		providers: providerNames,
		done: (provider) => `The answer to the next order at ${provider} gets lost.`,
		request: (provider) => faultRequest(provider, { type: 'drop', phase: 'after' }),
	},
	emptyWallet: {
		title: 'An empty wallet',
		text: 'The account has no money left. Orders are refused until it is filled.',
		button: 'Empty the wallet',
		providers: buyers,
		done: (provider) => `The wallet at ${provider} is empty.`,
		request: (provider) => ({ method: 'PATCH', path: '/accounts', body: { provider, balance: 0 } }),
	},
} satisfies Record<string, Failure>;

export function page(app: FastifyInstance, shown: Shown): void {
	const { providers, faults, save } = shown;
	const titleOf = (name: string): string => providers[name as ServiceName].title;
	const done = (text: string) => `/?${new URLSearchParams({ done: text }).toString()}`;
	const providerIn = (body: unknown, among: readonly ProviderName[]): ProviderName => {
		const given = new URLSearchParams(String(body)).get('provider');
		const provider = among.find((name) => name === given);
		if (!provider) throw Object.assign(new Error('There is no such provider'), { statusCode: 400 });
		return provider;
	};

	app.get<{ Querystring: { done?: string } }>('/', async (request, reply) =>
		reply.type('text/html; charset=utf-8').send(render(shown, request.query.done).text),
	);

	for (const [name, failure] of Object.entries<Failure>(failures)) {
		app.post(`/page/${name}`, async (request, reply) => {
			const provider = providerIn(request.body, failure.providers);
			const { path, method, body } = failure.request(provider);
			const url = `${shown.origin()}/control${path}`;
			const answer = await fetch(url, { method, body: JSON.stringify(body) });
			if (!answer.ok) throw new Error(await answer.text());
			return await reply.redirect(done(failure.done(titleOf(provider))), 303);
		});
	}
	app.post('/page/fillWallet', async (request, reply) => {
		const provider = providerIn(request.body, buyers);
		providers[provider].accounts.main.balance = 1000;
		await save();
		return await reply.redirect(done(`The wallet at ${titleOf(provider)} is filled.`), 303);
	});
	app.post('/page/clearFaults', async (_request, reply) => {
		faults.clear({});
		return await reply.redirect(done('Nothing fails any more.'), 303);
	});
}

function render(shown: Shown, notice: string | undefined): Html {
	const { providers, charges, journal, faults } = shown;
	const titleOf = (name: ServiceName): string => providers[name].title;
	const origin = shown.origin();

	const command = ({ request }: Failure) => {
		const { method, path, body } = request('teleKartStars');
		return `curl -X ${method} ${origin}/control${path} -d '${JSON.stringify(body)}'`;
	};
	const card = ([name, failure]: [string, Failure]) => html`
		<section class="card">
			<h3>${failure.title}</h3>
			<p>${failure.text}</p>
			<form method="post" action="/page/${name}">
				<select name="provider" aria-label="Provider">
					${failure.providers.map((one) => html`<option value="${one}">${titleOf(one)}</option>`)}
				</select>
				<button>${failure.button}</button>
			</form>
			<p class="hint">Or from a terminal, here for TeleKart Stars:</p>
			<pre>${command(failure)}</pre>
		</section>
	`;

	const waiting = faults.list({}).filter(({ times, fired }) => times === -1 || fired < times);
	const accounts = serviceNames.flatMap((name) =>
		[...providers[name].accounts.all()].map((account) => ({ name, provider: providers[name], account })),
	);
	const orders = providerNames
		.flatMap((name) =>
			[...providers[name].accounts.all()].flatMap((account) =>
				(providers[name].ordersOf?.(account) ?? []).map((order) => ({ name, account, ...order })),
			),
		)
		.sort((a, b) => b.createdAt.localeCompare(a.createdAt));
	const paid = charges.view({});
	const moved = [
		...paid.charges.map((charge) => ({ ...charge, kind: 'charge' })),
		...paid.refunds.map((refund) => ({
			...refund,
			kind: 'refund',
			productId: '',
			recipient: null,
			key: null,
		})),
	].sort((a, b) => b.id - a.id);
	const { requests } = journal.view({});
	const asked = requests.toReversed();

	return html`<!doctype html>
		<html lang="en">
			<head>
				<meta charset="utf-8" />
				<meta name="viewport" content="width=device-width" />
				<title>Provider sandbox</title>
				<style>
					${new Html(style)}
				</style>
			</head>
			<body>
				<header>
					<h1>Provider sandbox</h1>
					<p>
						It plays TeleKart Stars, TG Market, Tribute, AI-Market and GamesDrop. No real money moves.
						<a href="/">Refresh</a>
					</p>
				</header>
				${notice && html`<p class="notice" role="status">${notice}</p>`}
				<main>
					<h2>Make something fail</h2>
					<div class="cards">${Object.entries<Failure>(failures).map(card)}</div>
					${
						waiting.length > 0
							? html`
									<h3>Waiting for a request</h3>
									${table(
										['Provider', 'Operation', 'Failure', 'Account'],
										waiting.map((fault) => [
											titleOf(fault.provider),
											fault.operation ?? 'any',
											faultText(fault),
											fault.account ?? 'any',
										]),
									)}
									<form method="post" action="/page/clearFaults"><button>Clear all failures</button></form>
								`
							: html`<p class="hint">No failure is waiting for a request.</p>`
					}

					<h2>Accounts</h2>
					${table(
						['Provider', 'Account', 'Balance', '', 'Credential'],
						accounts.map(({ name, provider, account }) => [
							provider.title,
							account.name + (account.suspended ? ' (suspended)' : ''),
							provider.currency ? money(account.balance, provider.currency) : '–',
							account === provider.accounts.main && (buyers as readonly string[]).includes(name)
								? html`<form method="post" action="/page/fillWallet">
										<button name="provider" value="${name}">Fill to 1,000</button>
									</form>`
								: '',
							html`<details>
								<summary>Show</summary>
								<dl>
									${Object.entries(provider.credentials(account, origin)).map(
										([field, value]) =>
											html`<dt>${field}</dt>
												<dd>${value}</dd>`,
									)}
								</dl>
							</details>`,
						]),
					)}

					<h2>Orders</h2>
					${list(
						'No order has been placed yet.',
						['Placed', 'Provider', 'Order', 'Status', 'Product', 'Recipient', 'Price'],
						orders.map((order) => [
							time(order.createdAt),
							titleOf(order.name),
							order.orderId,
							order.status,
							order.productId,
							order.recipient ?? '–',
							money(order.amount, order.currency),
						]),
					)}

					<h2>Charges</h2>
					${list(
						'Nothing has been charged yet.',
						['Time', 'Provider', 'Account', 'Order', 'Product', 'Recipient', 'Key', 'Amount'],
						moved.map((one) => [
							time(one.at),
							titleOf(one.provider),
							one.account,
							one.orderId,
							one.productId,
							one.recipient ?? '–',
							one.key ?? '–',
							(one.kind === 'refund' ? 'refund ' : '') + money(one.amount, one.currency),
						]),
						html`<a href="/control/charges">All as JSON</a>`,
					)}

					<h2>Requests</h2>
					${list(
						'Nothing has been asked yet.',
						['Time', 'Provider', 'Operation', 'Account', 'Request', 'Answer'],
						asked.map((one) => [
							time(new Date(one.startedAt).toISOString()),
							titleOf(one.provider),
							one.operation,
							one.account ?? '–',
							html`<code>${one.method} ${one.path}</code>`,
							`${one.status ?? 'none'}${one.faults.length > 0 ? ' (failure)' : ''}`,
						]),
						html`<a href="/control/requests">All as JSON, with headers and bodies</a>`,
					)}
				</main>
			</body>
		</html>`;
}

type Cell = Html | string;

const table = (heads: string[], rows: Cell[][]): Html =>
	html`<div class="scroll">
		<table>
			<thead>
				<tr>
					${heads.map((head) => html`<th>${head}</th>`)}
				</tr>
			</thead>
			<tbody>
				${rows.map(
					(cells) =>
						html`<tr>
							${cells.map((cell) => html`<td>${cell}</td>`)}
						</tr>`,
				)}
			</tbody>
		</table>
	</div>`;

const list = (empty: string, heads: string[], rows: Cell[][], more?: Html): Html =>
	rows.length === 0
		? html`<p class="hint">${empty}</p>`
		: html`${table(heads, rows.slice(0, LINES))}
				<p class="hint">${rows.length > LINES ? `The latest ${LINES} of ${rows.length}. ` : ''}${more}</p>`;

const time = (at: string): string => at.slice(0, 19).replace('T', ' ');

const money = (amount: number, currency: string): string =>
	`${amount.toLocaleString('en', { minimumFractionDigits: currency === 'XTR' ? 0 : 2 })} ${currency}`;

function faultText({ fault, times, fired }: FaultReport): string {
	const { type, ...details } = fault;
	const values = Object.values(details).filter((value) => typeof value !== 'object');
	const left = times === -1 ? 'until cleared' : times - fired > 1 ? `${times - fired} times` : 'once';
	return `${[type, ...values].join(' ')}, ${left}`;
}

const style = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 76rem; padding: 1.5rem; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 .6rem; }
h3 { font-size: 1rem; margin: 0 0 .3rem; }
p { margin: 0 0 .8rem; }
.hint { opacity: .7; font-size: .9rem; }
.notice { background: #1a7f4b; color: #fff; border-radius: .4rem; padding: .6rem .9rem; margin-top: 1rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 0 1rem; }
.card { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; display: grid; grid-row: span 5; grid-template-rows: subgrid; gap: 0; margin-bottom: 1rem; }
form { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0 0 .6rem; }
.scroll + form { margin-top: .6rem; }
.scroll + .hint { margin-top: .4rem; }
td form { margin: 0; }
select, button { font: inherit; padding: .3rem .6rem; }
button { cursor: pointer; }
pre { font-size: .8rem; margin: 0; padding: .6rem; background: color-mix(in srgb, currentColor 7%, transparent); border-radius: .3rem; white-space: pre-wrap; overflow-wrap: anywhere; user-select: all; }
code { font-size: .85rem; word-break: break-all; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
td:has(code), td:has(details) { white-space: normal; min-width: 18rem; }
summary { cursor: pointer; }
th { font-weight: 600; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0 .8rem; margin: 0; font-size: .85rem; }
dt { opacity: .7; }
dd { margin: 0; white-space: normal; word-break: break-all; user-select: all; font-family: ui-monospace, monospace; }
`;
