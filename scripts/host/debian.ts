/** Programs that runs against a real n8n need beside it, taken from Debian where they are missing. */
import { existsSync } from 'node:fs';

import { run, type Progress } from './install';

const APT_GET = '/usr/bin/apt-get';

export interface Wanted<T> {
	/** Debian's packages that bring it. */
	packages: string[];
	/** Looks for it on this machine. */
	find: () => T | undefined;
	/** What else a person can do, for the message when it is missing and cannot be installed here. */
	otherwise?: string;
}

/** What `find` finds; where it is missing, apt-get is there and we are root, Debian's packages are installed first. */
export async function ensureDebian<T>(
	{ packages, find, otherwise }: Wanted<T>,
	onProgress: Progress = (line) => process.stderr.write(`${line}\n`),
): Promise<T> {
	const found = find();
	if (found !== undefined) return found;
	const names = packages.join(' ');
	if (process.getuid?.() !== 0 || !existsSync(APT_GET)) {
		const advice = `install it (Debian: "apt-get install ${names}")${otherwise ? ` or ${otherwise}` : ''}`;
		throw new Error(`Missing on this machine: ${names}; ${advice}`);
	}
	onProgress(`Installing ${names} …`);
	const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
	for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
		const result = await run(APT_GET, args, { env });
		if (result.code !== 0) throw new Error(`apt-get ${args[0]} failed:\n${result.output.slice(-3000)}`);
	}
	const installed = find();
	if (installed === undefined)
		throw new Error(`apt-get installed ${names}, but it is not where it was expected`);
	onProgress(`Installed: ${names}`);
	return installed;
}
