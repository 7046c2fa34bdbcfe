import { nodeTime, type Bench, type Run } from '../harness';
import { duration, median, megabytes, times, type Line } from '../table';
import { warmUps } from './oneLookUp';

const OFFERS = 12_000;
const A_PAGE = 5_000;
const REQUESTS = Math.ceil(OFFERS / A_PAGE);
const MOST = 1.3;

/** The whole catalog of GamesDrop, beside the same raw rows from HTTP Request's paging. */
export async function offers(bench: Bench): Promise<Line[]> {
	const { providers } = bench;
	await bench.reset('gamesDrop');
	const own = bench.own('gamesDrop', 'gamesDropApi', {
		resource: 'product',
		operation: 'getAll',
		returnAll: true,
	});
	const http = bench.http('gamesDrop', {
		method: 'POST',
		url: `${providers.gamesDrop.baseUrl}/api/v1/offers/sync`,
		sendBody: true,
		specifyBody: 'json',
		jsonBody: JSON.stringify({ limit: A_PAGE, page: 1 }),
		options: {
			pagination: {
				pagination: {
					paginationMode: 'updateAParameterInEachRequest',
					parameters: { parameters: [{ type: 'body', name: 'page', value: '={{ $pageCount + 1 }}' }] },
					paginationCompleteWhen: 'other',
					completeExpression: `={{ $response.body.rows.length < ${A_PAGE} }}`,
				},
			},
		},
	});
	const sides = {
		own: await bench.side('Offers: own', [own]),
		paged: await bench.side('Offers: HTTP Request', [http]),
		split: await bench.side('Offers: HTTP Request, split', [http, bench.split('rows')]),
	};
	// As many items as there are offers, each with a number, and no request: n8n's own share.
	const bare = await bench.side('Offers: bare items', [bench.split('body.items')]);
	const numbers = { items: Array.from({ length: OFFERS }, (_, id) => ({ id })) };
	type Name = keyof typeof sides;
	const names = Object.keys(sides) as Name[];
	const check = (name: Name, run: Run) => {
		const node = { own: 'Own', paged: 'HTTP Request', split: 'Split rows' }[name];
		const given = (run.execution.nodes[node] ?? []).flatMap(({ items }) => items.map(({ json }) => json));
		const rows = name === 'paged' ? given.flatMap(({ rows }) => rows as typeof given) : given;
		const ids = new Set(rows.map((row) => row[name === 'own' ? 'productId' : 'offerGroupId']));
		bench.check(ids.size === OFFERS && rows.length === OFFERS, `offers, ${name}: ${ids.size} of ${OFFERS}`);
	};
	const requests = async (name: Name, before: number) => {
		const { count } = await bench.asked('gamesDrop', 'product.getAll');
		bench.check(count - before === REQUESTS, `offers, ${name}: ${count - before} requests, not ${REQUESTS}`);
		return count;
	};

	const node: Record<Name, number[]> = { own: [], paged: [], split: [] };
	const whole: Record<Name, number[]> = { own: [], paged: [], split: [] };
	const rounds = bench.rounds(9);
	let asked = 0;
	// The first round is not counted: n8n compiles what it runs often.
	for (let round = 0; round <= rounds; round++) {
		// Each comes first as often: what one leaves in memory must not always slow down the same other.
		for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
			await bench.collectGarbage();
			const run = await bench.run(sides[name]);
			check(name, run);
			asked = await requests(name, asked);
			const ms = nodeTime(run.execution, name === 'own' ? 'Own' : 'HTTP Request');
			if (round === 0) continue;
			node[name].push(ms);
			whole[name].push(run.ms);
			bench.say(`  ${name}: node ${duration(ms)}, execution ${duration(run.ms)}`);
		}
	}

	const warm = await warmUps(bench, 'Offers');
	const peaks: Record<Name, number[]> = { own: [], paged: [], split: [] };
	const barePeaks: number[] = [];
	const note = (name: string, of: number[], bytes: number | null) => {
		if (bytes !== null) of.push(bytes);
		bench.say(`  ${name}: peak ${bytes === null ? 'unknown' : megabytes(bytes)}`);
	};
	for (let round = 0; round < bench.rounds(3); round++) {
		for (const name of names) {
			const peak = await bench.peak(sides[name], {}, warm);
			check(name, peak.run);
			asked = await requests(name, asked);
			note(name, peaks[name], peak.bytes);
		}
		note('bare items', barePeaks, (await bench.peak(bare, numbers, warm)).bytes);
	}

	const [ours, theirs] = [median(node.own), median(node.paged)];
	const measured = peaks.own.length > 0;
	const memory = (of: number[]) => (measured ? megabytes(median(of)) : 'unknown');
	return [
		{
			work: `GamesDrop, all ${OFFERS.toLocaleString('en')} offers`,
			ours: `node ${duration(ours)}, execution ${duration(median(whole.own))}, ${REQUESTS} requests, ${OFFERS.toLocaleString('en')} items, normalised`,
			theirs: `paging: node ${duration(theirs)}, execution ${duration(median(whole.paged))}, ${REQUESTS} items, raw; with Split Out: execution ${duration(median(whole.split))}, ${OFFERS.toLocaleString('en')} items, raw`,
			result: `node ${times(ours / theirs)}; execution ${times(median(whole.own) / median(whole.paged))}, with Split Out ${times(median(whole.own) / median(whole.split))}`,
			goal: `≤ ${MOST} ×, ${REQUESTS} requests`,
			met: ours / theirs <= MOST,
		},
		{
			work: 'the same: peak memory over an idle n8n',
			ours: memory(peaks.own),
			theirs: `paging, ${REQUESTS} items: ${memory(peaks.paged)}; with Split Out, ${OFFERS.toLocaleString('en')} items: ${memory(peaks.split)}; as many items of one number, without any request: ${memory(barePeaks)}`,
			result: measured
				? `${times(median(peaks.own) / median(peaks.paged))}; with Split Out ${times(median(peaks.own) / median(peaks.split))}`
				: '',
			goal: '≤ 1 ×',
			...(measured ? { met: median(peaks.own) <= median(peaks.paged) } : {}),
		},
	];
}
