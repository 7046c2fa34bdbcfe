import type { INodeParameters } from 'n8n-workflow';
import { sampled } from '../../support/full';
import { errorOf, jsonOf } from '../../support/harness';
import type { Fault } from '../../support/sandboxFaults';
import { ordered, premium, someId, stars, useTgMarket } from '../support/tgMarket';

const { harness, buy, injectFault, answerWith, charges, requests, details } = useTgMarket();

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
		await injectFault('order.create', { type: 'refuse', code });
		const done = await buy(parameters);
		expect(errorOf(done)).toEqual({
			message: expect.stringMatching(message),
			description: expect.stringMatching(description),
			httpCode: String(status),
			data: details(code),
		});
		expect(errorOf(done).message).toContain(code);
		expect(await charges()).toEqual([]);
		expect(await requests()).toHaveLength(1);
	});

	it.each([
		['order_creation_failed', stars],
		['order_creation_failed', premium],
		['internal_server_error', stars],
	])('%s: the outcome is unknown', async (code, parameters) => {
		await injectFault('order.create', { type: 'refuse', code });
		expect(errorOf(await buy(parameters))).toEqual({
			message: expect.stringMatching(
				/outcome of this purchase is unknown.*HTTP 500.*locked balance in the TG/,
			),
			description: expect.any(String),
			httpCode: '500',
			data: details(code, 'unknown'),
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
			await answerWith('order.create', body, 400);
			expect(errorOf(await buy())).toMatchObject({
				message: expect.stringContaining('not enough money in the wallet'),
				data: details('insufficient_balance'),
			});
		}
	});

	it('names the figures of the provider', async () => {
		await answerWith(
			'order.create',
			{ ok: false, error: 'insufficient_balance', available_usd: 0.5, price_usd: '1.20' },
			400,
		);
		expect(errorOf(await buy()).message).toBe(
			'TG Market: there is not enough money in the wallet (insufficient_balance, 0.5 USD available, 1.2 USD needed)',
		);
	});

	it('shows words nobody documented', async () => {
		await answerWith(
			'order.create',
			{ ok: false, error: 'moon_in_wrong_phase', message: 'Try at dawn' },
			400,
		);
		expect(errorOf(await buy())).toMatchObject({
			message: 'TG Market: moon_in_wrong_phase: Try at dawn',
			httpCode: '400',
			data: details('moon_in_wrong_phase'),
		});
	});

	it('takes ok:false with HTTP 200 for the refusal it is', async () => {
		await answerWith('order.create', { ok: false, error: 'insufficient_balance' });
		expect(errorOf(await buy())).toMatchObject({ httpCode: '200', data: details('insufficient_balance') });
	});

	it('never shows the key, whatever the provider echoes', async () => {
		await answerWith(
			'order.create',
			{ ok: false, error: 'invalid_api_key', message: 'bad key sk-sandbox' },
			401,
		);
		const { message, description } = errorOf(await buy());
		expect(`${message} ${description}`).toContain('bad key ***');
		expect(`${message} ${description}`).not.toContain('sk-sandbox');
	});

	it('leaves the order to a wallet that is empty', async () => {
		await harness.sandbox.client.changeAccount({ provider: 'tgMarket', balance: 1 });
		expect(errorOf(await buy())).toMatchObject({ data: details('insufficient_balance') });
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
	it.each(sampled(faults, 8, ([, fault]) => [fault.type]))(
		'%s: unknown, and bought once',
		async (_, fault, httpCode) => {
			await injectFault('order.create', fault, { times: -1 });
			const done = await buy(short, ['target'], { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 });
			expect(errorOf(done)).toMatchObject({
				message: expect.stringMatching(
					/outcome of this purchase is unknown.*locked balance in the TG Market bot/,
				),
				data: { provider: 'tgMarket', outcome: 'unknown' },
			});
			if (httpCode !== null) expect(errorOf(done).httpCode).toBe(httpCode);
			expect(await charges()).toHaveLength(1);
			expect(await requests()).toHaveLength(1);
		},
	);

	it('follows no redirect, which would order a second time', async () => {
		for (const status of [302, 307, 308] as const)
			await injectFault('order.create', { type: 'redirect', status });
		const outcomes = [];
		for (let index = 0; index < 3; index++) outcomes.push(errorOf(await buy()).data);
		expect(outcomes).toEqual([details(null, 'unknown'), details(null), details(null)]);
		expect(await charges()).toEqual([]);
	});

	it('takes a 408 that names the order for that order, which waits', async () => {
		await injectFault('order.create', { type: 'timeout408' }, { times: 2 });
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
		await harness.sandbox.client.changeSettings({
			timelines: { tgMarket: [{ afterMs: 0, status: 'completed' }] },
		});
		await injectFault('order.create', { type: 'timeout408' });
		const done = await buy({ ...stars, options: { waitForCompletion: true, waitTimeout: 20 } });
		expect(jsonOf(done)[0]).toMatchObject({ orderId: someId, state: 'completed', price: 1.2 });
		expect(await charges()).toHaveLength(1);
	});
});
