import { nodeTime, type Bench, type Run, type Side } from '../harness';
import { placeMany } from '../orders';
import { counts, duration, median, times, type Line } from '../table';

const PER_SECOND = 10;
const DIFFERENT = 20;

/** Many look-ups at a provider that allows ten a second. */
export async function rateLimit(bench: Bench): Promise<Line[]> {
	const { sandbox, providers } = bench;
	const lookUps = bench.size(500, 40);
	const ideal = (lookUps / PER_SECOND) * 1_000;
	const http = { url: `=${providers.tgMarket.baseUrl}/api/v2/order/{{ $json.orderId }}` };
	const batching = { batch: { batchSize: PER_SECOND, batchInterval: 1_000 } };
	const own = bench.own('tgMarket', 'tgMarketApi', {
		resource: 'order',
		operation: 'get',
		orderType: 'stars',
		orderId: '={{ $json.orderId }}',
	});
	const items = bench.split('body.items');
	const sides = {
		own: await bench.side('Rate limit: own', [items, own]),
		defaults: await bench.side('Rate limit: HTTP Request', [
			items,
			bench.http('tgMarket', { ...http, options: {} }),
		]),
		batched: await bench.side('Rate limit: HTTP Request in batches', [
			items,
			bench.http('tgMarket', { ...http, options: { batching } }),
		]),
	};
	const results = { own: [], defaults: [], batched: [] } as Record<keyof typeof sides, Result[]>;

	const round = async (name: keyof typeof sides, side: Side) => {
		await bench.reset('tgMarket');
		await sandbox.changeAccount({ provider: 'tgMarket', rate: null, balance: 1e6 });
		const ids = await placeMany(providers, 'tgMarket', DIFFERENT);
		await sandbox.changeAccount({ provider: 'tgMarket', rate: { limit: PER_SECOND, windowMs: 1_000 } });
		const wanted = Array.from({ length: lookUps }, (_, index) => ids[index % ids.length]!);
		const run = await bench.run(side, { items: wanted.map((orderId) => ({ orderId })) });
		const { count, statuses } = await bench.asked('tgMarket', 'order.get');
		const refused = statuses['429'] ?? 0;
		const found = foundOf(run, name === 'own' ? 'Own' : 'HTTP Request', wanted);
		results[name].push({ run, found, refused, statuses });
		bench.say(`  ${name}: ${duration(run.ms)}, ${run.execution.status}, ${found} found, ${counts(statuses)}`);
		if (name === 'own') {
			bench.check(
				found === lookUps,
				`rate-limit: ${found} of ${lookUps} items have the order that was asked for`,
			);
			bench.check(count === lookUps + refused, `rate-limit: ${count} requests for ${lookUps} look-ups`);
		} else {
			bench.check(count === lookUps, `rate-limit: HTTP Request sent ${count} requests, not ${lookUps}`);
			bench.check(
				run.execution.status === (refused > 0 ? 'error' : 'success'),
				`rate-limit: HTTP Request, refused ${refused} times, ended in ${run.execution.status}`,
			);
		}
	};
	for (let i = 0; i < bench.rounds(3); i++)
		for (const name of ['own', 'batched', 'defaults'] as const) await round(name, sides[name]);

	const ms = median(results.own.map(({ run }) => run.ms));
	const refused = Math.max(...results.own.map((result) => result.refused));
	const ofHttp = (of: Result[]) => {
		const failed = of.filter(({ run }) => run.execution.status !== 'success').length;
		return `${duration(median(of.map(({ run }) => run.ms)))}, ${of.map((result) => result.refused).join(' / ')} × 429, executions lost ${failed} of ${of.length}`;
	};
	const node = median(results.own.map(({ run }) => nodeTime(run.execution, 'Own')));
	return [
		{
			work: `${lookUps} TG Market look-ups at ${PER_SECOND} a second (ideal ${duration(ideal)})`,
			ours: `${duration(ms)} (node ${duration(node)}), ${results.own.map((result) => result.refused).join(' / ')} × 429, all found`,
			theirs: `defaults: ${ofHttp(results.defaults)}; ${PER_SECOND} each 1,000 ms: ${ofHttp(results.batched)}`,
			result: `${times(ms / ideal)} the ideal, ${refused} × 429`,
			goal: '≤ 1.05 × the ideal, no 429',
			met: ms / ideal <= 1.05 && refused === 0,
		},
	];
}

interface Result {
	run: Run;
	found: number;
	refused: number;
	statuses: Record<string, number>;
}

/** How many items have the order that was asked for. */
export function foundOf({ execution }: Run, node: string, wanted: string[]): number {
	const items = (execution.nodes[node] ?? []).flatMap((run) => run.items);
	return items.filter(({ json }, index) => idOf(json) === wanted[index]).length;
}

/** The order's ID, as this package and as the provider writes it. */
function idOf(json: Record<string, unknown>): string {
	const { orderId, order_id: own, data } = json;
	return String(orderId ?? own ?? (data as Record<string, unknown> | undefined)?.order_id);
}
