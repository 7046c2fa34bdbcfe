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

export class TeleKartStars implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'TeleKart Stars',
		name: 'teleKartStars',
		icon: { light: 'file:../../icons/teleKartStars.svg', dark: 'file:../../icons/teleKartStars.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Buy Telegram Premium, Stars and gifts from TeleKart Stars',
		defaults: { name: 'TeleKart Stars' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{ name: 'teleKartStarsApi', required: true },
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
