'use strict';

/*
 * Loaded into n8n before n8n itself. On SIGUSR2 it collects all garbage and prints how much memory stays in use,
 * which is possible inside the process only. It also prints how long each poll of the order trigger took, which n8n
 * does not record.
 */
if (process.argv[2] === 'start') {
	const Module = require('node:module');
	const { setFlagsFromString } = require('node:v8');
	const { runInNewContext } = require('node:vm');

	setFlagsFromString('--expose-gc');
	const collectGarbage = runInNewContext('gc');
	const print = (what, facts) => process.stdout.write(`bench ${what} ${JSON.stringify(facts)}\n`);

	process.on('SIGUSR2', () => {
		let left = 5;
		const collect = () => {
			collectGarbage();
			if (--left > 0) setTimeout(collect, 50);
			else print('collected', { heap: process.memoryUsage().heapUsed });
		};
		collect();
	});

	const load = Module._load;
	Module._load = function (request, ...rest) {
		const loaded = load.call(this, request, ...rest);
		if (/DigitalGoodsOrderTrigger\.node\.js$/.test(request)) time(loaded.DigitalGoodsOrderTrigger.prototype);
		return loaded;
	};

	const timed = new WeakSet();
	const time = (prototype) => {
		if (timed.has(prototype)) return;
		timed.add(prototype);
		const { poll } = prototype;
		prototype.poll = async function () {
			const started = performance.now();
			let events = 0;
			let error = '';
			try {
				const output = await poll.call(this);
				events = output?.[0]?.length ?? 0;
				return output;
			} catch (thrown) {
				error = String(thrown);
				throw thrown;
			} finally {
				const workflow = this.getWorkflow().id;
				print('poll', { workflow, ms: performance.now() - started, events, error });
			}
		};
	};
}
