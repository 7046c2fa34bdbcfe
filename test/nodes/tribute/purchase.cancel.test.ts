import type { INodeParameters } from 'n8n-workflow';
import { sampled } from '../../support/full';
import { errorOf, jsonOf } from '../../support/harness';
import type { Fault } from '../../support/sandboxFaults';
import {
	cancel,
	FIRST_PRODUCT,
	getProducts,
	idsOf,
	PAID_BY_CARD,
	PAID_WITH_STARS,
	useTribute,
} from '../support/tribute';
import { links } from '../support/providerNode';

const { run, injectFault, answerWith, refunds, requests, details, callAsTool, cancelAll, seller } =
	useTribute();

describe('purchase: cancel', () => {
	it('gives the Stars back, once for each item', async () => {
		const done = await cancelAll(PAID_WITH_STARS);
		expect(done.error).toBeUndefined();
		expect(jsonOf(done)).toEqual(
			PAID_WITH_STARS.map((purchaseId) => ({
				success: true,
				purchaseId,
				message: 'purchase cancelled and payment refunded',
			})),
		);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
		expect((await refunds()).map(({ orderId }) => Number(orderId))).toEqual(PAID_WITH_STARS);
		expect((await requests()).map(({ method, path, body }) => [method, path, body])).toEqual(
			PAID_WITH_STARS.map((id) => ['POST', `/tribute/api/v1/products/purchases/${id}/cancel`, '']),
		);
	});

	it('takes an ID that is text', async () => {
		expect(jsonOf(await cancelAll(['12345']))).toHaveLength(1);
	});

	it.each([
		['paid by card', PAID_BY_CARD, 400, 'only purchases paid with Telegram Stars can be cancelled'],
		['nobody made', 999_999, 404, 'not found'],
	])('refuses a purchase %s', async (_, id, status, words) => {
		expect(errorOf(await cancelAll([id]))).toMatchObject({
			message: expect.stringContaining(words),
			description: expect.stringMatching(/Telegram Stars|Tribute Trigger/),
			httpCode: String(status),
			data: { provider: 'tribute', outcome: 'rejected' },
		});
		expect(await refunds()).toEqual([]);
	});

	it('refuses a purchase that is cancelled already', async () => {
		await cancelAll();
		expect(errorOf(await cancelAll())).toMatchObject({ httpCode: '400', data: details('error_bad_request') });
		expect(await refunds()).toHaveLength(1);
	});

	it("refuses another seller's purchase", async () => {
		const theirs = await run({ ...getProducts, limit: 1 }, [{}], await seller(5));
		// Products and purchases of a seller are counted on by the same step.
		const purchase = idsOf(theirs)[0]! - FIRST_PRODUCT + PAID_WITH_STARS[0]!;
		expect(errorOf(await cancelAll([purchase]))).toMatchObject({
			message:
				'Tribute: this belongs to somebody else (not the owner of this purchase, code error_not_permitted)',
			httpCode: '403',
			data: details('error_not_permitted'),
		});
	});

	it('takes success:false for the refusal it is', async () => {
		await answerWith('purchase.cancel', {
			success: false,
			purchaseId: 12345,
			message: 'refund window is over',
		});
		expect(errorOf(await cancelAll())).toEqual({
			message: 'Tribute: the purchase was not cancelled (refund window is over)',
			description: expect.stringContaining('only when it was paid with Telegram Stars'),
			httpCode: '200',
			data: details(null),
		});
	});

	const faults: Array<[string, Fault, string | null]> = [
		['a dropped connection', { type: 'drop', phase: 'after' }, null],
		['no answer at all', { type: 'hang', phase: 'after' }, null],
		['an answer that comes too late', { type: 'latency', ms: 2_000, phase: 'after' }, null],
		['HTTP 500', { type: 'error', status: 500, phase: 'after' }, 'error_internal'],
		['HTTP 502', { type: 'error', status: 502, phase: 'after' }, null],
		['HTTP 504', { type: 'error', status: 504, phase: 'after' }, null],
		['a page instead of an answer', { type: 'unreadable', kind: 'html' }, null],
		['half an answer', { type: 'unreadable', kind: 'truncated' }, null],
		['an empty answer', { type: 'unreadable', kind: 'empty' }, null],
		['an answer to something else', { type: 'unreadable', kind: 'wrongShape' }, null],
	];
	it.each(sampled(faults, 6, ([, fault]) => [fault.type]))(
		'%s: unknown, and cancelled once',
		async (_, fault, code) => {
			await injectFault('purchase.cancel', fault, { times: -1 });
			const done = await cancelAll(
				[12345],
				{ retryOnFail: true, maxTries: 3, waitBetweenTries: 1 },
				{ options: { requestTimeout: 1 } },
			);
			expect(errorOf(done)).toMatchObject({
				message: expect.stringMatching(/outcome of this purchase is unknown.*Creator Dashboard/),
				data: details(code, 'unknown'),
			});
			expect(await refunds()).toHaveLength(1);
			expect(await requests()).toHaveLength(1);
		},
	);

	it('cancels none twice over the tries of Retry On Fail', async () => {
		await injectFault('purchase.cancel', { type: 'refuse', code: 'error_too_many_requests' }, { skip: 1 });
		const done = await cancelAll(PAID_WITH_STARS, { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 });
		expect(jsonOf(done)).toHaveLength(3);
		expect((await refunds()).map(({ orderId }) => Number(orderId))).toEqual(PAID_WITH_STARS);
		expect(await requests()).toHaveLength(4);
	});

	it('names what was cancelled before the failure', async () => {
		const done = await cancelAll([12345, 999_999, 12347]);
		expect(done.error?.context).toMatchObject({
			itemIndex: 1,
			data: { ...details('error_not_found'), placed: [{ item: 0, orderId: '12345', key: null }] },
		});
		expect(await refunds()).toHaveLength(1);
	});
});

describe("as an AI agent's tool", () => {
	const ask = async (parameters: INodeParameters) =>
		await callAsTool(
			{ ...cancel, purchaseId: "={{ $fromAI('id', '', 'string') }}", ...parameters },
			{ id: '12345' },
		);

	it('cancels nothing unless a person allowed it', async () => {
		await ask({});
		expect(await requests()).toEqual([]);
	});

	it('cancels when it may', async () => {
		await ask({ allowAgentPurchases: true });
		expect(await refunds()).toHaveLength(1);
	});
});
