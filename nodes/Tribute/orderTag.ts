import { randomUUID } from 'node:crypto';

/**
 * What makes the comment of an order unique. Tribute takes no idempotency key, but gives an order's comment back: so
 * an order whose answer was lost can be found.
 */
export const newTag = (): string => `n8n-${randomUUID().replaceAll('-', '')}`;

const TAG = /\s*\bn8n-[0-9a-f]{32}$/;

export const withTag = (comment: string | undefined, tag: string): string =>
	comment === undefined ? tag : `${comment} ${tag}`;

/** The comment as the seller wrote it, null when there was none. */
export const withoutTag = (comment: string | null): string | null => comment?.replace(TAG, '') || null;
