import { claim } from '../../nodes/shared/ledger/protocol';
import { full } from '../support/full';
import { explore, type Ending, type Scenario } from './support/explore';

/** Claims whose insert was sent twice, since its first answer was lost: every order in which the steps can fall. */
const scenarios: Array<[string, Partial<Scenario>]> = [
	['two claimants, one of them twice', { repeated: 1 }],
	['two claimants, both twice', { repeated: 2 }],
	['two, rows that appear late', { repeated: 1, lateRows: true, pauses: 2 }],
];
if (full) scenarios.push(['three claimants, one of them twice', { claimants: 3, repeated: 1, pauses: 1 }]);

const resultsOf = ({ results }: Ending) =>
	results.map((result) => (typeof result === 'object' && 'result' in result ? result.result : 'failed'));

it.each(scenarios)('exactly one sends: %s', async (_, more) => {
	const scenario = { claimants: 2, exclusive: true, crashes: 0, ticks: 0, lateRows: false, pauses: 3 };
	let endings = 0;
	await explore({ ...scenario, ...more, claim }, (ending) => {
		endings++;
		const results = resultsOf(ending);
		const sending = ending.rows.filter(({ state }) => state === 'sending').length;
		const sent = results.filter((result) => result === 'sending').length;
		// Nobody does only where a claimant's time was up.
		const atLeast = results.includes('busy') ? 0 : 1;
		if (sent > 1 || sending > 1 || sent < atLeast || results.includes('failed'))
			throw new Error(
				`${results.join(', ')}: ${ending.schedule.join(' ')} ${JSON.stringify(ending.rows.map(({ id, state, nonce }) => [id, state, nonce]))}`,
			);
	});
	expect(endings).toBeGreaterThan(2);
});
