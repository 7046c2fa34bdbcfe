import { N8nRequestError, type N8nConnection } from './connection';

export interface Credential {
	id: string;
	name: string;
	type: string;
}

/** Saved credentials, and their types and tests as the editor has them. */
export class Credentials {
	constructor(private readonly n8n: N8nConnection) {}

	/** Every credential type as the editor sees it. */
	async types(): Promise<Array<{ name: string; displayName: string }>> {
		const { status, data } = await this.n8n.send('GET', '/types/credentials.json');
		if (status >= 300) throw new N8nRequestError('GET /types/credentials.json', status, data);
		return data as Array<{ name: string; displayName: string }>;
	}

	/** Every saved credential, without its secrets. */
	async list(): Promise<Credential[]> {
		return await this.n8n.rest<Credential[]>('GET', '/credentials');
	}

	async create(name: string, type: string, data: Record<string, unknown>): Promise<Credential> {
		return await this.n8n.rest<Credential>('POST', '/credentials', { name, type, data });
	}

	/** Creates the credential, or gives one of the same name and type new data. */
	async save(name: string, type: string, data: Record<string, unknown>): Promise<Credential> {
		const same = (await this.list()).find((saved) => saved.name === name && saved.type === type);
		if (!same) return await this.create(name, type, data);
		return await this.n8n.rest<Credential>('PATCH', `/credentials/${same.id}`, { name, type, data });
	}

	async delete(id: string): Promise<void> {
		await this.n8n.rest('DELETE', `/credentials/${id}`);
	}

	/**
	 * The editor's test of a saved credential (`id`) or of data that is not saved (`type` and `data`).
	 * A failed test is an answer too: `{ status: 'Error', message }`.
	 */
	async test(
		which: { id: string } | { type: string; data: Record<string, unknown> },
	): Promise<{ status: 'OK' | 'Error'; message: string }> {
		const credential =
			'id' in which
				? await this.n8n.rest<Credential & { data?: Record<string, unknown> }>(
						'GET',
						`/credentials/${which.id}`,
						undefined,
						{ query: { includeData: true } },
					)
				: { id: '', name: 'unsaved', ...which };
		const { id, name, type, data } = credential;
		try {
			return await this.n8n.rest('POST', '/credentials/test', { credentials: { id, name, type, data } });
		} catch (error) {
			// Older versions test saved credentials only.
			if ('id' in which || !(error instanceof N8nRequestError) || error.status !== 403) throw error;
			const saved = await this.create('Saved for a test', which.type, which.data);
			try {
				return await this.test({ id: saved.id });
			} finally {
				await this.delete(saved.id);
			}
		}
	}
}
