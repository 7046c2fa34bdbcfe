/** The folder outside the repository that holds n8n and Node.js, and the locks on what is installed there. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';

import { lock } from 'proper-lockfile';

import { ensureWritable } from '../npm.cjs';

/** A line that shows a waiting person what is happening. */
export type Progress = (line: string) => void;

/** Progress goes to standard error unless the caller takes it. */
export const toStandardError: Progress = (line) => process.stderr.write(`${line}\n`);

/** Nobody updates the lock of a process that was killed: after this long another takes it over. */
const STALE_MS = 20_000;
const RETRY_MS = 500;

/** A folder of this package in the user's cache, made when it is missing; it may be deleted at any time. */
export function cacheFolder(): string {
	const folder = join(userCache(), 'n8n-nodes-digital-goods');
	ensureWritable(folder, 'XDG_CACHE_HOME to one for the installation of n8n alone');
	return folder;
}

function userCache(): string {
	if (process.env.XDG_CACHE_HOME) return process.env.XDG_CACHE_HOME;
	if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches');
	if (process.platform === 'win32') return process.env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local');
	return join(homedir(), '.cache');
}

/** Runs `work` while no other process that asks for the lock of the same folder does. The folder need not exist. */
export async function withLock<T>(folder: string, progress: Progress, work: () => Promise<T>): Promise<T> {
	const options = {
		realpath: false,
		stale: STALE_MS,
		// Both holders would install into folders of their own: the worst is that the work is done twice.
		onCompromised: () => undefined,
	};
	const unlock = await lock(folder, options).catch(async (error: NodeJS.ErrnoException) => {
		if (error.code !== 'ELOCKED') throw error;
		progress(`Waiting for another process that is installing into ${folder}`);
		return await lock(folder, {
			...options,
			retries: { forever: true, minTimeout: RETRY_MS, maxTimeout: RETRY_MS },
		});
	});
	try {
		return await work();
	} finally {
		await unlock().catch(() => undefined);
	}
}

/**
 * A new folder to install into before it is renamed to `dir`. Deletes what earlier attempts left there, where it can:
 * the npm of a killed attempt may still be writing.
 */
export async function stagingFolder(dir: string): Promise<string> {
	for (const name of await readdir(dirname(dir))) {
		if (!name.startsWith(`${basename(dir)}.installing-`)) continue;
		await rm(join(dirname(dir), name), { recursive: true, force: true }).catch(() => undefined);
	}
	return await mkdtemp(`${dir}.installing-`);
}
