/** A child process whose output is kept, and which is ended together with everything it started. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

import detectPort from 'detect-port';

export interface ManagedOptions {
	command: string;
	args: string[];
	env: NodeJS.ProcessEnv;
	cwd?: string;
	/** A name for messages. */
	name: string;
	/** File to which everything printed is appended. */
	logFile?: string;
	/** Called with every line printed. */
	onLine?: (line: string) => void;
}

const KEPT_LINES = 5000;
const OUTPUT_IS_READ_WITHIN_MS = 1000;
const running = new Set<ManagedProcess>();
process.on('exit', () => {
	for (const child of running) child.signal('SIGKILL');
});

/** Starts a process in a group of its own, so that killing it leaves none of its children behind. */
export class ManagedProcess {
	readonly pid: number;

	/** Resolves when the process has ended. */
	readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

	private readonly child: ChildProcess;
	private readonly lines: string[] = [];
	private readonly listeners = new Set<() => void>();
	private exited = false;

	constructor(private readonly options: ManagedOptions) {
		this.child = spawn(options.command, options.args, {
			cwd: options.cwd,
			env: options.env,
			// Nothing is written to the fourth: when it closes, the child knows that this process is gone.
			stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
			detached: process.platform !== 'win32',
			windowsHide: true,
		});
		this.pid = this.child.pid ?? -1;
		this.child.stdio[3]?.on('error', () => undefined);
		const file = options.logFile ? createWriteStream(options.logFile, { flags: 'a' }) : undefined;
		for (const stream of [this.child.stdout!, this.child.stderr!]) {
			createInterface({ input: stream }).on('line', (line) => {
				file?.write(`${line}\n`);
				this.add(line);
			});
		}
		running.add(this);
		this.ended = new Promise((done) => {
			const finish = (code: number | null, signal: NodeJS.Signals | null) => {
				if (this.exited) return;
				this.exited = true;
				running.delete(this);
				this.notify();
				done({ code, signal });
			};
			this.child.on('error', (error) => {
				this.add(String(error));
				finish(null, null);
			});
			// 'close' comes when all output is read, but it also waits for grandchildren that survive.
			this.child.on('exit', (...result) => setTimeout(finish, OUTPUT_IS_READ_WITHIN_MS, ...result).unref());
			this.child.on('close', (...result) => {
				file?.end();
				finish(...result);
			});
		});
	}

	/** Whether the process has not ended yet. */
	get alive(): boolean {
		return !this.exited;
	}

	/** The last lines printed (at most 5,000), as one text. */
	log(): string {
		return this.lines.join('\n');
	}

	/** Sends a signal: SIGKILL to the process and all it started, others to the process only. */
	signal(name: NodeJS.Signals): void {
		if (this.pid <= 0) return;
		try {
			process.kill(name === 'SIGKILL' && process.platform !== 'win32' ? -this.pid : this.pid, name);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
		}
	}

	/** Asks the process to end, waits, and kills it when it takes too long. */
	async stop(timeoutMs = 30_000): Promise<void> {
		if (this.exited) return;
		this.signal('SIGTERM');
		const timer = setTimeout(() => this.signal('SIGKILL'), timeoutMs);
		await this.ended;
		clearTimeout(timer);
		this.signal('SIGKILL');
	}

	/** Ends the process at once, as a crash would. */
	async kill(): Promise<void> {
		this.signal('SIGKILL');
		await this.ended;
	}

	/** Waits until `test` is true of a line printed; fails when the process ends or the time is up. */
	async waitForOutput(test: (line: string) => boolean, timeoutMs: number): Promise<void> {
		await new Promise<void>((done, failed) => {
			const finish = (error?: Error) => {
				clearTimeout(timer);
				this.listeners.delete(check);
				if (error) failed(error);
				else done();
			};
			const check = () => {
				if (this.lines.some(test)) finish();
				else if (this.exited) finish(new Error(this.endedMessage()));
			};
			const timer = setTimeout(() => finish(new Error(`${this.options.name}: no such output`)), timeoutMs);
			this.listeners.add(check);
			check();
		});
	}

	/** The message for a process that ended by itself. */
	endedMessage(): string {
		return `${this.options.name} ended by itself. Its last output:\n${this.lines.slice(-40).join('\n')}`;
	}

	private add(line: string): void {
		this.lines.push(line);
		if (this.lines.length > KEPT_LINES) this.lines.splice(0, this.lines.length - KEPT_LINES);
		this.options.onLine?.(line);
		this.notify();
	}

	private notify(): void {
		for (const listener of [...this.listeners]) listener();
	}
}

/** A free TCP port: `preferred` or one of the next after it, or any. */
export async function freePort(preferred?: number): Promise<number> {
	return await detectPort({ hostname: '127.0.0.1', ...(preferred === undefined ? {} : { port: preferred }) });
}
