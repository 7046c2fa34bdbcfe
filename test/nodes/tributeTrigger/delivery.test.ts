import fc from 'fast-check';
import { runs } from '../../support/full';
import type { Webhooks } from '../../support/webhooks';
import { purchase, useTributeTrigger } from '../support/tributeTrigger';

const { sign, statuses, open, post } = useTributeTrigger();

const after = async (ms: number) => await new Promise<void>((done) => setTimeout(done, ms));

describe('each event runs once', () => {
	it('however often it is delivered, one after the other', async () => {
		const trigger = await open();
		expect(await statuses(trigger, { name: 'new_digital_product', count: 20 })).toEqual(
			new Array<number>(20).fill(200),
		);
		expect(trigger.executions).toHaveLength(1);
	});

	it('when it is delivered a hundred times at the same moment', async () => {
		const trigger = await open();
		trigger.creating = async () => await after(20);
		const answers = await Promise.all(
			Array.from({ length: 100 }, async () => await post(trigger, purchase(1))),
		);
		expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
		expect(trigger.executions).toHaveLength(1);
	});

	it('in any order of deliveries, executions and writes', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 25 }),
				fc.infiniteStream(fc.nat({ max: 4 })),
				async (ids, delays) => {
					const trigger = await open();
					const wait = async () => await after(delays.next().value ?? 0);
					trigger.creating = wait;
					const answers = await Promise.all(
						ids.map(async (id) => {
							await wait();
							return (await post(trigger, purchase(id))).status;
						}),
					);
					expect(new Set(answers)).toEqual(new Set([200]));
					expect(trigger.items.map(({ purchaseId }) => Number(purchaseId)).sort()).toEqual(
						[...new Set(ids)].sort(),
					);

					trigger.restart();
					for (const id of ids) await post(trigger, purchase(id));
					expect(trigger.executions).toHaveLength(new Set(ids).size);
				},
			),
			runs(15, 40),
		);
	}, 60_000);

	it('after a restart', async () => {
		const trigger = await open();
		await Promise.all(Array.from({ length: 50 }, async (_, id) => await post(trigger, purchase(id + 1))));
		trigger.restart();
		for (let id = 1; id <= 50; id++) expect((await post(trigger, purchase(id))).status).toBe(200);
		expect(trigger.executions).toHaveLength(50);
		await post(trigger, purchase(51));
		trigger.restart();
		for (let id = 1; id <= 51; id++) await post(trigger, purchase(id));
		expect(trigger.executions).toHaveLength(51);
	});

	it('although somebody else writes older static data back', async () => {
		const trigger = await open();
		await post(trigger, purchase(1));
		trigger.saved = null;
		await post(trigger, purchase(1));
		expect(trigger.executions).toHaveLength(1);

		await post(trigger, purchase(2));
		trigger.restart();
		await post(trigger, purchase(1));
		expect(trigger.executions).toHaveLength(2);
	});

	it('whatever is in the static data', async () => {
		for (const delivered of ['text', 7, null, { a: 1 }, [null, 1, {}]]) {
			const trigger = await open();
			trigger.saved = JSON.stringify({ 'node:Trigger': { delivered } });
			expect(await statuses(trigger, { name: 'new_digital_product', count: 2 })).toEqual([200, 200]);
			expect(trigger.executions).toHaveLength(1);
		}
	});

	it('apart from another trigger that gets the same events', async () => {
		const [one, other] = [await open(), await open()];
		await post(one, purchase(1));
		await post(other, purchase(1));
		expect(one.executions).toHaveLength(1);
		expect(other.executions).toHaveLength(1);
	});

	it('with no more than 5,000 events in the static data, the newest', async () => {
		const trigger = await open();
		const marks = Array.from({ length: 6_000 }, (_, index) => `mark ${index}`);
		trigger.saved = JSON.stringify({ 'node:Trigger': { delivered: marks } });
		await post(trigger, purchase(1));
		const { delivered } = (JSON.parse(trigger.saved) as Record<string, { delivered: string[] }>)[
			'node:Trigger'
		]!;
		expect(delivered).toHaveLength(5_000);
		expect(delivered.slice(0, -1)).toEqual(marks.slice(-4_999));
		await post(trigger, purchase(1));
		expect(trigger.executions).toHaveLength(1);
	});
});

describe('no event is lost', () => {
	it('when n8n fails to create the execution: it runs when it is delivered once more', async () => {
		const trigger = await open();
		let failures = 3;
		trigger.creating = () => {
			if (failures-- > 0) throw new Error('no database');
		};
		const seen: number[] = [];
		for (let delivery = 0; delivery < 6; delivery++) seen.push((await post(trigger, purchase(1))).status);
		expect(seen).toEqual([500, 500, 500, 200, 200, 200]);
		expect(trigger.executions).toHaveLength(1);
	});

	it('when the first of many at the same moment fails', async () => {
		const trigger = await open();
		let failures = 3;
		trigger.creating = async () => {
			await after(10);
			if (failures-- > 0) throw new Error('no database');
		};
		const answers = await Promise.all(
			Array.from({ length: 20 }, async () => await post(trigger, purchase(1))),
		);
		expect(answers.map(({ status }) => status).filter((status) => status === 500)).toHaveLength(3);
		expect(trigger.executions).toHaveLength(1);
	});

	it('when another is remembered while its own execution fails', async () => {
		const trigger = await open();
		let fail = true;
		trigger.creating = async ([item]) => {
			if (item!.purchaseId !== '1' || !fail) return;
			await after(50);
			throw new Error('no database');
		};
		const failing = post(trigger, purchase(1));
		await after(10);
		expect((await post(trigger, purchase(2))).status).toBe(200);
		expect((await failing).status).toBe(500);
		fail = false;
		trigger.restart();
		expect((await post(trigger, purchase(1))).status).toBe(200);
		expect(trigger.items.map(({ purchaseId }) => purchaseId)).toEqual(['2', '1']);
	});

	it.each([
		['before the execution', 1],
		// The one moment in which an event runs twice.
		['before it is remembered', 2],
		['before the answer', 1],
	] as const)('when n8n crashes %s', async (moment, executions) => {
		const trigger = await open();
		await post(trigger, purchase(1));
		trigger.crashAt(moment);
		await expect(post(trigger, purchase(2))).rejects.toThrow();
		trigger.restart();
		for (const id of [1, 2, 1, 2]) expect((await post(trigger, purchase(id))).status).toBe(200);
		expect(trigger.items.filter(({ purchaseId }) => purchaseId === '2')).toHaveLength(executions);
		expect(trigger.items.filter(({ purchaseId }) => purchaseId === '1')).toHaveLength(1);
	});

	/** Delivers, and gives up before the answer. */
	const giveUp = async (trigger: Webhooks, body: string) => {
		const sender = new AbortController();
		const sent = fetch(trigger.url, {
			method: 'POST',
			body,
			headers: { 'trbt-signature': sign(body) },
			signal: sender.signal,
		}).catch(() => undefined);
		await after(50);
		sender.abort();
		await sent;
		await after(20);
	};

	it('when its sender gives up and n8n finishes it later', async () => {
		const trigger = await open();
		let create = () => {};
		trigger.creating = async () => await new Promise<void>((done) => (create = done));
		await giveUp(trigger, purchase(1));
		expect((await post(trigger, purchase(1))).status).toBe(503);
		create();
		await after(20);
		expect((await post(trigger, purchase(1))).status).toBe(200);
		expect(trigger.executions).toHaveLength(1);
	});

	it('when its sender gives up and n8n fails later', async () => {
		const trigger = await open();
		let fail = () => {};
		trigger.creating = async () => await new Promise<void>((_, failed) => (fail = () => failed(new Error())));
		await giveUp(trigger, purchase(1));
		expect((await post(trigger, purchase(1))).status).toBe(503);
		fail();
		await after(20);
		trigger.creating = () => {};
		expect((await post(trigger, purchase(1))).status).toBe(200);
		expect(trigger.executions).toHaveLength(1);
	});
});
