/** The table that the benchmark prints. */

/** One line: some work, done by this package and by n8n's HTTP Request node. */
export interface Line {
	work: string;
	ours: string;
	theirs: string;
	/** The figure that is compared with the goal. */
	result: string;
	goal: string;
	/** Undefined where the line is for comparison only. */
	met?: boolean;
}

export function median(values: number[]): number {
	const sorted = [...values].sort((one, other) => one - other);
	const middle = sorted.length / 2;
	return Number.isInteger(middle) ? (sorted[middle - 1]! + sorted[middle]!) / 2 : sorted[Math.floor(middle)]!;
}

export const mean = (values: number[]): number =>
	values.reduce((sum, value) => sum + value, 0) / values.length;

/** A duration with three significant digits. */
export const duration = (ms: number): string =>
	ms >= 10_000 ? `${(ms / 1_000).toFixed(1)} s` : ms >= 1_000 ? `${(ms / 1_000).toFixed(2)} s` : millis(ms);

const millis = (ms: number): string => `${ms >= 100 ? ms.toFixed(0) : ms.toFixed(1)} ms`;

export const times = (ratio: number): string => `${ratio.toFixed(ratio < 10 ? 3 : 1)} ×`;

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 10e6 ? 2 : 0)} MB`;

/** `200: 10, 429: 490`. */
export const counts = (statuses: Record<string, number> = {}): string =>
	Object.entries(statuses)
		.map(([status, count]) => `${count} × ${status}`)
		.join(', ') || 'no request';

/** GitHub's Markdown. The goals are judged only when all of the work was done. */
export function markdown(lines: Line[], judged: boolean): string {
	const head = ['Work', 'This package', 'Beside it: HTTP Request', 'Result', 'Goal', 'Met'];
	const body = lines.map(({ work, ours, theirs, result, goal, met }) => [
		work,
		ours,
		theirs,
		result,
		goal,
		met === undefined || !judged ? '' : met ? 'yes' : '**no**',
	]);
	const row = (cells: string[]) => `| ${cells.join(' | ')} |`;
	return [row(head), row(head.map(() => '---')), ...body.map(row)].join('\n');
}
