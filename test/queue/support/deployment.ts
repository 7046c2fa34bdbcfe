import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemo, type Demo } from '../../../scripts/host/demo';
import { installPackage, packPackage, type N8nWorker } from '../../../scripts/host/host';
import { startServices } from '../../../scripts/host/services';

/** n8n in queue mode: a main process, workers with user folders of their own as containers have, Redis and PostgreSQL. */
export interface Deployment extends Demo {
	/** Starts a worker, in a new user folder with the package in it, or in the one of a worker that was there before. */
	startWorker(before?: Worker, concurrency?: number): Promise<Worker>;
}

/** A worker, and what it has executed. */
export class Worker {
	constructor(
		readonly process: N8nWorker,
		readonly folder: string,
	) {}

	/** IDs of the executions that it began. */
	get begun(): string[] {
		return this.executions('started');
	}

	/** IDs of the executions that it began and has not ended. */
	get underWay(): string[] {
		const ended = new Set([...this.executions('finished'), ...this.executions('errored while running')]);
		return this.begun.filter((id) => !ended.has(id));
	}

	private executions(what: string): string[] {
		const said = new RegExp(`Worker ${what} execution (\\d+) `, 'g');
		return [...this.process.log().matchAll(said)].map(([, id]) => id!);
	}
}

/** Fewer than n8n's ten at once, so that two workers share what there is to do. */
const CONCURRENCY = 5;

export async function startQueueMode(): Promise<Deployment> {
	const folders: string[] = [];
	const newFolder = async () => {
		const folder = await mkdtemp(join(tmpdir(), 'queue-mode-'));
		folders.push(folder);
		return folder;
	};
	const tarball = await packPackage();
	const services = await startServices();
	const stop = async (demo?: Demo) => {
		await demo?.stop();
		await services.stop();
		await Promise.all(folders.map(async (folder) => await rm(folder, { recursive: true, force: true })));
	};
	try {
		const demo = await startDemo({
			examples: 'none',
			tarball,
			userFolder: await newFolder(),
			env: {
				...services.env,
				// What the main process would make up for itself, its workers could not know.
				N8N_ENCRYPTION_KEY: randomBytes(24).toString('hex'),
				N8N_WORKER_SERVER_ADDRESS: '127.0.0.1',
				// A dead worker is found out after 20 to 40 seconds, not after one to two minutes as by default.
				QUEUE_WORKER_LOCK_DURATION: '30000',
				QUEUE_WORKER_STALLED_INTERVAL: '10000',
			},
		});
		const startWorker = async (before?: Worker, concurrency = CONCURRENCY) => {
			const folder = before?.folder ?? (await newFolder());
			if (!before) await installPackage(tarball, folder);
			const env = { N8N_USER_FOLDER: folder };
			return new Worker(await demo.host.startWorker({ concurrency, env }), folder);
		};
		return { ...demo, startWorker, stop: async () => await stop(demo) };
	} catch (error) {
		await stop();
		throw error;
	}
}
