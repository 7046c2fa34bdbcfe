/** Runs one workflow on the engine in a process of its own, which its parent kills on the way. */
import type { TestWorkflow } from '../../support/engine';
import { execute, type Credentials } from '../../support/engine';
import { hostWith } from '../../support/harness';

interface Task {
	workflow: TestWorkflow;
	credentials: Credentials;
	executionId: string;
}

process.once('message', async (message: Task) => {
	const { workflow, credentials, executionId } = message;
	const { error, output } = await execute(hostWith(credentials), workflow, { executionId });
	process.send!({
		error: error?.message ?? null,
		items: output('Buy').map(({ json }) => json),
	});
	process.disconnect();
});
process.send!('ready');
