import fc from 'fast-check';

/**
 * Checks a property that mostly waits: in several lanes at once, each with a seed of its own. Fails with the seed and
 * the path that repeat the counterexample.
 */
export async function assertInLanes<Ts>(
	property: fc.IAsyncProperty<Ts>,
	{
		numRuns,
		lanes,
		seed = Date.now() % 1_000_000,
		path,
	}: {
		numRuns: number;
		lanes: number;
		seed?: number;
		path?: string | undefined;
	},
): Promise<void> {
	const width = path === undefined ? Math.min(lanes, numRuns) : 1;
	const results = await Promise.all(
		Array.from({ length: width }, async (_, lane) => {
			const parameters = { seed: seed + lane, numRuns: Math.ceil(numRuns / width) };
			return await fc.check(property, path === undefined ? parameters : { ...parameters, path });
		}),
	);
	const failures = results.flatMap(({ failed, seed: failing, counterexamplePath, errorInstance }) =>
		failed ? [`SEED=${failing} REPLAY=${counterexamplePath} repeats it\n${String(errorInstance)}`] : [],
	);
	expect(failures).toEqual([]);
}
