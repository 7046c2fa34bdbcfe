import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { shownWhenTracking } from '../shared/node/properties';
import { properties } from './properties';

export class Tribute implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Tribute',
		name: 'tribute',
		icon: { light: 'file:../../icons/tribute.svg', dark: 'file:../../icons/tribute.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Create payment links on Tribute, follow and refund their orders, and look up your products',
		defaults: { name: 'Tribute' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{ name: 'tributeApi', required: true },
			{ name: 'orderTrackingApi', required: true, displayOptions: shownWhenTracking },
		],
		properties,
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const { provider } = await import('./provider');
		const { execute } = await import('../shared/execute');
		return await execute(this, provider);
	}
}
