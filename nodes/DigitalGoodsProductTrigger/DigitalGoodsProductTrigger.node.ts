import {
	NodeConnectionTypes,
	type IDataObject,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IPollFunctions,
} from 'n8n-workflow';
import { credentials, properties } from './properties';

export class DigitalGoodsProductTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Digital Goods Product Trigger',
		name: 'digitalGoodsProductTrigger',
		icon: {
			light: 'file:../../icons/digitalGoodsProductTrigger.svg',
			dark: 'file:../../icons/digitalGoodsProductTrigger.dark.svg',
		},
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["events"].join(", ") }}',
		description: 'Starts a workflow when a price, the stock or a balance changes',
		defaults: { name: 'Digital Goods Product Trigger' },
		polling: true,
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials,
		properties,
	};

	async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
		const { settingsOf } = await import('./settings');
		const settings = settingsOf(this);
		const run =
			this.getMode() === 'manual' ? (await import('./testRun')).showProducts : (await import('./poll')).poll;
		const events = await run(this, settings);
		return events.length === 0 ? null : [this.helpers.returnJsonArray(events as unknown as IDataObject[])];
	}
}
