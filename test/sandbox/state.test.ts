import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startSandbox, type Sandbox } from '../../sandbox/server';
import { api } from './support';

let folder: string;
let stateFile: string;
const running: Sandbox[] = [];
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'sandbox-state-'));
	stateFile = join(folder, 'deep', 'state.json');
});
afterEach(async () => {
	for (const sandbox of running.splice(0)) await sandbox.close();
	await rm(folder, { recursive: true, force: true });
});

/** Without the other one being closed: as after a crash. */
async function start(): Promise<Sandbox> {
	const sandbox = await startSandbox({ stateFile });
	running.push(sandbox);
	return sandbox;
}

function clients({ providers }: Sandbox) {
	const { teleKartStars, tgMarket, aiMarket, gamesDrop, tribute } = providers;
	return {
		teleKart: api(`${teleKartStars.baseUrl}/api/v1`, { authorization: `Bearer ${teleKartStars.apiKey}` }),
		tgMarket: api(`${tgMarket.baseUrl}/api/v2`, { authorization: `Bearer ${tgMarket.apiKey}` }),
		aiMarket: api(`${aiMarket.baseUrl}/api/v1`, { 'x-api-key': aiMarket.apiKey }),
		gamesDrop: api(`${gamesDrop.baseUrl}/api/v1/offers`, { authorization: gamesDrop.token }),
		tribute: api(`${tribute.baseUrl}/api/v1`, { 'api-key': tribute.apiKey }),
	};
}

const offer = { offerId: 101, price: 0.85, customer: { gameUserId: '52357322414' } };

async function buy(sandbox: Sandbox, key: string) {
	const { teleKart, tgMarket, aiMarket, gamesDrop } = clients(sandbox);
	const { body: found } = await gamesDrop.post('/find-one', { offerId: offer.offerId });
	return {
		teleKart: (await teleKart.post('/orders', { product_id: 'stars_50', target: '@anna' })).body.data
			.order_id,
		tgMarket: (await tgMarket.post('/stars', { username: 'anna', amount: 50 })).body.order_id,
		aiMarket: (
			await aiMarket.post('/purchase', { product_id: '002', quantity: 1 }, { 'idempotency-key': key })
		).body,
		gamesDrop: (await gamesDrop.post('/create-order', { ...offer, price: found.price, transactionId: key }))
			.body.orderId,
	};
}

async function balances(sandbox: Sandbox) {
	const { teleKart, tgMarket, aiMarket, gamesDrop } = clients(sandbox);
	return [
		(await teleKart.get('/balance')).body,
		(await tgMarket.get('/balance')).body,
		(await aiMarket.get('/balance')).body,
		(await gamesDrop.get('/balance')).body,
	];
}

it('goes on after a restart: balances, orders, charges, keys and numbers', async () => {
	const before = await start();
	const other = await before.client.createAccount({ provider: 'tgMarket', balance: 5 });
	const bought = await buy(before, 'key');
	await before.client.changeProduct({ provider: 'aiMarket', productId: '003', price: 77 });
	await before.client.changeProduct({ provider: 'gamesDrop', productId: '1001', price: 77 });
	await before.client.setDataTable({
		name: 'orders',
		columns: [{ name: 'state', type: 'string' }],
		rows: [{ state: 'pending' }],
	});
	const { tribute } = clients(before);
	expect((await tribute.post('/products/purchases/12345/cancel')).status).toBe(200);
	const link = { amount: 500, currency: 'eur', title: 'Game key', description: 'Delivered at once' };
	const { uuid } = (await tribute.post('/shop/orders', link)).body;
	await before.client.playTributeOrder({ orderId: uuid, event: 'paid' });
	const was = { balances: await balances(before), charges: await before.client.charges() };

	const after = await start();
	expect(await balances(after)).toEqual(was.balances);
	expect(await after.client.charges()).toEqual(was.charges);
	const { teleKart, tgMarket, aiMarket, gamesDrop, tribute: creator } = clients(after);
	expect((await teleKart.get(`/orders/${bought.teleKart}`)).body.data.order_id).toBe(bought.teleKart);
	expect((await tgMarket.get(`/order/${bought.tgMarket}`)).body.order_id).toBe(bought.tgMarket);
	expect((await gamesDrop.post('/order-status', { transactionId: 'key' })).body.orderId).toBe(
		bought.gamesDrop,
	);
	expect((await creator.post('/products/purchases/12345/cancel')).status).toBe(400);
	expect((await creator.get(`/shop/orders/${uuid}`)).body).toMatchObject({ ...link, status: 'paid' });
	expect((await after.client.accounts()).find(({ key }) => key === other.key)).toMatchObject({ balance: 5 });
	expect((await gamesDrop.post('/find-one', { offerId: 1001 })).body.price).toBe(77);
	expect(
		(await aiMarket.get('/products')).body.products.find(({ id }: { id: string }) => id === '003').price,
	).toBe(77);
	expect((await after.client.dataTables())[0]).toMatchObject({ rows: [{ id: 1, state: 'pending' }] });

	const repeated = await aiMarket.post(
		'/purchase',
		{ product_id: '002', quantity: 1 },
		{ 'idempotency-key': 'key' },
	);
	expect(repeated.body).toEqual(bought.aiMarket);
	const next = await buy(after, 'another key');
	expect(Number(next.teleKart)).toBe(Number(bought.teleKart) + 1);
	expect(next.tgMarket).toBe(bought.tgMarket + 1);
	expect(next.gamesDrop).toBe(bought.gamesDrop + 1);
	expect(next.aiMarket.codes).not.toEqual(bought.aiMarket.codes);
	const { charges } = await after.client.charges();
	expect(new Set(charges.map(({ id }) => id)).size).toBe(9);
});

it('knows a purchase whose answer was lost', async () => {
	const before = await start();
	await before.client.addFault({
		provider: 'teleKartStars',
		operation: 'order.create',
		fault: { type: 'drop', phase: 'after' },
	});
	await expect(
		clients(before).teleKart.post('/orders', { product_id: 'stars_50', target: '@anna' }),
	).rejects.toThrow();
	expect((await (await start()).client.charges()).charges).toHaveLength(1);
});

it('gives back what orders that ended meanwhile had taken, once', async () => {
	const before = await start();
	const [{ balance_usd: full }] = [(await clients(before).tgMarket.get('/balance')).body];
	const { tgMarket } = await buy(before, 'key');
	await before.client.changeOrder({
		provider: 'tgMarket',
		orderId: tgMarket,
		timeline: [
			{ afterMs: 0, status: 'pending' },
			{ afterMs: 1, status: 'failed' },
		],
	});
	for (let restart = 0; restart < 2; restart++) {
		const after = await start();
		const { body } = await clients(after).tgMarket.get('/balance');
		expect(body).toMatchObject({ balance_usd: full, locked_usd: 0 });
		expect((await after.client.charges()).refunds).toHaveLength(1);
		await after.client.advanceClock(1);
	}
});

it('begins anew without a file, and says what to do with one it cannot read', async () => {
	const sandbox = await start();
	await sandbox.client.advanceClock(1000);
	expect(JSON.parse(await readFile(stateFile, 'utf8'))).toMatchObject({ version: 1, clock: 1000 });
	await writeFile(stateFile, '{"version": 1, "clo');
	await expect(startSandbox({ stateFile })).rejects.toThrow(
		`The sandbox cannot read its state in ${stateFile} (`,
	);
	await writeFile(stateFile, '{"version": 99}');
	await expect(startSandbox({ stateFile })).rejects.toThrow(/version 99.*Delete the file to begin anew/);
});
