/*
 * The default output of each operation as JSON Schema: n8n's editor offers these fields before a node has run. It is
 * generated from the types in the code, `ReadOperation<Output>` and `PurchaseOperation<Plan, Output>`. As in n8n's own
 * files a field has one type, so null is left out.
 */
'use strict';

const { existsSync, readdirSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { createFormatter, createParser, SchemaGenerator } = require('ts-json-schema-generator');
const ts = require('typescript');

/** All nodes of this package have version 1 only. */
const VERSION = 'v1.0.0';

/** `<resource>.<operation>.ts`, see CONTRIBUTING.md. */
const OPERATION_FILE = /^(\w+)\.(\w+)\.ts$/;

const OPERATION_TYPE = /^(Read|Purchase)Operation$/;

/** The schemas of all operations, each with its path below the folder of the project or of the build. */
function outputSchemas() {
	const files = readdirSync('nodes').flatMap((folder) => operationsIn(join('nodes', folder)));
	const { config } = ts.readConfigFile('tsconfig.build.json', ts.sys.readFile);
	const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
	const program = ts.createProgram(
		files.map(({ source }) => source),
		options,
	);
	const inline = { expose: 'none', topRef: false, jsDoc: 'none', additionalProperties: false };
	const generator = new SchemaGenerator(
		program,
		createParser(program, inline),
		createFormatter(inline),
		inline,
	);
	return files.map(({ source, path }) => {
		const output = outputOf(program.getSourceFile(resolve(source)), source);
		return { path, schema: simplified(generator.createSchemaFromNodes([output])) };
	});
}

function operationsIn(folder) {
	const operations = join(folder, 'operations');
	if (!existsSync(operations)) return [];
	return readdirSync(operations).flatMap((file) => {
		const [, resource, operation] = OPERATION_FILE.exec(file) ?? [];
		if (operation === undefined) return [];
		const path = join(folder, '__schema__', VERSION, resource, `${operation}.json`);
		return [{ source: join(operations, file), path }];
	});
}

/** The last type argument of the operation that the file declares. */
function outputOf(file, name) {
	const types = file.statements
		.filter(ts.isVariableStatement)
		.flatMap(({ declarationList }) => declarationList.declarations.map(({ type }) => type));
	const operation = types.find(
		(type) => type !== undefined && ts.isTypeReferenceNode(type) && OPERATION_TYPE.test(type.typeName.text),
	);
	if (operation === undefined) throw new Error(`${name} declares no ReadOperation and no PurchaseOperation`);
	return operation.typeArguments.at(-1);
}

/** Only what the editor reads: types, fields, and whether there may be more of them. */
function simplified({ anyOf, type, properties, required, items, additionalProperties }) {
	if (anyOf !== undefined) return simplified(anyOf.find((each) => each.type !== 'null'));
	const [known] = [type].flat().filter((each) => each !== 'null');
	if (known === undefined) throw new Error('a field has no type that JSON Schema knows');
	if (known === 'array') return { type: known, items: simplified(items) };
	if (known !== 'object') return { type: known };
	const fields = Object.entries(properties ?? {}).map(([name, field]) => [name, simplified(field)]);
	return {
		type: known,
		required: required ?? [],
		properties: Object.fromEntries(fields),
		...(additionalProperties ? { additionalProperties: true } : {}),
	};
}

module.exports = { outputSchemas };
