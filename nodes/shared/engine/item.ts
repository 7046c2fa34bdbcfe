import type {
	IDataObject,
	IExecuteFunctions,
	INodeProperties,
	INodePropertyCollection,
	INodePropertyOptions,
} from 'n8n-workflow';
import { ProviderError } from './errors';
import { connect, DEFAULT_TIMEOUT, type Api, type Connection } from './http';

type Options = Array<INodeProperties | INodePropertyCollection | INodePropertyOptions>;

const nested = (property: INodeProperties): Options => (property.options as Options | undefined) ?? [];

/** Display name of a parameter as the editor shows it: `options.maxPrice` is "Max Price". */
export function labelOf(properties: INodeProperties[], path: string): string {
	const [name, child] = path.split('.');
	for (const property of properties) {
		if (property.name !== name) continue;
		if (child === undefined) return property.displayName;
		const option = nested(property).find((candidate) => candidate.name === child);
		if (option && 'displayName' in option) return option.displayName;
	}
	return child ?? path;
}

interface Range {
	min?: number;
	max?: number;
}

/** What is typed or comes from an expression, cut short and on one line, for an error's text. */
const shown = (value: unknown): string => {
	const written = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
	const line = written.replace(/\s+/g, ' ');
	return line.length > 60 ? `"${line.slice(0, 60)}…"` : `"${line}"`;
};

const isBlank = (value: unknown): boolean =>
	value === undefined || value === null || (typeof value === 'string' && value.trim() === '');

/** What the items of one run share, e.g. a catalog fetched once. */
export class Run {
	private readonly memo = new Map<string, Promise<unknown>>();

	/** Fetches once what all items of the run need; a failed fetch may be tried by the next item. */
	async once<T>(key: string, fetch: () => Promise<T>): Promise<T> {
		let value = this.memo.get(key) as Promise<T> | undefined;
		if (value === undefined) {
			value = fetch();
			this.memo.set(key, value);
			value.catch(() => this.memo.delete(key));
		}
		return await value;
	}
}

/** One input item of one operation: its parameters, checked, and its way to the provider. */
export class Item {
	private readonly apis = new Map<Connection, Promise<Api>>();

	constructor(
		readonly context: IExecuteFunctions,
		readonly index: number,
		readonly run: Run,
		private readonly connection: Connection,
		private readonly properties: INodeProperties[],
	) {}

	/** The connection with this item's credential. */
	async api(connection: Connection = this.connection): Promise<Api> {
		let api = this.apis.get(connection);
		if (api === undefined) {
			const timeout = (this.number('options.requestTimeout', { min: 1 }) ?? DEFAULT_TIMEOUT / 1_000) * 1_000;
			api = connect(this.context, connection, this.index, { timeout });
			this.apis.set(connection, api);
		}
		return await api;
	}

	/** The value as it comes, resource locators reduced to theirs; undefined when the parameter is not there. */
	value(path: string): unknown {
		const value = this.context.getNodeParameter(path, this.index, null) as unknown;
		return typeof value === 'object' && value !== null && '__rl' in value
			? (value as unknown as IDataObject).value
			: value;
	}

	/** Text without the white space around it; empty when nothing was given. Numbers count as text. */
	optionalText(path: string): string {
		const value = this.value(path);
		if (isBlank(value)) return '';
		if (typeof value === 'string') return value.trim();
		if (typeof value === 'number' && (!Number.isInteger(value) || Number.isSafeInteger(value)))
			return String(value);
		throw this.invalid(path, `expected text, got ${shown(value)}`);
	}

	text(path: string): string {
		const value = this.optionalText(path);
		if (value === '') throw this.invalid(path, 'is empty');
		return value;
	}

	/** A number, or undefined when nothing was given. Text that is a number counts. */
	number(path: string, range: Range = {}): number | undefined {
		const value = this.value(path);
		if (isBlank(value)) return undefined;
		const number = typeof value === 'number' ? value : typeof value === 'string' ? Number(value) : NaN;
		if (!Number.isFinite(number)) throw this.invalid(path, `expected a number, got ${shown(value)}`);
		return this.within(path, number, range, 'a number');
	}

	integer(path: string, range: Range = {}): number {
		const number = this.number(path);
		if (number === undefined) throw this.invalid(path, 'is empty');
		if (!Number.isSafeInteger(number))
			throw this.invalid(path, `expected a whole number, got ${shown(this.value(path))}`);
		return this.within(path, number, range, 'a whole number');
	}

	flag(path: string, fallback = false): boolean {
		const value = this.value(path);
		if (isBlank(value)) return fallback;
		if (typeof value === 'boolean') return value;
		if (value === 'true' || value === 'false') return value === 'true';
		throw this.invalid(path, `expected true or false, got ${shown(value)}`);
	}

	choice<T extends string | number>(path: string, choices: readonly T[]): T {
		const value = this.value(path);
		const choice = choices.find((candidate) => String(candidate) === String(value));
		if (choice === undefined)
			throw this.invalid(path, `expected one of ${choices.join(', ')}, got ${shown(value)}`);
		return choice;
	}

	/** How many items a list operation may give. */
	limit(): number {
		return this.flag('returnAll') ? Infinity : this.integer('limit', { min: 1 });
	}

	/** A clear no before anything was sent, naming the parameter as the editor shows it. */
	invalid(
		path: string,
		complaint: string,
		advice = 'Nothing was sent. Change the value in the node, or the expression that gives it.',
	): ProviderError {
		return this.refuse('INVALID_PARAMETER', `${labelOf(this.properties, path)}: ${complaint}`, advice);
	}

	/** Refuses this item before anything was bought, under a code of this package. */
	refuse(code: string, message: string, description: string): ProviderError {
		return new ProviderError({ provider: this.connection.provider, code, message, description });
	}

	private within(
		path: string,
		number: number,
		{ min = -Infinity, max = Infinity }: Range,
		kind: string,
	): number {
		if (number >= min && number <= max) return number;
		const range =
			max === Infinity
				? `of at least ${min}`
				: min === -Infinity
					? `of at most ${max}`
					: `from ${min} to ${max}`;
		throw this.invalid(path, `expected ${kind} ${range}, got ${number}`);
	}
}
