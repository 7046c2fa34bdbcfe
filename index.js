'use strict';

// Every node and credential class by its name. A class is loaded when it is asked for, not before.
const { n8n } = require('./package.json');

for (const file of [...n8n.nodes, ...n8n.credentials]) {
	const [name] = file.slice(file.lastIndexOf('/') + 1).split('.');
	Object.defineProperty(module.exports, name, { enumerable: true, get: () => require(`./${file}`)[name] });
}
