import { stat } from 'node:fs/promises';

import type { Bench } from '../harness';
import type { Line } from '../table';

const MOST_KB = 100;

/** The packed package. */
export async function size(bench: Bench): Promise<Line[]> {
	const { size: bytes } = await stat(bench.tarball);
	const kb = bytes / 1_000;
	return [
		{
			work: 'Packed tarball',
			ours: `${kb.toFixed(1)} KB`,
			theirs: 'a part of n8n',
			result: `${kb.toFixed(1)} KB`,
			goal: `≤ ${MOST_KB} KB`,
			met: kb <= MOST_KB,
		},
	];
}
