import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Something whose state outlives the process. */
export interface Kept {
	/** A state made of plain data, Maps and Sets. */
	snapshot(): unknown;
	restore(state: unknown): void;
}

const VERSION = 1;

/** What the sandbox knows, in a file: whoever was answered finds the same after a restart or a crash. */
export class StateFile {
	private written = '';
	private writing: Promise<void> = Promise.resolve();
	private next: Promise<void> | undefined;

	/** Restores what the file holds; without a file everything stays as it is. */
	constructor(
		private readonly path: string,
		private readonly parts: Record<string, Kept>,
	) {
		if (!existsSync(path)) return;
		try {
			const { version, ...states } = JSON.parse(readFileSync(path, 'utf8'), reviver) as Record<
				string,
				unknown
			>;
			if (version !== VERSION) throw new Error(`it has version ${String(version)}`);
			for (const [name, part] of Object.entries(parts)) {
				if (states[name] !== undefined) part.restore(states[name]);
			}
		} catch (error) {
			throw new Error(
				`The sandbox cannot read its state in ${path} (${(error as Error).message}). Delete the file to begin anew.`,
			);
		}
	}

	/** Resolves when the state of this moment is in the file. Calls in quick succession share one writing. */
	async save(): Promise<void> {
		this.next ??= this.writing.then(async () => {
			this.next = undefined;
			this.writing = this.write();
			await this.writing;
		});
		await this.next;
	}

	private async write(): Promise<void> {
		const states = Object.entries(this.parts).map(([name, part]) => [name, part.snapshot()] as const);
		const text = JSON.stringify({ version: VERSION, ...Object.fromEntries(states) }, replacer);
		if (text === this.written) return;
		await mkdir(dirname(this.path), { recursive: true });
		// A crash while writing leaves the old file whole.
		const draft = `${this.path}.new`;
		const file = await open(draft, 'w');
		try {
			await file.writeFile(text);
			await file.sync();
		} finally {
			await file.close();
		}
		await rename(draft, this.path);
		this.written = text;
	}
}

const replacer = (_key: string, value: unknown): unknown =>
	value instanceof Map
		? { $map: [...(value as Map<unknown, unknown>)] }
		: value instanceof Set
			? { $set: [...(value as Set<unknown>)] }
			: value;

function reviver(_key: string, value: unknown): unknown {
	if (typeof value !== 'object' || value === null) return value;
	if ('$map' in value) return new Map(value.$map as Array<[unknown, unknown]>);
	if ('$set' in value) return new Set(value.$set as unknown[]);
	return value;
}
