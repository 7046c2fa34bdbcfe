import type { IPollFunctions } from 'n8n-workflow';

/** Warnings of one poll. */
const MOST_WARNINGS = 20;

/** What a poll has to tell beside its events: each once, and not without end. */
export class Warnings {
	private readonly given = new Set<string>();

	constructor(private readonly context: IPollFunctions) {}

	add(text: string): void {
		if (this.given.has(text) || this.given.size >= MOST_WARNINGS) return;
		this.given.add(text);
		this.context.logger.warn(`${this.context.getNode().name}: ${text}`);
	}
}
