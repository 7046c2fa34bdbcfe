import type { SandboxClient } from './client';
import type { Database } from './n8n/table';
import { startSandbox } from './server';

export interface DataTablesOptions {
	/** 0, the default, takes a free one. */
	port?: number;
	/** The database whose ways it has; SQLite by default. */
	database?: Database;
}

export interface DataTables {
	/** What orderTrackingApi holds. */
	baseUrl: string;
	apiKey: string;
	/** Faults, rows, executions and the clock. */
	client: SandboxClient;
	close(): Promise<void>;
}

/** A sandbox for those who need nothing of it but n8n's Data Tables. */
export async function startDataTables({
	port = 0,
	database = 'sqlite',
}: DataTablesOptions = {}): Promise<DataTables> {
	const sandbox = await startSandbox({ port, accounts: { n8n: { database } } });
	return { ...sandbox.n8n, client: sandbox.client, close: async () => await sandbox.close() };
}
