import { nodeTime, type Bench, type Side } from '../harness';
import { place } from '../orders';
import { duration, mean, median, times, type Line } from '../table';
import { foundOf } from './rateLimit';

/** The two nodes that look up a TeleKart order by the ID in an item or in a webhook's body. */
export function lookUpSteps(bench: Bench) {
	const own = bench.own('teleKartStars', 'teleKartStarsApi', {
		resource: 'order',
		operation: 'get',
		orderId: '={{ $json.body?.orderId ?? $json.orderId }}',
	});
	const http = bench.http('teleKartStars', {
		url: `=${bench.providers.teleKartStars.baseUrl}/api/v1/orders/{{ $json.body?.orderId ?? $json.orderId }}`,
		options: {},
	});
	return { own, http };
}

/** Workflows that make n8n load both nodes. They get balances, whose requests no row counts. */
export async function warmUps(bench: Bench, row: string): Promise<Side[]> {
	const { own, http } = lookUpSteps(bench);
	const balance = { url: `${bench.providers.teleKartStars.baseUrl}/api/v1/balance`, options: {} };
	return [
		await bench.side(`${row}: warm up own`, [
			{ ...own, parameters: { resource: 'balance', operation: 'get' } },
		]),
		await bench.side(`${row}: warm up HTTP Request`, [
			{ ...http, parameters: { ...http.parameters, ...balance } },
		]),
	];
}

/** What the node adds to one request: many executions of one look-up, the two sides alternating. */
export async function oneLookUp(bench: Bench): Promise<Line[]> {
	const executions = bench.size(60, 10);
	await bench.reset('teleKartStars');
	const orderId = await place(bench.providers, 'teleKartStars');
	const { own, http } = lookUpSteps(bench);
	const sides = {
		own: await bench.side('One look-up: own', [own]),
		http: await bench.side('One look-up: HTTP Request', [http]),
	};
	const names = { own: 'Own', http: 'HTTP Request' } as const;
	const node = { own: [] as number[], http: [] as number[] };
	const whole = { own: [] as number[], http: [] as number[] };
	const rounds = bench.rounds(5);
	// The first round is not counted: n8n compiles what it runs often.
	for (let round = 0; round <= rounds; round++) {
		const taken = {
			own: { node: [] as number[], whole: [] as number[] },
			http: { node: [] as number[], whole: [] as number[] },
		};
		for (let i = 0; i < executions; i++)
			for (const side of ['own', 'http'] as const) {
				const run = await bench.run(sides[side], { orderId });
				bench.check(
					foundOf(run, names[side], [orderId]) === 1,
					`one-look-up: ${side} did not find the order`,
				);
				taken[side].node.push(nodeTime(run.execution, names[side]));
				taken[side].whole.push(run.ms);
			}
		for (const side of ['own', 'http'] as const) {
			if (round === 0) continue;
			// n8n records whole milliseconds: the mean of many is more precise.
			node[side].push(mean(taken[side].node));
			whole[side].push(mean(taken[side].whole));
		}
		bench.say(
			`  own ${mean(taken.own.node).toFixed(2)} ms, HTTP Request ${mean(taken.http.node).toFixed(2)} ms`,
		);
	}
	const { count } = await bench.asked('teleKartStars', 'order.get');
	const expected = 2 * executions * (rounds + 1);
	bench.check(count === expected, `one-look-up: ${count} requests for ${expected} executions`);
	const [ours, theirs] = [median(node.own), median(node.http)];
	return [
		{
			work: 'One look-up, no latency',
			ours: `node ${duration(ours)}, execution ${duration(median(whole.own))}`,
			theirs: `node ${duration(theirs)}, execution ${duration(median(whole.http))}`,
			result: `node ${times(ours / theirs)}, execution ${times(median(whole.own) / median(whole.http))}`,
			goal: '≤ 1 ×',
			met: ours <= theirs,
		},
	];
}
