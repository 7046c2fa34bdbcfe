import type { INodeParameters } from 'n8n-workflow';
import { errorOf, jsonOf } from '../../support/harness';
import { order, ordered, product, useTeleKartStars } from '../support/teleKartStars';
import { links } from '../support/providerNode';

const { run, buy, injectFault, answerWith, charges, requests, details, sent } = useTeleKartStars();

describe('order: create', () => {
	it('orders for each item, once, and links the items', async () => {
		const done = await buy(order, ['@target', 'second_one', 'https://t.me/third_one?x=1']);
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual([
			ordered,
			{ ...ordered, recipient: '@second_one' },
			{ ...ordered, recipient: '@third_one' },
		]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
		expect((await charges()).map(({ recipient, amount }) => [recipient, amount])).toEqual([
			['@target', 16.5],
			['@second_one', 16.5],
			['@third_one', 16.5],
		]);
	});

	it('sends the documented requests', async () => {
		await buy();
		await buy({ ...order, productId: 'premium_3m' });
		await buy({ ...order, productId: product('stars_custom'), stars: 750 });
		await buy({
			...order,
			productId: product('gift_h_heart'),
			stars: 750,
			options: { targets: 'another_one, https://t.me/third_one @target' },
		});
		const path = '/telekart-stars/api/v1/orders';
		expect(await sent()).toEqual([
			['POST', path, { product_id: 'stars_1000', target: '@target' }],
			['POST', path, { product_id: 'premium_3m', target: '@target' }],
			['POST', path, { product_id: 'stars_custom', target: '@target', stars: 750 }],
			[
				'POST',
				path,
				{ product_id: 'gift_h_heart', target: '@target', targets: ['@target', '@another_one', '@third_one'] },
			],
		]);
	});

	it('takes the documented sample, with Simplify and without', async () => {
		const sample = {
			ok: true,
			data: {
				order_id: '202607050001',
				user_id: 123456789,
				product_id: 'stars_1000',
				product_name: 'stars_1000',
				title: '1000 Telegram Stars',
				quantity: 1,
				target_accounts: '@username',
				target_link: 'https://t.me/username',
				price_usd: 16.5,
				status: 'pending',
			},
		};
		await answerWith('order.create', sample);
		expect(jsonOf(await buy())).toEqual([{ ...ordered, orderId: '202607050001', recipient: '@username' }]);
		await answerWith('order.create', sample);
		expect(jsonOf(await buy({ ...order, simplify: false }))).toEqual([sample.data]);
	});

	it('takes further accounts as an array, at most 50 with the first', async () => {
		const names = (count: number) => Array.from({ length: count }, (_, i) => `@friend_${i}`);
		const done = await run({ ...order, target: '@target', options: { targets: '={{ $json.names }}' } }, [
			{ names: names(49) },
		]);
		expect(jsonOf(done)).toMatchObject([{ price: 825 }]);
		const tooMany = await run({ ...order, target: '@target', options: { targets: '={{ $json.names }}' } }, [
			{ names: names(50) },
		]);
		expect(errorOf(tooMany)).toMatchObject({
			message: 'More Targets: at most 50 accounts with Target, got 51',
			data: details('INVALID_PARAMETER'),
		});
		expect(await charges()).toHaveLength(1);
	});

	it.each([
		['', 'Target: is empty'],
		['   ', 'Target: is empty'],
		['@a b', 'Target'],
		['<script>alert(1)</script>', 'Target'],
		['../../balance', 'Target'],
		['имя_пользователя', 'Target'],
		['https://t.me/+AbCdEf', 'Target'],
		['https://t.me/c/123/4', 'Target'],
		['x'.repeat(5_000) + '!', 'Target'],
		[{ nested: true }, 'Target: expected text'],
		[['@one_name'], 'Target: expected text'],
	])('refuses the target %j before anything is sent', async (to, message) => {
		const done = await buy(order, ['@target', to]);
		expect(errorOf(done)).toMatchObject({
			message: expect.stringContaining(message),
			data: details('INVALID_PARAMETER'),
		});
		expect(done.error?.context?.itemIndex).toBe(1);
		expect(await requests()).toEqual([]);
	});

	it.each([
		[{ stars: 0 }, 'Stars: expected'],
		[{ stars: 1.5 }, 'Stars: expected a whole number'],
		[{ stars: 'many' }, 'Stars: expected a number'],
		[{ productId: product('={{ " " }}') }, 'Product: is empty'],
		[{ options: { maxPrice: 'cheap' } }, 'Max Price: expected a number'],
		[{ options: { waitForCompletion: true, waitTimeout: 'long' } }, 'Wait Timeout'],
	])('refuses %j before anything is sent', async (wrong, message) => {
		const done = await buy({ ...order, productId: product('stars_custom'), ...wrong } as INodeParameters);
		expect(errorOf(done).message).toContain(message);
		expect(await requests()).toEqual([]);
	});

	it('passes product IDs on untouched, whatever they are', async () => {
		const strange = '<b>../?#%25 ключ';
		const done = await buy({ ...order, productId: product(strange) });
		expect((await sent())[0]![2]).toMatchObject({ product_id: strange });
		expect(errorOf(done)).toMatchObject({ httpCode: '422', data: details('INVALID_PRODUCT') });
	});

	it.each([
		[{ productId: product('stars_1000'), options: { maxPrice: 16.5 } }, true],
		[{ productId: product('stars_1000'), options: { maxPrice: 16.49 } }, false],
		[{ productId: product('stars_1000'), options: { maxPrice: 33, targets: '@second_one' } }, true],
		[{ productId: product('stars_1000'), options: { maxPrice: 32.99, targets: '@second_one' } }, false],
		[{ productId: product('stars_custom'), stars: 50, options: { maxPrice: 0.83 } }, true],
		[{ productId: product('stars_custom'), stars: 50, options: { maxPrice: 0.82 } }, false],
		[{ productId: product('stars_custom'), stars: 1000, options: { maxPrice: 16.5 } }, true],
	])('holds Max Price: %j', async (wanted, isBought) => {
		const done = await buy({ ...order, ...wanted } as INodeParameters);
		expect(await charges()).toHaveLength(isBought ? 1 : 0);
		if (!isBought) expect(errorOf(done)).toMatchObject({ data: details('MAX_PRICE_EXCEEDED') });
	});

	it('refuses to order under Max Price what has no price', async () => {
		expect(
			errorOf(await buy({ ...order, productId: product('nothing'), options: { maxPrice: 5 } })),
		).toMatchObject({ data: details('PRICE_UNKNOWN') });
		expect(await charges()).toEqual([]);
	});

	it('waits for the order, and gives its state when the time is over', async () => {
		const waiting = { ...order, options: { waitForCompletion: true, waitTimeout: 0 } };
		expect(jsonOf(await buy(waiting))).toMatchObject([{ state: 'pending' }]);
	});

	it.each(['drop', 'hang'] as const)(
		'reports an answer lost by %s as unknown, charged at most once',
		async (type) => {
			await injectFault('order.create', { type, phase: 'after' });
			const done = await buy({ ...order, options: { requestTimeout: 1 } });
			expect(errorOf(done)).toMatchObject({
				message: expect.stringMatching(/outcome of this purchase is unknown/i),
				data: details(null, 'unknown'),
			});
			expect(await charges()).toHaveLength(1);
		},
	);
});
