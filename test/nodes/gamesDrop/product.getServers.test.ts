import type { INodeParameters } from 'n8n-workflow';
import { jsonOf } from '../../support/harness';
import { answer } from '../../support/sandboxFaults';
import { GIFT, offer, useGamesDrop, VOUCHER } from '../support/gamesDrop';
import { links } from '../support/providerNode';

const { run, injectFault, requests } = useGamesDrop();

describe('product: getServers', () => {
	const getServers = (productId: unknown) =>
		({ resource: 'product', operation: 'getServers', productId }) as INodeParameters;

	it('gives one item for each server, linked to the item that asked', async () => {
		await injectFault(
			'product.getServers',
			answer({ Europe: 'os_euro', America: 'os_usa', Asia: 'os_asia' }),
			{
				match: { fields: { offerId: GIFT } },
			},
		);
		const done = await run(getServers('={{ $json.id }}'), [{ id: VOUCHER }, { id: GIFT }]);
		expect(jsonOf(done)).toEqual([
			{ name: 'Europe', gameServerId: 'os_euro' },
			{ name: 'America', gameServerId: 'os_usa' },
			{ name: 'Asia', gameServerId: 'os_asia' },
		]);
		expect(links(done)).toEqual([{ item: 1 }, { item: 1 }, { item: 1 }]);
		expect((await requests('product.getServers'))[0]!.path).toBe('/gamesdrop/api/v1/offers/servers');
	});

	it.each([[{}], [[]]])('gives nothing for %j', async (body) => {
		await injectFault('product.getServers', answer(body));
		const done = await run(getServers(offer(GIFT)));
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual([]);
	});

	it('takes a server of any name', async () => {
		await injectFault('product.getServers', answer({ error: 'srv-1', message: 2, code: 'srv-3' }));
		expect(jsonOf(await run(getServers(offer(GIFT))))).toEqual([
			{ name: 'error', gameServerId: 'srv-1' },
			{ name: 'message', gameServerId: '2' },
			{ name: 'code', gameServerId: 'srv-3' },
		]);
	});
});
