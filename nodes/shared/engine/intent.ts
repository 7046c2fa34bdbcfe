import { createHash, randomUUID } from 'node:crypto';
import type { IExecuteFunctions } from 'n8n-workflow';
import { agentCall } from './agent';
import { ProviderError } from './errors';
import { unknownOutcome, type Connection } from './http';
import type { Placed } from './operation';

/**
 * What is remembered of one purchase. `sent` is written before the request leaves, so that whatever
 * interrupts the node leaves a trace.
 */
type Memory =
	| { state: 'sent'; key: string }
	| { state: 'bought'; key: string; placed: Placed; callId?: string }
	| {
			state: 'unknown';
			key: string;
			error: { code: string | null; message: string; description: string; status?: number };
	  };

interface Memories {
	/** Tells executions apart even where their IDs come again, as in an n8n restored from a backup. */
	nonce?: string;
	purchases?: Record<string, Memory>;
}

/** The execution's own store for this node: the next try of Retry On Fail finds it, the next execution does not. */
const memoriesOf = (context: IExecuteFunctions): Required<Memories> => {
	const memories = context.getContext('node') as Memories;
	memories.nonce ??= `${context.getExecutionId()} ${randomUUID()}`;
	memories.purchases ??= {};
	return memories as Required<Memories>;
};

/** One purchase the workflow means to make: the same for every try, another for every item and loop round. */
export class Intent {
	constructor(
		private readonly purchases: Record<string, Memory>,
		private readonly id: string,
		/** An idempotency key the provider has not seen, the same for every try of this intent. */
		readonly derivedKey: string,
		/** The agent's call this is, where the engine tells. */
		private readonly callId?: string,
	) {}

	get memory(): Memory | undefined {
		return this.purchases[this.id];
	}

	/** What an earlier try bought. */
	get bought(): Placed | undefined {
		return this.memory?.state === 'bought' ? this.memory.placed : undefined;
	}

	/** Why this purchase must not be sent again, when an earlier try ended without an answer. */
	unresolved(connection: Connection): ProviderError | undefined {
		const memory = this.memory;
		if (memory?.state === 'unknown')
			return new ProviderError({ provider: connection.provider, outcome: 'unknown', ...memory.error });
		return memory?.state === 'sent'
			? unknownOutcome(connection, 'it was sent before, and no answer has come')
			: undefined;
	}

	sending(key: string): void {
		this.purchases[this.id] = { state: 'sent', key };
	}

	remember(key: string, placed: Placed): void {
		const { callId } = this;
		this.purchases[this.id] = { state: 'bought', key, placed, ...(callId === undefined ? {} : { callId }) };
	}

	/** A rejected purchase is forgotten: another try may make it. An unknown one stays. */
	conclude(key: string, { outcome, code, message, description, status }: ProviderError): void {
		if (outcome === 'rejected') delete this.purchases[this.id];
		else {
			this.purchases[this.id] = {
				state: 'unknown',
				key,
				error: { code, message, description, ...(status === undefined ? {} : { status }) },
			};
		}
	}
}

/**
 * The intents of one run, one per item.
 * For an agent the arguments identify the purchase: a model that is told that one failed or was never answered,
 * and asks for the same again, means that one. Once it is bought, the same arguments mean another, unless it is
 * the same call that is tried again.
 */
export function intentsOf(
	context: IExecuteFunctions,
	items: number,
	argumentsOf: (index: number) => string,
): Intent[] {
	const { nonce, purchases } = memoriesOf(context);
	const agent = agentCall(context);
	const runIndex = context.getWorkflowDataProxy(0).$runIndex as number;

	return Array.from({ length: items }, (_, index) => {
		let id = `${runIndex}:${index}`;
		if (agent !== undefined) {
			const call = `${hash(argumentsOf(index))}:${index}`;
			const isAnother = (memory: Memory | undefined) =>
				memory?.state === 'bought' && (agent.callId === undefined || memory.callId !== agent.callId);
			let round = 0;
			while (isAnother(purchases[`${call}:${round}`])) round++;
			id = `${call}:${round}`;
		}
		const { id: nodeId } = context.getNode();
		return new Intent(
			purchases,
			id,
			`n8n-${hash(JSON.stringify([context.getWorkflow().id, nodeId, nonce, id])).slice(0, 32)}`,
			agent?.callId,
		);
	});
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
