/*
 * `npm run contract -- <provider>`: compares a live account's answers with what the nodes can read. Read-only.
 * `npm run contract -- --help` explains more.
 */
import { main } from './contract/cli';

main(process.argv.slice(2), process.env, (text) => process.stdout.write(`${text}\n`)).then(
	(code) => process.exit(code),
	(error: unknown) => {
		// Not the error itself: it could hold a request with its key.
		process.stderr.write(
			`The check stopped: ${error instanceof Error ? error.message : 'no reason given'}\n`,
		);
		process.exit(2);
	},
);
