import { checkedProviders, type CheckedProvider } from './providers';
import { check, keysIn, MissingVariable, type Environment, type Report } from './run';

type Print = (text: string) => void;

/**
 * `npm run contract -- <provider>`.
 * @returns the exit code: 0 when the nodes can read everything, 1 when not, 2 when no request could be sent
 */
export async function main(args: string[], environment: Environment, print: Print): Promise<number> {
	const providers = checkedProviders();
	const secrets = keysIn(providers, environment);
	const printSafely: Print = (text) =>
		print(secrets.reduce((safe, key) => safe.split(key).join('***'), text));

	if (args.includes('--help') || args.includes('-h')) {
		printSafely(help(providers));
		return 0;
	}
	const wanted = args.length > 0 ? chosen(args, providers) : 'Which provider?';
	if (typeof wanted === 'string') {
		printSafely(`${wanted}\n\n${usage(providers)}`);
		return 2;
	}
	let failed = false;
	for (const provider of wanted) {
		try {
			const report = await check(provider, environment);
			failed ||= report.failed;
			printSafely(table(report));
		} catch (error) {
			if (!(error instanceof MissingVariable)) throw error;
			printSafely(`${error.message}\n  ${error.variable}=… npm run contract -- ${provider.name}`);
			return 2;
		}
	}
	return failed ? 1 : 0;
}

/** `tg-market`, `TG Market` and `tgMarket` are one provider. */
const bare = (name: string) => name.toLowerCase().replace(/[^a-z]/g, '');

function chosen(args: string[], providers: CheckedProvider[]): CheckedProvider[] | string {
	const found: CheckedProvider[] = [];
	for (const arg of args) {
		const provider = providers.find(({ name }) => bare(name) === bare(arg));
		if (provider === undefined) return `There is no provider "${arg}".`;
		found.push(provider);
	}
	return found;
}

const MARK = { read: '✔', 'not read': '✘', skipped: '–' } as const;
/** Longer texts do not widen their column. */
const WIDEST = 50;
const LEVEL = { wrong: '✘', review: '!', note: '·' } as const;

function table({ displayName, rows }: Report): string {
	const [names, words] = [rows.map(({ name }) => name), rows.map(({ summary }) => summary)].map((texts) =>
		Math.max(...texts.map((text) => text.length).filter((length) => length <= WIDEST)),
	) as [number, number];
	const lines = rows.flatMap(({ name, result, summary, asked, findings }) => {
		const bad = findings.some(({ level }) => level === 'wrong');
		const first = `${bad ? '✘' : MARK[result]} ${name.padEnd(names)}  ${summary.padEnd(words)}  ${asked.join(', ')}`;
		const others = findings.map(({ level, text }) => `  ${' '.repeat(names)}  ${LEVEL[level]} ${text}`);
		return [first.trimEnd(), ...others];
	});
	const of = (level: keyof typeof LEVEL) =>
		rows.flatMap(({ findings }) => findings).filter((finding) => finding.level === level).length;
	const unread = rows.filter(({ result }) => result === 'not read').length;
	const summary = [
		[unread, 'not read'],
		[of('wrong'), 'the node cannot read'],
		[of('review'), 'to review'],
		[of('note'), 'new'],
	]
		.filter(([number]) => number !== 0)
		.map(([number, what]) => `${number} ${what}`)
		.join(', ');
	return [
		`${displayName}`,
		...lines,
		summary === '' ? 'No differences.' : `Differences: ${summary}.`,
		'',
	].join('\n');
}

const usage = (providers: CheckedProvider[]): string =>
	`Usage: npm run contract -- <provider>…   (${providers.map(({ name }) => name).join(', ')})\n       npm run contract -- --help`;

function help(providers: CheckedProvider[]): string {
	return `${usage(providers)}

Sends a live account requests that cost nothing (catalog, balance, an existing order) and reads the answers as the
nodes do. It never buys: it sends only the requests listed in scripts/contract/documented.ts.

  ✘  the node cannot read it, or would take it for missing     exit code 1
  !  the node reads it, but it differs from the document       exit code 0
  ·  a field the document does not have                        exit code 0
  –  skipped: the variable that names what to read is not set

Environment variables:
${providers.map(variables).join('\n')}`;
}

function variables({ displayName, checks }: CheckedProvider): string {
	const accounts = [...new Set(checks.map(({ account }) => account))];
	const main = accounts[0]!;
	const lines = new Map<string, string>();
	for (const { credential, variables: names } of accounts) {
		for (const [field, variable] of Object.entries(names)) {
			if (lines.has(variable)) continue;
			const property = credential.properties.find(({ name }) => name === field)!;
			const preset = String(property.default ?? '');
			const kind =
				credential === main.credential && preset === ''
					? 'needed'
					: preset === ''
						? 'optional'
						: `default ${preset}`;
			lines.set(variable, `${property.displayName} (${kind})`);
		}
	}
	for (const { name, variable, fallback } of checks) {
		if (variable === undefined || lines.has(variable)) continue;
		lines.set(variable, `what to read: ${name}${fallback ? ` (default ${fallback})` : ''}`);
	}
	return [`  ${displayName}`, ...[...lines].map(([name, text]) => `    ${name.padEnd(30)} ${text}`)].join(
		'\n',
	);
}
