import fc from 'fast-check';
import { LoadOptionsContext } from 'n8n-core';
import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import { TeleKartStars } from '../../nodes/TeleKartStars/TeleKartStars.node';
import { usernameIn } from '../../nodes/shared/domain/telegram';
import type { ControlInput } from '../../sandbox/control';
import { credentialsFor, jsonOf, startBed, type Bed } from '../support/bed';
import { additionalDataFor, workflowOf, type Finished } from '../support/engine';
import { node } from '../support/nodes';

let bed: Bed;
beforeAll(async () => {
	bed = await startBed({ timelines: { teleKartStars: [{ afterMs: 0, status: 'pending' }] } });
});
afterAll(async () => await bed.close());
beforeEach(async () => await bed.sandbox.client.reset());

const balance = { resource: 'balance', operation: 'get' };
const products = { resource: 'product', operation: 'getAll', group: 'all', returnAll: true };
const look = { resource: 'order', operation: 'get', orderId: '={{ $json.id }}' };
const product = (value: string) => ({ __rl: true, mode: 'id', value });
const order = {
	resource: 'order',
	operation: 'create',
	productId: product('stars_1000'),
	target: '={{ $json.to }}',
};

const run = async (parameters: INodeParameters, items?: IDataObject[], more?: Partial<INode>) =>
	await bed.runNode('teleKartStars', parameters, items, more);
const buy = async (parameters: INodeParameters = order, to: unknown[] = ['@target'], more?: Partial<INode>) =>
	await run(parameters, to.map((name) => ({ to: name })) as IDataObject[], more);

type Fault = ControlInput['fault']['fault'];
const strike = async (operation: string, fault: Fault, more: Partial<ControlInput['fault']> = {}) =>
	await bed.sandbox.client.addFault({ provider: 'teleKartStars', operation, fault, ...more });
const answer = async (operation: string, body: unknown, status = 200) =>
	await strike(operation, { type: 'refuse', status, body });

const charges = async () => (await bed.sandbox.client.charges({ provider: 'teleKartStars' })).charges;
const requests = async () => (await bed.sandbox.client.requests({ provider: 'teleKartStars' })).requests;
const sent = async () =>
	(await requests()).map(({ method, path, body }) => [method, path, body ? JSON.parse(body) : null]);
const said = ({ error }: Finished) => ({
	message: error?.message,
	description: (error as { description?: string } | undefined)?.description,
	httpCode: error?.httpCode,
	data: error?.context?.data,
});
const data = (code: string | null, outcome = 'rejected') => ({ provider: 'teleKartStars', code, outcome });
const links = (done: Finished, output = 0) => done.output('Node', output).map(({ pairedItem }) => pairedItem);

const someId = expect.stringMatching(/^\d+$/) as string;
const ordered = {
	provider: 'teleKartStars',
	orderId: someId,
	state: 'pending',
	status: 'pending',
	productId: 'stars_1000',
	recipient: '@target',
	price: 16.5,
	currency: 'USD',
	codes: [],
	message: null,
	orderOnceKey: null,
};

describe('balance: get', () => {
	it('tells the balance for every item', async () => {
		const done = await run(balance, [{}, {}]);
		expect(jsonOf(done)).toEqual(
			Array(2).fill({
				provider: 'teleKartStars',
				available: 1000,
				locked: null,
				total: 1000,
				currency: 'USD',
			}),
		);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }]);
	});

	it('takes the documented sample, and leaves it untouched without Simplify', async () => {
		const sample = { ok: true, data: { user_id: 123456789, balance_usd: 25.5 } };
		await answer('balance.get', sample);
		expect(jsonOf(await run(balance))).toMatchObject([{ available: 25.5, total: 25.5 }]);
		await answer('balance.get', sample);
		expect(jsonOf(await run({ ...balance, simplify: false }))).toEqual([sample.data]);
	});

	it('sends the key as a bearer token', async () => {
		await run(balance);
		const [request] = await requests();
		expect(request).toMatchObject({ method: 'GET', path: '/telekart-stars/api/v1/balance' });
		expect(request!.headers.authorization).toBe('Bearer tah_sandbox');
	});

	it('takes numbers as text and unknown fields, and says so when there is no balance', async () => {
		await answer('balance.get', { ok: true, data: { balance_usd: '7.25', bonus: {} }, later: 1 });
		expect(jsonOf(await run(balance))).toMatchObject([{ available: 7.25 }]);
		await answer('balance.get', { ok: true, data: {} });
		expect(said(await run(balance))).toMatchObject({
			message: expect.stringContaining('data.balance_usd'),
			data: data(null),
		});
	});
});

describe('product: getAll', () => {
	const row = { provider: 'teleKartStars', currency: 'USD', inStock: null };

	it('normalises the documented samples', async () => {
		await answer('product.getAll', {
			ok: true,
			data: {
				premium: [
					{
						id: 'premium_3m',
						type: 'premium',
						title: 'Telegram Premium 3 Months',
						duration_months: 3,
						price_usd: 13.49,
					},
				],
				stars: [
					{ id: 'stars_1000', type: 'stars', title: '1000 Telegram Stars', stars: 1000, price_usd: 16.5 },
				],
				gifts: [
					{
						id: 'gift_h_heart',
						type: 'gift',
						source: 'standard',
						title: 'Heart',
						stars: 15,
						price_usd: 0.26,
					},
				],
			},
		});
		await answer('product.getAll', {
			ok: true,
			data: {
				stars: [
					{ id: 'stars_50', type: 'stars', title: '50 Telegram Stars', stars: 50, price_usd: 0.83 },
					{
						id: 'stars_custom',
						type: 'stars',
						title: 'Custom Telegram Stars',
						price_note: 'Send stars in the order body. Price = stars * current star rate.',
						star_rate_usd: 0.0165,
					},
				],
			},
		});
		expect(jsonOf(await run(products))).toEqual([
			{
				...row,
				productId: 'premium_3m',
				name: 'Telegram Premium 3 Months',
				type: 'premium',
				quantity: 3,
				unit: 'month',
				price: 13.49,
				unitPrice: 4.496666667,
			},
			{
				...row,
				productId: 'stars_1000',
				name: '1000 Telegram Stars',
				type: 'stars',
				quantity: 1000,
				unit: 'star',
				price: 16.5,
				unitPrice: 0.0165,
			},
			{
				...row,
				productId: 'stars_50',
				name: '50 Telegram Stars',
				type: 'stars',
				quantity: 50,
				unit: 'star',
				price: 0.83,
				unitPrice: 0.0166,
			},
			{
				...row,
				productId: 'stars_custom',
				name: 'Custom Telegram Stars',
				type: 'stars',
				quantity: null,
				unit: 'star',
				price: null,
				unitPrice: 0.0165,
			},
			{
				...row,
				productId: 'gift_h_heart',
				name: 'Heart',
				type: 'gift',
				quantity: 1,
				unit: 'piece',
				price: 0.26,
				unitPrice: 0.26,
			},
		]);
	});

	it.each([
		['premium', ['premium']],
		['stars', ['stars']],
		['gifts', ['gift']],
	])('asks for the group %s only', async (group, types) => {
		const found = jsonOf(await run({ ...products, group }));
		expect(new Set(found.map(({ type }) => type))).toEqual(new Set(types));
		expect((await sent()).map(([, path]) => path)).toEqual([`/telekart-stars/api/v1/products/${group}`]);
	});

	it('has custom Stars among all and among Stars', async () => {
		for (const group of ['all', 'stars']) {
			const ids = jsonOf(await run({ ...products, group })).map(({ productId }) => productId);
			expect(ids).toContain('stars_custom');
			expect(new Set(ids).size).toBe(ids.length);
		}
	});

	it('stops at the limit, links the items, and leaves rows untouched without Simplify', async () => {
		const done = await run({ ...products, returnAll: false, limit: 2, simplify: false }, [{}, {}]);
		expect(jsonOf(done)).toHaveLength(4);
		expect(links(done)).toEqual([0, 0, 1, 1].map((item) => ({ item })));
		expect(jsonOf(done)[0]).toMatchObject({ id: 'premium_3m', price_usd: 13.49 });
	});

	it('searches the list in the editor by name and ID, asking for the catalog once', async () => {
		const saved = node('Node', 'teleKartStars', order, credentialsFor('teleKartStars'));
		const workflow = workflowOf(bed, { nodes: [saved], connections: {} });
		const context = new LoadOptionsContext(
			workflow,
			saved,
			additionalDataFor(bed, '1', workflow, 'internal'),
			'',
		);
		const { searchProducts } = new TeleKartStars().methods.listSearch;
		const search = async (filter?: string) => (await searchProducts.call(context, filter)).results;
		expect(await search('CUSTOM telegram')).toEqual([
			{ name: 'Custom Telegram Stars (0.0165 USD per star)', value: 'stars_custom' },
		]);
		expect((await search('premium_3m')).map(({ name }) => name)).toEqual([
			'Telegram Premium 3 Months (13.49 USD)',
		]);
		expect((await search()).length).toBeGreaterThan(10);
		expect(await requests()).toHaveLength(2);
	});
});

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
		await answer('order.create', sample);
		expect(jsonOf(await buy())).toEqual([{ ...ordered, orderId: '202607050001', recipient: '@username' }]);
		await answer('order.create', sample);
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
		expect(said(tooMany)).toMatchObject({
			message: 'More Targets: at most 50 accounts with Target, got 51',
			data: data('INVALID_PARAMETER'),
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
		expect(said(done)).toMatchObject({
			message: expect.stringContaining(message),
			data: data('INVALID_PARAMETER'),
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
		expect(said(done).message).toContain(message);
		expect(await requests()).toEqual([]);
	});

	it('passes product IDs on untouched, whatever they are', async () => {
		const strange = '<b>../?#%25 ключ';
		const done = await buy({ ...order, productId: product(strange) });
		expect((await sent())[0]![2]).toMatchObject({ product_id: strange });
		expect(said(done)).toMatchObject({ httpCode: '422', data: data('INVALID_PRODUCT') });
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
		if (!isBought) expect(said(done)).toMatchObject({ data: data('MAX_PRICE_EXCEEDED') });
	});

	it('refuses to order under Max Price what has no price', async () => {
		expect(
			said(await buy({ ...order, productId: product('nothing'), options: { maxPrice: 5 } })),
		).toMatchObject({ data: data('PRICE_UNKNOWN') });
		expect(await charges()).toEqual([]);
	});

	it('waits for the order, and gives it as it stands when the time is over', async () => {
		const waiting = { ...order, options: { waitForCompletion: true, waitTimeout: 0 } };
		expect(jsonOf(await buy(waiting))).toMatchObject([{ state: 'pending' }]);
	});

	it.each(['drop', 'hang'] as const)(
		'reports an answer lost by %s as unknown, charged at most once',
		async (type) => {
			await strike('order.create', { type, phase: 'after' });
			const done = await buy({ ...order, options: { requestTimeout: 1 } });
			expect(said(done)).toMatchObject({
				message: expect.stringMatching(/outcome of this purchase is unknown/i),
				data: data(null, 'unknown'),
			});
			expect(await charges()).toHaveLength(1);
		},
	);
});

describe('order: get', () => {
	it('tells how far each order is', async () => {
		const [first, second] = jsonOf(await buy(order, ['@target', '@second_one'])) as [
			IDataObject,
			IDataObject,
		];
		await bed.sandbox.client.changeOrder({
			provider: 'teleKartStars',
			orderId: String(first.orderId),
			status: 'confirmed',
		});
		await bed.sandbox.client.changeOrder({
			provider: 'teleKartStars',
			orderId: String(second.orderId),
			status: 'cancelled',
		});
		const done = await run(look, [{ id: first.orderId }, { id: Number(second.orderId) }]);
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
		await answer('order.get', { ok: true, data: sample });
		expect(jsonOf(await run(look, [{ id: '202607050001' }]))).toMatchObject([
			{ state: 'unknown', status: 'shipped by owl', productId: 'stars_1000' },
		]);
		await answer('order.get', { ok: true, data: sample });
		const { error, ...rest } = sample;
		expect(jsonOf(await run({ ...look, simplify: false }, [{ id: '1' }]))).toEqual([
			{ ...rest, providerError: error },
		]);
	});

	it.each(['.', '..'])('refuses the ID %s, which would leave the path of the orders', async (id) => {
		expect(said(await run(look, [{ id }]))).toMatchObject({ data: data('INVALID_PARAMETER') });
		expect(await requests()).toEqual([]);
	});

	it('encodes whatever stands in the ID', async () => {
		const id = '../balance?x=1#y%20<b>';
		await run(look, [{ id }], { onError: 'continueRegularOutput' });
		expect((await requests())[0]!.path).toBe(`/telekart-stars/api/v1/orders/${encodeURIComponent(id)}`);
	});
});

describe('failures', () => {
	it.each([
		['UNAUTHORIZED', '401', 'tah_'],
		['INVALID_PRODUCT', '422', 'list'],
		['BAD_JSON', '400', 'values'],
		['RATE_LIMITED', '429', 'not sent again'],
	])('explains %s', async (code, httpCode, advice) => {
		await strike('order.create', { type: 'refuse', code });
		const result = said(await buy());
		expect(result).toMatchObject({
			httpCode,
			data: data(code),
			description: expect.stringContaining(advice),
		});
		expect(result.message).toMatch(/^TeleKart Stars: /);
		expect(await charges()).toEqual([]);
	});

	it('names the figures of a balance that is too low', async () => {
		await bed.sandbox.client.changeAccount({ provider: 'teleKartStars', balance: 2.5 });
		expect(said(await buy())).toMatchObject({
			message: expect.stringMatching(/2\.5 USD in the wallet, 16\.5 USD needed/),
			httpCode: '402',
			data: data('INSUFFICIENT_BALANCE'),
		});
	});

	it('takes ok: false for a refusal whatever the status', async () => {
		await answer('balance.get', { ok: false, error: 'NEW_CODE', message: 'Something new' });
		expect(said(await run(balance))).toMatchObject({
			message: 'TeleKart Stars: Something new',
			httpCode: '200',
			data: data('NEW_CODE'),
		});
	});

	it('gives failed items in their places with Continue On Fail, and on the error output', async () => {
		const to = ['bad one', '@target', '@nobody_here', '@second_one'];
		const fail = async () =>
			await strike(
				'order.create',
				{ type: 'refuse', code: 'INVALID_PRODUCT' },
				{ match: { text: 'nobody_here' } },
			);
		const expected = [
			{ error: expect.stringContaining('Target'), details: data('INVALID_PARAMETER') },
			{ error: expect.stringMatching(/^TeleKart Stars: /), details: data('INVALID_PRODUCT') },
		];
		await fail();
		const done = await buy(order, to, { onError: 'continueRegularOutput' });
		expect(jsonOf(done)).toEqual([
			expected[0],
			ordered,
			expected[1],
			{ ...ordered, recipient: '@second_one' },
		]);
		expect(links(done)).toEqual([0, 1, 2, 3].map((item) => ({ item })));

		await fail();
		const split = await buy(order, to, { onError: 'continueErrorOutput' });
		expect(jsonOf(split)).toEqual([ordered, { ...ordered, recipient: '@second_one' }]);
		expect(jsonOf(split, 'Errors').map(({ error, details }) => ({ error, details }))).toEqual(expected);
		expect(await charges()).toHaveLength(4);
	});

	it('tries reads again over passing faults', async () => {
		await strike('balance.get', { type: 'error', status: 503 });
		await strike('balance.get', { type: 'drop' });
		expect(jsonOf(await run(balance))).toMatchObject([{ available: 1000 }]);
		expect(await requests()).toHaveLength(3);
	});
});

describe('usernameIn', () => {
	it('reads every spelling of an account', () => {
		fc.assert(
			fc.property(
				fc.stringMatching(/^[A-Za-z]\w{4,31}$/),
				fc.constantFrom('', '@', 't.me/', 'https://t.me/', 'http://telegram.me/', ' @'),
				(name, before) => expect(usernameIn(before + name)).toBe(name),
			),
		);
	});

	it('gives nothing but word characters, whatever comes in', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), (text) => expect(usernameIn(text) ?? 'x').toMatch(/^\w+$/)),
		);
	});
});
