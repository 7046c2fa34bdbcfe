import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { bareKey } from '../../credentials/shared/auth';
import { replaysOf, type CallInProgress } from './replays';
import { eventNamed, isSigned, readBody, SIGNATURE_HEADER, type TributeEvent } from './webhook';

/** The parts of n8n's request and response used here. */
interface RawRequest {
	rawBody?: Buffer;
	readRawBody(): Promise<void>;
}
interface RawResponse extends CallInProgress {
	statusCode: number;
	setHeader(name: string, value: string): unknown;
	end(body: string): unknown;
}

const OK = { status: 'ok' };

/**
 * Takes one call. It must not throw: n8n answers that with a failed execution, which would let anybody start
 * executions without a signature.
 */
export async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const body = await bodyOf(context);
	if (body === undefined) return refuse(context, 400, 'The body could not be read');
	if (!isSigned(body, context.getHeaderData()[SIGNATURE_HEADER], await apiKeyOf(context))) {
		return refuse(context, 401, `The header ${SIGNATURE_HEADER} does not match the body`);
	}

	const received = readBody(body);
	if (received.kind === 'invalid') return refuse(context, 400, received.reason);
	if (received.kind === 'other' || !isChosen(context, received.event)) return answer(context, 200, OK);
	const { event } = received;
	// A test run shows an event as often as it comes, and remembers nothing.
	if (context.getMode() === 'manual') return run(event);

	const admission = await replaysOf(context.getWorkflow().id, context.getNode().id).admit(
		event.eventId,
		context.getWorkflowStaticData('node'),
		responseOf(context),
	);
	if (admission.verdict === 'replay') return answer(context, 200, OK);
	if (admission.verdict === 'underway')
		return refuse(context, 503, 'This event came before and is still being worked on');
	return run(event, admission.remember);
}

/** n8n creates the execution, and only then asks for the answer. */
const run = (event: TributeEvent, created = () => {}): IWebhookResponseData => ({
	workflowData: [[{ json: event as unknown as IDataObject }]],
	get webhookResponse() {
		created();
		return OK;
	},
});

/** Answers by itself, and runs nothing. */
function answer(context: IWebhookFunctions, status: number, body: IDataObject): IWebhookResponseData {
	const response = responseOf(context);
	response.statusCode = status;
	response.setHeader('Content-Type', 'application/json; charset=utf-8');
	response.end(JSON.stringify(body));
	return { noWebhookResponse: true };
}

const refuse = (context: IWebhookFunctions, status: number, message: string) =>
	answer(context, status, { status: 'error', message });

const responseOf = (context: IWebhookFunctions) => context.getResponseObject() as unknown as RawResponse;

async function bodyOf(context: IWebhookFunctions): Promise<Buffer | undefined> {
	const request = context.getRequestObject() as unknown as RawRequest;
	try {
		if (request.rawBody === undefined) await request.readRawBody();
	} catch (error) {
		context.logger.debug(`Tribute Trigger: a body could not be read (${(error as Error).message})`);
	}
	return request.rawBody;
}

/** Empty when there is none, and nothing is signed by an empty key. */
async function apiKeyOf(context: IWebhookFunctions): Promise<string> {
	try {
		return bareKey((await context.getCredentials('tributeApi')).apiKey);
	} catch (error) {
		context.logger.warn(
			`Tribute Trigger: events are refused as long as there is no API key (${(error as Error).message})`,
		);
		return '';
	}
}

function isChosen(context: IWebhookFunctions, { event }: TributeEvent): boolean {
	const chosen = [context.getNodeParameter('events', [])].flat() as unknown[];
	return chosen.some((name) => typeof name === 'string' && eventNamed(name) === event);
}
