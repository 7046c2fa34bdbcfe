import {
	NodeConnectionTypes,
	NodeOperationError,
	type IHookFunctions,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';
import { bareKey } from '../../credentials/shared/auth';
import { eventOptions } from './properties';

export class TributeTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Tribute Trigger',
		name: 'tributeTrigger',
		icon: { light: 'file:../../icons/tribute.svg', dark: 'file:../../icons/tribute.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle:
			'={{ $parameter["events"].length === 1 ? $parameter["events"][0] : $parameter["events"].length + " events" }}',
		description: 'Starts a workflow when Tribute reports a purchase, refund, subscription, donation or order',
		defaults: { name: 'Tribute Trigger' },
		activationMessage:
			'Now paste the production URL of this node into Tribute: Creator Dashboard → Settings → API Keys → Webhook URL.',
		triggerPanel: {
			header: 'Receive an event from Tribute',
			executionsHelp: {
				inactive:
					'<b>While building</b>, click the button, paste the <b>test</b> URL into Tribute (Creator Dashboard → Settings → API Keys → Webhook URL) and make a purchase. The event is shown here.<br /><br /><b>When it works</b>, publish the workflow and paste the <b>production</b> URL there instead: Tribute keeps one URL.',
				active:
					'<b>While building</b>, click the button and let Tribute call the <b>test</b> URL.<br /><br /><b>In production</b>, every event that Tribute sends to the <b>production</b> URL runs this workflow. Those runs are listed under <a data-key="executions">executions</a>.',
			},
			activationHint:
				'Then publish the workflow and paste its production URL into Tribute: Creator Dashboard → Settings → API Keys → Webhook URL.',
		},
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'tributeApi', required: true }],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				path: 'webhook',
				responseMode: 'onReceived',
				// Without it n8n would answer with the word "firstEntryJson" instead of what the node gives.
				responseData: '',
			},
		],
		properties: [
			{
				displayName:
					'Paste the production URL above into Tribute under <b>Creator Dashboard → Settings → API Keys → Webhook URL</b>, and publish this workflow. Tribute calls one URL per account, and the test URL works only while this editor listens.',
				name: 'notice',
				type: 'notice',
				default: '',
			},
			{
				displayName: 'Events',
				name: 'events',
				type: 'multiOptions',
				required: true,
				options: eventOptions,
				default: ['new_digital_product', 'digital_product_refunded'],
				description: 'Which events run the workflow. Others are acknowledged and ignored.',
			},
			{
				// Tells n8n to leave the body alone. It would answer 422 to one that is not JSON, signed or not.
				displayName: 'Options',
				name: 'options',
				type: 'hidden',
				default: { binaryData: true },
			},
		],
	};

	/** Tribute offers no way to register, find or remove a URL: its owner pastes it into the dashboard. */
	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return false;
			},
			async create(this: IHookFunctions): Promise<boolean> {
				if (bareKey((await this.getCredentials('tributeApi')).apiKey) !== '') return true;
				throw new NodeOperationError(this.getNode(), 'The Tribute credential has no API key', {
					description:
						'Events are signed with the API key, so none could be accepted. Enter the key from Tribute: Creator Dashboard → Settings → API Keys.',
				});
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return true;
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const { receive } = await import('./receive');
		return await receive(this);
	}
}
