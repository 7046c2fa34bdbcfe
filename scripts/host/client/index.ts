/** A client of one running n8n. */
import { N8nConnection } from './connection';
import { Credentials } from './credentials';
import { DataTables } from './dataTables';
import { Executions } from './executions';
import { NodeTypes } from './nodes';
import { Webhooks } from './webhooks';
import { Workflows } from './workflows';

export { BROWSER_ID, DEMO_LOGIN, N8nRequestError, pause, type Login } from './connection';
export type { Credential } from './credentials';
export type { DataTable, DataTableRow } from './dataTables';
export {
	isUnfinished,
	output,
	type Execution,
	type ExecutionFailure,
	type Item,
	type NodeRun,
} from './executions';
export type { NodeTypeInfo } from './nodes';
export { findTrigger, type Workflow, type WorkflowJson, type WorkflowNode } from './workflows';

export class N8nClient extends N8nConnection {
	readonly credentials = new Credentials(this);
	readonly workflows = new Workflows(this);
	readonly executions = new Executions(this);
	readonly webhooks = new Webhooks(this);
	readonly dataTables = new DataTables(this);
	readonly nodeTypes = new NodeTypes(this);
}
