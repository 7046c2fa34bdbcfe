/** Starts, watches and stops a real n8n (and queue workers beside it) on the loopback address. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import axios from 'axios';

import type { Progress } from './cache';
import { DEMO_LOGIN, N8nClient, pause, type Login } from './client';
import { ensureHost, type InstalledHost } from './install';
import { installPackage } from './pack';
import { freePort, ManagedProcess } from './process';

export * from './client';
export { ensureHost } from './install';
export { installPackage, packPackage } from './pack';
export { freePort, ManagedProcess } from './process';

export interface StartHostOptions {
	/** n8n's version; see {@link ensureHost}. */
	version?: string;
	/** The Node.js to run it with; see {@link ensureHost}. */
	node?: string | number;
	/** Where n8n keeps its database, keys and packages; default: a new temporary folder, deleted by `stop()`. */
	userFolder?: string;
	/** Its port on 127.0.0.1; default: any free port. */
	port?: number;
	/** Environment variables over the defaults; `undefined` removes a default. */
	env?: Record<string, string | undefined>;
	/** A packed community package (or several) to install before the start. */
	tarball?: string | string[];
	/** Called with every line that n8n prints. */
	log?: (line: string) => void;
	/** Called with the progress of n8n's installation. */
	onProgress?: Progress;
	login?: Login;
	startupTimeoutMs?: number;
}

/** Ends n8n when the process that started it is gone. */
const GUARD = join(__dirname, 'guard.cjs');

/** Variables of the surrounding process that would change how n8n works. */
const NOT_INHERITED =
	/^(N8N_|DB_|EXECUTIONS_|QUEUE_|CREDENTIALS_|WEBHOOK_|NODES_|NODE_FUNCTION_|OFFLOAD_|npm_|JEST_)/;

function environment(
	installed: InstalledHost,
	values: Record<string, string | undefined>,
): NodeJS.ProcessEnv {
	const env: NodeJS.ProcessEnv = {};
	for (const [key, value] of Object.entries(process.env)) {
		if (NOT_INHERITED.test(key) || key === 'NODE_OPTIONS' || key === 'NODE_ENV' || key === 'NODE_PATH')
			continue;
		env[key] = value;
	}
	env.PATH = [dirname(installed.node), env.PATH ?? ''].join(process.platform === 'win32' ? ';' : ':');
	return { ...env, ...values };
}

/** An n8n that loads community packages and sends nothing to its makers. */
const DEFAULTS: Record<string, string> = {
	N8N_LISTEN_ADDRESS: '127.0.0.1',
	N8N_SECURE_COOKIE: 'false',
	N8N_DIAGNOSTICS_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
	N8N_TEMPLATES_ENABLED: 'false',
	N8N_PERSONALIZATION_ENABLED: 'false',
	N8N_HIRING_BANNER_ENABLED: 'false',
	N8N_DYNAMIC_BANNERS_ENABLED: 'false',
	N8N_VERIFIED_PACKAGES_ENABLED: 'false',
	N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
	N8N_COMMUNITY_PACKAGES_ALLOW_TOOL_USAGE: 'true',
	N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS: 'true',
	N8N_RUNNERS_TASK_TIMEOUT: '300',
};

function defaults(installed: InstalledHost): Record<string, string> {
	// This module asks n8n's makers for a list at every start. Versions without it refuse the setting.
	const module = join(installed.dir, 'node_modules', 'n8n', 'dist', 'modules', 'mcp-registry');
	return {
		...DEFAULTS,
		...(existsSync(module) ? { N8N_DISABLED_MODULES: 'mcp-registry' } : {}),
		...(installed.version.startsWith('1.') ? { N8N_RUNNERS_ENABLED: 'true' } : {}),
	};
}

/** A running n8n: its process, and everything its client can do. */
export class N8nHost extends N8nClient {
	/** Milliseconds from the start of the process until the editor answered, at the last start. */
	startMs = 0;

	private main: ManagedProcess | undefined;
	private readonly workers = new Set<N8nWorker>();
	private logBefore = '';

	/** Use {@link startHost}. */
	constructor(
		readonly installed: InstalledHost,
		readonly userFolder: string,
		readonly port: number,
		private readonly options: StartHostOptions,
	) {
		super(`http://127.0.0.1:${port}`, options.login ?? DEMO_LOGIN);
	}

	/** The file that everything n8n prints is appended to. */
	get logFile(): string {
		return join(this.userFolder, 'n8n.log');
	}

	/** The variables n8n runs with, beside those of this process. */
	variables(): Record<string, string | undefined> {
		return {
			...defaults(this.installed),
			N8N_USER_FOLDER: this.userFolder,
			N8N_PORT: String(this.port),
			...this.options.env,
		};
	}

	/** Process id of n8n, while it runs. */
	get pid(): number | undefined {
		return this.main?.alive ? this.main.pid : undefined;
	}

	/** Whether the process runs. */
	get running(): boolean {
		return this.main?.alive === true;
	}

	/** Resolves when the process that runs now ends, whatever the reason. */
	async ended(): Promise<void> {
		await this.main?.ended;
	}

	/** Starts the process and waits until it can be used; {@link startHost} has done so already. */
	async launch(): Promise<void> {
		if (this.running) return;
		const started = Date.now();
		const variables = { N8N_RUNNERS_BROKER_PORT: String(await freePort()), ...this.variables() };
		const main = new ManagedProcess({
			name: `n8n ${this.installed.version}`,
			command: this.installed.node,
			args: ['--require', GUARD, this.installed.n8n, 'start'],
			env: environment(this.installed, variables),
			cwd: this.userFolder,
			logFile: this.logFile,
			...(this.options.log ? { onLine: this.options.log } : {}),
		});
		this.main = main;
		const timeoutMs = this.options.startupTimeoutMs ?? 180_000;
		try {
			await waitForReady(main, this.url, timeoutMs);
			await this.waitForRest(main, timeoutMs);
			const keyFile = join(this.userFolder, 'api-key');
			await this.connect(await readFile(keyFile, 'utf8').catch(() => undefined));
			await writeFile(keyFile, this.apiKey, { mode: 0o600 });
			// n8n prints this when the active workflows are running.
			await main.waitForOutput((line) => line.includes('Editor is now accessible'), 30_000);
		} catch (error) {
			await main.kill();
			throw error;
		}
		this.startMs = Date.now() - started;
	}

	/** Stops n8n and its workers cleanly and waits for their end; a temporary user folder is deleted. */
	async stop(): Promise<void> {
		await Promise.all([...this.workers].map(async (worker) => await worker.stop()));
		await this.halt();
		if (!this.options.userFolder) await rm(this.userFolder, { recursive: true, force: true, maxRetries: 3 });
	}

	/** Ends n8n at once, without a chance to save anything, as a crash would. Its user folder stays. */
	async kill(): Promise<void> {
		await this.main?.kill();
		this.keepLog();
	}

	/** Stops n8n where it runs, and starts it on the same port and folder, with changed variables if given. */
	async restart(env?: Record<string, string | undefined>): Promise<void> {
		await this.halt();
		if (env) this.options.env = { ...this.options.env, ...env };
		await this.launch();
	}

	/** What n8n printed, its earlier starts included (bounded; everything is in {@link logFile}). */
	log(): string {
		return [this.logBefore, this.main?.log() ?? ''].filter(Boolean).join('\n');
	}

	/** Starts a queue worker beside this n8n, which must run with `EXECUTIONS_MODE=queue`. */
	async startWorker(options: StartWorkerOptions = {}): Promise<N8nWorker> {
		const worker = await startWorker(this, options);
		this.workers.add(worker);
		return worker;
	}

	private async halt(): Promise<void> {
		await this.main?.stop();
		this.keepLog();
	}

	private keepLog(): void {
		if (!this.main) return;
		this.logBefore = this.log().slice(-2_000_000);
		if (!this.main.alive) this.main = undefined;
	}

	private async waitForRest(main: ManagedProcess, timeoutMs: number): Promise<void> {
		const until = Date.now() + timeoutMs;
		for (;;) {
			const response = await this.send('GET', '/rest/settings').catch(() => undefined);
			if (response?.status === 200 && typeof response.data === 'object' && response.data !== null) return;
			if (!main.alive) throw new Error(main.endedMessage());
			if (Date.now() > until) throw new Error(`n8n's editor did not answer within ${timeoutMs} ms`);
			await pause(100);
		}
	}
}

/** Starts an n8n, installing it first where it is missing, and waits until it can be used. */
export async function startHost(options: StartHostOptions = {}): Promise<N8nHost> {
	const installed = await ensureHost({
		...(options.version ? { version: options.version } : {}),
		...(options.node ? { node: options.node } : {}),
		...(options.onProgress ? { onProgress: options.onProgress } : {}),
	});
	const userFolder = options.userFolder ?? (await mkdtemp(join(tmpdir(), 'digital-goods-n8n-')));
	await mkdir(userFolder, { recursive: true });
	for (const tarball of [options.tarball ?? []].flat()) await installPackage(tarball, userFolder);
	const host = new N8nHost(installed, userFolder, options.port ?? (await freePort()), { ...options });
	await host.launch();
	return host;
}

export interface StartWorkerOptions {
	/** How many executions it takes at once. */
	concurrency?: number;
	env?: Record<string, string | undefined>;
	log?: (line: string) => void;
	startupTimeoutMs?: number;
}

/** A running queue worker. */
export class N8nWorker {
	/** Use {@link startWorker}. */
	constructor(
		private readonly process: ManagedProcess,
		readonly healthUrl: string,
	) {}

	get pid(): number | undefined {
		return this.process.alive ? this.process.pid : undefined;
	}

	/** Stops the worker cleanly: it finishes what it is executing. */
	async stop(): Promise<void> {
		await this.process.stop();
	}

	/** Ends the worker at once, as a crash would. */
	async kill(): Promise<void> {
		await this.process.kill();
	}

	/** What it printed. */
	log(): string {
		return this.process.log();
	}
}

/** Starts `n8n worker` with the variables and the user folder of `host`, and waits until it takes work. */
export async function startWorker(host: N8nHost, options: StartWorkerOptions = {}): Promise<N8nWorker> {
	const healthPort = await freePort();
	const variables = {
		N8N_RUNNERS_BROKER_PORT: String(await freePort()),
		...host.variables(),
		QUEUE_HEALTH_CHECK_ACTIVE: 'true',
		QUEUE_HEALTH_CHECK_PORT: String(healthPort),
		...options.env,
	};
	const worker = new ManagedProcess({
		name: 'n8n worker',
		command: host.installed.node,
		args: ['--require', GUARD, host.installed.n8n, 'worker', `--concurrency=${options.concurrency ?? 10}`],
		env: environment(host.installed, variables),
		cwd: host.userFolder,
		logFile: join(host.userFolder, `n8n-worker-${healthPort}.log`),
		...(options.log ? { onLine: options.log } : {}),
	});
	const url = `http://127.0.0.1:${healthPort}`;
	try {
		await waitForReady(worker, url, options.startupTimeoutMs ?? 180_000);
	} catch (error) {
		await worker.kill();
		throw error;
	}
	return new N8nWorker(worker, url);
}

async function waitForReady(started: ManagedProcess, url: string, timeoutMs: number): Promise<void> {
	const until = Date.now() + timeoutMs;
	for (;;) {
		const response = await axios
			.get(`${url}/healthz/readiness`, { validateStatus: () => true, timeout: 5000, proxy: false })
			.catch(() => undefined);
		if (response?.status === 200) return;
		if (!started.alive) throw new Error(started.endedMessage());
		if (Date.now() > until)
			throw new Error(`n8n was not ready after ${timeoutMs} ms; its log:\n${started.log()}`);
		await pause(100);
	}
}
