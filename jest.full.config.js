/** The same tests as `npm test`, all of each of them: `npm run test:full`. */
const base = require('./jest.config.js');

// Tests that only sample by default read this; Jest's workers inherit it.
process.env.FULL = '1';

/** @type {import('jest').Config} */
module.exports = { ...base, testTimeout: 120_000 };
