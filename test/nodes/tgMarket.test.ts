import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import { TgMarket } from '../../nodes/TgMarket/TgMarket.node';
import { provider } from '../../nodes/TgMarket/provider';
import type { ControlInput } from '../../sandbox/control';
import { credentialsFor, jsonOf, startBed, type Bed } from '../support/bed';
import type { Finished } from '../support/engine';
import { node } from '../support/nodes';

let bed: Bed;
beforeAll(async () => {
	bed = await startBed();
});
afterAll(async () => await bed.close());
beforeEach(async () => await bed.sandbox.client.reset());

const balance = { resource: 'balance', operation: 'get' };
const products = { resource: 'product', operation: 'getAll' };
const stars = {
	resource: 'order',
	operation: 'create',
	orderType: 'stars',
	username: '={{ $json.to }}',
	amount: 100,
};
const premium = { ...stars, orderType: 'premium', duration: 3 };
const look = { resource: 'order', operation: 'get', orderType: 'stars', orderId: '={{ $json.id }}' };

const run = async (parameters: INodeParameters, items?: IDataObject[], more?: Partial<INode>) =>
	await bed.runNode('tgMarket', parameters, items, more);
/** The run of a workflow that buys for @target, or for each account named. */
const buy = async (parameters: INodeParameters = stars, to: string[] = ['target'], more?: Partial<INode>) =>
	await run(
		parameters,
		to.map((name) => ({ to: name })),
		more,
	);

type Fault = ControlInput['fault']['fault'];
/** Switches on a fault, for one request unless told otherwise. */
const strike = async (operation: string, fault: Fault, more: Partial<ControlInput['fault']> = {}) =>
	await bed.sandbox.client.addFault({ provider: 'tgMarket', operation, fault, ...more });
/** Makes the provider answer with exactly this. */
const answer = async (operation: string, body: unknown, status = 200) =>
	await strike(operation, { type: 'refuse', status, body });

const charges = async () => (await bed.sandbox.client.charges({ provider: 'tgMarket' })).charges;
const requests = async () => (await bed.sandbox.client.requests({ provider: 'tgMarket' })).requests;

/** What a failed run says, in the parts users and workflows see. */
const said = ({ error }: Finished) => ({
	message: error?.message,
	description: (error as { description?: string } | undefined)?.description,
	httpCode: error?.httpCode,
	data: error?.context?.data,
});
const data = (code: string | null, outcome: 'rejected' | 'unknown' = 'rejected') => ({
	provider: 'tgMarket',
	code,
	outcome,
});
const links = (done: Finished, output = 0) =>
	done.output('Node', output).map(({ pairedItem }) => pairedItem as { item: number });

/** The provider goes on counting from test to test. */
const someId = expect.stringMatching(/^[1-9]\d*$/) as string;
const ordered = {
	provider: 'tgMarket',
	orderId: someId,
	state: 'pending',
	status: 'pending',
	productId: 'stars',
	recipient: 'target',
	price: 1.2,
	currency: 'USD',
	codes: [],
	message: 'Order queued...',
	orderType: 'stars',
	orderOnceKey: null,
};

describe('balance: get', () => {
	it('tells available, locked and total, for every item', async () => {
		await buy();
		const done = await run(balance, [{}, {}]);
		expect(jsonOf(done)).toEqual(
			Array(2).fill({
				provider: 'tgMarket',
				available: 998.8,
				locked: 1.2,
				total: 1000,
				currency: 'USD',
			}),
		);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }]);
	});

	it('takes the documented sample, and leaves it untouched without Simplify', async () => {
		const sample = { ok: true, balance_usd: 25.5, locked_usd: 2.0, available_usd: 23.5 };
		await answer('balance.get', sample);
		expect(jsonOf(await run(balance))).toEqual([
			{ provider: 'tgMarket', available: 23.5, locked: 2, total: 25.5, currency: 'USD' },
		]);
		await answer('balance.get', sample);
		expect(jsonOf(await run({ ...balance, simplify: false }))).toEqual([sample]);
	});

	it('sends the key as a bearer token', async () => {
		await run(balance);
		const [request] = await requests();
		expect(request).toMatchObject({ method: 'GET', path: '/tg-market/api/v2/balance' });
		expect(request!.headers.authorization).toBe('Bearer sk-sandbox');
	});
});

describe('product: getAll', () => {
	const row = { provider: 'tgMarket', price: null, unitPrice: null, currency: 'USD', inStock: null };

	it('tells what can be ordered without asking anybody', async () => {
		const done = await run({ ...products, returnAll: true }, [{}, {}]);
		const all = [
			{
				...row,
				productId: 'stars',
				name: 'Telegram Stars',
				type: 'stars',
				quantity: null,
				unit: 'star',
				minimum: 1,
			},
			...[3, 6, 12].map((months) => ({
				...row,
				productId: `premium_${months}`,
				name: `Telegram Premium for ${months} months`,
				type: 'premium',
				quantity: months,
				unit: 'month',
				minimum: null,
			})),
		];
		expect(jsonOf(done)).toEqual([...all, ...all]);
		expect(links(done)).toEqual([0, 0, 0, 0, 1, 1, 1, 1].map((item) => ({ item })));
		expect(await requests()).toEqual([]);
	});

	it('stops at the limit', async () => {
		const limits = async (limit: unknown) =>
			jsonOf(await run({ ...products, limit: limit as number })).map(({ productId }) => productId);
		expect(await limits(2)).toEqual(['stars', 'premium_3']);
		expect(await limits(50)).toHaveLength(4);
	});

	it('refuses a limit that is none', async () => {
		const done = await run({ ...products, limit: 0 });
		expect(done.error?.message).toContain('Limit');
	});
});

describe('order: create', () => {
	it('orders Stars for each item, once, and links the items', async () => {
		const done = await buy(stars, ['target', '@second', 'https://t.me/third']);
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual([
			ordered,
			{ ...ordered, recipient: 'second' },
			{ ...ordered, recipient: 'third' },
		]);
		expect(new Set(jsonOf(done).map(({ orderId }) => orderId)).size).toBe(3);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
		expect(await charges()).toEqual(
			['target', 'second', 'third'].map((recipient) =>
				expect.objectContaining({ recipient, productId: 'stars', quantity: 100, amount: 1.2 }),
			),
		);
	});

	it('sends the documented request, and never asks the provider to wait', async () => {
		await buy({ ...stars, options: { waitForCompletion: true, waitTimeout: 0 } });
		await buy(premium);
		const sent = (await requests()).map(({ method, path, body }) => [method, path, JSON.parse(body)]);
		expect(sent).toEqual([
			['POST', '/tg-market/api/v2/stars', { username: 'target', amount: 100 }],
			['POST', '/tg-market/api/v2/premium', { username: 'target', duration: 3 }],
		]);
	});

	it.each([
		[3, 12],
		[6, 16],
		[12, 29],
	])('orders Premium for %i months', async (duration, price) => {
		const [order] = jsonOf(await buy({ ...premium, duration }));
		expect(order).toMatchObject({
			state: 'pending',
			productId: `premium_${duration}`,
			recipient: 'target',
			price,
			message: null,
			orderType: 'premium',
		});
	});

	it('reads every way of writing an account', async () => {
		const ways = [
			'target',
			'@target',
			' @target ',
			't.me/target',
			'https://t.me/target/',
			'http://www.t.me/target?start=1',
			'https://telegram.me/target#x',
			'HTTPS://T.ME/target',
		];
		expect(jsonOf(await buy(stars, ways)).map(({ recipient }) => recipient)).toEqual(
			ways.map(() => 'target'),
		);
	});

	it('gives the untouched answer without Simplify', async () => {
		expect(jsonOf(await buy({ ...stars, simplify: false }))).toEqual([
			{
				ok: true,
				order_id: expect.any(Number),
				username: 'target',
				amount: 100,
				price_usd: 1.2,
				status: 'pending',
				message: 'Order queued...',
			},
		]);
	});

	it('takes the documented samples', async () => {
		await answer('order.create', {
			ok: true,
			order_id: 42,
			username: 'target',
			amount: 100,
			price_usd: 1.2,
			status: 'pending',
			message: 'Order queued...',
		});
		expect(jsonOf(await buy())).toEqual([ordered]);
		await answer('order.create', {
			ok: true,
			order_id: 42,
			status: 'completed',
			provider_order_id: 'abc123',
			error_message: null,
		});
		expect(jsonOf(await buy())).toEqual([
			{ ...ordered, state: 'completed', status: 'completed', price: null, message: null },
		]);
		await answer('order.create', {
			ok: true,
			order_id: 15,
			username: 'target',
			duration_months: 3,
			price_usd: 12.0,
			status: 'pending',
		});
		expect(jsonOf(await buy(premium))).toEqual([
			{
				...ordered,
				orderId: '15',
				productId: 'premium_3',
				price: 12,
				message: null,
				orderType: 'premium',
			},
		]);
	});

	it('takes an order that failed at once as an order, not as a refusal', async () => {
		const failed = { order_id: 42, status: 'failed', error_message: 'User not found in Telegram' };
		for (const ok of [true, false]) {
			await answer('order.create', { ok, ...failed });
			const done = await buy();
			expect(done.error).toBeUndefined();
			expect(jsonOf(done)[0]).toMatchObject({
				orderId: '42',
				state: 'failed',
				status: 'failed',
				message: 'User not found in Telegram',
			});
		}
	});

	it('waits until the order is final', async () => {
		await bed.sandbox.client.changeSettings({
			timelines: {
				tgMarket: [
					{ afterMs: 0, status: 'pending' },
					{ afterMs: 500, status: 'processing' },
					{ afterMs: 2_500, status: 'completed' },
				],
			},
		});
		const done = await buy({ ...premium, options: { waitForCompletion: true, waitTimeout: 20 } }, [
			'first',
			'second',
		]);
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({
				orderId: expect.any(String),
				state: 'completed',
				recipient: 'first',
				price: 12,
				productId: 'premium_3',
				orderType: 'premium',
				orderOnceKey: null,
			}),
			expect.objectContaining({ state: 'completed', recipient: 'second' }),
		]);
		expect(await charges()).toHaveLength(2);
	});

	it('gives the order as it stands when the time is over', async () => {
		await bed.sandbox.client.changeSettings({
			timelines: { tgMarket: [{ afterMs: 0, status: 'pending' }] },
		});
		const start = Date.now();
		const done = await buy({ ...stars, options: { waitForCompletion: true, waitTimeout: 1 } });
		expect(Date.now() - start).toBeGreaterThan(900);
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)[0]).toMatchObject({ state: 'pending', status: 'pending', price: 1.2 });
	});

	it('goes on waiting when a look fails', async () => {
		await strike('order.get', { type: 'error', status: 502 });
		const done = await buy({ ...stars, options: { waitForCompletion: true, waitTimeout: 20 } });
		expect(jsonOf(done)[0]).toMatchObject({ state: 'completed', orderId: someId });
	});

	it('keeps to 10 requests a second', async () => {
		const to = Array.from({ length: 25 }, (_, index) => `account_${index}`);
		const done = await buy(stars, to);
		expect(jsonOf(done)).toHaveLength(25);
		const { counters } = await bed.sandbox.client.requests({ provider: 'tgMarket' });
		expect(counters['tgMarket/order.create']!.statuses).toEqual({ 200: 25 });
	});

	it('offers a key to order once and no ceiling, since no price is known before', () => {
		const { properties } = new TgMarket().description;
		const options = properties.find(
			({ name, displayOptions }) => name === 'options' && displayOptions?.show?.operation?.includes('create'),
		)?.options;
		const names = options?.map(({ name }) => name);
		expect(names).toEqual(expect.arrayContaining(['orderOnceKey', 'waitForCompletion', 'waitTimeout']));
		expect(names).not.toContain('maxPrice');
	});
});

describe('order: create, refused', () => {
	const rejections: Array<[string, INodeParameters, number, RegExp, RegExp]> = [
		['missing_api_key', stars, 401, /no API key arrived/, /Open the credential/],
		['invalid_api_key', stars, 401, /the API key is wrong or not active/, /menu → API KEY/],
		['user_not_found', stars, 404, /no account for this API key/, /your own account, not the recipient/],
		['rate_limit_exceeded', stars, 429, /too many requests, at most 10 a second/, /not sent again/],
		['username_required', stars, 400, /the recipient is missing/, /Check the Username/],
		['username_required', premium, 400, /the recipient is missing/, /Check the Username/],
		[
			'amount must be int between 50 and 1000000',
			stars,
			400,
			/this number of Stars cannot be ordered \(amount must be int between 50 and 1000000\)/,
			/Change the Amount/,
		],
		['duration must be 3, 6, or 12', premium, 400, /cannot be ordered for this long/, /3, 6 or 12 months/],
		['insufficient_balance', stars, 400, /not enough money in the wallet/, /Top up/],
		['insufficient_balance', premium, 400, /not enough money in the wallet/, /Top up/],
		['reservation_failed', stars, 400, /could not be reserved/, /available balance/],
		['reservation_failed', premium, 400, /could not be reserved/, /available balance/],
	];
	it.each(rejections)('%s: nothing is bought', async (code, parameters, status, message, description) => {
		await strike('order.create', { type: 'refuse', code });
		const done = await buy(parameters);
		expect(said(done)).toEqual({
			message: expect.stringMatching(message),
			description: expect.stringMatching(description),
			httpCode: String(status),
			data: data(code),
		});
		expect(said(done).message).toContain(code);
		expect(await charges()).toEqual([]);
		expect(await requests()).toHaveLength(1);
	});

	it.each([
		['order_creation_failed', stars],
		['order_creation_failed', premium],
		['internal_server_error', stars],
	])('%s: the outcome is unknown', async (code, parameters) => {
		await strike('order.create', { type: 'refuse', code });
		expect(said(await buy(parameters))).toEqual({
			message: expect.stringMatching(
				/outcome of this purchase is unknown.*HTTP 500.*locked balance in the TG/,
			),
			description: expect.any(String),
			httpCode: '500',
			data: data(code, 'unknown'),
		});
		expect(await requests()).toHaveLength(1);
	});

	it('is understood wherever the provider puts its words', async () => {
		const bodies: unknown[] = [
			{ error: 'insufficient_balance' },
			{ code: 'insufficient_balance' },
			{ message: 'insufficient_balance' },
			{ detail: 'insufficient_balance' },
			{ error_message: 'insufficient_balance' },
			{ error: { code: 'insufficient_balance', message: 'Not enough' } },
			{ error: 'Bad Request', code: 400, message: 'insufficient_balance' },
			{ detail: { code: 'insufficient_balance' } },
		];
		for (const body of bodies) {
			await answer('order.create', body, 400);
			expect(said(await buy())).toMatchObject({
				message: expect.stringContaining('not enough money in the wallet'),
				data: data('insufficient_balance'),
			});
		}
	});

	it('names the figures of the provider', async () => {
		await answer(
			'order.create',
			{ ok: false, error: 'insufficient_balance', available_usd: 0.5, price_usd: '1.20' },
			400,
		);
		expect(said(await buy()).message).toBe(
			'TG Market: there is not enough money in the wallet (insufficient_balance, 0.5 USD available, 1.2 USD needed)',
		);
	});

	it('shows words nobody documented', async () => {
		await answer('order.create', { ok: false, error: 'moon_in_wrong_phase', message: 'Try at dawn' }, 400);
		expect(said(await buy())).toMatchObject({
			message: 'TG Market: moon_in_wrong_phase: Try at dawn',
			httpCode: '400',
			data: data('moon_in_wrong_phase'),
		});
	});

	it('takes ok:false with HTTP 200 for the refusal it is', async () => {
		await answer('order.create', { ok: false, error: 'insufficient_balance' });
		expect(said(await buy())).toMatchObject({ httpCode: '200', data: data('insufficient_balance') });
	});

	it('says nothing of the key, whatever the provider echoes', async () => {
		await answer('order.create', { ok: false, error: 'invalid_api_key', message: 'bad key sk-sandbox' }, 401);
		const { message, description } = said(await buy());
		expect(`${message} ${description}`).toContain('bad key ***');
		expect(`${message} ${description}`).not.toContain('sk-sandbox');
	});

	it('leaves the order to a wallet that is empty', async () => {
		await bed.sandbox.client.changeAccount({ provider: 'tgMarket', balance: 1 });
		expect(said(await buy())).toMatchObject({ data: data('insufficient_balance') });
		expect(await charges()).toEqual([]);
	});
});

describe('order: create, unanswered', () => {
	const short = { ...stars, options: { requestTimeout: 1 } };
	const faults: Array<[string, Fault, string | null]> = [
		['a dropped connection', { type: 'drop', phase: 'after' }, null],
		['no answer at all', { type: 'hang', phase: 'after' }, null],
		['an answer that comes too late', { type: 'latency', ms: 2_000, phase: 'after' }, null],
		['HTTP 500', { type: 'error', status: 500, phase: 'after' }, '500'],
		['HTTP 502', { type: 'error', status: 502, phase: 'after' }, '502'],
		['HTTP 503', { type: 'error', status: 503, phase: 'after' }, '503'],
		['HTTP 504', { type: 'error', status: 504, phase: 'after' }, '504'],
		['a page instead of an answer', { type: 'unreadable', kind: 'html' }, '200'],
		['half an answer', { type: 'unreadable', kind: 'truncated' }, '200'],
		['an empty answer', { type: 'unreadable', kind: 'empty' }, '200'],
		['an answer to something else', { type: 'unreadable', kind: 'wrongShape' }, '200'],
		['a 408 without an order', { type: 'timeout408', withOrderId: false }, '408'],
	];
	it.each(faults)('%s: unknown, and bought once', async (_, fault, httpCode) => {
		await strike('order.create', fault, { times: -1 });
		const done = await buy(short, ['target'], { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 });
		expect(said(done)).toMatchObject({
			message: expect.stringMatching(
				/outcome of this purchase is unknown.*locked balance in the TG Market bot/,
			),
			data: { provider: 'tgMarket', outcome: 'unknown' },
		});
		if (httpCode !== null) expect(said(done).httpCode).toBe(httpCode);
		expect(await charges()).toHaveLength(1);
		expect(await requests()).toHaveLength(1);
	});

	it('follows no redirect, which would order again', async () => {
		for (const status of [302, 307, 308] as const) await strike('order.create', { type: 'redirect', status });
		const outcomes = [];
		for (let index = 0; index < 3; index++) outcomes.push(said(await buy()).data);
		expect(outcomes).toEqual([data(null, 'unknown'), data(null), data(null)]);
		expect(await charges()).toEqual([]);
	});

	it('takes a 408 that names the order for that order, which waits', async () => {
		await strike('order.create', { type: 'timeout408' }, { times: 2 });
		const done = await buy();
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual([{ ...ordered, status: null, price: null, message: null }]);
		expect(await charges()).toHaveLength(1);
		// n8n would take a top-level `error` for a failed item.
		expect(jsonOf(await buy({ ...stars, simplify: false }))).toEqual([
			{ ok: false, order_id: expect.any(Number), providerError: 'timeout' },
		]);
	});

	it('follows an order a 408 named', async () => {
		await strike('order.create', { type: 'timeout408' });
		const done = await buy({ ...stars, options: { waitForCompletion: true, waitTimeout: 20 } });
		expect(jsonOf(done)[0]).toMatchObject({ orderId: someId, state: 'completed', price: 1.2 });
		expect(await charges()).toHaveLength(1);
	});
});

describe('Continue On Fail', () => {
	const refused = { error: expect.stringContaining('username_required'), details: data('username_required') };
	const rejectFor = async (text: string) =>
		await strike('order.create', { type: 'refuse', code: 'username_required' }, { match: { text } });

	it.each([
		['first', 0, ['bad', 'good', 'fine']],
		['later', 1, ['good', 'bad', 'fine']],
	])('gives the %s item its error and buys the others', async (_, bad, to) => {
		await rejectFor('bad');
		const done = await buy(stars, to, { onError: 'continueRegularOutput' });
		expect(done.error).toBeUndefined();
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
		expect(jsonOf(done)[bad]).toEqual(refused);
		expect(done.output('Node')[bad]!.error).toBeUndefined();
		expect((await charges()).map(({ recipient }) => recipient)).toEqual(to.filter((name) => name !== 'bad'));
	});

	it.each([
		['first', 0, ['bad', 'good', 'fine']],
		['later', 2, ['good', 'fine', 'bad']],
	])('sends the %s item to the error output', async (_, bad, to) => {
		await rejectFor('bad');
		const done = await buy(stars, to, { onError: 'continueErrorOutput' });
		expect(jsonOf(done, 'Node', 1)).toEqual([{ to: 'bad', ...refused }]);
		expect(links(done, 1)).toEqual([{ item: bad }]);
		expect(links(done)).toEqual([0, 1, 2].filter((item) => item !== bad).map((item) => ({ item })));
		expect(jsonOf(done, 'Errors')).toHaveLength(1);
		expect(jsonOf(done, 'Rest')).toHaveLength(2);
	});

	it('says of an unknown outcome that it is one', async () => {
		await strike('order.create', { type: 'drop', phase: 'after' }, { match: { text: 'bad' } });
		const done = await buy(stars, ['good', 'bad', 'fine'], { onError: 'continueErrorOutput' });
		expect(jsonOf(done, 'Node', 1)[0]).toMatchObject({ details: data(null, 'unknown') });
		expect((await charges()).map(({ recipient }) => recipient)).toEqual(['good', 'bad', 'fine']);
	});

	it('works for looking up orders', async () => {
		const [{ orderId }] = jsonOf(await buy()) as [IDataObject];
		const done = await run(look, [{ id: '7' }, { id: Number(orderId) }, { id: '../42' }], {
			onError: 'continueErrorOutput',
		});
		expect(jsonOf(done)).toEqual([expect.objectContaining({ orderId })]);
		expect(links(done)).toEqual([{ item: 1 }]);
		expect(jsonOf(done, 'Node', 1)).toEqual([
			expect.objectContaining({ id: '7', details: data('order_not_found') }),
			expect.objectContaining({ id: '../42', details: data('INVALID_PARAMETER') }),
		]);
		expect(links(done, 1)).toEqual([{ item: 0 }, { item: 2 }]);
	});

	it('without it, names what was placed before the failure', async () => {
		await rejectFor('bad');
		const done = await buy(stars, ['good', 'bad', 'fine']);
		expect(done.error?.context).toMatchObject({
			itemIndex: 1,
			data: { ...data('username_required'), placed: [{ item: 0, orderId: someId, key: null }] },
		});
		expect(await charges()).toHaveLength(1);
	});
});

describe('hostile input', () => {
	const LONG = 'a'.repeat(10_000);
	const titled = (value: unknown): [string, unknown] => [JSON.stringify(value).slice(0, 40), value];
	const accounts: unknown[] = [
		'',
		'   ',
		'<img src=x onerror=alert(1)>',
		'имя',
		'名前',
		'name\u202e',
		'two names',
		'../balance',
		'a/../b',
		'a?wait=true',
		'a#b',
		'a%2Fb',
		LONG,
		'https://t.me/+AbCdEf',
		'https://t.me/joinchat/AbCdEf',
		'https://t.me/joinchat',
		'https://t.me/c/123/4',
		'https://t.me/addlist/abc',
		'https://t.me/proxy?server=x',
		'https://t.me/name/123',
		'https://evil.example/name',
		'https://t.me/',
		'https://t.me.evil.example/name',
		'@@name',
		{ to: 'name' },
		['name'],
		true,
		null,
	];
	it.each(accounts.map(titled))('Username %s is refused before anything is sent', async (_, to) => {
		const done = await run(stars, [{ to: to as string }]);
		expect(said(done)).toMatchObject({
			message: expect.stringMatching(/^Username: /),
			data: data('INVALID_PARAMETER'),
		});
		expect(done.error!.message.length).toBeLessThan(200);
		expect(await requests()).toEqual([]);
	});

	it.each([
		[''],
		[0],
		[-1],
		[1.5],
		['ten'],
		['1e400'],
		[null],
		[{}],
		[[100]],
		[true],
		['<b>1</b>'],
		[2 ** 53],
	])('Amount %j is refused before anything is sent', async (amount) => {
		const done = await run({ ...stars, username: 'target', amount: '={{ $json.amount }}' }, [
			{ amount } as IDataObject,
		]);
		expect(said(done)).toMatchObject({
			message: expect.stringMatching(/^Amount: /),
			data: data('INVALID_PARAMETER'),
		});
		expect(await requests()).toEqual([]);
	});

	it('takes an amount that comes as text', async () => {
		const done = await run({ ...stars, username: 'target', amount: '={{ $json.amount }}' }, [
			{ amount: '250' },
		]);
		expect(jsonOf(done)[0]).toMatchObject({ price: 3 });
	});

	it.each([
		['Order Type', { ...stars, orderType: '={{ "gifts" }}' }],
		['Order Type', { ...stars, orderType: '={{ null }}' }],
		['Duration', { ...premium, duration: '={{ 4 }}' }],
		['Duration', { ...premium, duration: '={{ "3 months" }}' }],
		['Order Type', { ...look, orderType: '={{ "order" }}', orderId: '42' }],
		['Request Timeout', { ...stars, options: { requestTimeout: '={{ "soon" }}' } }],
		['Wait Timeout', { ...stars, options: { waitForCompletion: true, waitTimeout: -1 } }],
	])('%s out of range is refused before anything is sent', async (label, parameters) => {
		const done = await run(parameters as INodeParameters, [{ to: 'target' }]);
		expect(said(done)).toMatchObject({
			message: expect.stringMatching(new RegExp(`^${label}: `)),
			data: data('INVALID_PARAMETER'),
		});
		expect(await requests()).toEqual([]);
	});

	it.each(
		(
			[
				'',
				'0',
				'-1',
				'1.5',
				'042',
				'abc',
				'..',
				'.',
				'../balance',
				'42/../43',
				'42?x=1',
				'42#x',
				'%34%32',
				'４２',
				'<b>42</b>',
				'9'.repeat(400),
				{ id: 42 },
				[42],
				true,
				null,
				2 ** 53,
			] as unknown[]
		).map(titled),
	)('Order ID %s is refused before anything is sent', async (_, id) => {
		const done = await run(look, [{ id: id as string }]);
		expect(said(done)).toMatchObject({
			message: expect.stringMatching(/^Order ID: /),
			data: data('INVALID_PARAMETER'),
		});
		expect(await requests()).toEqual([]);
	});

	it('checks every item before the first is bought', async () => {
		const done = await buy(stars, ['good', '<script>']);
		expect(done.error?.context).toMatchObject({ itemIndex: 1 });
		expect(await requests()).toEqual([]);
	});
});

describe('order: get', () => {
	/** An order of each type. */
	let id: string;
	let premiumId: string;
	beforeEach(async () => {
		id = jsonOf(await buy())[0]!.orderId as string;
		premiumId = jsonOf(await buy(premium))[0]!.orderId as string;
	});

	it('gives the order and how it stands', async () => {
		await bed.sandbox.client.changeOrder({
			provider: 'tgMarket',
			orderType: 'premium',
			orderId: premiumId,
			status: 'completed',
		});
		const done = await run({ ...look, orderType: '={{ $json.type }}' }, [
			{ type: 'premium', id: premiumId },
			{ type: 'stars', id: Number(id) },
		]);
		expect(jsonOf(done)).toEqual([
			{
				provider: 'tgMarket',
				orderId: premiumId,
				state: 'completed',
				status: 'completed',
				productId: 'premium_3',
				recipient: 'target',
				price: 12,
				currency: 'USD',
				codes: [],
				message: null,
				orderType: 'premium',
			},
			expect.objectContaining({ orderId: id, productId: 'stars', price: 1.2, orderType: 'stars' }),
		]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }]);
	});

	it('never looks among the orders of the other type', async () => {
		expect(id).not.toBe(premiumId);
		const done = await run({ ...look, orderType: 'premium' }, [{ id }]);
		expect(said(done)).toEqual({
			message: 'TG Market: there is no such order (order_not_found)',
			description: expect.stringContaining('Stars and Premium orders are numbered apart'),
			httpCode: '404',
			data: data('order_not_found'),
		});
		const looks = (await requests()).filter(({ operation }) => operation === 'order.get');
		expect(looks.map(({ path }) => path)).toEqual([`/tg-market/api/v2/premium_order/${id}`]);
	});

	it('gives the untouched answer without Simplify', async () => {
		const done = await run({ ...look, simplify: false }, [{ id }]);
		expect(jsonOf(done)).toEqual([
			{
				ok: true,
				order_id: Number(id),
				username: 'target',
				amount: 100,
				price_usd: 1.2,
				status: expect.any(String),
				provider_order_id: null,
				error_message: null,
			},
		]);
	});

	it.each([
		['pending', 'pending'],
		['processing', 'processing'],
		['completed', 'completed'],
		['COMPLETED', 'completed'],
		['failed', 'failed'],
		['error', 'failed'],
		['cancelled', 'cancelled'],
		['refunded', 'refunded'],
		['on_hold', 'unknown'],
		['success', 'unknown'],
		['constructor', 'unknown'],
	])('reads %s as %s', async (status, state) => {
		await bed.sandbox.client.changeOrder({ provider: 'tgMarket', orderId: id, status });
		expect(jsonOf(await run(look, [{ id }]))[0]).toMatchObject({ state, status });
	});

	it('says why an order failed', async () => {
		await bed.sandbox.client.changeOrder({ provider: 'tgMarket', orderId: id, status: 'failed' });
		expect(jsonOf(await run(look, [{ id }]))[0]).toMatchObject({
			message: 'Delivery failed, funds returned',
		});
	});

	it('makes do with little, since the answer is not documented', async () => {
		const { orderOnceKey: _, ...shape } = ordered;
		const bare = { ...shape, orderId: id, recipient: null, price: null };
		for (const body of [
			{ status: 'completed' },
			{ ok: true, order: { status: 'completed' } },
			{ ok: true, data: { order_id: Number(id), status: 'completed' } },
		]) {
			await answer('order.get', body);
			expect(jsonOf(await run(look, [{ id }]))[0]).toEqual({
				...bare,
				state: 'completed',
				status: 'completed',
				message: null,
			});
		}
		await answer('order.get', { ok: true, order_id: 15, duration: 6 });
		expect(jsonOf(await run({ ...look, orderType: 'premium' }, [{ id: '15' }]))[0]).toMatchObject({
			state: 'unknown',
			status: null,
			productId: 'premium_6',
		});
	});

	it.each([
		['a page', { type: 'unreadable', kind: 'html', phase: 'before' }],
		['nothing', { type: 'unreadable', kind: 'empty', phase: 'before' }],
		['something else', { type: 'unreadable', kind: 'wrongShape', phase: 'before' }],
	] as Array<[string, Fault]>)('says so when the answer is %s', async (_, fault) => {
		await strike('order.get', fault);
		expect(said(await run(look, [{ id }]))).toMatchObject({
			message: expect.stringContaining('cannot be used'),
			description: expect.stringContaining('Base URL'),
			data: data(null),
		});
	});

	it('asks again after a fault that passes', async () => {
		await strike('order.get', { type: 'error', status: 503 });
		await strike('order.get', { type: 'drop' });
		expect(jsonOf(await run(look, [{ id }]))[0]).toMatchObject({ orderId: id });
	});

	it('looks at many side by side, in order', async () => {
		await bed.sandbox.client.changeAccount({ provider: 'tgMarket', rate: null });
		const ids = Array.from({ length: 15 }, (_, index) => ({ id: index % 2 === 0 ? id : Number(id) }));
		const done = await run(look, ids);
		expect(links(done)).toEqual(ids.map((_, item) => ({ item })));
	});

	it('refuses what a hand-written row may hold', async () => {
		for (const [orderType, orderId] of [
			['', '42'],
			['gifts', '42'],
			['stars', '..'],
			['stars', ''],
		] as const) {
			await expect(provider.orders!.get(undefined as never, { orderType, orderId })).rejects.toMatchObject({
				code: 'INVALID_PARAMETER',
				outcome: 'rejected',
			});
		}
	});
});

describe('reads, refused', () => {
	it.each([
		['balance.get', 'missing_api_key', 401, 'no API key arrived'],
		['balance.get', 'invalid_api_key', 401, 'the API key is wrong or not active'],
		['balance.get', 'user_not_found', 404, 'there is no account for this API key'],
		['order.get', 'invalid_api_key', 401, 'the API key is wrong or not active'],
		['order.get', 'order_not_found', 404, 'there is no such order'],
	])('%s: %s', async (operation, code, status, message) => {
		await strike(operation, { type: 'refuse', code });
		expect(said(await run(operation === 'order.get' ? look : balance, [{ id: '42' }]))).toEqual({
			message: `TG Market: ${message} (${code})`,
			description: expect.stringMatching(/\w/),
			httpCode: String(status),
			data: data(code),
		});
	});

	it('waits out the limit of the provider', async () => {
		await strike('balance.get', { type: 'rateLimit', retryAfterSeconds: 1 });
		const start = Date.now();
		const done = await run(balance);
		expect(jsonOf(done)).toHaveLength(1);
		expect(Date.now() - start).toBeGreaterThan(950);
	});

	it('gives up when the provider asks for more patience than there is', async () => {
		// An account of its own: its pace stays closed for as long as the provider said.
		const { credentials } = await bed.sandbox.client.createAccount({ provider: 'tgMarket', name: 'patient' });
		bed.credentials.patient = credentials;
		await strike('balance.get', { type: 'rateLimit', retryAfterSeconds: 120 }, { account: 'patient' });
		const done = await run(balance, [{}], {
			credentials: { tgMarketApi: { id: 'patient', name: 'patient' } },
		});
		expect(said(done)).toMatchObject({ httpCode: '429', data: data('rate_limit_exceeded') });
	});

	it('says how to get on when the key is wrong', async () => {
		bed.credentials.wrong = { ...bed.credentials.tgMarketApi!, apiKey: 'sk-of-somebody-else' };
		const done = await run(balance, [{}], { credentials: { tgMarketApi: { id: 'wrong', name: 'wrong' } } });
		expect(said(done)).toMatchObject({ httpCode: '401', data: data('invalid_api_key') });
		expect(JSON.stringify(said(done))).not.toContain('sk-of-somebody-else');
	});
});

describe("as an AI agent's tool", () => {
	const ask = async (parameters: INodeParameters, through = 'engine') =>
		await bed.run({
			nodes: [
				node('Start', 'items', { items: [{}] as unknown as string }),
				node('Agent', 'agent', {
					through,
					calls: [{ tool: 'Buy', input: { to: 'target' }, id: 'call-1' }] as unknown as string,
				}),
				node(
					'Buy',
					'tgMarketTool',
					{ ...stars, username: "={{ $fromAI('to', '', 'string') }}", ...parameters },
					credentialsFor('tgMarket'),
				),
			],
			connections: {
				Start: { main: [[{ node: 'Agent', type: 'main', index: 0 }]] },
				Buy: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
			},
		});

	it('buys nothing unless a person allowed it', async () => {
		await ask({});
		expect(await requests()).toEqual([]);
	});

	it('buys when it may, without a ceiling, since none can be kept', async () => {
		await ask({ allowAgentPurchases: true });
		expect(await charges()).toHaveLength(1);
	});
});
