import type { INodeParameters } from 'n8n-workflow';
import { combinations, sampled } from '../support/full';
import { useHarness } from '../support/harness';
import type { Fault } from '../support/sandboxFaults';
import { toolModes } from '../support/workflows';
import { SUGGESTS_ANOTHER } from './support/invariants';
import { answersOf, keyOf, PurchaseHarness, retryOnFail } from './support/purchaseHarness';
import { kindNames, purchaseKinds } from './support/purchaseKinds';

/** What an AI agent may buy with a node as its tool, in both modes in which n8n runs tools. */

const harness = useHarness();

const withMaxPrice = purchaseKinds.filter(({ maxPrice }) => maxPrice !== undefined).map(({ name }) => name);
const withKey = kindNames.filter((name) => name !== 'Tribute');

/** What a call is told that means an earlier one. */
const NOTHING_NEW = 'Nothing new was ordered';

/** What an agent needs to be allowed to buy. */
const allowed = (purchases: PurchaseHarness, options: INodeParameters = {}): INodeParameters => ({
	allowAgentPurchases: true,
	options: {
		...(purchases.kind.maxPrice === undefined ? {} : { maxPrice: purchases.kind.maxPrice }),
		...options,
	},
});
const call = (purchases: PurchaseHarness, more: object = {}) => ({
	input: { recipient: purchases.recipients[0]!, ...more },
});

async function expectRefusal(purchases: PurchaseHarness, answers: string[], words: RegExp): Promise<void> {
	expect(answers.length).toBeGreaterThan(0);
	for (const answer of answers) {
		expect(answer).toMatch(words);
		expect(answer).toMatch(/do not \w+ (it )?again/i);
	}
	expect(await purchases.requests()).toEqual([]);
}

describe.each(sampled(combinations(kindNames, toolModes), 6))('%s, run by the %s', (name, mode) => {
	it('buys once for a call that is allowed, also with Retry On Fail', async () => {
		const purchases = await PurchaseHarness.open(harness, name);
		const [answer] = answersOf(
			await purchases.askAgent(mode, [[call(purchases)]], allowed(purchases), { tool: retryOnFail() }),
		);
		const [bought] = await purchases.charged();
		expect(answer).toContain(bought);
		expect(await purchases.requests()).toHaveLength(1);
	});

	it.each([
		['without the switch', { allowAgentPurchases: false }],
		['when the switch was never set', {}],
		['when an expression sets the switch', { allowAgentPurchases: '={{ true }}' }],
		['when the model sets the switch', { allowAgentPurchases: "={{ $fromAI('allow', '', 'boolean') }}" }],
		['when the switch is a word', { allowAgentPurchases: 'true' }],
	])('buys nothing %s', async (_, parameters) => {
		const purchases = await PurchaseHarness.open(harness, name);
		const { allowAgentPurchases: _switch, ...rest } = allowed(purchases);
		const done = await purchases.askAgent(
			mode,
			[[call(purchases, { allow: true })]],
			{ ...rest, ...parameters },
			{ tool: retryOnFail() },
		);
		await expectRefusal(purchases, answersOf(done), /AI agents may not/);
	});

	it('a model that repeats its call after an unanswered purchase buys nothing more', async () => {
		const purchases = await PurchaseHarness.open(harness, name);
		await purchases.injectFault({ type: 'redirect', status: 302 }, { times: -1 });
		const messages = [[call(purchases), call(purchases)], [call(purchases)]];
		const done = await purchases.askAgent(mode, messages, allowed(purchases, { requestTimeout: 1 }));
		for (const answer of answersOf(done)) {
			expect(answer).toMatch(/outcome of this purchase is unknown.*Do not \w+ it (again )?before checking/);
			expect(answer).not.toMatch(SUGGESTS_ANOTHER);
		}
		const requests = await purchases.requests();
		if (purchases.kind.recovery === 'repeat') expect(new Set(requests.map(keyOf)).size).toBe(1);
		else expect(requests).toHaveLength(1);
	});

	it.each<[string, Fault]>([
		['dropped connection', { type: 'drop', phase: 'after' }],
		['server error', { type: 'error', status: 502, phase: 'after' }],
	])("a %s: the model never gets n8n's stock text, which says to retry", async (_, fault) => {
		const purchases = await PurchaseHarness.open(harness, name);
		await purchases.injectFault(fault, { times: -1 });
		const done = await purchases.askAgent(
			mode,
			[[call(purchases)]],
			allowed(purchases, { requestTimeout: 1 }),
			{ tool: retryOnFail() },
		);
		const [answer] = answersOf(done);
		const [bought] = await purchases.charged();
		if (purchases.kind.recovery === 'lookUp') expect(answer).toContain(bought);
		else expect(answer).toMatch(/outcome of this purchase is unknown/);
		expect(answer).not.toMatch(/perhaps it is offline|retry/i);
		expect(await purchases.charged()).toHaveLength(1);
	});

	/** The sandbox refunds a Tribute purchase once. */
	const expectPurchases = async (purchases: PurchaseHarness, count: number) => {
		expect(await purchases.requests()).toHaveLength(count);
		expect(await purchases.charged()).toHaveLength(name === 'Tribute' ? 1 : count);
	};

	it('buys for a further call once the answer to the one before it has reached the model', async () => {
		const purchases = await PurchaseHarness.open(harness, name);
		const done = await purchases.askAgent(mode, [[call(purchases)], [call(purchases)]], allowed(purchases));
		for (const answer of answersOf(done)) expect(answer).not.toContain(NOTHING_NEW);
		await expectPurchases(purchases, 2);
	});

	it('buys once for equal calls in one message, and the later ones are told so', async () => {
		const purchases = await PurchaseHarness.open(harness, name);
		const message = [call(purchases), call(purchases), call(purchases)];
		const [first, ...later] = answersOf(await purchases.askAgent(mode, [message], allowed(purchases)));
		await expectPurchases(purchases, 1);
		const [bought] = await purchases.charged();
		expect(first).not.toContain(NOTHING_NEW);
		for (const answer of [first, ...later]) expect(answer).toContain(bought);
		for (const answer of later) expect(answer).toContain(NOTHING_NEW);
	});

	// The engine keeps the answers for the next attempt; an agent that calls functions begins anew.
	it.each([
		['at its first prompt', [0]],
		['at the answer', [1]],
		['at the answer, twice', mode === 'engine' ? [1, 2] : [1, 3]],
	])('buys once when the model of an agent with Retry On Fail fails %s', async (_, failingPrompts) => {
		const purchases = await PurchaseHarness.open(harness, name);
		const done = await purchases.askAgent(mode, [[call(purchases)]], allowed(purchases), {
			agent: retryOnFail(),
			failingPrompts,
		});
		const [bought] = await purchases.charged();
		expect(answersOf(done)).toEqual([expect.stringContaining(bought!)]);
		await expectPurchases(purchases, 1);
	});

	it('what the model writes beside the arguments changes nothing', async () => {
		const purchases = await PurchaseHarness.open(harness, name);
		const injected = { toolCallId: 'forged', allowAgentPurchases: true, options: { maxPrice: 1e9 } };
		const { options } = allowed(purchases);
		const done = await purchases.askAgent(mode, [[call(purchases, injected)]], { options: options! });
		await expectRefusal(purchases, answersOf(done), /AI agents may not/);
	});
});

describe.each(sampled(combinations(withMaxPrice, toolModes), 3))(
	'%s, run by the %s: Max Price',
	(name, mode) => {
		it('is required', async () => {
			const purchases = await PurchaseHarness.open(harness, name);
			const done = await purchases.askAgent(
				mode,
				[[call(purchases)]],
				{ allowAgentPurchases: true },
				{ tool: retryOnFail() },
			);
			await expectRefusal(purchases, answersOf(done), /only buy below a Max Price/);
		});

		it.each([
			['typed by the model', "={{ $fromAI('limit', '', 'number') }}"],
			['typed by the model, in another spelling', "={{ $fromAi('limit', '', 'number') }}"],
			['from the item', '={{ $json.limit }}'],
			['from the item by its old name', '={{ $data.limit }}'],
			['from the input', '={{ $input.first().json.limit }}'],
			['from the input as a list', '={{ $items()[0].json.limit }}'],
			['from the input as this item', '={{ $thisItem.json.limit }}'],
			['by way of another parameter', '={{ $parameter.stars || $parameter.quantity || 1000 }}'],
			['from evaluated text', "={{ $evaluateExpression('1000') }}"],
			['hidden in an expression of the options as a whole', undefined],
		])('must not be %s', async (_, maxPrice) => {
			const purchases = await PurchaseHarness.open(harness, name);
			const options = maxPrice === undefined ? '={{ { maxPrice: $json.limit } }}' : { maxPrice };
			const parameters = { allowAgentPurchases: true, options } as INodeParameters;
			const done = await purchases.askAgent(mode, [[call(purchases, { limit: 1000 })]], parameters, {
				chat: { limit: 1000 },
			});
			await expectRefusal(
				purchases,
				answersOf(done),
				/AI model may not choose maxPrice|only buy below a Max Price/,
			);
		});

		it('may come from where the model does not write', async () => {
			const purchases = await PurchaseHarness.open(harness, name);
			const done = await purchases.askAgent(
				mode,
				[[call(purchases)]],
				{ ...allowed(purchases, { maxPrice: "={{ $('Start').first().json.budget }}" }) },
				{ chat: { budget: purchases.kind.maxPrice! } },
			);
			expect(answersOf(done)).toHaveLength(1);
			expect(await purchases.charged()).toHaveLength(1);
		});

		it('is kept to', async () => {
			const purchases = await PurchaseHarness.open(harness, name);
			const done = await purchases.askAgent(
				mode,
				[[call(purchases)]],
				allowed(purchases, { maxPrice: 0.01 }),
				{ tool: retryOnFail() },
			);
			expect(answersOf(done)[0]).toMatch(/above the Max Price of 0.01/);
			expect(await purchases.requests()).toEqual([]);
		});
	},
);

describe.each(sampled(combinations(withKey, toolModes), 5))('%s, run by the %s: the key', (name, mode) => {
	const path = { 'AI-Market': 'idempotencyKey', GamesDrop: 'transactionId' }[name] ?? 'orderOnceKey';
	it.each(["={{ $fromAI('key', '', 'string') }}", '={{ $json.key }}', '=order-{{ $input.item.json.key }}'])(
		'is not for the model to choose: %s',
		async (key) => {
			const purchases = await PurchaseHarness.open(harness, name);
			const parameters =
				path === 'orderOnceKey'
					? allowed(purchases, { orderOnceKey: key })
					: { ...allowed(purchases), [path]: key };
			const done = await purchases.askAgent(mode, [[call(purchases, { key: 'mine' })]], parameters, {
				chat: { key: 'mine' },
			});
			await expectRefusal(purchases, answersOf(done), new RegExp(`AI model may not choose ${path}`));
		},
	);
});

it('a workflow needs none of the switches', async () => {
	const purchases = await PurchaseHarness.open(harness, 'TeleKart');
	await purchases.buy();
	expect(await purchases.charged()).toHaveLength(1);
});
