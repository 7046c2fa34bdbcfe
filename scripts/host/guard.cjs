'use strict';

// Loaded into n8n before n8n itself. When the process that started it is gone, however it ended, the other end of this
// pipe closes, and n8n shuts down as on SIGTERM. Standard input cannot serve: n8n's own code stops reading it.
const { Socket } = require('node:net');

const pipe = new Socket({ fd: 3, readable: true, writable: false });
pipe.on('error', () => undefined);
pipe.on('close', () => {
	process.kill(process.pid, 'SIGTERM');
	// Its output goes nowhere now, and n8n may never finish reporting that.
	setTimeout(() => process.kill(process.pid, 'SIGKILL'), 20_000);
});
pipe.resume();
pipe.unref();
