/** A double of OpenAI's chat completions that answers from a script, for the AI Agent node. */
import Fastify from 'fastify';

export interface ModelMessage {
	role: 'system' | 'user' | 'assistant' | 'tool';
	content: string | null;
	tool_call_id?: string;
}

/** What the model is asked: the conversation so far, and the tools it may call. */
export interface ModelRequest {
	messages: ModelMessage[];
	tools?: Array<{ function: { name: string; parameters: { properties?: Record<string, unknown> } } }>;
}

export interface ToolCall {
	name: string;
	arguments?: Record<string, unknown>;
}

/** What the model answers: text, calls of tools in one message, or an error of the service. */
export type ModelAnswer = string | ToolCall[] | { status: number };

export interface LanguageModel {
	/** The Base URL of the OpenAI credential. */
	url: string;
	/** Every request so far. */
	requests: ModelRequest[];
	close(): Promise<void>;
}

/** Starts the model on a free port of the loopback address. */
export async function startLanguageModel(
	answer: (request: ModelRequest) => ModelAnswer,
): Promise<LanguageModel> {
	const server = Fastify();
	const requests: ModelRequest[] = [];
	server.get('/v1/models', () => ({ object: 'list', data: [] }));
	server.post('/v1/chat/completions', async ({ body }, reply) => {
		const request = body as ModelRequest;
		requests.push(request);
		const given = answer(request);
		if (typeof given === 'object' && 'status' in given)
			return await reply.code(given.status).send({ error: { message: 'The model is not available' } });
		const isText = typeof given === 'string';
		const calls = isText ? undefined : given.map((call, index) => toolCall(call, requests.length, index));
		return {
			id: `completion-${requests.length}`,
			object: 'chat.completion',
			model: 'scripted',
			choices: [
				{
					index: 0,
					finish_reason: isText ? 'stop' : 'tool_calls',
					message: { role: 'assistant', content: isText ? given : null, tool_calls: calls },
				},
			],
			usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
		};
	});
	const origin = await server.listen({ host: '127.0.0.1', port: 0 });
	return { url: `${origin}/v1`, requests, close: async () => await server.close() };
}

const toolCall = ({ name, arguments: values = {} }: ToolCall, request: number, index: number) => ({
	id: `call_${request}_${index}`,
	type: 'function',
	function: { name, arguments: JSON.stringify(values) },
});

/** What the tools have told in this conversation, in the order of their answers. */
export const toolAnswers = ({ messages }: ModelRequest): string[] =>
	messages.filter(({ role }) => role === 'tool').map(({ content }) => content ?? '');
