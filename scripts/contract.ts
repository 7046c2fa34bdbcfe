/*
 * `npm run contract -- <provider>`: holds what a live account answers against what the nodes can read. Read-only.
 * `npm run contract -- --help` says more.
 */
import { main } from './contract/cli';

main(process.argv.slice(2), process.env, (text) => process.stdout.write(`${text}\n`)).then(
	(code) => process.exit(code),
	(error: unknown) => {
		// Not the error itself: it could hold a request with its key.
		process.stderr.write(
			`The check broke off: ${error instanceof Error ? error.message : 'no reason given'}\n`,
		);
		process.exit(2);
	},
);
