import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INode } from 'n8n-workflow';
import type { Finished } from './engine';

/** What the build says of an operation's output, see `scripts/outputSchemas.js`. */
interface Schema {
	type: string;
	properties?: Record<string, Schema>;
	required?: string[];
	additionalProperties?: true;
	items?: Schema;
}

const NODES = join(__dirname, '../../dist/nodes');

function outputSchemaOf({ type, parameters: { resource, operation } }: INode): Schema | undefined {
	const name = type.replace(/^.*\./, '').replace(/Tool$/, '');
	const folder = name[0]!.toUpperCase() + name.slice(1);
	const file = join(NODES, folder, '__schema__/v1.0.0', String(resource), `${String(operation)}.json`);
	return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Schema) : undefined;
}

/** Throws when an item differs from the output schema of its operation: a field is new, missing, or of another type. */
export function expectAsDeclared(node: INode, finished: Finished): void {
	const { simplify = true } = node.parameters;
	const schema = outputSchemaOf(node);
	if (schema === undefined || simplify !== true) return;
	for (const { data } of finished.data.resultData.runData[node.name] ?? []) {
		for (const item of data?.main?.flat() ?? []) {
			const wrong = item && !('details' in item.json) ? differences(item.json, schema, node.name) : [];
			if (wrong.length > 0) throw new Error(`Not as the output schema says: ${wrong.join(', ')}`);
		}
	}
}

function differences(value: unknown, schema: Schema, path: string): string[] {
	if (value === null) return [];
	const type = Array.isArray(value) ? 'array' : typeof value;
	if (type !== schema.type) return [`${path} is ${type} instead of ${schema.type}`];
	if (Array.isArray(value))
		return value.flatMap((each, index) => differences(each, schema.items!, `${path}[${index}]`));
	if (type !== 'object') return [];
	const { properties = {}, required = [], additionalProperties } = schema;
	const fields = Object.entries(value as object);
	return [
		...required.filter((name) => !(name in (value as object))).map((name) => `${path}.${name} is missing`),
		...fields.flatMap(([name, each]) =>
			name in properties
				? differences(each, properties[name]!, `${path}.${name}`)
				: additionalProperties
					? []
					: [`${path}.${name} is not declared`],
		),
	];
}
