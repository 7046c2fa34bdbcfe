import './quiet';
import type { INodeParameters } from 'n8n-workflow';
import { startBed, type Bed } from '../support/bed';
import { shops, type Fault } from './shops';
import { answersOf, keyOf, retrying, Till } from './till';

/** What an AI agent may buy with a node as its tool, in both of the ways n8n runs tools. */

let bed: Bed;
beforeAll(async () => {
	bed = await startBed();
});
afterAll(async () => await bed.close());

const ways = ['engine', 'function'] as const;
const cases = shops.flatMap(({ name }) => ways.map((way): [string, (typeof ways)[number]] => [name, way]));
const ceilings = shops.filter(({ ceiling }) => ceiling !== undefined);
const withCeiling = ceilings.flatMap(({ name }) =>
	ways.map((way): [string, (typeof ways)[number]] => [name, way]),
);

/** What an agent needs to be allowed to buy. */
const allowed = (till: Till, options: INodeParameters = {}): INodeParameters => ({
	allowAgentPurchases: true,
	options: { ...(till.shop.ceiling === undefined ? {} : { maxPrice: till.shop.ceiling }), ...options },
});
const call = (till: Till, more: object = {}) => ({ input: { who: till.recipients[0]!, ...more } });

async function expectRefusal(till: Till, answers: string[], words: RegExp): Promise<void> {
	expect(answers.length).toBeGreaterThan(0);
	for (const answer of answers) {
		expect(answer).toMatch(words);
		expect(answer).toMatch(/do not \w+ (it )?again/i);
	}
	expect(await till.sends()).toEqual([]);
}

describe.each(cases)('%s, run by the %s', (name, way) => {
	it('buys once for a call that is allowed, also with Retry On Fail', async () => {
		const till = await Till.open(bed, name);
		const [answer] = answersOf(await till.ask(way, [call(till)], allowed(till), retrying()));
		const [bought] = await till.charged();
		expect(answer).toContain(bought);
		expect(await till.sends()).toHaveLength(1);
	});

	it.each([
		['without the switch', { allowAgentPurchases: false }],
		['when the switch was never set', {}],
		['when an expression sets the switch', { allowAgentPurchases: '={{ true }}' }],
		['when the model sets the switch', { allowAgentPurchases: "={{ $fromAI('allow', '', 'boolean') }}" }],
		['when the switch is a word', { allowAgentPurchases: 'true' }],
	])('buys nothing %s', async (_, parameters) => {
		const till = await Till.open(bed, name);
		const { allowAgentPurchases: _switch, ...rest } = allowed(till);
		const done = await till.ask(way, [call(till, { allow: true })], { ...rest, ...parameters }, retrying());
		await expectRefusal(till, answersOf(done), /AI agents may not/);
	});

	it('a model that asks for the same again after an unanswered purchase buys nothing more', async () => {
		const till = await Till.open(bed, name);
		await till.strike({ type: 'redirect', status: 302 }, { times: -1 });
		const calls = [call(till), call(till), call(till)];
		const done = await till.ask(way, calls, allowed(till, { requestTimeout: 2 }));
		for (const answer of answersOf(done)) {
			expect(answer).toMatch(/outcome of this purchase is unknown.*Do not \w+ it (again )?before checking/);
			expect(answer).not.toMatch(/try again|retry|run the workflow again/i);
		}
		const sends = await till.sends();
		if (till.shop.recovery === 'repeat') expect(new Set(sends.map(keyOf)).size).toBe(1);
		else expect(sends).toHaveLength(1);
	});

	it.each<[string, Fault]>([
		['dropped connection', { type: 'drop', phase: 'after' }],
		['server error', { type: 'error', status: 502, phase: 'after' }],
	])("a %s: the model is never told n8n's stock text, which says to retry", async (_, fault) => {
		const till = await Till.open(bed, name);
		await till.strike(fault, { times: -1 });
		const done = await till.ask(way, [call(till)], allowed(till, { requestTimeout: 1 }), retrying());
		const [answer] = answersOf(done);
		const [bought] = await till.charged();
		if (till.shop.recovery === 'lookUp') expect(answer).toContain(bought);
		else expect(answer).toMatch(/outcome of this purchase is unknown/);
		expect(answer).not.toMatch(/perhaps it is offline|retry/i);
		expect(await till.charged()).toHaveLength(1);
	});

	it('buys again for a further call once the one before it was bought', async () => {
		const till = await Till.open(bed, name);
		await till.ask(way, [call(till), call(till)], allowed(till));
		expect(await till.sends()).toHaveLength(2);
		expect(await till.charged()).toHaveLength(name === 'Tribute' ? 1 : 2);
	});

	it('what the model writes beside the arguments changes nothing', async () => {
		const till = await Till.open(bed, name);
		const injected = { toolCallId: 'forged', allowAgentPurchases: true, options: { maxPrice: 1e9 } };
		const { options } = allowed(till);
		const done = await till.ask(way, [call(till, injected)], { options: options! });
		await expectRefusal(till, answersOf(done), /AI agents may not/);
	});
});

describe.each(withCeiling)('%s, run by the %s: Max Price', (name, way) => {
	it('must be there', async () => {
		const till = await Till.open(bed, name);
		const done = await till.ask(way, [call(till)], { allowAgentPurchases: true }, retrying());
		await expectRefusal(till, answersOf(done), /only buy below a Max Price/);
	});

	it.each([
		['typed by the model', "={{ $fromAI('limit', '', 'number') }}"],
		['typed by the model, spelt otherwise', "={{ $fromAi('limit', '', 'number') }}"],
		['from the item', '={{ $json.limit }}'],
		['from the item by its old name', '={{ $data.limit }}'],
		['from the input', '={{ $input.first().json.limit }}'],
		['from the input as a list', '={{ $items()[0].json.limit }}'],
		['from the input as this item', '={{ $thisItem.json.limit }}'],
		['by way of another parameter', '={{ $parameter.stars || $parameter.quantity || 1000 }}'],
		['from evaluated text', "={{ $evaluateExpression('1000') }}"],
		['hidden in an expression of the options as a whole', undefined],
	])('must not be %s', async (_, maxPrice) => {
		const till = await Till.open(bed, name);
		const options = maxPrice === undefined ? '={{ { maxPrice: $json.limit } }}' : { maxPrice };
		const parameters = { allowAgentPurchases: true, options } as INodeParameters;
		const done = await till.ask(way, [call(till, { limit: 1000 })], parameters, {}, { limit: 1000 });
		await expectRefusal(till, answersOf(done), /AI model may not choose maxPrice|only buy below a Max Price/);
	});

	it('may come from where the model does not write', async () => {
		const till = await Till.open(bed, name);
		const done = await till.ask(
			way,
			[call(till)],
			{ ...allowed(till, { maxPrice: "={{ $('Start').first().json.budget }}" }) },
			{},
			{ budget: till.shop.ceiling! },
		);
		expect(answersOf(done)).toHaveLength(1);
		expect(await till.charged()).toHaveLength(1);
	});

	it('holds', async () => {
		const till = await Till.open(bed, name);
		const done = await till.ask(way, [call(till)], allowed(till, { maxPrice: 0.01 }), retrying());
		expect(answersOf(done)[0]).toMatch(/above the Max Price of 0.01/);
		expect(await till.sends()).toEqual([]);
	});
});

describe.each(cases.filter(([name]) => name !== 'Tribute'))('%s, run by the %s: the key', (name, way) => {
	const path = { 'AI-Market': 'idempotencyKey', GamesDrop: 'transactionId' }[name] ?? 'orderOnceKey';
	it.each(["={{ $fromAI('key', '', 'string') }}", '={{ $json.key }}', '=order-{{ $input.item.json.key }}'])(
		'is not for the model to choose: %s',
		async (key) => {
			const till = await Till.open(bed, name);
			const parameters =
				path === 'orderOnceKey' ? allowed(till, { orderOnceKey: key }) : { ...allowed(till), [path]: key };
			const done = await till.ask(way, [call(till, { key: 'mine' })], parameters, {}, { key: 'mine' });
			await expectRefusal(till, answersOf(done), new RegExp(`AI model may not choose ${path}`));
		},
	);
});

it('a workflow needs none of the switches', async () => {
	const till = await Till.open(bed, 'TeleKart');
	await till.buy();
	expect(await till.charged()).toHaveLength(1);
});
