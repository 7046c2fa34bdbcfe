import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type ILoadOptionsFunctions,
	type INodeExecutionData,
	type INodeListSearchResult,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { shownWhenTracking } from '../shared/node/properties';
import { properties } from './properties';

export class AiMarket implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'AI-Market',
		name: 'aiMarket',
		icon: { light: 'file:../../icons/aiMarket.svg', dark: 'file:../../icons/aiMarket.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Buy codes for AI services and subscriptions from AI-Market',
		defaults: { name: 'AI-Market' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{ name: 'aiMarketApi', required: true },
			{ name: 'orderTrackingApi', required: true, displayOptions: shownWhenTracking },
		],
		properties,
	};

	methods = {
		listSearch: {
			async searchProducts(this: ILoadOptionsFunctions, filter?: string): Promise<INodeListSearchResult> {
				const { searchProducts } = await import('./search');
				return await searchProducts.call(this, filter);
			},
		},
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const { provider } = await import('./provider');
		const { execute } = await import('../shared/execute');
		return await execute(this, provider);
	}
}
