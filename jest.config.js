/** The tests that need no n8n server: `npm test`; `npm run test:full` runs all of each of them. */

// n8n's own log, which Jest's `silent` does not reach.
process.env.N8N_LOG_LEVEL ??= 'silent';

/** @type {import('jest').Config} */
module.exports = {
	testEnvironment: 'node',
	modulePathIgnorePatterns: ['<rootDir>/scripts/host/n8n/', '<rootDir>/dist/'],
	testMatch: ['<rootDir>/test/**/*.test.ts'],
	testPathIgnorePatterns: [
		'/node_modules/',
		'<rootDir>/test/n8n/',
		'<rootDir>/test/queue/',
		'\\.n8n\\.test\\.ts$',
	],
	transform: {
		'^.+\\.ts$': [
			'@swc/jest',
			{ jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' } },
		],
	},
	testTimeout: 30_000,
	maxWorkers: 2,
	// A failed assertion says what is needed; what the code under test prints does not.
	silent: true,
	collectCoverageFrom: ['nodes/**/*.ts'],
	coverageReporters: ['text-summary'],
	coverageThreshold: { global: { lines: 95 } },
};
