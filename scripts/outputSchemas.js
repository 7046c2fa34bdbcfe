/*
 * What each operation gives by default, as JSON Schema: n8n's editor offers these fields before a node has run.
 * Taken from the types in the code, `ReadOperation<Output>` and `PurchaseOperation<Plan, Output>`, so that there
 * is no second declaration to keep. n8n's own files name one type for a field, so null is left out here too.
 */
'use strict';

const { existsSync, readdirSync } = require('node:fs');
const { join, resolve } = require('node:path');
const ts = require('typescript');

/** All nodes of this package have version 1 only. */
const VERSION = 'v1.0.0';

/** `<resource>.<operation>.ts`, see CONTRIBUTING.md. */
const OPERATION_FILE = /^(\w+)\.(\w+)\.ts$/;

/** The schemas of all operations: where each belongs below the project's or the build's folder, and what it says. */
function outputSchemas() {
	const files = readdirSync('nodes').flatMap((folder) => operationsIn(join('nodes', folder)));
	const { config } = ts.readConfigFile('tsconfig.build.json', ts.sys.readFile);
	const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
	const program = ts.createProgram(
		files.map(({ source }) => source),
		options,
	);
	const checker = program.getTypeChecker();
	return files.map(({ source, path }) => ({
		path,
		schema: schemaOf(checker, outputOf(checker, program.getSourceFile(resolve(source)), source)),
	}));
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

/** The last type argument of the file's operation. */
function outputOf(checker, file, name) {
	const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(file));
	for (const symbol of exported) {
		const type = checker.getTypeOfSymbol(symbol);
		if (/^(Read|Purchase)Operation$/.test(type.symbol?.name ?? '')) {
			return checker.getTypeArguments(type).at(-1);
		}
	}
	throw new Error(`${name} exports no ReadOperation and no PurchaseOperation`);
}

function schemaOf(checker, type) {
	const known = checker.getNonNullableType(type);
	const is = (flags) => (known.isUnion() ? known.types : [known]).every((each) => (each.flags & flags) !== 0);
	if (is(ts.TypeFlags.StringLike)) return { type: 'string' };
	if (is(ts.TypeFlags.NumberLike)) return { type: 'number' };
	if (is(ts.TypeFlags.BooleanLike)) return { type: 'boolean' };
	if (checker.isArrayType(known)) {
		return { type: 'array', items: schemaOf(checker, checker.getTypeArguments(known)[0]) };
	}
	const properties = checker.getPropertiesOfType(known);
	if (!is(ts.TypeFlags.Object | ts.TypeFlags.Intersection) || properties.length === 0) {
		throw new Error(`no JSON Schema is known for the type ${checker.typeToString(type)}`);
	}
	const isOpen = checker.getIndexInfosOfType(known).length > 0;
	const isOptional = (property) => (property.flags & ts.SymbolFlags.Optional) !== 0;
	return {
		type: 'object',
		required: properties.filter((each) => !isOptional(each)).map(({ name }) => name),
		properties: Object.fromEntries(
			properties.map((property) => [property.name, schemaOf(checker, checker.getTypeOfSymbol(property))]),
		),
		...(isOpen ? { additionalProperties: true } : {}),
	};
}

module.exports = { outputSchemas };
