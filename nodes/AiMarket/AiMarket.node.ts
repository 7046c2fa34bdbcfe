import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { searchCatalog } from '../shared/engine/listSearch';
import { nodeProperties, shownWhenTracking } from '../shared/engine/properties';
import { getProducts } from './api';
import { provider } from './provider';

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
		properties: nodeProperties(provider),
	};

	methods = {
		listSearch: {
			searchProducts: searchCatalog(provider, async (api) => (await getProducts(api)).products),
		},
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const { run } = await import('../shared/engine/run');
		return await run(this, provider);
	}
}
