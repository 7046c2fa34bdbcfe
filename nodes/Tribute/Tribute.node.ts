import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { properties } from './properties';

export class Tribute implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Tribute',
		name: 'tribute',
		icon: { light: 'file:../../icons/tribute.svg', dark: 'file:../../icons/tribute.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Look up the products you sell on Tribute and refund purchases paid with Telegram Stars',
		defaults: { name: 'Tribute' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'tributeApi', required: true }],
		properties,
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const { provider } = await import('./provider');
		const { execute } = await import('../shared/execute');
		return await execute(this, provider);
	}
}
