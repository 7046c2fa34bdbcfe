import axios from 'axios';

import { api, useSandbox } from './support';

/** The page at the sandbox's address: what it shows, and what its buttons and commands do. */
const sandbox = useSandbox();
beforeEach(async () => await sandbox().client.reset());

const http = axios.create({ proxy: false, maxRedirects: 0, validateStatus: () => true });
const page = async (path = '/') => (await http.get<string>(sandbox().url + path)).data;
/** Presses a button as a browser does, and gives the page that follows. */
async function press(action: string, provider = ''): Promise<string> {
	const answer = await http.post(`${sandbox().url}/page/${action}`, new URLSearchParams({ provider }));
	expect(answer.status).toBe(303);
	return await page(answer.headers.location as string);
}
const order = async (target = '@anna') => {
	const { baseUrl, apiKey } = sandbox().providers.teleKartStars;
	return await api(`${baseUrl}/api/v1`, { authorization: `Bearer ${apiKey}` }).post('/orders', {
		product_id: 'stars_50',
		target,
	});
};

it('shows accounts with their credentials, orders, charges and requests', async () => {
	expect(await page()).toContain('No order has been placed yet.');
	const { body } = await order();
	const text = await page();
	expect(text).toContain(body.data.order_id);
	expect(text).toContain('0.83 USD');
	expect(text).toContain('POST /telekart-stars/api/v1/orders');
	for (const { apiKey, baseUrl } of [sandbox().providers.tgMarket, sandbox().n8n]) {
		expect(text).toContain(`<dd>${apiKey}</dd>`);
		expect(text).toContain(`<dd>${baseUrl}</dd>`);
	}
});

it('shows what was sent as text, never as HTML', async () => {
	const { baseUrl, token } = sandbox().providers.gamesDrop;
	const partner = api(`${baseUrl}/api/v1/offers`, { authorization: token });
	const { price } = (await partner.post('/find-one', { offerId: 1001 })).body;
	const transactionId = `<script>alert("it's")</script>`;
	await partner.post('/create-order', { offerId: 1001, price, transactionId });
	expect((await sandbox().client.charges()).charges).toHaveLength(1);
	const text = await page('/?done=%3Cscript%3E');
	expect(text).not.toContain('<script');
	expect(text).toContain('&#60;script&#62;alert(&#34;it&#39;s&#34;)');
});

it('refuses the next order', async () => {
	expect(await press('refusal', 'teleKartStars')).toContain('refuse INVALID_PRODUCT, once');
	expect(await order()).toMatchObject({ status: 422, body: { error: 'INVALID_PRODUCT' } });
	expect((await order()).status).toBe(200);
	expect(await page()).toContain('No failure is waiting for a request.');
});

it('loses the answer to the next order, which is charged', async () => {
	await press('lostAnswer', 'teleKartStars');
	await expect(order()).rejects.toThrow();
	expect((await sandbox().client.charges()).charges).toHaveLength(1);
});

it('empties a wallet and fills it', async () => {
	expect(await press('emptyWallet', 'teleKartStars')).toContain('The wallet at TeleKart Stars is empty.');
	expect((await order()).status).toBe(402);
	await press('fillWallet', 'teleKartStars');
	expect((await order()).status).toBe(200);
});

it.each(['teleKartStars', 'tgMarket', 'tribute', 'aiMarket', 'gamesDrop'])(
	'has a refusal for %s, and takes it back',
	async (provider) => {
		await press('refusal', provider);
		expect(await sandbox().client.faults({ provider: provider as 'tribute' })).toHaveLength(1);
		await press('clearFaults');
		expect(await sandbox().client.faults()).toEqual([]);
	},
);

it('names commands that do the same', async () => {
	const text = (await page()).replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
	const commands = [...text.matchAll(/curl -X (\w+) (\S+) -d '(.*)'/g)];
	expect(commands).toHaveLength(3);
	for (const [, method, url, data] of commands) {
		const headers = { 'content-type': 'application/x-www-form-urlencoded' };
		expect((await http.request({ method, url, data, headers })).status).toBe(200);
	}
	expect((await sandbox().client.faults()).map(({ fault }) => fault.type)).toEqual(['refuse', 'drop']);
	expect(await page()).toContain('0.00 USD');
});

it('knows no other provider', async () => {
	const answer = await http.post(`${sandbox().url}/page/refusal`, new URLSearchParams({ provider: 'x' }));
	expect(answer.status).toBe(400);
});
