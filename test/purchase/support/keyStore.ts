import { createHash } from 'node:crypto';
import type { ICheckProcessedContextData, IDataDeduplicator } from 'n8n-workflow';

/**
 * Stands for the table in which n8n keeps processed keys, and for what n8n does with it: each operation reads the
 * workflow's whole record, and later writes it back, whatever happened in between. Several processes may share
 * one store; each has its own delays.
 */
export class KeyStore {
	/** Records as JSON text, by workflow and context: nobody holds on to an object in a database. */
	readonly records = new Map<string, string>();
	/** Thrown instead of reading. */
	outage: Error | undefined;
	reads = 0;
	writes = 0;

	/** What one process sees of it. */
	for({ read, write }: { read: Delay; write: Delay } = { read: 0, write: 0 }): IDataDeduplicator {
		const find = async (record: string): Promise<StoredRecord | undefined> => {
			this.reads++;
			await pause(read);
			if (this.outage) throw this.outage;
			const text = this.records.get(record);
			return text === undefined ? undefined : (JSON.parse(text) as StoredRecord);
		};
		const insert = async (record: string, value: StoredRecord) => {
			this.writes++;
			await pause(write);
			if (this.records.has(record)) throw new Error('UNIQUE constraint failed: processed_data.workflowId');
			this.records.set(record, JSON.stringify(value));
		};
		const update = async (record: string, value: StoredRecord) => {
			this.writes++;
			await pause(write);
			this.records.set(record, JSON.stringify(value));
		};
		return {
			async checkProcessedAndRecord(items, scope, context, { mode }) {
				const record = recordOf(scope, context);
				const hashes = items.map(hash);
				const found = await find(record);
				if (found === undefined) {
					await insert(record, { mode, data: hashes });
					return { new: items, processed: [] };
				}
				if (found.mode !== mode) throw new Error('Deduplication data was originally saved with another mode');
				const known = new Set(found.data);
				const isNew = hashes.map((one) => !known.has(one));
				found.data.push(...hashes.filter((_, index) => isNew[index]));
				await update(record, found);
				return {
					new: items.filter((_, index) => isNew[index]),
					processed: items.filter((_, index) => !isNew[index]),
				};
			},
			async removeProcessed(items, scope, context) {
				const record = recordOf(scope, context);
				const found = await find(record);
				if (found === undefined) return;
				for (const one of items.map(hash)) {
					const index = found.data.indexOf(one);
					if (index !== -1) found.data.splice(index, 1);
				}
				await update(record, found);
			},
			async checkProcessedItemsAndRecord() {
				throw new Error('not needed here');
			},
			async clearAllProcessedItems() {
				throw new Error('not needed here');
			},
			async getProcessedDataCount() {
				throw new Error('not needed here');
			},
		} as IDataDeduplicator;
	}
}

/** Milliseconds, or whatever has to happen first. */
type Delay = number | (() => Promise<void>);

interface StoredRecord {
	mode: string;
	data: string[];
}

const hash = (value: unknown): string => createHash('md5').update(String(value)).digest('base64');

function recordOf(scope: string, { workflow, node }: ICheckProcessedContextData): string {
	if (!workflow.id) throw new Error('The workflow has no ID');
	return `${workflow.id} ${scope === 'node' ? `n:${node?.id}` : ''}`;
}

async function pause(delay: Delay): Promise<void> {
	if (typeof delay === 'function') await delay();
	else if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
}
