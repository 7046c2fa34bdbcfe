import { randomUUID } from 'node:crypto';
import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import type { StoredRow } from '../../../nodes/shared/ledger/row';
import type { Finished } from '../../support/engine';
import type { Harness } from '../../support/harness';
import { PurchaseHarness } from '../../purchase/support/purchaseHarness';
import { purchaseKinds, type PurchaseKind } from '../../purchase/support/purchaseKinds';

/** Everything that can be bought, and so kept in the ledger. */
export const tracked = purchaseKinds.filter(({ operation }) => operation === 'order.create');

const keyPaths: Record<string, string> = { aiMarket: 'idempotencyKey', gamesDrop: 'transactionId' };

/** Purchases of one account that are kept in a ledger table of their own. */
export class TrackedPurchases {
	readonly table = `orders_${randomUUID().slice(0, 8)}`;

	private constructor(
		private readonly harness: Harness,
		readonly purchases: PurchaseHarness,
	) {}

	static async open(
		harness: Harness,
		kind: PurchaseKind | string,
		spec: Parameters<typeof PurchaseHarness.open>[2] = {},
	): Promise<TrackedPurchases> {
		return new TrackedPurchases(harness, await PurchaseHarness.open(harness, kind, spec));
	}

	/** The same purchases in another table, account or workflow are other purchases; this is one of them. */
	parameters(options: IDataObject = {}, more: INodeParameters = {}): INodeParameters {
		return {
			...this.purchases.parameters(),
			trackCompletion: true,
			...more,
			options: { tableName: this.table, ...options } as INodeParameters,
		};
	}

	/** The parameters with the user's own key, wherever this provider takes it. */
	keyed(key: string, options: IDataObject = {}, more: INodeParameters = {}): INodeParameters {
		const path = keyPaths[this.purchases.kind.provider];
		return path === undefined
			? this.parameters({ orderOnceKey: key, ...options }, more)
			: this.parameters(options, { [path]: key, ...more });
	}

	async buy(
		parameters: INodeParameters = this.parameters(),
		{ items = 1, ...node }: Partial<INode> & { items?: number | IDataObject[] } = {},
	): Promise<Finished> {
		const given = typeof items === 'number' ? this.purchases.items(items) : items;
		return await this.harness.run({
			...this.purchases.workflow(given, parameters, node),
			id: `workflow-${randomUUID()}`,
		});
	}

	async rows(): Promise<StoredRow[]> {
		const tables = await this.harness.sandbox.client.dataTables();
		return (tables.find(({ name }) => name === this.table)?.rows ?? []) as unknown as StoredRow[];
	}

	async charged(): Promise<string[]> {
		return await this.purchases.charged();
	}
}

/** The machine-readable side of how an execution, or one of its items, failed. */
export const failureOf = (finished: Finished): IDataObject | undefined =>
	(finished.error?.context?.data ??
		finished.output('Buy').find(({ json }) => 'details' in json)?.json.details) as IDataObject | undefined;
