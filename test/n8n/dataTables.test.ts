import { startHost } from '../../scripts/host/host';
import { dataTableConformance } from '../sandbox/dataTables.conformance';

/** The sandbox's double of Data Tables must do what n8n really does, here with SQLite. */
dataTableConformance('sqlite', async () => {
	const host = await startHost();
	return { baseUrl: host.url, apiKey: host.apiKey, close: async () => await host.stop() };
});
