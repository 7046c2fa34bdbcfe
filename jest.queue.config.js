/** The tests that start a real n8n in queue mode: `npm run test:queue`. */
const base = require('./jest.n8n.config.js');

/** @type {import('jest').Config} */
module.exports = { ...base, testMatch: ['<rootDir>/test/queue/**/*.test.ts'], testTimeout: 600_000 };
