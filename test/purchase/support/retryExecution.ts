import type { IRun, IRunExecutionData } from 'n8n-workflow';
import { runToEnd, workflowOf, type Finished, type Host, type TestWorkflow } from '../../support/engine';

/**
 * Retries a failed execution from the node that failed, as n8n's Retry button does: a new execution, from the data
 * n8n saved of the failed one. The data is prepared as n8n's ExecutionService prepares it.
 */
export async function retryExecution(
	host: Host,
	definition: TestWorkflow,
	failed: Finished,
): Promise<Finished> {
	const data = structuredClone(failed.data) as IRunExecutionData;
	const { resultData } = data;
	delete resultData.error;
	const runs = resultData.runData[resultData.lastNodeExecuted!];
	if (runs?.at(-1)?.error !== undefined) runs.pop();

	const workflow = workflowOf(host, definition);
	return await runToEnd(
		host,
		workflow,
		{ mode: 'retry' },
		data,
		(execution) => execution.processRunExecutionData(workflow) as PromiseLike<IRun>,
	);
}
