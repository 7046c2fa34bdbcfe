import { errorOf, jsonOf } from '../../support/harness';
import { getBalance, order, ordered, useTeleKartStars } from '../support/teleKartStars';
import { links } from '../support/providerNode';

const { harness, run, buy, injectFault, answerWith, charges, requests, details, itemDetails } =
	useTeleKartStars();

describe('failures', () => {
	it.each([
		['UNAUTHORIZED', '401', 'tah_'],
		['INVALID_PRODUCT', '422', 'list'],
		['BAD_JSON', '400', 'values'],
		['RATE_LIMITED', '429', 'not sent again'],
	])('explains %s', async (code, httpCode, advice) => {
		await injectFault('order.create', { type: 'refuse', code });
		const result = errorOf(await buy());
		expect(result).toMatchObject({
			httpCode,
			data: details(code),
			description: expect.stringContaining(advice),
		});
		expect(result.message).toMatch(/^TeleKart Stars: /);
		expect(await charges()).toEqual([]);
	});

	it('names the figures of a balance that is too low', async () => {
		await harness.sandbox.client.changeAccount({ provider: 'teleKartStars', balance: 2.5 });
		expect(errorOf(await buy())).toMatchObject({
			message: expect.stringMatching(/2\.5 USD in the wallet, 16\.5 USD needed/),
			httpCode: '402',
			data: details('INSUFFICIENT_BALANCE'),
		});
	});

	it('takes ok: false for a refusal whatever the status', async () => {
		await answerWith('balance.get', { ok: false, error: 'NEW_CODE', message: 'Something new' });
		expect(errorOf(await run(getBalance))).toMatchObject({
			message: 'TeleKart Stars: Something new',
			httpCode: '200',
			data: details('NEW_CODE'),
		});
	});

	it('gives failed items in their places with Continue On Fail, and on the error output', async () => {
		const to = ['bad one', '@target', '@nobody_here', '@second_one'];
		const fail = async () =>
			await injectFault(
				'order.create',
				{ type: 'refuse', code: 'INVALID_PRODUCT' },
				{ match: { text: 'nobody_here' } },
			);
		const expected = [
			{
				error: expect.stringContaining('Target'),
				details: itemDetails('INVALID_PARAMETER', /^Nothing was sent/),
			},
			{
				error: expect.stringMatching(/^TeleKart Stars: /),
				details: itemDetails('INVALID_PRODUCT', /^Nothing was ordered/),
			},
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

	it('repeats reads after temporary faults', async () => {
		await injectFault('balance.get', { type: 'error', status: 503 });
		await injectFault('balance.get', { type: 'drop' });
		expect(jsonOf(await run(getBalance))).toMatchObject([{ available: 1000 }]);
		expect(await requests()).toHaveLength(3);
	});
});
