import { LONGEST_KEY, type Item } from '../node/item';
import type { PurchaseOperation } from '../node/operation';
import { DEFAULT_TABLE, SPENDING_PERIODS, type SpendingPeriod } from '../node/orderProperties';

/** Where an order is kept in the ledger. */
export interface Tracking {
	table: string;
	/** What the completion event carries back, as text. */
	reference: string;
}

/** Everything beside the order itself that the parameters of a purchase say, checked. */
export interface Settings {
	simplify: boolean;
	/** The user's own key; empty where none was given. */
	userKey: string;
	maxPrice: number | undefined;
	spending: { limit: number; period: SpendingPeriod } | undefined;
	ifAlreadyOrdered: 'refuse' | 'return';
	checkOnly: boolean;
	tracking: Tracking | undefined;
	/** How long to wait for the order, in milliseconds; undefined when not to. */
	wait: number | undefined;
}

const LONGEST_REFERENCE = 10_000;
const LONGEST_TABLE_NAME = 128;

/**
 * Reads the settings of one purchase.
 * @throws ProviderError naming the parameter, before anything was sent
 */
export function settingsOf(item: Item, { isOrder, key, quote }: PurchaseOperation): Settings {
	const userKey = key === undefined ? '' : item.guardText(key.path, LONGEST_KEY);
	const simplify = item.flag('simplify', true);
	if (!isOrder)
		return {
			...{ simplify, userKey, maxPrice: undefined, spending: undefined, checkOnly: false },
			...{ ifAlreadyOrdered: 'refuse', tracking: undefined, wait: undefined },
		};
	const settings: Settings = {
		simplify,
		userKey,
		maxPrice: quote === undefined ? undefined : item.guardNumber('options.maxPrice', { min: 0 }),
		spending: spendingOf(item),
		ifAlreadyOrdered: item.isGiven('options.ifAlreadyOrdered')
			? item.choice('options.ifAlreadyOrdered', ['refuse', 'return'])
			: 'refuse',
		checkOnly: item.guardFlag('options.checkOnly'),
		tracking: trackingOf(item),
		wait: waitOf(item),
	};
	if (settings.tracking === undefined) {
		if (settings.spending !== undefined) throw needsTracking(item, 'options.spendingLimit');
		if (userKey !== '' && key !== undefined && !key.isProviders) throw needsTracking(item, key.path);
	}
	return settings;
}

const needsTracking = (item: Item, path: string) =>
	item.invalid(
		path,
		'needs "Track Completion", whose table keeps it',
		'Nothing was sent. Switch on "Track Completion" in the node and choose its credential, or remove the option.',
	);

function spendingOf(item: Item): Settings['spending'] {
	const limit = item.guardNumber('options.spendingLimit', { min: 0 });
	const period = item.isGiven('options.spendingPeriod')
		? item.choice('options.spendingPeriod', SPENDING_PERIODS)
		: 'day';
	return limit === undefined ? undefined : { limit, period };
}

function trackingOf(item: Item): Tracking | undefined {
	if (!item.guardFlag('trackCompletion')) return undefined;
	const reference = item.value('reference');
	const written =
		typeof reference === 'string'
			? reference
			: reference === undefined || reference === null
				? ''
				: JSON.stringify(reference);
	if (written.length > LONGEST_REFERENCE)
		throw item.invalid(
			'reference',
			`expected at most ${LONGEST_REFERENCE} characters, got ${written.length}`,
		);
	return {
		// In another table than the one that was meant, neither keys nor limits hold.
		table: item.guardText('options.tableName', LONGEST_TABLE_NAME) || DEFAULT_TABLE,
		reference: written,
	};
}

function waitOf(item: Item): number | undefined {
	if (!item.flag('options.waitForCompletion')) return undefined;
	return (item.number('options.waitTimeout', { min: 0 }) ?? 60) * 1_000;
}
