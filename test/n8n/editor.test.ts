import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../scripts/host/browser';
import { demoCredentials, saveCredentials, startDemo, type Demo } from '../../scripts/host/demo';
import type { WorkflowNode } from '../../scripts/host/host';
import { eventually, Screen } from './support/editor';

/**
 * The nodes in n8n's editor, in a browser, as a person sees and uses them. `SCREENSHOTS=1` takes the README's
 * pictures on the way.
 */
const TRACKING = 'Credential for n8n Data Table (Order Tracking) API';
const SHARED = ['Track Completion', 'Allow AI Agent Purchases', 'Simplify', 'Options'];

let demo: Demo;
let browser: Browser;
let screen: Screen;

beforeAll(async () => {
	demo = await startDemo();
	browser = await launchBrowser();
	screen = await Screen.open(demo.host, { browser });
});

afterAll(async () => {
	await screen?.close();
	await browser?.close();
	await demo?.stop();
});

/** A test that leaves a picture of the screen when it fails. */
function shows(what: string, test: () => Promise<void>): void {
	it(what, async () => {
		try {
			await test();
		} catch (error) {
			process.stderr.write(`${what}: ${await screen.abandon(what)}\n`);
			throw error;
		}
	});
}

interface NodePart {
	name: string;
	type: string;
	typeVersion?: number;
	/** Types of its credentials. */
	uses?: string[];
	parameters?: Record<string, unknown>;
	position?: [number, number];
}

const start: NodePart = { name: 'Start', type: 'n8n-nodes-base.manualTrigger' };

/** A saved workflow: Start, and these nodes one after the other behind it. A trigger begins a new row. */
async function workflowOf(name: string, parts: NodePart[]): Promise<string> {
	const nodes: WorkflowNode[] = [];
	const connections: Record<string, unknown> = {};
	let row = -1;
	let column = 0;
	for (const { uses, ...part } of [start, ...parts]) {
		if (part.type.endsWith('Trigger')) {
			row++;
			column = 0;
		} else {
			column++;
			connections[nodes.at(-1)!.name] = { main: [[{ node: part.name, type: 'main', index: 0 }]] };
		}
		const credentials = uses?.map((type) => {
			const { id, name } = demo.credentials[type]!;
			return [type, { id, name }] as const;
		});
		nodes.push({
			id: `node-${nodes.length}`,
			typeVersion: 1,
			parameters: {},
			position: [column * 224, row * 208],
			...part,
			...(credentials ? { credentials: Object.fromEntries(credentials) } : {}),
		});
	}
	// The editor itself saves a workflow with this; n8n cannot run a part of one without it.
	return (await demo.host.workflows.create({ name, nodes, connections, pinData: {} })).id;
}

const chosen = (value: string, cachedResultName: string) => ({
	__rl: true,
	mode: 'list',
	value,
	cachedResultName,
});

const teleKartStars: NodePart = {
	name: 'TeleKart Stars',
	type: 'n8n-nodes-digital-goods.teleKartStars',
	uses: ['teleKartStarsApi'],
	parameters: {
		resource: 'order',
		operation: 'create',
		productId: chosen('stars_100', '100 Telegram Stars (1.65 USD)'),
		target: '@durov',
		options: { maxPrice: 2 },
	},
};
const tgMarket: NodePart = {
	name: 'TG Market',
	type: 'n8n-nodes-digital-goods.tgMarket',
	uses: ['tgMarketApi'],
	parameters: {
		resource: 'order',
		operation: 'create',
		orderType: 'stars',
		username: '@durov',
		amount: 100,
	},
};
const aiMarket: NodePart = {
	name: 'AI-Market',
	type: 'n8n-nodes-digital-goods.aiMarket',
	uses: ['aiMarketApi'],
	parameters: {
		resource: 'order',
		operation: 'create',
		productId: chosen('002', 'ChatGPT Plus Invite Code (4.5 USDT)'),
		options: { maxPrice: 5 },
	},
};
const gamesDrop: NodePart = {
	name: 'GamesDrop',
	type: 'n8n-nodes-digital-goods.gamesDrop',
	uses: ['gamesDropApi'],
	parameters: {
		resource: 'order',
		operation: 'create',
		productId: chosen('999', 'Steam US – TEST OFFER GROUP (23.09 KZT)'),
		email: 'name@example.com',
	},
};
const tribute: NodePart = {
	name: 'Tribute',
	type: 'n8n-nodes-digital-goods.tribute',
	uses: ['tributeApi'],
	parameters: { resource: 'purchase', operation: 'cancel', purchaseId: '12345' },
};
const orderTrigger: NodePart = {
	name: 'Digital Goods Order Trigger',
	type: 'n8n-nodes-digital-goods.digitalGoodsOrderTrigger',
	uses: ['tgMarketApi', 'orderTrackingApi'],
	parameters: { pollTimes: { item: [{ mode: 'everyMinute' }] }, providers: ['tgMarket'] },
};
const tributeTrigger: NodePart = {
	name: 'Tribute Trigger',
	type: 'n8n-nodes-digital-goods.tributeTrigger',
	uses: ['tributeApi'],
};
const agent: NodePart = {
	name: 'AI Agent',
	type: '@n8n/n8n-nodes-langchain.agent',
	typeVersion: 3,
	parameters: { promptType: 'define', text: 'Send 100 Stars to @durov' },
};

describe('the node panel', () => {
	const nodes = [
		{
			name: 'TeleKart Stars',
			words: ['telegram stars', 'telegram gift', 'buy stars'],
			action: 'Create order',
			icon: 'teleKartStars.svg',
			fields: ['Credential', 'Resource', 'Operation', 'Product', 'Target', ...SHARED],
		},
		{
			name: 'TG Market',
			words: ['telegram stars', 'telegram premium'],
			action: 'Create order',
			icon: 'tgMarket.svg',
			fields: [
				'Credential',
				'Resource',
				'Operation',
				expect.stringMatching(/no ceiling can be set/),
				'Order Type',
				'Username',
				'Amount',
				...SHARED,
			],
		},
		{
			name: 'Tribute',
			words: ['refund', 'digital goods'],
			action: 'Cancel purchase',
			icon: 'tribute.svg',
			fields: [
				'Credential',
				'Resource',
				'Operation',
				expect.stringMatching(/^Cancelling is final/),
				'Purchase ID',
				'Allow AI Agent Purchases',
				'Options',
			],
		},
		{
			name: 'AI-Market',
			words: ['ai market', 'voucher', 'chatgpt'],
			action: 'Create order',
			icon: 'aiMarket.svg',
			fields: ['Credential', 'Resource', 'Operation', 'Product', 'Quantity', 'Idempotency Key', ...SHARED],
		},
		{
			name: 'GamesDrop',
			words: ['telegram stars', 'game keys', 'top up'],
			action: 'Create order',
			icon: 'gamesDrop.svg',
			fields: [
				'Credential',
				'Resource',
				'Operation',
				'Product',
				'Price Mode',
				'Transaction ID',
				'Game User ID',
				'Game Server ID',
				'Email',
				...SHARED,
			],
		},
		{
			// n8n leaves out the word Trigger here.
			name: 'Digital Goods Order',
			words: ['order completed', 'Digital Goods Order Trigger'],
			action: 'On order completed',
			icon: 'digitalGoodsOrderTrigger.svg',
			fields: [
				'Poll Times',
				'Mode',
				'Orders to Watch',
				'Providers',
				TRACKING,
				'Events',
				'Table Name',
				'Options',
			],
		},
		{
			name: 'Tribute',
			words: ['Tribute Trigger'],
			action: 'On digital product purchased',
			icon: 'tribute.svg',
			fields: ['Credential', expect.stringMatching(/^Paste the production URL above into Tribute/), 'Events'],
		},
	];

	let workflow: string;
	beforeAll(async () => (workflow = await workflowOf('Node panel', [])));

	for (const node of nodes) {
		shows(`finds ${node.name}, which opens from "${node.action}" with its parameters`, async () => {
			await screen.openWorkflow(workflow);
			for (const words of [...node.words, node.name]) {
				await screen.searchNodes(words);
				expect([words, await screen.listed(node.name).count()]).toEqual([words, 1]);
			}
			expect(await screen.icon(screen.listed(node.name))).toBe(node.icon);
			await screen.listed(node.name).click();
			await screen.addByAction(node.action);
			await eventually(async () => expect(await screen.fields()).toEqual(node.fields));
			expect(await screen.icon(screen.titleOfNode())).toBe(node.icon);
		});
	}
});

describe('the product list', () => {
	const lists = [
		{
			part: teleKartStars,
			some: ['50 Telegram Stars (0.83 USD)', 'Custom Telegram Stars (0.0165 USD per star)'],
			typed: 'Premium',
			found: /^Telegram Premium \d+ Months \([\d.]+ USD\)$/,
		},
		{
			part: aiMarket,
			some: ['ChatGPT Team Seat 1 Month (22 USDT)', 'Windsurf Pro 1 Month (11.5 USDT), out of stock'],
			typed: 'gemini',
			found: /^Gemini .* USDT\)$/,
		},
		{
			part: gamesDrop,
			some: ['Telegram Stars – 100 Stars (0.77 USD), needs Game User ID', 'PUBG Mobile – 60 UC (0.99 USD)'],
			typed: 'pubg',
			found: /^PUBG .* (USD|RUB|KZT|EUR)\)/i,
		},
	];

	/** The chosen product stays in the list whatever is typed. */
	const undecided = (part: NodePart): NodePart => ({
		...part,
		parameters: { ...part.parameters, productId: { __rl: true, mode: 'list', value: '' } },
	});

	let workflow: string;
	beforeAll(async () => {
		const parts = lists.map(({ part }) => undecided(part));
		workflow = await workflowOf('Products', parts);
	});

	for (const { part, some, typed, found } of lists) {
		shows(`of ${part.name} opens, filters and says when nothing is found`, async () => {
			await screen.openWorkflow(workflow);
			await screen.openNode(part.name);
			await screen.at('rlc-input').click();
			const choices = screen.at('rlc-item');
			await choices.getByText(some[0]!, { exact: true }).waitFor();
			const all = (await choices.allInnerTexts()).map((text) => text.trim());
			expect(all).toEqual(expect.arrayContaining(some));

			const search = screen.at('rlc-search');
			await search.fill('no product has such a name');
			await screen.page.getByText('No results', { exact: true }).waitFor();
			expect(await choices.count()).toBe(0);

			await search.fill(typed);
			await choices.first().waitFor();
			for (const choice of await choices.allInnerTexts()) expect(choice.trim()).toMatch(found);
			if (part === gamesDrop) await screen.picture('product-list', screen.panel());
			const first = (await choices.first().innerText()).trim();
			await choices.first().click();
			await eventually(async () => expect(await screen.at('rlc-input').inputValue()).toBe(first));
		});
	}

	shows('of TeleKart Stars asks for the number of Stars where it can be chosen', async () => {
		await screen.openWorkflow(await workflowOf('Custom Stars', [teleKartStars]));
		await screen.openNode('TeleKart Stars');
		await screen.parameter('target').waitFor();
		expect(await screen.fields()).not.toContain('Stars');
		await screen.at('rlc-input').click();
		await screen.at('rlc-item').getByText('Custom Telegram Stars').click();
		await eventually(async () => expect(await screen.fields()).toContain('Stars'));
	});

	shows('asks for a credential where there is none', async () => {
		const parts = lists.map(({ part }) => ({ ...undecided(part), uses: undefined }));
		// n8n itself chooses the only credential there is.
		for (const { part } of lists) await demo.host.credentials.delete(demo.credentials[part.uses![0]!]!.id);
		try {
			await screen.openWorkflow(await workflowOf('Without a credential', parts));
			for (const { name } of parts) {
				await screen.openNode(name);
				await screen.at('node-parameters').getByText(`Connect to ${name}`, { exact: true }).waitFor();
				await screen.at('rlc-input').click();
				await screen.at('rlc-error-container').getByText('Add your credential').waitFor();
				await screen.closeNode();
			}
		} finally {
			const wanted = demoCredentials(demo.sandbox, demo.host);
			Object.assign(demo.credentials, await saveCredentials(demo.host, wanted));
		}
	});
});

describe('a credential with a bad key', () => {
	const messages: Array<[string, string, RegExp]> = [
		['teleKartStarsApi', 'apiKey', /^The API key was not accepted\. Copy it again in the TeleKart Stars bot/],
		['tgMarketApi', 'apiKey', /^The API key was not accepted\. Copy it again in the TG Market bot/],
		['tributeApi', 'apiKey', /^The API key was not accepted\. Copy it again in Tribute/],
		['aiMarketApi', 'apiKey', /^The API key was not accepted\. Copy it again or generate a new one/],
		['gamesDropApi', 'token', /^The token was not accepted\. Copy the store token again/],
		['gamesDropDashboardApi', 'token', /^The token was not accepted\. A dashboard token is valid for/],
		['orderTrackingApi', 'apiKey', /^The API key was not accepted\. Create one in this n8n/],
	];

	for (const [type, field, message] of messages) {
		shows(`of the type ${type} says where to find the right one`, async () => {
			const { data } = demoCredentials(demo.sandbox, demo.host)[type]!;
			const { id } = await demo.host.credentials.create('My account', type, data);
			await screen.editor.open(`/home/credentials/${id}`);
			const dialog = screen.at('credential-edit-dialog');
			await dialog.locator('[data-test-id="credentials-config-container-test-success"]').waitFor();
			const window = screen.at('editCredential-modal');
			await screen.icon(window);
			await screen.parameter(field).locator('input').fill('not-the-right-key');
			await screen.at('credential-save-button').click();
			await dialog.getByText('More details').click();
			await dialog.getByText(message).waitFor();
			if (type === 'teleKartStarsApi') await screen.picture('bad-key', window);
			await demo.host.credentials.delete(id);
		});
	}
});

describe('an order', () => {
	const runs: Array<[NodePart, RegExp[]]> = [
		[aiMarket, [/"state":\s*"completed"/, /"codes":\s*\[\s*"AIM002-/, /"idempotencyKey"/]],
		[teleKartStars, [/"state":\s*"pending"/, /"price":\s*1\.65/]],
		[tgMarket, [/"state":\s*"pending"/, /"orderType":\s*"stars"/]],
		[gamesDrop, [/"state":\s*"completed"/, /"transactionId"/]],
		[tribute, [/"success":\s*true/]],
	];

	let workflow: string;
	beforeAll(async () => {
		const parts = runs.map(([part]) => part);
		workflow = await workflowOf('Orders', parts);
	});

	shows('offers the fields of its item to the next node before it has run', async () => {
		const next: NodePart = { name: 'Edit Fields', type: 'n8n-nodes-base.set', typeVersion: 3.4 };
		await screen.openWorkflow(await workflowOf('Before the first run', [teleKartStars, next]));
		await screen.openNode('Edit Fields');
		const offered = screen.at('ndv-input-panel');
		await offered.getByText('Usually outputs the following fields').waitFor();
		const words = (await offered.innerText()).split('\n').map((line) => line.trim());
		expect(words).toEqual(expect.arrayContaining(['orderId', 'state', 'price', 'codes', 'orderOnceKey']));
	});

	for (const [part, expected] of runs) {
		shows(`of ${part.name} shows its item`, async () => {
			await screen.openWorkflow(workflow);
			await screen.openNode(part.name);
			await screen.execute();
			const shown = await screen.json();
			expect(shown).toContain('1 item');
			for (const words of expected) expect(shown).toMatch(words);
			if (part === aiMarket) await screen.picture('order', screen.at('ndv'));
		});
	}

	shows('that is refused says what happened and what to do next, and goes to the error output', async () => {
		const account = { provider: 'teleKartStars', balance: 0.5 } as const;
		await demo.sandbox.client.changeAccount(account);
		await screen.openWorkflow(await workflowOf('Refused', [teleKartStars]));
		await screen.openNode('TeleKart Stars');
		await screen.execute();
		const said = await screen.at('node-error-message').innerText();
		expect(said).toMatch(/not enough .*0\.5 USD in the wallet, 1\.65 USD needed/i);
		expect(await screen.at('node-error-description').innerText()).toMatch(/^Nothing was ordered\. Top up/);
		await screen.picture('error', screen.at('ndv'));

		await screen.at('tab-settings').click();
		await screen.choose('onError', 'Continue (using error output)');
		await screen.at('tab-params').click();
		await screen.execute();
		const output = screen.at('output-panel');
		await output.getByText('Error Branch (1 item)').click();
		await output.getByText('Success Branch').waitFor();
		await eventually(async () => {
			const shown = await screen.json();
			expect(shown).toContain(said);
			expect(shown).toMatch(/"outcome":\s*"rejected"/);
		});
		await demo.sandbox.client.changeAccount({ ...account, balance: 1000 });
	});
});

describe('the Order Trigger', () => {
	shows('asks for the credentials of the providers that are chosen', async () => {
		await screen.openWorkflow(await workflowOf('Order Trigger', [orderTrigger]));
		await screen.openNode(orderTrigger.name);
		await screen.choose('providers', 'GamesDrop');
		await screen.page.keyboard.press('Escape');
		const before = ['Poll Times', 'Mode', 'Orders to Watch', 'Providers'];
		const ofProviders = ['Credential for GamesDrop API', 'Credential for TG Market API'];
		const watched = [...before, ...ofProviders, TRACKING, 'Events', 'Table Name', 'Options'];
		await eventually(async () => expect(await screen.fields()).toEqual(watched));
		await screen.choose('source', 'Order IDs');
		const listed = [...before, ...ofProviders, 'Events', 'Orders'];
		await eventually(async () => expect(await screen.fields()).toEqual(listed));
	});

	shows('shows the watched orders as they stand', async () => {
		const tracked: NodePart = {
			...tgMarket,
			uses: ['tgMarketApi', 'orderTrackingApi'],
			parameters: { ...tgMarket.parameters, trackCompletion: true, reference: 'chat 42' },
		};
		await demo.host.executions.run(await workflowOf('Tracked', [tracked]));
		await screen.openWorkflow(await workflowOf('Watching', [orderTrigger]));
		await screen.openNode(orderTrigger.name);
		await screen.execute();
		const shown = await screen.json();
		expect(shown).toContain('1 item');
		expect(shown).toMatch(/"event":\s*"order\.(pending|processing|completed)"/);
		expect(shown).toMatch(/"reference":\s*"chat 42"/);
	});
});

describe('the Tribute Trigger', () => {
	shows('shows its URL and where to paste it', async () => {
		await screen.openWorkflow(await workflowOf('Tribute Trigger', [tributeTrigger]));
		await screen.openNode('Tribute Trigger');
		await screen.page.getByText('Webhook URLs').click();
		await screen.page.getByText(/\/webhook-test\/.+\/webhook$/).waitFor();
		await screen.page.getByText('Production URL', { exact: true }).click();
		await screen.page.getByText(/\/webhook\/.+\/webhook$/).waitFor();
		const notice = expect.stringMatching(/Creator Dashboard → Settings → API Keys → Webhook URL/);
		await eventually(async () => expect(await screen.fields()).toEqual(['Credential', notice, 'Events']));
	});
});

describe('as a tool of an AI agent', () => {
	/** The resource whose first operation spends money, and a parameter that a model may fill. */
	const tools: Array<[NodePart, string, string]> = [
		[teleKartStars, 'Order', 'target'],
		[tgMarket, 'Order', 'username'],
		[aiMarket, 'Order', 'quantity'],
		[gamesDrop, 'Order', 'gameUserId'],
		[tribute, 'Purchase', 'purchaseId'],
	];

	let workflow: string;
	beforeAll(async () => (workflow = await workflowOf('An agent', [agent])));

	for (const [{ name }, resource, parameter] of tools) {
		shows(`${name} is found and leaves the permission to spend to the user`, async () => {
			await screen.openWorkflow(workflow);
			await screen.openTools();
			await screen.searchNodes(name);
			await screen.icon(screen.listed(`${name} Tool`));
			await screen.listed(`${name} Tool`).click();
			await screen.choose('resource', resource);
			await eventually(async () => expect(await screen.fields()).toContain('Allow AI Agent Purchases'));
			expect(await screen.filledBy(parameter)).toEqual({ expression: true, model: true });
			expect(await screen.filledBy('allowAgentPurchases')).toEqual({ expression: false, model: false });
			if (name === 'TeleKart Stars') await screen.picture('agent-tool', screen.panel());
		});
	}
});

describe('every node has its icon', () => {
	const nodes: Array<[NodePart, string]> = [
		[teleKartStars, 'teleKartStars'],
		[tgMarket, 'tgMarket'],
		[aiMarket, 'aiMarket'],
		[gamesDrop, 'gamesDrop'],
		[orderTrigger, 'digitalGoodsOrderTrigger'],
		[{ ...tributeTrigger, position: [448, 208] }, 'tribute'],
		[{ ...tribute, position: [672, 208] }, 'tribute'],
	];
	const themes = [
		['light', '.svg', 'editor'],
		['dark', '.dark.svg', 'editor-dark'],
	] as const;

	for (const [colorScheme, suffix, picture] of themes) {
		shows(`in the ${colorScheme} theme`, async () => {
			await screen.page.emulateMedia({ colorScheme });
			await screen.page.setViewportSize({ width: 1400, height: 700 });
			const parts = nodes.map(([part]) => part);
			await screen.openWorkflow(await workflowOf('Digital goods', parts));
			for (const [{ name }, icon] of nodes) {
				expect([name, await screen.icon(screen.onCanvas(name))]).toEqual([name, icon + suffix]);
			}
			await screen.picture(picture);

			await screen.openNode('TG Market');
			expect(await screen.icon(screen.titleOfNode())).toBe(`tgMarket${suffix}`);
			await screen.closeNode();

			await screen.searchNodes('digital goods');
			for (const [{ name }, icon] of nodes) {
				const listed = screen.listed(name.replace(/ Trigger$/, ''));
				expect([name, await screen.icon(listed)]).toEqual([name, icon + suffix]);
			}
			if (colorScheme === 'light') await screen.picture('node-panel', screen.at('node-creator'));
		});
	}
});

it('gave the page nothing to complain of', () => expect(screen.complaints).toEqual([]));
