/** Sends a live account the requests that cost nothing, and reports where the answers differ from the expected. */
import type { ICredentialDataDecryptedObject, INodeProperties } from 'n8n-workflow';

import { ProviderError } from '../../nodes/shared/errors/providerError';
import { NotPermitted, readOnlyContext, RecordingApi, type Exchange, type ReadAnswer } from './readOnly';
import { compareWithDocument, shownWord, type Documented, type Finding } from './fields';
import type { Account, Check, CheckedProvider } from './providers';
import { lostFields } from './schema';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The result of one check. */
export interface Row {
	name: string;
	/** `skipped`: no request was sent; `summary` gives the reason. */
	result: 'read' | 'not read' | 'skipped';
	summary: string;
	/** The answered requests, as entries of the list of permitted ones. */
	asked: string[];
	findings: Finding[];
	/** No answer came at all. */
	unreachable?: boolean;
}

export interface Report {
	displayName: string;
	rows: Row[];
	/** Whether the node could not read something, or a request could not be sent. */
	failed: boolean;
}

/** A variable that must be set and is not. */
export class MissingVariable extends Error {
	constructor(
		readonly variable: string,
		displayName: string,
		what: string,
	) {
		super(`${variable} is not set. It holds the ${what} of the ${displayName} account to read.`);
	}
}

const valueOf = (environment: Environment, variable: string | undefined): string =>
	variable === undefined ? '' : (environment[variable] ?? '').trim();

const keyVariable = ({ variables }: Account): string => Object.values(variables)[0]!;

/** All keys among the variables, longest first, to be removed from what is printed. */
export const keysIn = (providers: CheckedProvider[], environment: Environment): string[] =>
	[...new Set(providers.flatMap(({ checks }) => checks.map(({ account }) => keyVariable(account))))]
		.map((variable) => valueOf(environment, variable))
		.filter((key) => key !== '')
		.sort((one, other) => other.length - one.length);

/** @throws MissingVariable when the provider's key is not set */
export async function check(provider: CheckedProvider, environment: Environment): Promise<Report> {
	const { displayName, checks } = provider;
	const main = checks[0]!.account;
	if (valueOf(environment, keyVariable(main)) === '')
		throw new MissingVariable(keyVariable(main), displayName, main.credential.properties[0]!.displayName);
	const rows: Row[] = [];
	for (const each of checks) {
		const row = await tryOne(each, environment);
		rows.push(row);
		// It would not answer the next request either.
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
		summary: `set ${variable} to read it`,
		asked: [],
		findings: [],
	});
	if (valueOf(environment, keyVariable(account)) === '') return skipped(keyVariable(account));
	const wanted = valueOf(environment, check.variable) || check.fallback;
	if (check.variable !== undefined && wanted === undefined) return skipped(check.variable);

	const answers: ReadAnswer[] = [];
	const exchanges: Exchange[] = [];
	const api = apiFor(
		account,
		connection,
		environment,
		(answer) => answers.push(answer),
		(exchange) => exchanges.push(exchange),
	);
	const results = () => ({
		asked: [...new Set(exchanges.map(({ permitted }) => permitted))],
		findings: merged([...differences(account.requests, exchanges, answers)]),
	});
	try {
		const { summary, unknownWord } = await check.run(api, wanted ?? '');
		const { asked, findings } = results();
		if (unknownWord !== undefined) findings.push({ level: 'review', text: strange(unknownWord) });
		return { name, result: 'read', summary, asked, findings };
	} catch (error) {
		if (!(error instanceof ProviderError) && !(error instanceof NotPermitted)) throw error;
		const unreadable = answers.some(({ issue }) => issue !== undefined);
		const unreachable = error instanceof ProviderError && error.status === undefined && error.code === null;
		return {
			name,
			result: 'not read',
			summary: unreadable ? 'not readable' : error.message,
			...results(),
			...(unreachable ? { unreachable } : {}),
		};
	}
}

const strange = (word: string): string =>
	word === '' ? 'the status is missing' : `the node does not know the status ${shownWord(word)}`;

function apiFor(
	{ credential, variables, requests }: Account,
	connection: Check['connection'],
	environment: Environment,
	onRead: (answer: ReadAnswer) => void,
	answered: (exchange: Exchange) => void,
): RecordingApi {
	const values = valuesOf(credential.properties, variables, environment);
	const permitted = Object.keys(requests);
	const context = readOnlyContext({ credential, values, permitted, answered });
	return new RecordingApi(context, connection, values, permitted, onRead);
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
	answers: ReadAnswer[],
): Iterable<Finding> {
	for (const { schema, body, issue } of answers) {
		if (issue !== undefined) yield { level: 'wrong', text: `cannot be read: ${issue}` };
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

const ORDER = { wrong: 0, review: 1, note: 2 };

/** The same difference once, the worst first. */
const merged = (findings: Finding[]): Finding[] =>
	[...new Map(findings.map((finding) => [finding.text, finding])).values()].sort(
		(one, other) => ORDER[one.level] - ORDER[other.level],
	);
