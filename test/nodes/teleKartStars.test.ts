import { jsonOf, startBed, type Bed } from '../support/bed';

let bed: Bed;
beforeAll(async () => {
	bed = await startBed();
});
afterAll(async () => await bed.close());
beforeEach(async () => await bed.sandbox.client.reset());

const order = {
	resource: 'order',
	operation: 'create',
	productId: { __rl: true, mode: 'id', value: 'stars_1000' },
	target: '={{ $json.target }}',
};

describe('TeleKart Stars', () => {
	it('reads the balance', async () => {
		const done = await bed.runNode('teleKartStars', { resource: 'balance', operation: 'get' });
		expect(jsonOf(done)).toEqual([
			{
				provider: 'teleKartStars',
				available: expect.any(Number),
				locked: null,
				total: expect.any(Number),
				currency: 'USD',
			},
		]);
	});

	it('orders once per item and links the items', async () => {
		const done = await bed.runNode('teleKartStars', order, [{ target: '@first' }, { target: 't.me/second' }]);
		expect(done.error).toBeUndefined();
		expect(done.output('Node').map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({
				provider: 'teleKartStars',
				state: 'pending',
				status: 'pending',
				recipient: '@first',
				price: 16.5,
			}),
			expect.objectContaining({ recipient: '@second' }),
		]);
		const { charges } = await bed.sandbox.client.charges();
		expect(charges).toHaveLength(2);
	});

	it('keeps what it bought over the tries of Retry On Fail', async () => {
		await bed.sandbox.client.addFault({
			provider: 'teleKartStars',
			operation: 'order.create',
			match: { text: 'second' },
			times: -1,
			fault: { type: 'drop', phase: 'after' },
		});
		const done = await bed.runNode(
			'teleKartStars',
			order,
			[{ target: '@first' }, { target: '@second' }, { target: '@third' }],
			{ retryOnFail: true, maxTries: 3, waitBetweenTries: 1 },
		);
		console.log(done.error?.message, done.error?.description, done.error?.context);
		const { charges } = await bed.sandbox.client.charges();
		expect(charges.map(({ recipient }) => recipient)).toEqual(['@first', '@second']);
	});
});
