import './support/setup';
import fc from 'fast-check';
import { endProcess } from './support/processes';
import { Run } from './support/run';
import { schedule } from './support/schedule';
import { startTime } from './support/time';

/** `FULL=1` runs as many schedules as CI does, `SEED` repeats those of an earlier run. */
const SCHEDULES = Number(process.env.SCHEDULES ?? (process.env.FULL ? 2_000 : 200));
const SEED = process.env.SEED === undefined ? {} : { seed: Number(process.env.SEED) };
const PATH = process.env.RUN_PATH === undefined ? {} : { path: process.env.RUN_PATH };

it(
	`keeps its promises over ${SCHEDULES} random schedules`,
	async () => {
		await fc.assert(
			fc.asyncProperty(schedule, async (given) => {
				startTime();
				endProcess();
				const violations = await new Run(given).violations();
				if (violations.length > 0) throw new Error(violations.join('\n'));
			}),
			{ numRuns: SCHEDULES, ...SEED, ...PATH, endOnFailure: process.env.SHRINK === undefined },
		);
	},
	60 * 60_000,
);
