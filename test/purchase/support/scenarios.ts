import { randomUUID } from 'node:crypto';
import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import type { Finished, TestWorkflow } from '../../support/engine';
import type { Harness } from '../../support/harness';
import { chain, node, start, to } from '../../support/workflows';
import { isToolMode, type InjectedFault, type Outcome, type RunMode, type Scenario } from './model';
import { continueOnFail, PurchaseHarness, retryOnFail } from './purchaseHarness';
import type { PurchaseKind } from './purchaseKinds';

/** Runs scenarios on the engine and reads what n8n reports of them. */

/** What n8n reports of one intent. */
export interface Reported {
	outcome: Outcome;
	/** Of the purchase, where it was made. */
	orderId?: unknown;
	/** The error message, and the description where the run mode shows it. */
	text: string;
}

/** How long a request may take, in seconds, where that is what ends it. */
export interface Timeouts {
	/** Where a fault never answers. */
	hanging: number;
	/** Where a request is repeated without success: it is, for twice this time. */
	repeating: number;
	/** Where orders are looked up that may not be there. */
	lookUp: number;
}
const LONG_TIMEOUTS: Timeouts = { hanging: 3, repeating: 4, lookUp: 30 };
/** For many scenarios at once: what deviates from the model is then repeated with the long ones. */
export const SHORT_TIMEOUTS: Timeouts = { hanging: 1, repeating: 1, lookUp: 2 };
/** Otherwise no request is to time out, however busy the machine. */
const LONG = 30;

function timeoutOf({ kind, faults }: Scenario, { hanging, repeating, lookUp }: Timeouts): number {
	if (faults.some(({ fault }) => fault.type === 'hang')) return hanging;
	if (kind.recovery === 'lookUp') return lookUp;
	const isRepeated = ({ fault, times }: InjectedFault) =>
		times !== 1 && !(fault.type === 'redirect' && fault.status !== 302) && fault.type !== 'refuse';
	return kind.recovery === 'repeat' && faults.some(isRepeated) ? repeating : LONG;
}

export interface ScenarioResult {
	/** The name of the account that paid. */
	account: string;
	/** Round by round; undefined where nothing was reported. */
	reported: Array<Array<Reported | undefined>>;
}

/** Runs one scenario with an account of its own. */
export async function runScenario(
	harness: Harness,
	scenario: Scenario,
	timeouts = LONG_TIMEOUTS,
): Promise<ScenarioResult> {
	const { kind, faults, lookUpFails } = scenario;
	const purchases = await PurchaseHarness.open(harness, kind);
	for (const { fault, skip, times } of faults) await purchases.injectFault(fault, { skip, times });
	if (lookUpFails === true && kind.recovery === 'lookUp')
		await purchases.injectFault({ type: 'drop' }, { operation: 'order.get', times: -1 });
	const options = { requestTimeout: timeoutOf(scenario, timeouts) };
	const finished = await harness.run({
		...workflowOf(scenario, options, purchases),
		id: `scenario-${randomUUID()}`,
	});
	return { account: purchases.account.name, reported: reportedBy(scenario, finished) };
}

const ON_ERROR: Partial<Record<RunMode, Partial<INode>>> = {
	continue: continueOnFail,
	errorOutput: { onError: 'continueErrorOutput' },
};

function workflowOf(
	{ kind, mode, tries, rounds }: Scenario,
	options: INodeParameters,
	purchases: PurchaseHarness,
): TestWorkflow {
	const settings: Partial<INode> = { ...(tries > 1 ? retryOnFail(tries) : {}), ...ON_ERROR[mode] };
	const recipients = rounds.map((round) => round.map((number) => purchases.recipients[number]!));

	if (isToolMode(mode)) {
		const maxPrice = kind.maxPrice === undefined ? {} : { maxPrice: kind.maxPrice };
		return purchases.agentWorkflow(
			mode,
			recipients.map(([recipient]) => [{ input: { recipient } }]),
			{ allowAgentPurchases: true, options: { ...options, ...maxPrice } },
			{ tool: settings },
		);
	}

	// Recipients are found by round and item: behind a loop the items are the orders of the round before.
	const items = rounds[0]!.map((_, index) => ({ recipients: recipients.map((round) => round[index]!) }));
	const parameters = {
		...kind.parameters("={{ $('Start').all()[$itemIndex].json.recipients[$runIndex] }}"),
		options,
	};
	if (rounds.length === 1) return purchases.workflow(items, parameters, settings);
	return {
		nodes: [
			start(items),
			node('Loop', 'loop', { rounds: rounds.length }),
			purchases.node(parameters, settings),
			node('Rest', 'through'),
		],
		connections: {
			...chain('Start', 'Loop'),
			Loop: { main: [[to('Buy')], [to('Rest')]] },
			Buy: { main: [[to('Loop')]] },
		},
	};
}

interface Details extends IDataObject {
	outcome: Outcome;
	placed?: Array<{ item: number; orderId: string }>;
}

/** What was reported of each intent, round by round; nothing where it was never reached. */
function reportedBy(scenario: Scenario, finished: Finished): Array<Array<Reported | undefined>> {
	const { kind, mode, rounds } = scenario;
	if (isToolMode(mode)) return toolAnswers(finished, mode).map((answer) => [reportedToModel(kind, answer)]);
	return rounds.map((round, index) => {
		const reported: Array<Reported | undefined> = round.map(() => undefined);
		const task = finished.data.resultData.runData.Buy?.[index];
		const error = task?.error as Finished['error'] & { description?: string };
		if (error) {
			const { data, itemIndex } = error.context as { data: Details; itemIndex: number };
			for (const { item, orderId } of data.placed ?? [])
				reported[item] = { outcome: 'bought', orderId, text: '' };
			reported[itemIndex] = { outcome: data.outcome, text: `${error.message} ${error.description}` };
			return reported;
		}
		for (const output of task?.data?.main?.flat() ?? []) {
			const { json, pairedItem } = output!;
			const { item } = pairedItem as { item: number };
			const details = json.details as Details | undefined;
			reported[item] = details
				? { outcome: details.outcome, text: json.error as string }
				: { outcome: 'bought', orderId: kind.idOf(json), text: '' };
		}
		return reported;
	});
}

/** What the tool answered to each call. */
function toolAnswers(finished: Finished, mode: RunMode): unknown[] {
	return finished.output('Agent').map(({ json: { answer } }) => {
		if (mode === 'engine') return (answer as unknown[])[0];
		try {
			return (JSON.parse(answer as string) as unknown[])[0];
		} catch {
			return { error: answer };
		}
	});
}

/** A model gets errors as words only. */
function reportedToModel(kind: PurchaseKind, answer: unknown): Reported {
	const json = answer as IDataObject;
	if (typeof json.error !== 'string') return { outcome: 'bought', orderId: kind.idOf(json), text: '' };
	const outcome = /outcome of this purchase is unknown/.test(json.error) ? 'unknown' : 'rejected';
	return { outcome, text: json.error };
}
