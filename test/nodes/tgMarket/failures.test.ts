import type { IDataObject } from 'n8n-workflow';
import { errorOf, jsonOf } from '../../support/harness';
import { getBalance, getOrder, someId, stars, useTgMarket } from '../support/tgMarket';
import { links } from '../support/providerNode';

const { harness, run, buy, injectFault, charges, details, itemDetails, addCredential } = useTgMarket();

describe('Continue On Fail', () => {
	const refused = {
		error: expect.stringContaining('username_required'),
		details: itemDetails('username_required', /^Nothing was ordered\. Check the Username\.$/),
	};
	const rejectFor = async (text: string) =>
		await injectFault('order.create', { type: 'refuse', code: 'username_required' }, { match: { text } });

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

	it('reports an unknown outcome as one', async () => {
		await injectFault('order.create', { type: 'drop', phase: 'after' }, { match: { text: 'bad' } });
		const done = await buy(stars, ['good', 'bad', 'fine'], { onError: 'continueErrorOutput' });
		expect(jsonOf(done, 'Node', 1)[0]).toMatchObject({
			details: itemDetails(null, /^Only the provider can tell/, 'unknown'),
		});
		expect((await charges()).map(({ recipient }) => recipient)).toEqual(['good', 'bad', 'fine']);
	});

	it('works for looking up orders', async () => {
		const [{ orderId }] = jsonOf(await buy()) as [IDataObject];
		const done = await run(getOrder, [{ id: '7' }, { id: Number(orderId) }, { id: '../42' }], {
			onError: 'continueErrorOutput',
		});
		expect(jsonOf(done)).toEqual([expect.objectContaining({ orderId })]);
		expect(links(done)).toEqual([{ item: 1 }]);
		expect(jsonOf(done, 'Node', 1)).toEqual([
			expect.objectContaining({
				id: '7',
				details: itemDetails('order_not_found', /^Check Order ID and Order Type/),
			}),
			expect.objectContaining({
				id: '../42',
				details: itemDetails('INVALID_PARAMETER', /^Nothing was sent/),
			}),
		]);
		expect(links(done, 1)).toEqual([{ item: 0 }, { item: 2 }]);
	});

	it('without it, names what was placed before the failure', async () => {
		await rejectFor('bad');
		const done = await buy(stars, ['good', 'bad', 'fine']);
		expect(done.error?.context).toMatchObject({
			itemIndex: 1,
			data: { ...details('username_required'), placed: [{ item: 0, orderId: someId, key: null }] },
		});
		expect(await charges()).toHaveLength(1);
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
		await injectFault(operation, { type: 'refuse', code });
		expect(errorOf(await run(operation === 'order.get' ? getOrder : getBalance, [{ id: '42' }]))).toEqual({
			message: `TG Market: ${message} (${code})`,
			description: expect.stringMatching(/\w/),
			httpCode: String(status),
			data: details(code),
		});
	});

	it('waits out the limit of the provider', async () => {
		await injectFault('balance.get', { type: 'rateLimit', retryAfterSeconds: 1 });
		const start = Date.now();
		const done = await run(getBalance);
		expect(jsonOf(done)).toHaveLength(1);
		expect(Date.now() - start).toBeGreaterThan(950);
	});

	it('gives up when the provider asks for more patience than there is', async () => {
		// An account of its own, since its rate limiter waits as long as the provider said.
		const { credentials } = await harness.sandbox.client.createAccount({
			provider: 'tgMarket',
			name: 'patient',
		});
		await injectFault('balance.get', { type: 'rateLimit', retryAfterSeconds: 120 }, { account: 'patient' });
		const done = await run(getBalance, [{}], addCredential('tgMarketApi', 'patient', credentials));
		expect(errorOf(done)).toMatchObject({ httpCode: '429', data: details('rate_limit_exceeded') });
	});

	it('says what to do when the key is wrong', async () => {
		const { baseUrl } = harness.sandbox.providers.tgMarket;
		const wrong = addCredential('tgMarketApi', 'wrong', { baseUrl, apiKey: 'sk-of-somebody-else' });
		const done = await run(getBalance, [{}], wrong);
		expect(errorOf(done)).toMatchObject({ httpCode: '401', data: details('invalid_api_key') });
		expect(JSON.stringify(errorOf(done))).not.toContain('sk-of-somebody-else');
	});
});
