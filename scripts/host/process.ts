/** A child process that is watched: its output is kept, and it and what it started are ended together. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createServer } from 'node:net';

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
const running = new Set<ManagedProcess>();
process.on('exit', () => {
	for (const child of running) child.signal('SIGKILL');
});

/** Starts a process in a group of its own, so that killing it leaves none of its children behind. */
export class ManagedProcess {
	readonly pid: number;

	/** Settles when the process has ended. */
	readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

	private readonly child: ChildProcess;
	private readonly lines: string[] = [];
	private readonly file: WriteStream | undefined;
	private readonly listeners = new Set<() => void>();
	private exited = false;

	constructor(private readonly options: ManagedOptions) {
		this.file = options.logFile ? createWriteStream(options.logFile, { flags: 'a' }) : undefined;
		this.child = spawn(options.command, options.args, {
			cwd: options.cwd,
			env: options.env,
			// The fourth is never written to: its end tells the child that this process is gone.
			stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
			detached: process.platform !== 'win32',
			windowsHide: true,
		});
		this.pid = this.child.pid ?? -1;
		this.child.stdio[3]?.on('error', () => undefined);
		this.collect(this.child.stdout);
		this.collect(this.child.stderr);
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
			// 'close' comes later: it waits for the output of surviving grandchildren.
			this.child.on('close', () => this.file?.end());
			this.child.on('exit', (code, signal) => setImmediate(finish, code, signal));
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

	/** Waits until `test` is true of the output; fails when the process ends or the time is up. */
	async waitForOutput(test: (line: string) => boolean, timeoutMs: number): Promise<void> {
		const found = () => this.lines.some(test);
		await new Promise<void>((done, failed) => {
			const settle = (error?: Error) => {
				clearTimeout(timer);
				this.listeners.delete(look);
				if (error) failed(error);
				else done();
			};
			const look = () => {
				if (found()) settle();
				else if (this.exited) settle(new Error(this.endedMessage()));
			};
			const timer = setTimeout(() => settle(new Error(`${this.options.name}: no such output`)), timeoutMs);
			this.listeners.add(look);
			look();
		});
	}

	/** What to tell a person when the process ended by itself. */
	endedMessage(): string {
		return `${this.options.name} ended by itself. Its last words:\n${this.lines.slice(-40).join('\n')}`;
	}

	private collect(stream: NodeJS.ReadableStream | null): void {
		let rest = '';
		stream?.on('data', (chunk: Buffer) => {
			this.file?.write(chunk);
			const lines = (rest + chunk.toString('utf8')).split(/\r?\n/);
			rest = lines.pop() ?? '';
			for (const line of lines) this.add(line);
			this.notify();
		});
		stream?.on('end', () => {
			if (rest) this.add(rest);
		});
	}

	private add(line: string): void {
		this.lines.push(line);
		if (this.lines.length > KEPT_LINES) this.lines.splice(0, this.lines.length - KEPT_LINES);
		this.options.onLine?.(line);
	}

	private notify(): void {
		for (const listener of [...this.listeners]) listener();
	}
}

/** A TCP port on loopback that is free now: `preferred` or the next ones after it, or any. */
export async function freePort(preferred?: number): Promise<number> {
	if (preferred !== undefined) {
		for (let port = preferred; port < preferred + 50; port++) if (await isFree(port)) return port;
	}
	return await new Promise((done, failed) => {
		const server = createServer();
		server.once('error', failed);
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
		});
	});
}

async function isFree(port: number): Promise<boolean> {
	return await new Promise((done) => {
		const server = createServer();
		server.once('error', () => done(false));
		server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
	});
}
