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
		properties: nodeProperties(provider),
	};

	methods = {
		listSearch: {
			searchProducts: searchCatalog(provider, async (api) => (await getProducts(api, 'all')).products),
		},
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const { run } = await import('../shared/engine/run');
		return await run(this, provider);
	}
}
