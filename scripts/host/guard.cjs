'use strict';

// Loaded into n8n before itself: when the process that started it is gone, however it ended, its end of this pipe
// closes, and n8n shuts down as if told to. Not the standard input: n8n's own code stops listening to that.
const { Socket } = require('node:net');

const pipe = new Socket({ fd: 3, readable: true, writable: false });
pipe.on('error', () => undefined);
pipe.on('close', () => {
	process.kill(process.pid, 'SIGTERM');
	// Its output leads nowhere now, and n8n can be busy for ever reporting that.
	setTimeout(() => process.kill(process.pid, 'SIGKILL'), 20_000);
});
pipe.resume();
pipe.unref();
