import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { shownWhenTracking } from '../shared/node/properties';
import { properties } from './properties';

export class TgMarket implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'TG Market',
		name: 'tgMarket',
		icon: { light: 'file:../../icons/tgMarket.svg', dark: 'file:../../icons/tgMarket.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Buy Telegram Stars and Premium from TG Market',
		defaults: { name: 'TG Market' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{ name: 'tgMarketApi', required: true },
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
