import { randomUUID } from 'node:crypto';

/**
 * What makes the comment of an order unique. Tribute takes no idempotency key, but gives an order's comment back: so
 * an order whose answer was lost can be found.
 */
export const newMark = (): string => `n8n-${randomUUID().replaceAll('-', '')}`;

const MARK = /\s*\bn8n-[0-9a-f]{32}$/;

export const withMark = (comment: string | undefined, mark: string): string =>
	comment === undefined ? mark : `${comment} ${mark}`;

/** The comment as the seller wrote it, null when there was none. */
export const withoutMark = (comment: string | null): string | null => comment?.replace(MARK, '') || null;
