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

export class GamesDrop implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'GamesDrop',
		name: 'gamesDrop',
		icon: { light: 'file:../../icons/gamesDrop.svg', dark: 'file:../../icons/gamesDrop.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Buy game keys, gift cards, top-ups and Telegram Stars from GamesDrop',
		defaults: { name: 'GamesDrop' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{
				name: 'gamesDropApi',
				required: true,
				displayOptions: { hide: { resource: ['transaction'] } },
			},
			{
				name: 'gamesDropDashboardApi',
				required: true,
				displayOptions: { show: { resource: ['transaction'] } },
			},
			{ name: 'orderTrackingApi', required: true, displayOptions: shownWhenTracking },
		],
		properties,
	};

	methods = {
		listSearch: {
			async searchProducts(
				this: ILoadOptionsFunctions,
				filter?: string,
				token?: string,
			): Promise<INodeListSearchResult> {
				const { searchProducts } = await import('./search');
				return await searchProducts.call(this, filter, token);
			},
		},
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const { provider } = await import('./provider');
		const { execute } = await import('../shared/execute');
		return await execute(this, provider);
	}
}
