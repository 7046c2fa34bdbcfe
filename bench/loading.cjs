'use strict';

/*
 * Measures what requiring and instantiating node and credential classes costs a process in which n8n's own modules
 * are loaded. The arguments are the files; NODE_PATH is n8n's `node_modules`, as in n8n itself.
 */
const { createRequire } = require('node:module');
const { basename, join } = require('node:path');

const fromHost = createRequire(join(process.env.NODE_PATH, 'host.js'));
for (const module of ['n8n-workflow', 'n8n-core', 'zod', 'lodash', 'luxon', 'axios']) fromHost(module);
const heapInUse = () => {
	for (let i = 0; i < 4; i++) global.gc();
	return process.memoryUsage().heapUsed;
};

const before = heapInUse();
const started = performance.now();
const made = process.argv.slice(2).map((file) => new (require(file)[basename(file).split('.')[0]])());
const ms = performance.now() - started;
const heap = heapInUse() - before;
process.stdout.write(JSON.stringify({ ms, heap, classes: made.length }));
