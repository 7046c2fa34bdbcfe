/** Programs that tests of a real n8n need, installed from Debian's packages where they are missing. */
import { existsSync } from 'node:fs';

import execa from 'execa';

import { toStandardError, type Progress } from './cache';

const APT_GET = '/usr/bin/apt-get';

/** So that a missing network is an error within a minute. */
const NETWORK_OPTIONS = [
	'-o',
	'Acquire::Retries=0',
	'-o',
	'Acquire::http::Timeout=15',
	'-o',
	'APT::Update::Error-Mode=any',
];

export interface Wanted<T> {
	/** Debian's packages that contain it. */
	packages: string[];
	/** Finds it on this machine. */
	find: () => T | undefined;
	/** What else a person can do, for the message when it is missing and cannot be installed here. */
	otherwise?: string;
}

/** What `find` finds; where it is missing, apt-get is there and we are root, Debian's packages are installed first. */
export async function ensureDebian<T>(
	{ packages, find, otherwise }: Wanted<T>,
	onProgress: Progress = toStandardError,
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
		await execa(APT_GET, [...NETWORK_OPTIONS, ...args], { env });
	}
	const installed = find();
	if (installed === undefined)
		throw new Error(`apt-get installed ${names}, but it is not where it was expected`);
	onProgress(`Installed: ${names}`);
	return installed;
}
