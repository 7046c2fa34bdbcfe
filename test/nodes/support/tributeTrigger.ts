import { createHmac } from 'node:crypto';
import type { INode, INodeParameters } from 'n8n-workflow';
import { TributeApi } from '../../../credentials/TributeApi.credentials';
import { TributeTrigger } from '../../../nodes/Tribute/TributeTrigger.node';
import { tributeEventNames } from '../../../sandbox/catalogs/tributeEvents';
import type { ControlInput } from '../../../sandbox/control';
import { startSandbox, type Sandbox } from '../../../sandbox/server';
import type { Host } from '../../support/engine';
import { Webhooks } from '../../support/webhooks';

/** The trigger's parameters with which every event starts a workflow. */
export const everything = { events: [...tributeEventNames] };

export const eventBody = (name: string, payload: unknown, more: object = {}) =>
	JSON.stringify({
		name,
		created_at: '2025-03-20T01:15:58.33246Z',
		sent_at: String(Math.random()),
		payload,
		...more,
	});
export const purchase = (id: number, more: object = {}) =>
	eventBody('new_digital_product', {
		product_id: 456,
		purchase_id: id,
		amount: 500,
		currency: 'usd',
		...more,
	});

export const expectNoExecution = (trigger: Webhooks) => {
	expect(trigger.executions).toEqual([]);
	expect(trigger.thrown).toEqual([]);
};

const OWN_CREDENTIAL = { credentials: { tributeApi: { id: 'tributeApi', name: 'Tribute' } } };

/** Tribute Triggers on n8n's webhook context, and the provider that calls them. */
export function useTributeTrigger() {
	const host = { nodes: [TributeTrigger], credentialTypes: [TributeApi] } as unknown as Host;
	const opened: Webhooks[] = [];
	let sandbox: Sandbox;
	beforeAll(async () => {
		sandbox = await startSandbox();
		host.credentials = { tributeApi: { ...sandbox.providers.tribute } };
	});
	afterEach(async () => await Promise.all(opened.splice(0).map(async (trigger) => await trigger.close())));
	afterAll(async () => await sandbox.close());

	const key = () => sandbox.providers.tribute.apiKey;
	const sign = (body: string | Uint8Array, secret = key()) =>
		createHmac('sha256', secret).update(body).digest('hex');
	const deliver = async (trigger: Webhooks, webhook: ControlInput['webhook']) =>
		await sandbox.client.deliverTributeWebhook({ url: trigger.url, ...webhook });

	return {
		/** The API key that signs the provider's calls. */
		key,
		sign,
		/** Lets the provider call the trigger. */
		deliver,
		statuses: async (trigger: Webhooks, webhook: ControlInput['webhook']) =>
			(await deliver(trigger, webhook)).map(({ status }) => status),

		/** A trigger that is active for the rest of the test. */
		open: async (
			parameters: INodeParameters = {},
			more: Partial<INode> = OWN_CREDENTIAL,
		): Promise<Webhooks> => {
			const trigger = await Webhooks.open(host, 'tributeTrigger', parameters, more);
			opened.push(trigger);
			return trigger;
		},
		/** A trigger whose credential holds another key. */
		openWithKey: async (apiKey: string | undefined): Promise<Webhooks> => {
			const other = { ...host, credentials: { tributeApi: { apiKey } as Record<string, string> } };
			const trigger = await Webhooks.open(other, 'tributeTrigger', {}, OWN_CREDENTIAL);
			opened.push(trigger);
			return trigger;
		},

		/** Sends bytes as they are. */
		post: async (trigger: Webhooks, body: string | Uint8Array, signature: string | null = sign(body)) => {
			const response = await fetch(trigger.url, {
				method: 'POST',
				body,
				headers: {
					'content-type': 'application/json',
					...(signature === null ? {} : { 'trbt-signature': signature }),
				},
			});
			return { status: response.status, body: (await response.json()) as unknown };
		},
	};
}
