/** Runs `work` on all inputs, at most `width` at a time, and gives the results in the order of the inputs. The first failure stops the rest. */
export async function mapBounded<In, Out>(
	inputs: readonly In[],
	width: number,
	work: (input: In, index: number) => Promise<Out>,
): Promise<Out[]> {
	const results = new Array<Out>(inputs.length);
	let next = 0;
	let stopped = false;
	const worker = async () => {
		while (!stopped && next < inputs.length) {
			const index = next++;
			let done = false;
			try {
				results[index] = await work(inputs[index] as In, index);
				done = true;
			} finally {
				stopped ||= !done;
			}
		}
	};
	await Promise.all(Array.from({ length: Math.min(width, inputs.length) }, worker));
	return results;
}
