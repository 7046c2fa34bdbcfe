import {
	NodeConnectionTypes,
	type IDataObject,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IPollFunctions,
} from 'n8n-workflow';
import { credentials, properties } from './properties';

export class DigitalGoodsOrderTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Digital Goods Order Trigger',
		name: 'digitalGoodsOrderTrigger',
		icon: {
			light: 'file:../../icons/digitalGoodsOrderTrigger.svg',
			dark: 'file:../../icons/digitalGoodsOrderTrigger.dark.svg',
		},
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["events"].join(", ") }}',
		description: 'Starts a workflow when an order is completed, cancelled, failed or refunded',
		defaults: { name: 'Digital Goods Order Trigger' },
		polling: true,
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials,
		properties,
	};

	async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
		const { settingsOf } = await import('./settings');
		const settings = settingsOf(this);
		if (this.getMode() === 'manual') {
			const { showOrders } = await import('./testRun');
			return output(this, await showOrders(this, settings));
		}
		const { Poll } = await import('./poll');
		const { events, failures } = await new Poll(this, settings).run();
		return output(
			this,
			events.map((event) => ({ ...event, ...(failures.length > 0 ? { warnings: failures } : {}) })),
		);
	}
}

const output = (context: IPollFunctions, events: object[]): INodeExecutionData[][] | null =>
	events.length === 0 ? null : [context.helpers.returnJsonArray(events as IDataObject[])];
