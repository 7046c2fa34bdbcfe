import { Container } from '@n8n/di';
import { Logger } from '@n8n/backend-common';
import { LoggerProxy } from 'n8n-workflow';
import type { Finished } from '../../support/engine';

/** All text in a value, with the properties that errors hide. */
export function textOf(value: unknown): string {
	const seen = new Set<unknown>();
	const parts: string[] = [];
	const visit = (one: unknown) => {
		if (typeof one === 'string') parts.push(one);
		if (typeof one !== 'object' || one === null || seen.has(one)) return;
		seen.add(one);
		if (one instanceof Map || one instanceof Set) [...one].forEach(visit);
		for (const name of Reflect.ownKeys(one)) visit((one as Record<string | symbol, unknown>)[name]);
	};
	visit(value);
	return parts.join('\n');
}

/** Keeps what n8n logs and prints, for the tests of a file. Begins anew with each test. */
export function useLogs(): string[] {
	const lines: string[] = [];
	beforeAll(() => {
		const record = (...words: unknown[]) => void lines.push(words.map((word) => textOf(word)).join(' '));
		const logger = { debug: record, info: record, warn: record, error: record };
		LoggerProxy.init(logger);
		Object.assign(Container.get(Logger), logger);
		jest.spyOn(console, 'log').mockImplementation(record);
		jest.spyOn(console, 'error').mockImplementation(record);
		jest.spyOn(console, 'warn').mockImplementation(record);
	});
	beforeEach(() => lines.splice(0));
	return lines;
}

/** What an execution leaves behind: without its purchase memory and, on request, without its output. */
export function tracesOf({ data, run }: Finished, logs: string[], withOutput = true): string {
	const { resultData } = data;
	const shown = withOutput
		? resultData
		: {
				...resultData,
				runData: Object.fromEntries(
					Object.entries(resultData.runData).map(([name, tasks]) => [
						name,
						tasks.map(({ data: _data, ...task }) => task),
					]),
				),
			};
	return [textOf(shown), textOf(run.status), ...logs].join('\n');
}
