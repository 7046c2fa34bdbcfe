import fc from 'fast-check';
import { tributeEventNames } from '../../../sandbox/catalogs/tributeEvents';
import { runs } from '../../support/full';
import { everything, expectNoExecution, purchase, useTributeTrigger } from '../support/tributeTrigger';

const { key, sign, statuses, open, openWithKey, post } = useTributeTrigger();

describe('the signature', () => {
	it.each(['wrong', 'none', 'malformed'] as const)('%s is answered with 401', async (signWith) => {
		const trigger = await open();
		expect(await statuses(trigger, { name: 'new_digital_product', signWith })).toEqual([401]);
		expect(await statuses(trigger, { name: '', rawBody: 'no event either', signWith })).toEqual([401]);
		expectNoExecution(trigger);
	});

	it.each([
		['in upper case', (hex: string) => hex.toUpperCase()],
		['behind "sha256="', (hex: string) => `sha256=${hex}`],
		['in white space', (hex: string) => ` ${hex} `],
	])('%s is accepted', async (_, write) => {
		const trigger = await open();
		expect((await post(trigger, purchase(1), write(sign(purchase(1))))).status).toBe(401);
		const body = purchase(1);
		expect((await post(trigger, body, write(sign(body)))).status).toBe(200);
		expect(trigger.items).toHaveLength(1);
	});

	it('holds for any bytes, and nothing but an event runs', async () => {
		const trigger = await open(everything);
		await fc.assert(
			fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
				expect((await post(trigger, bytes)).status).toBe(400);
				expect((await post(trigger, bytes, sign(bytes, 'another key'))).status).toBe(401);
			}),
			runs(70, 200),
		);
		expectNoExecution(trigger);
	});

	it('never throws at any JSON, and answers 200 or 400 to what is signed', async () => {
		const trigger = await open(everything);
		const names = fc.oneof(fc.constantFrom(...tributeEventNames), fc.string(), fc.jsonValue());
		const bodies = fc.oneof(
			fc.json(),
			fc
				.record({ name: names, created_at: fc.jsonValue(), payload: fc.jsonValue() }, { requiredKeys: [] })
				.map((event) => JSON.stringify(event)),
		);
		await fc.assert(
			fc.asyncProperty(bodies, async (body) => {
				expect([200, 400]).toContain((await post(trigger, body)).status);
			}),
			runs(100, 300),
		);
		expect(trigger.thrown).toEqual([]);
	});

	it('fails when one byte of body or signature differs', async () => {
		const trigger = await open(everything);
		const change = fc.record({ where: fc.nat(), by: fc.integer({ min: 1, max: 255 }), inBody: fc.boolean() });
		await fc.assert(
			fc.asyncProperty(change, async ({ where, by, inBody }) => {
				const body = Buffer.from(purchase(1));
				const signature = sign(body);
				if (inBody) {
					body[where % body.length]! ^= by;
					expect((await post(trigger, body, signature)).status).toBe(401);
				} else {
					const at = where % signature.length;
					const other = ((parseInt(signature[at]!, 16) + 1 + (by % 15)) % 16).toString(16);
					const forged = signature.slice(0, at) + other + signature.slice(at + 1);
					expect((await post(trigger, body, forged)).status).toBe(401);
				}
			}),
			runs(100, 300),
		);
		expectNoExecution(trigger);
	});

	it('fails when anything is in its header but itself', async () => {
		const trigger = await open();
		const printable = fc.string({
			unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)),
		});
		await fc.assert(
			fc.asyncProperty(printable, fc.constantFrom('', ',', ' '), async (text, separator) => {
				const body = purchase(1);
				expect((await post(trigger, body, text)).status).toBe(401);
				fc.pre(text.trim() !== '' && text.trim() !== 'sha256=');
				expect((await post(trigger, body, text + separator + sign(body))).status).toBe(401);
			}),
			runs(70, 200),
		);
		expectNoExecution(trigger);
	});

	it('is that of the key as it was issued, however it was pasted', async () => {
		for (const apiKey of [` ${key()}\n`, `Bearer ${key()}`, `\u200b${key()}`]) {
			const trigger = await openWithKey(apiKey);
			expect(await statuses(trigger, { name: 'new_digital_product' })).toEqual([200]);
			expect(trigger.items).toHaveLength(1);
		}
	});

	it('is asked for even where there is no key to check it with', async () => {
		for (const apiKey of ['', ' ', 'Bearer ', undefined]) {
			const trigger = await openWithKey(apiKey);
			const body = purchase(1);
			expect((await post(trigger, body, sign(body, ''))).status).toBe(401);
			expect((await post(trigger, body, sign(body, 'undefined'))).status).toBe(401);
			expect((await post(trigger, body, null)).status).toBe(401);
			expectNoExecution(trigger);
		}
		const without = await open({}, {});
		const body = purchase(1);
		for (const signature of [sign(body), sign(body, ''), null]) {
			expect((await post(without, body, signature)).status).toBe(401);
		}
		expectNoExecution(without);
	});
});
