import type {
	IDataObject,
	IExecuteFunctions,
	INodeProperties,
	INodePropertyCollection,
	INodePropertyOptions,
} from 'n8n-workflow';
import { monotonic } from '../async/monotonic';
import { echoed, ProviderError } from '../errors/providerError';
import { connect, type Api } from '../http/api';
import type { Connection } from '../http/connection';
import { DEFAULT_TIMEOUT } from '../http/retryPolicy';

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

/** The most characters of a text, far beyond any ID or search; names of people and players are shorter. */
const LONGEST_TEXT = 20_000;
/** The most characters of a recipient: a username, an ID in a game, an e-mail address. */
export const LONGEST_RECIPIENT = 255;
/** Operations with narrower limits check them in `prepare`, in their own words. */
export const LONGEST_KEY = 10_000;

const isBlank = (value: unknown): boolean =>
	value === undefined || value === null || (typeof value === 'string' && value.trim() === '');

const DECIMAL = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** What JavaScript writes for a value that is missing; never a key that anybody chose. */
const NO_VALUE = /^(undefined|null|nan|\[object object\])$/i;

/** What the items of one execution of a node share, such as a catalog fetched for all of them. */
export class RunCache {
	private readonly values = new Map<string, { at: number; value: Promise<unknown> }>();

	/** Forgets everything: what was bought may have changed prices and stock. */
	clear(): void {
		this.values.clear();
	}

	/**
	 * Fetches once what several items need. A failed fetch may be tried by the next item.
	 * @param maxAge milliseconds after which it is fetched anew
	 */
	async get<T>(key: string, fetch: () => Promise<T>, maxAge = Infinity): Promise<T> {
		const known = this.values.get(key);
		if (known !== undefined && monotonic() - known.at <= maxAge) return (await known.value) as T;
		const value = fetch();
		this.values.set(key, { at: monotonic(), value });
		value.catch(() => this.values.delete(key));
		return await value;
	}
}

/** One input item of one operation: its parameters, checked, and its way to the provider. */
export class Item {
	private readonly apis = new Map<Connection, Promise<Api>>();

	constructor(
		readonly context: IExecuteFunctions,
		readonly index: number,
		readonly cache: RunCache,
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

	/**
	 * Whether the user gave this parameter: typed something, wrote an expression, or added the option. A guard that
	 * was given and turns out blank must refuse, see {@link guardText}.
	 */
	isGiven(path: string): boolean {
		const [name, child] = path.split('.') as [string, string?];
		const raw = this.context.getNode().parameters[name];
		// A field switched to an expression and left empty is a blank typed by hand.
		if (child === undefined) return !isBlank(typeof raw === 'string' ? raw.replace(/^=/, '') : raw);
		if (typeof raw === 'object' && raw !== null && Object.hasOwn(raw, child)) return true;
		const resolved = this.context.getNodeParameter(name, this.index, {}) as unknown;
		return typeof resolved === 'object' && resolved !== null && Object.hasOwn(resolved, child);
	}

	/** Text without the white space around it; empty when nothing was given. Numbers count as text. */
	optionalText(path: string, longest = LONGEST_TEXT): string {
		const value = this.value(path);
		if (isBlank(value)) return '';
		const isText = typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
		if (!isText || (Number.isInteger(value) && !Number.isSafeInteger(value)))
			throw this.invalid(path, `expected text, got ${echoed(value)}`);
		const text = String(value).trim();
		if (text.length > longest)
			throw this.invalid(path, `expected at most ${longest} characters, got ${text.length}`);
		return text;
	}

	text(path: string, longest = LONGEST_TEXT): string {
		const value = this.optionalText(path, longest);
		if (value === '') throw this.invalid(path, 'is empty');
		return value;
	}

	/** A number, or undefined when nothing was given. Text that is a number counts. */
	number(path: string, range: Range = {}): number | undefined {
		const value = this.value(path);
		if (isBlank(value)) return undefined;
		const isNumber = typeof value === 'number' || (typeof value === 'string' && DECIMAL.test(value.trim()));
		const number = isNumber ? Number(value) : NaN;
		if (!Number.isFinite(number)) throw this.invalid(path, `expected a number, got ${echoed(value)}`);
		return this.within(path, number, range, 'a number');
	}

	integer(path: string, range: Range = {}): number {
		const number = this.number(path);
		if (number === undefined) throw this.invalid(path, 'is empty');
		if (!Number.isSafeInteger(number))
			throw this.invalid(path, `expected a whole number, got ${echoed(this.value(path))}`);
		return this.within(path, number, range, 'a whole number');
	}

	flag(path: string, fallback = false): boolean {
		const value = this.value(path);
		if (isBlank(value)) return fallback;
		if (typeof value === 'boolean') return value;
		if (value === 'true' || value === 'false') return value === 'true';
		throw this.invalid(path, `expected true or false, got ${echoed(value)}`);
	}

	/**
	 * A key that guards money: empty only where none was given. An expression that gives nothing, or an option that
	 * was added and left blank, is refused, since the user meant to be guarded.
	 */
	guardText(path: string, longest?: number): string {
		const key = this.optionalText(path, longest);
		if (key === '' && this.isGiven(path)) throw this.blankGuard(path);
		if (NO_VALUE.test(key)) throw this.invalid(path, `expected text of your own, got ${echoed(key)}`);
		return key;
	}

	/** A number that guards money, undefined only where none was given. See {@link guardText}. */
	guardNumber(path: string, range: Range = {}): number | undefined {
		const number = this.number(path, range);
		if (number === undefined && this.isGiven(path)) throw this.blankGuard(path);
		return number;
	}

	/** A switch that guards money, off only where it was not given or is clearly off. See {@link guardText}. */
	guardFlag(path: string): boolean {
		if (isBlank(this.value(path)) && this.isGiven(path)) throw this.blankGuard(path);
		return this.flag(path);
	}

	private blankGuard(path: string): ProviderError {
		return this.invalid(
			path,
			'is blank, although it was added or is an expression',
			'Nothing was sent. Check the name of the field in the expression, or remove the option if there is to be no such guard.',
		);
	}

	choice<T extends string | number>(path: string, choices: readonly T[]): T {
		const value = this.value(path);
		const choice = choices.find((candidate) => String(candidate) === String(value));
		if (choice === undefined)
			throw this.invalid(path, `expected one of ${choices.join(', ')}, got ${echoed(value)}`);
		return choice;
	}

	/** How many items a list operation may give. */
	limit(): number {
		return this.flag('returnAll') ? Infinity : this.integer('limit', { min: 1 });
	}

	/** A parameter's name as the editor shows it. */
	labelOf(path: string): string {
		return labelOf(this.properties, path);
	}

	/** A clear no before anything was sent, naming the parameter as the editor shows it. */
	invalid(
		path: string,
		complaint: string,
		advice = 'Nothing was sent. Change the value in the node, or the expression that gives it.',
	): ProviderError {
		return this.refuse('INVALID_PARAMETER', `${this.labelOf(path)}: ${complaint}`, advice);
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
