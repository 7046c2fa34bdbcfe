import type { INodeParameters } from 'n8n-workflow';
import { jsonOf } from '../../support/harness';
import { stars, TELEGRAM_ID, useGamesDrop } from '../support/gamesDrop';
import { detailsOf, links } from '../support/providerNode';

const { run, buy, requests, bodies, details } = useGamesDrop();

describe('order: get', () => {
	const get = (more: INodeParameters) => ({ resource: 'order', operation: 'get', ...more });

	it('finds an order by its ID and by its transaction ID, linked to the items', async () => {
		const [bought] = jsonOf(await buy({ transactionId: '={{ "invoice-1" }}' }));
		const { transactionId, ...plain } = bought!;
		const byId = await run(get({ orderId: '={{ $json.id }}' }), [
			{ id: bought!.orderId },
			{ id: Number(bought!.orderId) },
		]);
		expect(jsonOf(byId)).toEqual([plain, plain]);
		expect(links(byId)).toEqual([{ item: 0 }, { item: 1 }]);
		const byTransaction = await run(
			get({ lookUpBy: 'transactionId', transactionId: transactionId as string }),
		);
		expect(jsonOf(byTransaction)).toEqual([plain]);
		expect(await bodies('order.get')).toEqual([
			{ orderId: Number(bought!.orderId) },
			{ orderId: Number(bought!.orderId) },
			{ transactionId: 'invoice-1' },
		]);
	});

	it('gives the order untouched when it is not simplified', async () => {
		const [raw] = jsonOf(await buy({ simplify: false, transactionId: 't' }));
		const found = await run(get({ lookUpBy: 'transactionId', transactionId: 't', simplify: false }));
		expect(jsonOf(found)).toEqual([raw]);
	});

	it('names who received the Stars', async () => {
		const [bought] = jsonOf(await run(stars()));
		const done = await run(get({ orderId: bought!.orderId as string }));
		expect(jsonOf(done)).toEqual([expect.objectContaining({ recipient: TELEGRAM_ID, price: 0.78 })]);
	});

	it.each([
		['Order ID: expected the number GamesDrop gave the order, got "invoice-1"', { orderId: 'invoice-1' }],
		['Order ID: expected the number GamesDrop gave the order, got "../?#%"', { orderId: '../?#%' }],
		['Order ID: is empty', { orderId: '={{ $json.missing }}' }],
		['Transaction ID: is empty', { lookUpBy: 'transactionId', transactionId: '={{ "" }}' }],
		[
			'Transaction ID: expected text, got "true"',
			{ lookUpBy: 'transactionId', transactionId: '={{ true }}' },
		],
	])('refuses before anything is sent: %s', async (message, parameters) => {
		const done = await run(get(parameters as INodeParameters));
		expect(done.error?.message).toBe(message);
		expect(detailsOf(done)).toEqual(details('INVALID_PARAMETER'));
		expect(await requests()).toEqual([]);
	});

	it.each([['<script>'], ['../?#%'], ['тест 🎮'], ['t'.repeat(5_000)]])(
		'looks up any transaction ID',
		async (transactionId) => {
			const done = await run(get({ lookUpBy: 'transactionId', transactionId }));
			expect(detailsOf(done)).toMatchObject({ code: 'ORDER_NOT_FOUND' });
			expect(await bodies('order.get')).toEqual([{ transactionId }]);
		},
	);
});
