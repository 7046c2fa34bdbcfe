import type { IDataObject } from 'n8n-workflow';
import { errorOf, jsonOf } from '../../support/harness';
import { order, useTeleKartStars } from '../support/teleKartStars';
import { links } from '../support/providerNode';

const { harness, run, buy, answerWith, requests, details } = useTeleKartStars();

describe('order: get', () => {
	const getOrder = { resource: 'order', operation: 'get', orderId: '={{ $json.id }}' };

	it('gives the state of each order', async () => {
		const [first, second] = jsonOf(await buy(order, ['@target', '@second_one'])) as [
			IDataObject,
			IDataObject,
		];
		await harness.sandbox.client.changeOrder({
			provider: 'teleKartStars',
			orderId: String(first.orderId),
			status: 'confirmed',
		});
		await harness.sandbox.client.changeOrder({
			provider: 'teleKartStars',
			orderId: String(second.orderId),
			status: 'cancelled',
		});
		const done = await run(getOrder, [{ id: first.orderId }, { id: Number(second.orderId) }]);
		expect(jsonOf(done)).toMatchObject([
			{
				orderId: first.orderId,
				state: 'completed',
				status: 'confirmed',
				recipient: '@target',
				productId: 'stars_1000',
				price: 16.5,
			},
			{ orderId: second.orderId, state: 'cancelled', status: 'cancelled' },
		]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }]);
	});

	it('takes the documented sample, untouched without Simplify, and an unknown word', async () => {
		const sample = {
			order_id: '202607050001',
			product_name: 'stars_1000',
			price_usd: 16.5,
			status: 'shipped by owl',
			target_accounts: '@username',
			target_link: 'https://t.me/username',
			created_at: '2026-07-05 12:30:00',
			error: 'a field of theirs',
		};
		await answerWith('order.get', { ok: true, data: sample });
		expect(jsonOf(await run(getOrder, [{ id: '202607050001' }]))).toMatchObject([
			{ state: 'unknown', status: 'shipped by owl', productId: 'stars_1000' },
		]);
		await answerWith('order.get', { ok: true, data: sample });
		const { error, ...rest } = sample;
		expect(jsonOf(await run({ ...getOrder, simplify: false }, [{ id: '1' }]))).toEqual([
			{ ...rest, providerError: error },
		]);
	});

	it.each(['.', '..'])('refuses the ID %s, which would leave the path of the orders', async (id) => {
		expect(errorOf(await run(getOrder, [{ id }]))).toMatchObject({ data: details('INVALID_PARAMETER') });
		expect(await requests()).toEqual([]);
	});

	it('encodes the ID, whatever it is', async () => {
		const id = '../balance?x=1#y%20<b>';
		await run(getOrder, [{ id }], { onError: 'continueRegularOutput' });
		expect((await requests())[0]!.path).toBe(`/telekart-stars/api/v1/orders/${encodeURIComponent(id)}`);
	});
});
