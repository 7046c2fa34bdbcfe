/** Asks a live account everything that costs nothing, and says where the answers differ from what is expected. */
import type { ICredentialDataDecryptedObject, INodeProperties } from 'n8n-workflow';

import { ProviderError } from '../../nodes/shared/engine/errors';
import { NotPermitted, readOnlyContext, WatchedApi, type Exchange, type Look } from './door';
import { compareWithDocument, shownWord, type Documented, type Finding } from './fields';
import type { Account, Check, CheckedProvider } from './providers';
import { lostFields } from './schema';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What came of one check. */
export interface Row {
	name: string;
	/** `skipped`: nothing was asked, `said` tells what for. */
	result: 'read' | 'not read' | 'skipped';
	said: string;
	/** The requests that were answered, as the list of what may be asked has them. */
	asked: string[];
	findings: Finding[];
	/** No answer came at all. */
	unreachable?: boolean;
}

export interface Report {
	displayName: string;
	rows: Row[];
	/** Whether there was something that the node cannot read, or could not be asked at all. */
	failed: boolean;
}

/** A variable that must be set and is not. */
export class MissingVariable extends Error {
	constructor(
		readonly variable: string,
		displayName: string,
		what: string,
	) {
		super(`${variable} is not set: it holds the ${what} of the ${displayName} account to look at.`);
	}
}

const valueOf = (environment: Environment, variable: string | undefined): string =>
	variable === undefined ? '' : (environment[variable] ?? '').trim();

const keyVariable = ({ variables }: Account): string => Object.values(variables)[0]!;

/** All keys among the variables, longest first, to be taken out of whatever is printed. */
export const keysIn = (providers: CheckedProvider[], environment: Environment): string[] =>
	[...new Set(providers.flatMap(({ checks }) => checks.map(({ account }) => keyVariable(account))))]
		.map((variable) => valueOf(environment, variable))
		.filter((key) => key !== '')
		.sort((one, other) => other.length - one.length);

/** @throws MissingVariable when the provider's key is not there */
export async function check(provider: CheckedProvider, environment: Environment): Promise<Report> {
	const { displayName, checks } = provider;
	const main = checks[0]!.account;
	if (valueOf(environment, keyVariable(main)) === '')
		throw new MissingVariable(keyVariable(main), displayName, main.credential.properties[0]!.displayName);
	const rows: Row[] = [];
	for (const each of checks) {
		const row = await tryOne(each, environment);
		rows.push(row);
		// Whoever is not there for one request is not there for the next.
		if (row.unreachable) break;
	}
	const failed = rows.some(
		({ result, findings }) => result === 'not read' || findings.some(({ level }) => level === 'wrong'),
	);
	return { displayName, rows, failed };
}

async function tryOne(
	{ name, account, connection, ...check }: Check,
	environment: Environment,
): Promise<Row> {
	const skipped = (variable: string): Row => ({
		name,
		result: 'skipped',
		said: `set ${variable} to look at it`,
		asked: [],
		findings: [],
	});
	if (valueOf(environment, keyVariable(account)) === '') return skipped(keyVariable(account));
	const wanted = valueOf(environment, check.variable) || check.fallback;
	if (check.variable !== undefined && wanted === undefined) return skipped(check.variable);

	const looks: Look[] = [];
	const exchanges: Exchange[] = [];
	const api = apiFor(
		account,
		connection,
		environment,
		(look) => looks.push(look),
		(exchange) => exchanges.push(exchange),
	);
	const came = () => ({
		asked: [...new Set(exchanges.map(({ permitted }) => permitted))],
		findings: merged([...differences(account.requests, exchanges, looks)]),
	});
	try {
		const { said, unknownWord } = await check.run(api, wanted ?? '');
		const { asked, findings } = came();
		if (unknownWord !== undefined) findings.push({ level: 'look', text: strange(unknownWord) });
		return { name, result: 'read', said, asked, findings };
	} catch (error) {
		if (!(error instanceof ProviderError) && !(error instanceof NotPermitted)) throw error;
		const unreadable = looks.some(({ complaint }) => complaint !== undefined);
		const unreachable = error instanceof ProviderError && error.status === undefined && error.code === null;
		return {
			name,
			result: 'not read',
			said: unreadable ? 'not readable' : error.message,
			...came(),
			...(unreachable ? { unreachable } : {}),
		};
	}
}

const strange = (word: string): string =>
	word === '' ? 'there is no status' : `the node does not know the status ${shownWord(word)}`;

function apiFor(
	{ credential, variables, requests }: Account,
	connection: Check['connection'],
	environment: Environment,
	looked: (look: Look) => void,
	answered: (exchange: Exchange) => void,
): WatchedApi {
	const values = valuesOf(credential.properties, variables, environment);
	const permitted = Object.keys(requests);
	const context = readOnlyContext({ credential, values, permitted, answered });
	return new WatchedApi(context, connection, values, permitted, looked);
}

const valuesOf = (
	properties: INodeProperties[],
	variables: Account['variables'],
	environment: Environment,
): ICredentialDataDecryptedObject =>
	Object.fromEntries(
		properties.map(({ name, default: preset }) => [
			name,
			valueOf(environment, variables[name]) || String(preset),
		]),
	);

function* differences(
	requests: Readonly<Record<string, Documented>>,
	exchanges: Exchange[],
	looks: Look[],
): Iterable<Finding> {
	for (const { schema, body, complaint } of looks) {
		if (complaint !== undefined) yield { level: 'wrong', text: `cannot be read: ${complaint}` };
		for (const { path, expected, found, times } of lostFields(schema, body)) {
			const often = times > 1 ? `, ${times} times` : '';
			yield {
				level: 'wrong',
				text: `${path} is there and read as missing: ${found} instead of ${expected}${often}`,
			};
		}
	}
	for (const { permitted, status, body } of exchanges) {
		const documented = requests[permitted];
		if (status >= 300 || documented === undefined) continue;
		yield* compareWithDocument(body, documented);
	}
}

const ORDER = { wrong: 0, look: 1, note: 2 };

/** The same difference once, the worst first. */
const merged = (findings: Finding[]): Finding[] =>
	[...new Map(findings.map((finding) => [finding.text, finding])).values()].sort(
		(one, other) => ORDER[one.level] - ORDER[other.level],
	);
