import type { INodeProperties } from 'n8n-workflow';
import { AiMarket } from '../../../nodes/AiMarket/AiMarket.node.ts';
import { GamesDrop } from '../../../nodes/GamesDrop/GamesDrop.node.ts';
import { TeleKartStars } from '../../../nodes/TeleKartStars/TeleKartStars.node.ts';
import { TgMarket } from '../../../nodes/TgMarket/TgMarket.node.ts';

/** The parameters of the operations that buy, as the nodes describe them to n8n. */

export const buyingNodes = [TeleKartStars, TgMarket, AiMarket, GamesDrop].map((node) => {
	const { name, properties } = new node().description;
	return { name, properties: properties.filter(isOfOrderCreate) };
});

function isOfOrderCreate({ displayOptions }: INodeProperties): boolean {
	const { resource, operation } = displayOptions?.show ?? {};
	return resource?.includes('order') === true && operation?.includes('create') === true;
}

/** Paths of all parameters of a node's Order: Create, those of its options with `options.` before them. */
export function pathsOf(node: string): string[] {
	const { properties } = buyingNodes.find(({ name }) => name === node)!;
	return properties.flatMap(({ name, type, options = [] }) =>
		type === 'notice'
			? []
			: [name, ...(type === 'collection' ? options.map((option) => `${name}.${option.name}`) : [])],
	);
}

/** Parameters that keep money from being spent: ceilings, limits, keys, and what they rest on. */
export const GUARDS = [
	'options.maxPrice',
	'options.spendingLimit',
	'options.spendingPeriod',
	'options.ifAlreadyOrdered',
	'options.checkOnly',
	'options.orderOnceKey',
	'options.tableName',
	'idempotencyKey',
	'transactionId',
	'trackCompletion',
	'priceMode',
	'price',
] as const;
export type Guard = (typeof GUARDS)[number];

/** What is bought and for whom, what holds the options, and what concerns the output or time alone. `allowAgentPurchases` is of agents' tests. */
export const NO_GUARDS = [
	...['productId', 'target', 'options.targets', 'stars', 'orderType', 'username', 'amount', 'duration'],
	...['quantity', 'gameUserId', 'gameServerId', 'email'],
	...['options', 'reference', 'simplify', 'allowAgentPurchases'],
	...['options.requestTimeout', 'options.waitForCompletion', 'options.waitTimeout'],
];
