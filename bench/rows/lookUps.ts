import type { Bench, Side } from '../harness';
import { placeMany } from '../orders';
import { duration, median, megabytes, times, type Line } from '../table';
import { lookUpSteps, warmUps } from './oneLookUp';
import { foundOf } from './rateLimit';

const LATENCY_MS = 100;
const DIFFERENT = 20;
const FASTER = 8;

/** Many look-ups at a slow provider without a rate limit. */
export async function lookUps(bench: Bench): Promise<Line[]> {
	const { sandbox, providers } = bench;
	const all = bench.size(1_000, 100);
	const few = bench.size(100, 10);
	const items = bench.split('body.items');
	const { own, http } = lookUpSteps(bench);
	const warm = await warmUps(bench, 'Look-ups');
	const loop = {
		name: 'Loop Over Items',
		type: 'n8n-nodes-base.splitInBatches',
		typeVersion: 3,
		parameters: { options: {} },
		next: [[], ['HTTP Request']],
	};
	const sides = {
		own: await bench.side('Look-ups: own', [items, own]),
		defaults: await bench.side('Look-ups: HTTP Request', [items, http]),
		oneByOne: await bench.side('Look-ups: HTTP Request one by one', [
			items,
			loop,
			{ ...http, next: [['Loop Over Items']] },
		]),
	};
	const results = { own: newResult(), defaults: newResult(), oneByOne: newResult() };

	const round = async (name: keyof typeof sides, side: Side) => {
		const count = name === 'oneByOne' ? few : all;
		const result = results[name];
		await bench.reset('teleKartStars');
		await sandbox.changeAccount({ provider: 'teleKartStars', balance: 1e6 });
		const ids = await placeMany(providers, 'teleKartStars', DIFFERENT);
		await sandbox.addFault({
			provider: 'teleKartStars',
			operation: 'order.get',
			times: -1,
			fault: { type: 'latency', ms: LATENCY_MS },
		});
		const wanted = Array.from({ length: count }, (_, index) => ids[index % ids.length]!);
		const body = { items: wanted.map((orderId) => ({ orderId })) };
		// One at a time needs hardly any memory: it is not measured.
		const { run, bytes } =
			name === 'oneByOne'
				? { run: await bench.run(side, body), bytes: null }
				: await bench.peak(side, body, warm);
		const found = foundOf(run, name === 'own' ? 'Own' : 'HTTP Request', wanted);
		result.ms.push(run.ms);
		bench.check(
			found === count,
			`look-ups, ${name}: ${found} of ${count} items have the order that was asked for`,
		);
		const { count: asked, maxInFlight } = await bench.asked('teleKartStars', 'order.get');
		bench.check(asked === count, `look-ups, ${name}: ${asked} requests for ${count} look-ups`);
		result.inFlight = Math.max(result.inFlight, maxInFlight);
		bench.say(`  ${name}: ${duration(run.ms)}, ${maxInFlight} in flight`);
		if (name === 'oneByOne') return;
		if (bytes !== null) result.peaks.push(bytes);
		result.live.push(await bench.live(side, body));
		bench.say(
			`  ${name}: peak ${bytes === null ? 'unknown' : megabytes(bytes)}, in use ${megabytes(result.live.at(-1)!)}`,
		);
	};
	for (let i = 0; i < bench.rounds(3); i++)
		for (const name of Object.keys(sides) as Array<keyof typeof sides>) await round(name, sides[name]);

	const { own: ours, defaults, oneByOne } = results;
	const sequential = (median(oneByOne.ms) / few) * all;
	const faster = sequential / median(ours.ms);
	const peaks = [median(ours.peaks), median(defaults.peaks)] as const;
	const live = [median(ours.live), median(defaults.live)] as const;
	return [
		{
			work: `${all} TeleKart look-ups at ${LATENCY_MS} ms`,
			ours: `${duration(median(ours.ms))}, ${ours.inFlight} in flight`,
			theirs: `defaults: ${duration(median(defaults.ms))}, ${defaults.inFlight} in flight; one at a time: ${duration(sequential)}, ${oneByOne.inFlight} in flight (extrapolated from ${few})`,
			result: `${times(faster)} faster than one at a time`,
			goal: `≥ ${FASTER} × faster, bounded`,
			met: faster >= FASTER,
		},
		{
			work: 'the same: peak memory over an idle n8n',
			ours: ours.peaks.length > 0 ? megabytes(peaks[0]) : 'unknown',
			theirs: defaults.peaks.length > 0 ? megabytes(peaks[1]) : 'unknown',
			result: ours.peaks.length > 0 ? times(peaks[0] / peaks[1]) : '',
			goal: '≤ 1 ×',
			...(ours.peaks.length > 0 ? { met: peaks[0] <= peaks[1] } : {}),
		},
		{
			work: 'the same: memory in use at most, garbage left out',
			ours: megabytes(live[0]),
			theirs: megabytes(live[1]),
			result: times(live[0] / live[1]),
			goal: '≤ 1 ×',
			met: live[0] <= live[1],
		},
	];
}

interface Result {
	ms: number[];
	peaks: number[];
	live: number[];
	inFlight: number;
}

const newResult = (): Result => ({ ms: [], peaks: [], live: [], inFlight: 0 });
