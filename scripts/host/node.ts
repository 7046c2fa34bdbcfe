/** The Node.js that n8n runs on: the machine's own where it fits, else one from the npm registry. */
import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import execa from 'execa';

import { download } from '../npm.cjs';
import { cacheFolder, stagingFolder, toStandardError, withLock, type Progress } from './cache';

/** This process's Node.js where it suits this n8n, else the major version to take from the registry. */
export function nodeFor(n8nVersion: string): string | number {
	const [major = 0, minor = 0] = n8nVersion.split('.').map(Number);
	const own = Number(process.versions.node.split('.')[0]);
	// n8n needs Node.js 24 from 2.36 on; the native parts of earlier versions build on 22 to 24.
	const needs24 = major > 2 || (major === 2 && minor >= 36);
	const ownFits = needs24 ? own >= 24 : own >= 22 && own <= 24;
	return ownFits ? process.execPath : 24;
}

const PACKAGE = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

const folderOf = (major: number) => join(cacheFolder(), `node-${major}`);

/** The path of a Node.js binary: the one given, or where {@link ensureNode} puts this major version. */
export function nodeBinary(wanted: string | number): string {
	if (typeof wanted === 'string') return wanted;
	const file = process.platform === 'win32' ? 'node.exe' : 'node';
	return join(folderOf(wanted), 'node_modules', PACKAGE, 'bin', file);
}

/** The path of a Node.js binary: the one given, or this major version out of the npm registry's package. */
export async function ensureNode(
	wanted: string | number,
	progress: Progress = toStandardError,
): Promise<string> {
	const binary = nodeBinary(wanted);
	if (typeof wanted === 'string' || existsSync(binary)) return binary;
	const dir = folderOf(wanted);
	await withLock(dir, progress, async () => {
		if (existsSync(binary)) return;
		progress(`downloading Node.js ${wanted}`);
		const staging = await stagingFolder(dir);
		const manifest = { name: 'node-host', private: true, dependencies: { [PACKAGE]: `${wanted}.x` } };
		await writeFile(join(staging, 'package.json'), JSON.stringify(manifest));
		await download(['install', '--ignore-scripts', '--loglevel=error'], { cwd: staging });
		await rm(dir, { recursive: true, force: true });
		await rename(staging, dir);
	});
	if (!existsSync(binary)) throw new Error(`The npm package ${PACKAGE} has no Node.js binary at ${binary}`);
	return binary;
}

/** What native modules must have been built for to load in this Node.js. */
export async function nodeAbi(node: string): Promise<string> {
	const code = '[process.platform, process.arch, process.versions.modules].join("-")';
	return (await execa(node, ['-p', code])).stdout;
}
