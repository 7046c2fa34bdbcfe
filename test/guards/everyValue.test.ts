import type { INodeParameters } from 'n8n-workflow';
import fc from 'fast-check';
import { failureOf } from '../ledger/support/tracked';
import { PurchaseHarness } from '../purchase/support/purchaseHarness';
import { purchaseKinds, type PurchaseKind } from '../purchase/support/purchaseKinds';
import { mapBounded } from '../../nodes/shared/async/mapBounded';
import { workflowOf } from '../support/engine';
import { combinations, full, runs, sampled } from '../support/full';
import { useHarness } from '../support/harness';
import { node } from '../support/workflows';
import { buyingNodes, GUARDS, NO_GUARDS, pathsOf, type Guard } from './support/parameters';
import { anyGiven, numberIn, VALUES, type Given } from './support/values';

/**
 * Whatever an expression gives to a parameter that guards money: the guard holds or the order is refused. Two
 * executions are run with each value, since a key guards the second.
 */

const harness = useHarness();

const kinds = purchaseKinds.filter(({ operation }) => operation === 'order.create');
const isOf = (guard: Guard, { provider }: PurchaseKind) => pathsOf(provider).includes(guard);

it.each(buyingNodes.map(({ name }) => name))(
	'%s: each parameter is known to guard money or not to',
	(name) => {
		const known: readonly string[] = [...GUARDS, ...NO_GUARDS];
		expect(pathsOf(name).filter((path) => !known.includes(path))).toEqual([]);
	},
);

it('every guard is a parameter of some node', () => {
	const paths = buyingNodes.flatMap(({ name }) => pathsOf(name));
	expect(GUARDS.filter((guard) => !paths.includes(guard))).toEqual([]);
});

/** Each case has an account of its own, and mostly waits for the ledger. */
const AT_ONCE = 8;
const TRACKED = { trackCompletion: true };
/** Parameters of an order under the guard, which has this value. */
function parametersWith(guard: Guard, kind: PurchaseKind, value: string): INodeParameters {
	const keyPath = { aiMarket: 'idempotencyKey', gamesDrop: 'transactionId' }[kind.provider as string];
	const key: INodeParameters = keyPath === undefined ? {} : { [keyPath]: 'mine' };
	const options: INodeParameters = keyPath === undefined ? { orderOnceKey: 'mine' } : {};
	switch (guard) {
		case 'options.spendingLimit':
			return { ...TRACKED, options: { spendingLimit: value } };
		case 'options.spendingPeriod':
			return { ...TRACKED, options: { spendingLimit: 0.001, spendingPeriod: value } };
		case 'options.orderOnceKey':
			return { ...TRACKED, options: { orderOnceKey: value } };
		case 'options.ifAlreadyOrdered':
			return { ...TRACKED, ...key, options: { ...options, ifAlreadyOrdered: value } };
		case 'options.tableName':
			return { ...TRACKED, ...key, options: { ...options, tableName: value } };
		case 'trackCompletion':
			return { trackCompletion: value, ...key, options };
		case 'price':
			return { priceMode: 'fixed', price: value };
		default: {
			const [name, child] = guard.split('.') as [string, string?];
			return { [name]: child === undefined ? value : { [child]: value } };
		}
	}
}

/** What is wrong with these charges, of two executions under the guard. */
function complaint(guard: Guard, kind: PurchaseKind, value: unknown, amounts: number[]): string | undefined {
	if (amounts.length === 0) return undefined;
	const charged = `charged ${amounts.join(' and ')}`;
	const limit = numberIn(value);
	switch (guard) {
		case 'options.maxPrice':
			return amounts.some((amount) => !(limit !== undefined && amount <= limit)) ? charged : undefined;
		case 'options.spendingLimit': {
			// TG Market tells its price only afterwards: the order that reaches the limit may exceed it.
			const counted = kind.provider === 'tgMarket' ? amounts.slice(0, -1) : amounts;
			const sum = counted.reduce((total, amount) => total + amount, 0);
			return limit !== undefined && limit > 0 && sum <= limit ? undefined : charged;
		}
		case 'options.spendingPeriod':
			return kind.provider === 'tgMarket' && amounts.length === 1 ? undefined : charged;
		case 'options.checkOnly':
			return value === false || value === 'false' ? undefined : charged;
		case 'price':
			return amounts.every((amount) => amount === limit) ? undefined : charged;
		case 'priceMode':
			return value === 'latest' || value === 'fixed' ? undefined : charged;
		default:
			return amounts.length === 1 ? undefined : charged;
	}
}

async function expectGuarded(guard: Guard, kind: PurchaseKind, { expression, value }: Given): Promise<void> {
	const purchases = await PurchaseHarness.open(harness, kind);
	const parameters = purchases.parameters(parametersWith(guard, kind, expression));
	const failures = [];
	for (let execution = 0; execution < 2; execution++)
		failures.push(failureOf(await purchases.buy(undefined, parameters)));
	const { charges } = await harness.sandbox.client.charges({
		provider: kind.provider,
		account: purchases.account.name,
	});
	const wrong = complaint(
		guard,
		kind,
		value,
		charges.map(({ amount }) => amount),
	);
	const shown = expression.slice(0, 80);
	expect([kind.name, guard, shown, wrong]).toEqual([kind.name, guard, shown, undefined]);
	// A refusal never has a charge.
	const outcomes = failures.map((failure) => failure?.outcome);
	const bought = outcomes.filter((outcome) => outcome === undefined).length;
	expect([shown, outcomes.includes('unknown'), bought >= charges.length]).toEqual([shown, false, true]);
}

describe.each(GUARDS)('%s', (guard) => {
	const having = kinds.filter((kind) => isOf(guard, kind));
	// Between them the guards meet every value, and each guard a third of them.
	const share = VALUES.filter((_, index) => full || index % 3 === GUARDS.indexOf(guard) % 3);
	const cases = combinations(share, having);
	const chosen = sampled(cases, share.length, ([{ expression }, { name }]) => [expression, name]);

	it(`holds, or refuses, for ${chosen.length} values`, async () => {
		await mapBounded(chosen, AT_ONCE, async ([given, kind]) => await expectGuarded(guard, kind, given));
	}, 120_000);

	it('refuses what gives nothing, whatever the provider', async () => {
		const blank = VALUES.slice(0, full ? 9 : 1);
		const each = combinations(having, blank);
		await mapBounded(each, AT_ONCE, async ([kind, { expression }]) => {
			const purchases = await PurchaseHarness.open(harness, kind);
			const parameters = purchases.parameters(parametersWith(guard, kind, expression));
			const finished = await purchases.buy(undefined, parameters);
			expect(failureOf(finished)).toMatchObject({ code: 'INVALID_PARAMETER', outcome: 'rejected' });
			expect(await purchases.requests()).toEqual([]);
		});
	});
});

// Nodes never see such an expression. An agent without Max Price is refused, see its tests.
it('n8n itself drops an expression for all options at once', () => {
	const options = '={{ { maxPrice: 0.01 } }}';
	const saved = node('Buy', 'teleKartStars', { resource: 'order', operation: 'create', options });
	const workflow = workflowOf(harness, { nodes: [saved], connections: {} });
	expect(workflow.getNode('Buy')!.parameters.options).toEqual({});
});

it('holds, or refuses, for any value of JSON', async () => {
	const guarded = fc
		.constantFrom(...GUARDS)
		.chain((guard) =>
			fc.constantFrom(...kinds.filter((kind) => isOf(guard, kind))).map((kind) => ({ guard, kind })),
		);
	await fc.assert(
		fc.asyncProperty(
			guarded,
			anyGiven,
			async ({ guard, kind }, given) => await expectGuarded(guard, kind, given),
		),
		runs(25, 1_000),
	);
}, 300_000);
