/** The tests that start a real n8n: `npm run test:n8n`. */
const base = require('./jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
	...base,
	testMatch: ['<rootDir>/test/n8n/**/*.test.ts', '<rootDir>/test/**/*.n8n.test.ts'],
	testPathIgnorePatterns: ['/node_modules/'],
	testTimeout: 300_000,
};
