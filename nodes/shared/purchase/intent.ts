import { createHash, randomUUID } from 'node:crypto';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { ProviderError, unknownOutcome } from '../errors/providerError';
import type { Connection } from '../http/connection';
import type { PurchaseIdentity } from '../node/operation';
import { agentCall, hasReachedModel } from './agent';

/** What a purchase came to, as the node gives it. */
export interface Purchased {
	output: IDataObject;
	/** The provider's own answer. */
	raw: IDataObject;
}

/**
 * What is remembered of one purchase. `sent` is written before the request leaves, so that whatever
 * interrupts the node leaves a trace.
 */
type Memory =
	| { state: 'sent'; key: string }
	| { state: 'bought'; key: string; purchased: Purchased; callId?: string }
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

/** The execution's own store for this node: the next attempt of Retry On Fail finds it, the next execution does not. */
const memoriesOf = (context: IExecuteFunctions): Required<Memories> => {
	const memories = context.getContext('node') as Memories;
	memories.nonce ??= `${context.getExecutionId()} ${randomUUID()}`;
	memories.purchases ??= {};
	return memories as Required<Memories>;
};

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The same for every way of writing the same purchase. */
export const fingerprintOf = (
	provider: string,
	{ orderType, productId, quantity, recipient, details = '' }: PurchaseIdentity,
): string =>
	hash(JSON.stringify([provider, orderType, productId, quantity, recipient, details])).slice(0, 32);

/** One purchase the workflow means to make: the same for every attempt, another for every item and loop round. */
export class Intent {
	private constructor(
		private readonly purchases: Record<string, Memory>,
		/** Identifies the intent within this execution. */
		private readonly id: string,
		/** An idempotency key the provider has not seen, the same for every attempt of this intent. */
		readonly derivedKey: string,
		/** The agent's call this is, where the engine tells. */
		private readonly callId?: string,
	) {}

	/**
	 * The intent of one item. For an agent what it asks for identifies the purchase: a model that asks for the same
	 * again means the purchase it asked for before, until the answer to that one has reached it.
	 */
	static of(context: IExecuteFunctions, index: number, fingerprint: string): Intent {
		const { nonce, purchases } = memoriesOf(context);
		const agent = agentCall(context);
		const make = (id: string) => {
			const { id: nodeId } = context.getNode();
			const key = `n8n-${hash(JSON.stringify([context.getWorkflow().id, nodeId, nonce, id])).slice(0, 32)}`;
			return new Intent(purchases, id, key, agent?.callId);
		};
		if (agent === undefined) return make(`${context.getWorkflowDataProxy(0).$runIndex as number}:${index}`);
		for (let round = 0; ; round++) {
			const intent = make(`${fingerprint}:${index}:${round}`);
			const isAnswered = intent.memory?.state === 'bought' && hasReachedModel(context, intent.derivedKey);
			if (!isAnswered || intent.isSameCall) return intent;
		}
	}

	get memory(): Memory | undefined {
		return this.purchases[this.id];
	}

	/** What an earlier attempt bought. */
	get bought(): Purchased | undefined {
		return this.memory?.state === 'bought' ? this.memory.purchased : undefined;
	}

	/** Whether the earlier purchase was made for this very call of the agent. */
	get isSameCall(): boolean {
		const { memory, callId } = this;
		return memory?.state === 'bought' && callId !== undefined && memory.callId === callId;
	}

	/** Why this purchase must not be sent again, when an earlier attempt ended without an answer. */
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

	remember(key: string, purchased: Purchased): void {
		const { callId } = this;
		this.purchases[this.id] = {
			state: 'bought',
			key,
			purchased,
			...(callId === undefined ? {} : { callId }),
		};
	}

	/** A purchase that was not sent is forgotten: another attempt may make it. An unknown one stays. */
	conclude(key: string, { outcome, code, message, description, status }: ProviderError): void {
		if (outcome !== 'unknown') delete this.purchases[this.id];
		else {
			this.purchases[this.id] = {
				state: 'unknown',
				key,
				error: { code, message, description, ...(status === undefined ? {} : { status }) },
			};
		}
	}

	/**
	 * Runs the work alone among the calls of one execution that mean the same purchase: an agent may send several at
	 * once, and the later ones are to find what became of the first.
	 */
	async alone<T>(work: () => Promise<T>): Promise<T> {
		const underWay = inFlight.get(this.purchases) ?? new Map<string, Promise<unknown>>();
		inFlight.set(this.purchases, underWay);
		const mine = (underWay.get(this.id) ?? Promise.resolve()).catch(() => {}).then(work);
		underWay.set(this.id, mine);
		return await mine;
	}
}

/** By the store of the execution, with which it ends. */
const inFlight = new WeakMap<object, Map<string, Promise<unknown>>>();
