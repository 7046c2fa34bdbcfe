import { createHash, randomUUID } from 'node:crypto';
import type { IExecuteFunctions } from 'n8n-workflow';
import { agentCall } from './agent';
import { ProviderError } from './errors';
import type { Placed } from './operation';

/**
 * What is remembered of one purchase. `sent` is written before the request leaves, so that whatever
 * interrupts the node leaves a trace.
 */
type Memory =
	| { state: 'sent'; key: string }
	| { state: 'bought'; key: string; placed: Placed }
	| {
			state: 'unknown';
			key: string;
			error: { code: string | null; message: string; description: string; status?: number };
	  };

interface Memories {
	/** Tells executions apart where n8n gives none an ID. */
	nonce?: string;
	purchases?: Record<string, Memory>;
}

/** The execution's own store for this node: the next try of Retry On Fail finds it, the next execution does not. */
const memoriesOf = (context: IExecuteFunctions): Required<Memories> => {
	const memories = context.getContext('node') as Memories;
	memories.nonce ??= randomUUID();
	memories.purchases ??= {};
	return memories as Required<Memories>;
};

/** One purchase the workflow means to make: the same for every try, another for every item, loop round and tool call. */
export class Intent {
	constructor(
		private readonly purchases: Record<string, Memory>,
		private readonly id: string,
		/** An idempotency key the provider has not seen, the same for every try of this intent. */
		readonly derivedKey: string,
	) {}

	get memory(): Memory | undefined {
		return this.purchases[this.id];
	}

	/** What an earlier try bought. */
	get bought(): Placed | undefined {
		return this.memory?.state === 'bought' ? this.memory.placed : undefined;
	}

	/** Why this purchase must not be sent again, when an earlier try ended without an answer. */
	unresolved(provider: string): ProviderError | undefined {
		const memory = this.memory;
		if (memory?.state === 'unknown')
			return new ProviderError({ provider, outcome: 'unknown', ...memory.error });
		if (memory?.state === 'sent') {
			return new ProviderError({
				provider,
				code: null,
				outcome: 'unknown',
				message:
					'The outcome of this purchase is unknown, it may have gone through: an earlier try was interrupted before its answer came. Do not order it again before checking.',
				description: 'Check the orders and the balance at the provider first.',
			});
		}
		return undefined;
	}

	sending(key: string): void {
		this.purchases[this.id] = { state: 'sent', key };
	}

	remember(key: string, placed: Placed): void {
		this.purchases[this.id] = { state: 'bought', key, placed };
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
 * An agent that calls the node as a function gives no call ID and a new run index on each try. There the
 * arguments identify the call: the same ones again mean the same purchase until it has succeeded.
 */
export function intentsOf(
	context: IExecuteFunctions,
	items: number,
	argumentsOf: (index: number) => string,
): Intent[] {
	const { nonce, purchases } = memoriesOf(context);
	const agent = agentCall(context);
	const runIndex = context.getWorkflowDataProxy(0).$runIndex as number;
	const execution = context.getExecutionId() ?? nonce;

	return Array.from({ length: items }, (_, index) => {
		let id = `${runIndex}:${index}`;
		if (agent?.callId !== undefined) id = `${agent.callId}:${id}`;
		else if (agent !== undefined) {
			const call = hash(argumentsOf(index));
			let round = 0;
			while (purchases[`${call}:${round}`]?.state === 'bought') round++;
			id = `${call}:${round}`;
		}
		const { id: nodeId } = context.getNode();
		return new Intent(
			purchases,
			id,
			`n8n-${hash(JSON.stringify([context.getWorkflow().id, nodeId, execution, id])).slice(0, 32)}`,
		);
	});
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
