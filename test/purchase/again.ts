import { WorkflowExecute } from 'n8n-core';
import type { IRun, IRunExecutionData } from 'n8n-workflow';
import { randomUUID } from 'node:crypto';
import {
	additionalDataFor,
	workflowOf,
	type Finished,
	type Host,
	type TestWorkflow,
} from '../support/engine';

/**
 * Runs a failed execution again from where it failed, as n8n's button Retry does: from the data n8n saved of it,
 * as a new execution. What is done with that data is what n8n's ExecutionService does.
 */
export async function runAgain(host: Host, definition: TestWorkflow, failed: Finished): Promise<Finished> {
	const data = structuredClone(failed.data) as IRunExecutionData;
	const { resultData } = data;
	delete resultData.error;
	const runs = resultData.runData[resultData.lastNodeExecuted!];
	if (runs?.at(-1)?.error !== undefined) runs.pop();

	const executionId = randomUUID();
	const workflow = workflowOf(host, definition);
	await workflow.expression.acquireIsolate?.();
	const execution = new WorkflowExecute(
		additionalDataFor(host, executionId, workflow, 'retry'),
		'retry',
		data,
	);
	const run = (await execution.processRunExecutionData(workflow)) as IRun;
	return {
		run,
		data: run.data,
		executionId,
		error: run.data.resultData.error as Finished['error'],
		output: (node, output = 0, runIndex = 0) =>
			run.data.resultData.runData[node]?.[runIndex]?.data?.main?.[output] ?? [],
	};
}
