/** Redis and PostgreSQL for n8n's queue mode: Debian's, on free loopback ports, with their data in temporary folders. */
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import execa from 'execa';

import type { Progress } from './cache';
import { ensureDebian } from './debian';
import { freePort, ManagedProcess } from './process';

const POSTGRESQL = '/usr/lib/postgresql';
/** The user that Debian's package makes: PostgreSQL refuses to run as root. */
const POSTGRESQL_USER = 'postgres';
/** Of the database only, which is reached from this machine and deleted after the test. */
const DATABASE_USER = 'n8n';
const STARTS_WITHIN_MS = 60_000;

export interface Services {
	/** The variables with which an n8n and its workers use them, in queue mode. */
	env: Record<string, string>;
	/** Ends both and deletes their data. */
	stop(): Promise<void>;
}

/** Starts a Redis and a PostgreSQL, installing them first where they are missing. */
export async function startServices(onProgress?: Progress): Promise<Services> {
	const redis = await startRedis(onProgress);
	try {
		const postgresql = await startPostgresql(onProgress);
		const env = { EXECUTIONS_MODE: 'queue', ...redis.env, ...postgresql.env };
		const stop = async () => {
			await Promise.all([redis.stop(), postgresql.stop()]);
		};
		return { env, stop };
	} catch (error) {
		await redis.stop();
		throw error;
	}
}

async function startRedis(onProgress?: Progress): Promise<Services> {
	const find = () => onPath('redis-server');
	const command = await ensureDebian({ packages: ['redis-server'], find }, onProgress);
	const folder = await mkdtemp(join(tmpdir(), 'digital-goods-redis-'));
	const port = String(await freePort());
	const args = ['--bind', '127.0.0.1', '--port', port, '--dir', folder, '--save', ''];
	const service = launch('Redis', endingWithUs([command, ...args]), folder);
	await ready(service, folder, 'Ready to accept connections');
	return {
		env: { QUEUE_BULL_REDIS_HOST: '127.0.0.1', QUEUE_BULL_REDIS_PORT: port },
		stop: async () => {
			await service.stop();
			await rm(folder, { recursive: true, force: true });
		},
	};
}

async function startPostgresql(onProgress?: Progress): Promise<Services> {
	const programs = await ensureDebian({ packages: ['postgresql'], find: postgresqlPrograms }, onProgress);
	const folder = await mkdtemp(join(tmpdir(), 'digital-goods-postgresql-'));
	const user = process.getuid?.() === 0 ? idsOf(POSTGRESQL_USER) : undefined;
	if (user) await chown(folder, user.uid, user.gid);
	const data = join(folder, 'data');
	const asUser = (command: string[]) => endingWithUs(command, user);

	const [initdb = '', ...options] = asUser([
		join(programs, 'initdb'),
		...['--pgdata', data, '--username', DATABASE_USER],
		...['--auth', 'trust', '--encoding', 'UTF8', '--locale', 'C', '--no-sync'],
	]);
	await execa(initdb, options, { cwd: folder });
	const port = String(await freePort());
	// Without fsync: nobody needs the data after a crash of the machine.
	const settings = { listen_addresses: '127.0.0.1', port, unix_socket_directories: '', fsync: 'off' };
	const set = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
	const service = launch('PostgreSQL', asUser([join(programs, 'postgres'), '-D', data, ...set]), folder);
	await ready(service, folder, 'ready to accept connections');
	return {
		env: {
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: '127.0.0.1',
			DB_POSTGRESDB_PORT: port,
			DB_POSTGRESDB_DATABASE: 'postgres',
			DB_POSTGRESDB_USER: DATABASE_USER,
		},
		stop: async () => {
			// On SIGTERM it waits until every client has disconnected; on SIGINT it does not.
			service.signal('SIGINT');
			await service.stop();
			await rm(folder, { recursive: true, force: true });
		},
	};
}

function launch(name: string, [command = '', ...args]: string[], cwd: string): ManagedProcess {
	return new ManagedProcess({ name, command, args, cwd, env: { ...process.env, LC_ALL: 'C' } });
}

async function ready(service: ManagedProcess, folder: string, words: string): Promise<void> {
	try {
		await service.waitForOutput((line) => line.includes(words), STARTS_WITHIN_MS);
	} catch (error) {
		await service.kill();
		await rm(folder, { recursive: true, force: true });
		throw error;
	}
}

interface Ids {
	uid: number;
	gid: number;
}

/** The command so that it ends when this process does, however that happens, and runs as `user` where one is given. */
function endingWithUs(command: string[], user?: Ids): string[] {
	const setpriv = onPath('setpriv');
	if (!setpriv) return command;
	const as = user ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : [];
	return [setpriv, ...as, '--pdeathsig=KILL', ...command];
}

function idsOf(user: string): Ids {
	const id = (which: string) => Number(execa.sync('id', [which, user]).stdout);
	return { uid: id('-u'), gid: id('-g') };
}

/** The folder with the newest PostgreSQL's programs. */
function postgresqlPrograms(): string | undefined {
	const versions = existsSync(POSTGRESQL) ? readdirSync(POSTGRESQL) : [];
	const debian = versions
		.sort((one, other) => Number(other) - Number(one))
		.map((version) => join(POSTGRESQL, version, 'bin'));
	return [...debian, ...pathFolders()].find((folder) => existsSync(join(folder, 'initdb')));
}

const pathFolders = (): string[] => (process.env.PATH ?? '').split(delimiter);

const onPath = (program: string): string | undefined =>
	pathFolders()
		.map((folder) => join(folder, program))
		.find((path) => existsSync(path));
