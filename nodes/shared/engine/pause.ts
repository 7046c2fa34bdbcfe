import { sleep } from 'n8n-workflow';

/** Waits `ms` milliseconds, or less when the execution is cancelled: then it throws the signal's reason. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
	signal?.throwIfAborted();
	if (signal === undefined) return await sleep(ms);
	let stop: (() => void) | undefined;
	const aborted = new Promise<never>((_, reject) => {
		stop = () => reject(signal.reason as Error);
		signal.addEventListener('abort', stop, { once: true });
	});
	try {
		await Promise.race([sleep(ms), aborted]);
	} finally {
		if (stop) signal.removeEventListener('abort', stop);
	}
}
