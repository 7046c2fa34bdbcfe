import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { searchPages } from '../shared/engine/listSearch';
import { nodeProperties, shownWhenTracking } from '../shared/engine/properties';
import { searchOffers } from './api';
import { provider } from './provider';

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
		properties: nodeProperties(provider),
	};

	methods = { listSearch: { searchProducts: searchPages(provider, searchOffers) } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const { run } = await import('../shared/engine/run');
		return await run(this, provider);
	}
}
