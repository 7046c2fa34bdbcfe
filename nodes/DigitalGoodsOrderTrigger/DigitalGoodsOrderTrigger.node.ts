import {
	NodeConnectionTypes,
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
		const { Poll, withWarnings } = await import('./poll');
		const { settingsOf } = await import('./settings');
		const poll = new Poll(this, settingsOf(this));
		const events = this.getMode() === 'manual' ? await poll.show() : await poll.run();
		if (events.length === 0) return null;
		return [this.helpers.returnJsonArray(withWarnings(events, poll.warnings))];
	}
}
