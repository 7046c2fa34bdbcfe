import { startHost } from '../../scripts/host/host';
import { startServices } from '../../scripts/host/services';
import { dataTableConformance } from '../sandbox/dataTables.conformance';

/** The sandbox's double of Data Tables must do what n8n really does, here with PostgreSQL in queue mode. */
dataTableConformance('postgres', async () => {
	const services = await startServices();
	try {
		const host = await startHost({ env: services.env });
		const close = async () => {
			await host.stop();
			await services.stop();
		};
		return { baseUrl: host.url, apiKey: host.apiKey, close };
	} catch (error) {
		await services.stop();
		throw error;
	}
});
