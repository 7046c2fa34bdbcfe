import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { itInFull } from '../../support/full';
import { errorOf, jsonOf } from '../../support/harness';
import { cancel, getProduct, getProducts, useTribute } from '../support/tribute';
import { links } from '../support/providerNode';

const { harness, run, injectFault, answerWith, refunds, requests, details, addCredential, cancelAll } =
	useTribute();

describe('Continue On Fail', () => {
	const unknownId = 999_999;
	const refused = {
		error: expect.stringContaining('no such'),
		details: { ...details('error_not_found'), advice: expect.any(String) as string },
	};

	it.each([
		['first', 0, [unknownId, 12345, 12346]],
		['later', 1, [12345, unknownId, 12346]],
	])('gives the %s item its error and cancels the others', async (_, bad, ids) => {
		const done = await cancelAll(ids, { onError: 'continueRegularOutput' });
		expect(done.error).toBeUndefined();
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
		expect(jsonOf(done)[bad]).toEqual(refused);
		expect((await refunds()).map(({ orderId }) => orderId)).toEqual(['12345', '12346']);
	});

	it.each([
		['first', 0, [unknownId, 12345, 12346]],
		['later', 2, [12345, 12346, unknownId]],
	])('sends the %s item to the error output', async (_, bad, ids) => {
		const done = await cancelAll(ids, { onError: 'continueErrorOutput' });
		expect(jsonOf(done, 'Node', 1)).toEqual([{ id: unknownId, ...refused }]);
		expect(links(done, 1)).toEqual([{ item: bad }]);
		expect(links(done)).toEqual([0, 1, 2].filter((item) => item !== bad).map((item) => ({ item })));
		expect(jsonOf(done, 'Errors')).toHaveLength(1);
		expect(jsonOf(done, 'Rest')).toHaveLength(2);
	});

	it.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'works for products (%s)',
		async (onError) => {
			const done = await run(getProduct, [{ id: unknownId }, { id: 2548 }, { id: '../2549' }], { onError });
			const errors =
				onError === 'continueErrorOutput' ? jsonOf(done, 'Node', 1) : [0, 2].map((i) => jsonOf(done)[i]);
			expect(errors).toEqual([
				expect.objectContaining({
					details: { ...details('error_not_found'), advice: expect.any(String) as string },
				}),
				expect.objectContaining({
					details: { ...details('INVALID_PARAMETER'), advice: expect.any(String) as string },
				}),
			]);
			expect(links(done)).toEqual(
				(onError === 'continueErrorOutput' ? [1] : [0, 1, 2]).map((item) => ({ item })),
			);
		},
	);

	it('works for lists', async () => {
		await answerWith('product.getAll', { error: 'error_bad_request', message: 'type is invalid' }, 400);
		const done = await run(
			{ ...getProducts, limit: '={{ $json.limit }}' as unknown as number },
			[{ limit: 0 }, { limit: 2 }, { limit: 2 }],
			{ onError: 'continueRegularOutput' },
		);
		const errors = jsonOf(done).filter((json) => 'error' in json);
		expect(errors.map(({ details }) => (details as IDataObject).code)).toEqual(
			expect.arrayContaining(['INVALID_PARAMETER', 'error_bad_request']),
		);
		expect(jsonOf(done)).toHaveLength(4);
	});
});

describe('refusals', () => {
	const meanings: Array<[string, number, RegExp]> = [
		['error_bad_request', 400, /the request was refused/],
		['error_unauthorized', 401, /the API key was not accepted/],
		['no_access', 403, /this belongs to somebody else/],
		['error_not_permitted', 403, /this belongs to somebody else/],
		['error_not_found', 404, /there is no such product or purchase/],
	];
	const operations: Array<[string, INodeParameters]> = [
		['product.getAll', getProducts],
		['product.get', getProduct],
		['purchase.cancel', cancel],
	];
	const cases = operations.flatMap(([operation, parameters]) =>
		meanings.map(([code, status, message]) => [operation, code, status, message, parameters] as const),
	);

	it.each(cases)('%s: %s', async (operation, code, status, message, parameters) => {
		await injectFault(operation, { type: 'refuse', code });
		const failed = errorOf(await run(parameters, [{ id: 2548 }]));
		expect(failed).toEqual({
			message: expect.stringMatching(message),
			description: expect.stringMatching(/\w{3}/),
			httpCode: String(status),
			data: details(code),
		});
		expect(failed.message).toContain(code);
		expect(await requests()).toHaveLength(1);
		expect(await refunds()).toEqual([]);
	});

	it.each(cases)('%s: %s, in the newer format', async (operation, code, status, message, parameters) => {
		await answerWith(operation, { requestId: 'b4f1', code, message: 'in their words' }, status);
		const failed = errorOf(await run(parameters, [{ id: 2548 }]));
		expect(failed).toMatchObject({ httpCode: String(status), data: details(code) });
		expect(failed.message).toMatch(message);
		expect(failed.message).toContain('in their words');
	});

	it('understands a status without any words', async () => {
		for (const [status, message] of [
			[401, 'the API key was not accepted (HTTP 401)'],
			[422, 'the request was refused (HTTP 422)'],
		] as const) {
			await answerWith('product.get', '<html>', status);
			expect(errorOf(await run(getProduct, [{ id: 2548 }]))).toMatchObject({
				message: `Tribute: ${message}`,
				data: details(null),
			});
		}
	});

	itInFull(
		'gives up on a provider that is down, and says so',
		async () => {
			await injectFault('product.get', { type: 'refuse', code: 'error_internal' }, { times: -1 });
			const done = await run(getProduct, [{ id: 2548 }]);
			expect(errorOf(done)).toEqual({
				message: 'Tribute: not available right now (internal error, code error_internal)',
				description: expect.stringContaining('later'),
				httpCode: '500',
				data: details('error_internal'),
			});
		},
		60_000,
	);

	it('shows no key, whatever the provider echoes', async () => {
		await answerWith(
			'product.get',
			{ error: 'error_unauthorized', message: 'key tribute-sandbox is bad' },
			401,
		);
		const failed = JSON.stringify(errorOf(await run(getProduct, [{ id: 2548 }])));
		expect(failed).toContain('key *** is bad');
		expect(failed).not.toContain('tribute-sandbox');
	});

	it('says what to do when the key is wrong', async () => {
		const { baseUrl } = harness.sandbox.providers.tribute;
		const wrong = addCredential('tributeApi', 'wrong', { baseUrl, apiKey: 'of-somebody-else' });
		const done = await run(getProduct, [{ id: 2548 }], wrong);
		expect(errorOf(done)).toMatchObject({
			description: expect.stringContaining('Creator Dashboard → Settings → API Keys'),
			httpCode: '401',
			data: details('error_unauthorized'),
		});
	});
});
