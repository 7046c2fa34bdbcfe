import { createHash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { Account, Accounts, randomKey, type OpenedSpec } from '../accounts';
import { gamesDropOffers, testOfferId, usdPer, type Offer, type Settlement } from '../catalogs/gamesDrop';
import { toCents } from '../charges';
import { OrderBook, type Order } from '../orders';
import {
	bearer,
	isRecord,
	ok,
	refusals,
	Reply,
	withRetryAfter,
	type Call,
	type Provider,
	type World,
} from '../provider';

/*
 * GamesDrop. Where the document is silent: an error is {code, message} with the status beside it below; a top-up
 * carries the two isRequired… fields, a key does not; a player id is valid when it has 5 to 20 digits and does not
 * start with 0; an order for a player who is not ends as CANCELED and gives its money back. The dashboard's JWT
 * opens /balance and its transactions, the shop's token everything else.
 */

const currency = 'USD';

/** Telegram ids the document and its list of delivery errors name: Stars for them are not delivered. */
const undeliverable: Record<string, string> = {
	'123456789': 'user not found',
	'123456790': 'STARGIFT_INVALID',
	'123456791': 'bot was blocked by user',
};

interface GamesDropOrder extends Order {
	number: number;
	transactionId: string;
	offer: Offer;
	price: number;
	customer: Customer;
	key: string | null;
	message: string | null;
	/** What it took from the balance. */
	usd: number;
}

interface Customer {
	email?: string;
	gameUserId?: string;
	gameServerId?: string;
}

interface Transaction {
	id: number;
	amount: number;
	type: 'DEPOSIT' | 'PURCHASE' | 'REFUND';
	description: string;
	balanceAfter: number;
	createdAt: string;
}

class GamesDropAccount extends Account {
	readonly partnerId = 123 + this.spec.index;
	readonly balanceProfile: Settlement = this.spec.balanceProfile ?? 'USDT';
	readonly isPostpaid: boolean = this.spec.isPostpaid ?? false;
	readonly dashboardToken: string;
	/** Order ids by the buyer's transaction ids. */
	readonly byTransaction = new Map<string, string>();
	readonly transactions: Transaction[] = [];

	constructor(
		spec: OpenedSpec,
		readonly orders: OrderBook<GamesDropOrder>,
	) {
		super(spec);
		this.dashboardToken = spec.dashboardToken ?? dashboardJwt(this.partnerId);
	}

	sees(offer: Offer): boolean {
		return (
			this.balanceProfile === 'MIXED' ||
			offer.product.settlementMethod === 'MIXED' ||
			offer.product.settlementMethod === this.balanceProfile
		);
	}
}

export function gamesDrop({ clock, charges, settings }: World): Provider<GamesDropAccount> {
	const name = 'gamesDrop';

	const refuse = refusals(
		{
			INVALID_TOKEN: [401, 'Invalid authorization token'],
			OFFER_NOT_FOUND: [404, 'Product not found or no access'],
			OUT_OF_STOCK: [409, 'Offer is out of stock'],
			TRANSACTION_DUPLICATE: [409, 'Duplicate transaction'],
			WRONG_PRICE: [400, 'Incorrect product price'],
			ORDER_NOT_FOUND: [404, 'Order not found'],
			ORDER_NOT_PROCESSING: [409, 'Order is not yet processing'],
			ORDER_NOT_COMPLETED: [409, 'Order is not yet completed'],
			ORDER_ALREADY_CANCELED: [409, 'Order is already canceled'],
			ORDER_ALREADY_REFUNDED: [409, 'Order is already refunded'],
			SERVICE_UNAVAILABLE: [503, 'Service temporarily unavailable'],
			INVALID_REQUEST_BODY: [400, 'Invalid request format'],
			INSUFFICIENT_BALANCE: [402, 'Insufficient account balance'],
			BALANCE_UNAVAILABLE: [503, 'Balance temporarily unavailable'],
			RATE_LIMITED: [429, 'Too many requests'],
			NOT_FOUND: [404, 'Not found'],
			INTERNAL_ERROR: [500, 'Internal server error'],
		},
		(code, message) => ({ code, message }),
	);
	const badBody = (message: string) => refuse('INVALID_REQUEST_BODY', { message });

	const state = {
		lastOrder: 10_222_501,
		lastTransaction: 0,
		/** What was changed of the catalog, by offer. */
		changes: new Map<number, Partial<Offer>>(),
	};
	let catalog: Catalog | undefined;
	/** Made when it is first asked for: most sandboxes never show their 12,000 offers. */
	const offers = () => (catalog ??= new Catalog(state.changes));

	const accounts = new Accounts(
		{
			key: 'sandbox0000000000000000000000token',
			balance: 1000,
			rate: null,
			...settings.accounts[name],
		},
		randomKey(''),
		(spec) => {
			const account: GamesDropAccount = new GamesDropAccount(
				spec,
				new OrderBook(clock, (order) => {
					if (/^(CANCELL?ED|FAILED|REFUND(ED)?)$/.test(order.status)) giveBack(account, order);
				}),
			);
			if (account.balance > 0) record(account, 'DEPOSIT', account.balance, 'Balance top-up');
			return account;
		},
	);

	function record(
		account: GamesDropAccount,
		type: Transaction['type'],
		amount: number,
		description: string,
	): void {
		account.transactions.push({
			id: ++state.lastTransaction,
			amount,
			type,
			description,
			balanceAfter: account.balance,
			createdAt: new Date(clock.now()).toISOString(),
		});
	}

	function giveBack(account: GamesDropAccount, order: GamesDropOrder): void {
		if (order.refunded || order.usd === 0) return;
		order.refunded = true;
		account.balance = toCents(account.balance + order.usd);
		record(account, 'REFUND', order.usd, `Refund - ${order.offer.product.name}`);
		charges.refund({
			provider: name,
			account: account.name,
			operation: 'order.cancel',
			orderId: String(order.number),
			amount: order.usd,
			currency,
			chargeId: order.charge.id,
		});
	}

	function fields(body: unknown): Record<string, unknown> {
		if (!isRecord(body)) throw badBody('Body must be a JSON object');
		return body;
	}

	function offerFor(account: GamesDropAccount, offerId: unknown): Offer {
		if (!Number.isInteger(offerId)) throw badBody('offerId must be a number');
		const offer = offers().get(offerId as number);
		if (!offer || !account.sees(offer)) throw refuse('OFFER_NOT_FOUND');
		return offer;
	}

	function readCustomer(customer: unknown = {}): Customer {
		if (!isRecord(customer)) throw badBody('customer must be an object');
		for (const field of ['email', 'gameUserId', 'gameServerId']) {
			const value = customer[field];
			if (value !== undefined && typeof value !== 'string')
				throw badBody(`customer.${field} must be a string`);
		}
		return customer;
	}

	function checkCustomer(offer: Offer, { gameUserId, gameServerId }: Customer): void {
		if (offer.product.needsGameUserId && !gameUserId) throw badBody('customer.gameUserId is required');
		if (offer.stars && !/^\d+$/.test(gameUserId ?? '')) {
			throw badBody('customer.gameUserId must be a numeric Telegram User ID');
		}
		if (offer.product.needsGameServerId && !gameServerId) throw badBody('customer.gameServerId is required');
	}

	function createOrder({ account, body }: Call<GamesDropAccount>): Reply {
		const { offerId, price, transactionId, customer: rawCustomer } = fields(body);
		if (typeof price !== 'number') throw badBody('price must be a number');
		if (typeof transactionId !== 'string' || !transactionId) throw badBody('transactionId must be a string');
		const customer = readCustomer(rawCustomer);
		if (account.byTransaction.has(transactionId)) throw refuse('TRANSACTION_DUPLICATE');

		const offer = offerFor(account, offerId);
		if (price !== offer.price) throw refuse('WRONG_PRICE');
		if (!offer.inStock) throw refuse('OUT_OF_STOCK');
		const isTest = offer.id === testOfferId;
		if (!isTest) checkCustomer(offer, customer);

		const charged = offer.orderedPrice ?? offer.price;
		const usd = isTest ? 0 : Math.max(toCents(charged * usdPer[offer.product.currency]), 0.01);
		account.orders.advanceAll();
		if (usd > account.balance && !account.isPostpaid) throw refuse('INSUFFICIENT_BALANCE');

		const number = ++state.lastOrder;
		account.balance = toCents(account.balance - usd);
		if (!isTest) record(account, 'PURCHASE', -usd, `API Purchase - ${offer.product.name}`);
		account.byTransaction.set(transactionId, String(number));
		const { timeline, message } = course(account, offer, customer);
		const order = account.orders.add({
			id: String(number),
			number,
			transactionId,
			offer,
			price: charged,
			customer,
			usd,
			key: offer.product.isKey && !offer.stars ? voucher(number) : null,
			message,
			createdAt: clock.now(),
			status: 'SUBMITTED',
			timeline,
			refunded: false,
			extra: {},
			charge: charges.charge({
				provider: name,
				account: account.name,
				operation: 'order.create',
				orderId: String(number),
				productId: String(offer.id),
				recipient: customer.gameUserId ?? customer.email ?? null,
				quantity: 1,
				amount: isTest ? 0 : charged,
				currency: offer.product.currency,
				key: transactionId,
			}),
		});
		return ok(orderView(order));
	}

	/** How an order of this offer goes: keys and Stars at once, top-ups in time, and some not at all. */
	function course(account: GamesDropAccount, offer: Offer, { gameUserId, gameServerId }: Customer) {
		const failure = offer.stars
			? undeliverable[gameUserId ?? '']
			: !offer.product.isKey && !isPlayer(offer, gameUserId, gameServerId)
				? 'player not found'
				: undefined;
		const goal = failure === undefined ? 'COMPLETED' : 'CANCELED';
		const message =
			failure === undefined ? null : `Failed to deliver ${offer.stars ? 'Stars' : 'top-up'}: ${failure}`;
		const atOnce = offer.id === testOfferId || (offer.product.isKey && !account.timeline);
		const steps = account.timeline ?? settings.timelines.gamesDrop;
		if (atOnce) return { message, timeline: [{ afterMs: 0, status: goal }] };
		const timeline = steps.map((step) => (step.status === 'COMPLETED' ? { ...step, status: goal } : step));
		return { message, timeline };
	}

	function orderStatus({ account, body }: Call<GamesDropAccount>): Reply {
		const { orderId, transactionId } = fields(body);
		if (orderId === undefined && transactionId === undefined)
			throw badBody('orderId or transactionId is required');
		if (orderId !== undefined && !Number.isInteger(orderId)) throw badBody('orderId must be a number');
		if (transactionId !== undefined && typeof transactionId !== 'string') {
			throw badBody('transactionId must be a string');
		}
		const id = orderId === undefined ? account.byTransaction.get(transactionId ?? '') : String(orderId);
		const order = id === undefined ? undefined : account.orders.get(id);
		if (!order) throw refuse('ORDER_NOT_FOUND');
		return ok(orderView(order));
	}

	function sync({ account, body }: Call<GamesDropAccount>): Reply {
		const { limit = 1000, page = 1, search, category } = body === undefined ? {} : fields(body);
		if (!isWhole(limit) || limit > 5000) throw badBody('limit must be a number from 1 to 5000');
		if (!isWhole(page)) throw badBody('page must be a number from 1');
		if (search !== undefined && typeof search !== 'string') throw badBody('search must be a string');
		if (category !== undefined && typeof category !== 'string') throw badBody('category must be a string');
		return ok(offers().page({ profile: account.balanceProfile, limit, page, search, category }, account));
	}

	function findOne({ account, body }: Call<GamesDropAccount>): Reply {
		const offer = offerFor(account, fields(body).offerId);
		return ok({
			offerId: offer.id,
			productName: offer.product.name,
			offerName: offer.name,
			count: 1,
			price: offer.price,
			currency: offer.product.currency,
			settlementMethod: offer.product.settlementMethod,
			balanceProfile: account.balanceProfile,
			isSettlementCompatible: true,
			isReturnDataForCustomer: offer.product.isKey,
		});
	}

	const servers = ({ account, body }: Call<GamesDropAccount>) =>
		ok(offerFor(account, fields(body).offerId).product.servers);

	function checkGameData({ account, body }: Call<GamesDropAccount>): Reply {
		const { offerId, gameUserId, gameServerId } = fields(body);
		const offer = offerFor(account, offerId);
		if (typeof gameUserId !== 'string' || !gameUserId) throw badBody('gameUserId must be a string');
		if (gameServerId !== undefined && typeof gameServerId !== 'string') {
			throw badBody('gameServerId must be a string');
		}
		const valid = offer.id === testOfferId || isPlayer(offer, gameUserId, gameServerId);
		return ok(valid ? { status: 'VALID', gameUserLogin: loginOf(gameUserId) } : { status: 'INVALID' });
	}

	function balance({ account }: Call<GamesDropAccount>): Reply {
		account.orders.advanceAll();
		return ok({
			balance: account.balance,
			draftBalance: 0,
			isPostpaid: account.isPostpaid,
			balanceProfile: account.balanceProfile,
			currency: { id: 3, code: currency },
			partnerId: account.partnerId,
		});
	}

	function transactions({ account, query }: Call<GamesDropAccount>): Reply {
		const page = Number(query.page ?? 1);
		const limit = Number(query.limit ?? 20);
		if (!isWhole(page) || !isWhole(limit)) throw badBody('page and limit must be numbers from 1');
		account.orders.advanceAll();
		const { length: total } = account.transactions;
		const end = Math.max(total - (page - 1) * limit, 0);
		const latestFirst = account.transactions.slice(Math.max(end - limit, 0), end).reverse();
		return ok({ transactions: latestFirst, total });
	}

	function withDashboardToken(headers: IncomingHttpHeaders): GamesDropAccount {
		const token = bearer(headers);
		for (const account of accounts.all()) {
			if (account.dashboardToken === token && !account.suspended) return account;
		}
		throw refuse('INVALID_TOKEN');
	}

	const post = (path: string, operation: string, handle: (call: Call<GamesDropAccount>) => Reply) => ({
		method: 'POST' as const,
		path,
		operation,
		handle,
	});

	return {
		name,
		title: 'GamesDrop',
		currency,
		prefix: '/gamesdrop',
		accounts,
		state,
		refuse,
		tellsRetryDelay: false,

		/** The token as it is: with "Bearer " before it, it is another, unknown one. */
		authenticate(headers) {
			const account = accounts.withKey(headers.authorization ?? '');
			if (!account || account.suspended) throw refuse('INVALID_TOKEN');
			return account;
		},
		rateLimited: (seconds) => withRetryAfter(refuse('RATE_LIMITED'), seconds),
		unreadableBody: () => badBody('Body is not valid JSON'),
		unknownPath: () => refuse('NOT_FOUND'),
		serverError: () => refuse('INTERNAL_ERROR'),
		credentials: (account, origin) => ({
			token: account.key,
			baseUrl: `${origin}/gamesdrop`,
			telegramBaseUrl: `${origin}/gamesdrop-telegram`,
			dashboardToken: account.dashboardToken,
		}),

		routes: [
			{ method: 'GET', path: '/api/v1/offers/balance', operation: 'balance.get', handle: balance },
			{
				method: 'GET',
				path: '/api/v1/balance',
				operation: 'balance.get',
				authenticate: withDashboardToken,
				handle: balance,
			},
			{
				method: 'GET',
				path: '/api/v1/balance/transactions',
				operation: 'transaction.getAll',
				authenticate: withDashboardToken,
				handle: transactions,
			},
			post('/api/v1/offers/find-one', 'product.get', findOne),
			post('/api/v1/offers/sync', 'product.getAll', sync),
			post('/api/v1/offers/servers', 'product.getServers', servers),
			post('/api/v1/partner/product-offer/servers', 'product.getServers', servers),
			post('/api/v1/offers/check-game-data', 'player.validate', checkGameData),
			post('/api/v1/offers/create-order', 'order.create', createOrder),
			post('/api/v1/offers/order-status', 'order.get', orderStatus),
			{
				prefix: '/gamesdrop-telegram',
				...post('/api/aggregator/a6/telegram/user-info', 'telegramUser.get', ({ body }) => {
					const { username } = fields(body);
					if (typeof username !== 'string' || !username.trim()) throw badBody('username must be a string');
					return ok(telegramUser(username.trim()));
				}),
			},
		],

		ordersOf: ({ orders }) => orders.views(),
		changeOrder(account, orderId, _type, change) {
			const order = account.orders.change(orderId, change);
			return order && orderView(order);
		},
		changeProduct: (productId, { price, available, stock }) =>
			offers().change(Number(productId), {
				...(price !== undefined && { price, orderedPrice: price }),
				...(stock !== undefined && { inStock: stock > 0 }),
				...(available !== undefined && { inStock: available }),
			}),
		restock() {
			catalog = undefined;
			state.changes = new Map();
		},
	};
}

interface PageRequest {
	profile: Settlement;
	limit: number;
	page: number;
	search: string | undefined;
	category: string | undefined;
}

interface Entry {
	offer: Offer;
	/** The text that is searched. */
	text: string;
	/** The offer as a page has it, written when a page first needs it. */
	row?: string | undefined;
}

/** The offers, ready to be sent: pages of 5,000 rows are put together from rows written once. */
class Catalog {
	private readonly entries = gamesDropOffers().map((offer): Entry => ({
		offer,
		text: `${offer.product.name} ${offer.name}`.toLowerCase(),
	}));
	private readonly byId = new Map(this.entries.map((entry) => [entry.offer.id, entry]));
	private readonly visible = new Map<Settlement, Entry[]>();
	private readonly pages = new Map<string, string>();

	/** @param changes what differs from the offers as they are made, by ID; later changes are added to it */
	constructor(private readonly changes: Map<number, Partial<Offer>>) {
		for (const [id, change] of changes) this.change(id, change);
	}

	get(id: number): Offer | undefined {
		return this.byId.get(id)?.offer;
	}

	change(id: number, change: Partial<Offer>): Offer | undefined {
		const entry = this.byId.get(id);
		if (!entry) return undefined;
		Object.assign(entry.offer, change);
		this.changes.set(id, { ...this.changes.get(id), ...change });
		entry.row = undefined;
		this.pages.clear();
		return entry.offer;
	}

	/** The whole answer as JSON text. */
	page(request: PageRequest, account: GamesDropAccount): string {
		const id = JSON.stringify(request);
		const known = this.pages.get(id);
		if (known !== undefined) return known;

		const entries = this.matching(request, account);
		const start = (request.page - 1) * request.limit;
		const rows = entries.slice(start, start + request.limit).map((entry) => (entry.row ??= row(entry.offer)));
		const text = `{"count":${entries.length},"rows":[${rows.join(',')}]}`;
		// Searches are as many as their words; only pages of the whole catalog are asked for repeatedly.
		if (request.search === undefined && this.pages.size < 100) this.pages.set(id, text);
		return text;
	}

	private matching({ profile, search, category }: PageRequest, account: GamesDropAccount): Entry[] {
		let entries = this.visible.get(profile);
		if (!entries) {
			entries = this.entries.filter(({ offer }) => account.sees(offer));
			this.visible.set(profile, entries);
		}
		if (category) {
			const wanted = normalCategory(category);
			entries = entries.filter(({ offer }) => normalCategory(offer.product.category) === wanted);
		}
		if (search) {
			const wanted = search.trim().toLowerCase();
			entries = entries.filter(({ text }) => text.includes(wanted));
		}
		return entries;
	}
}

const row = (offer: Offer): string =>
	JSON.stringify({
		productId: offer.product.id,
		productName: offer.product.name,
		offerGroupId: offer.id,
		offerGroupName: offer.name,
		price: offer.price,
		currency: offer.product.currency,
		inStock: offer.inStock,
		...requirements(offer),
	});

/** `Top Up` and its old name `TOP_UP`, `Gift Cards` and `GIFT_CARD`. */
const normalCategory = (category: string): string =>
	category.toLowerCase().replace('_', ' ').replace(/s$/, '');

const requirements = (offer: Offer) =>
	offer.product.isKey && !offer.product.needsGameUserId
		? {}
		: {
				isRequiredGameUserId: offer.product.needsGameUserId,
				isRequiredGameServerId: offer.product.needsGameServerId,
			};

function orderView(order: GamesDropOrder): object {
	const { offer, status, message } = order;
	const over = /^(CANCELL?ED|FAILED|REFUND(ED)?)$/.test(status);
	const delivered = status === 'COMPLETED';
	const trouble = over && { message: message ?? `Order ended as ${status}` };
	const created = new Date(order.createdAt).toISOString();

	if (offer.stars) {
		const fulfillmentData = {
			telegram_user_id: Number(order.customer.gameUserId),
			stars_amount: offer.stars,
			...(delivered && {
				transaction_id: `tg_tx_${order.number.toString(36)}`,
				delivery_status: 'completed',
			}),
			...(over && { delivery_status: 'failed', error_message: message?.split(': ')[1] ?? status }),
		};
		if (over) {
			return {
				orderId: order.number,
				status,
				...trouble,
				fulfillmentData,
				createdAt: created,
				...order.extra,
			};
		}
		return { ...ordered(order), fulfillmentData, createdAt: created, ...order.extra };
	}
	return {
		...ordered(order),
		...trouble,
		...requirements(offer),
		...(delivered && order.key !== null && { key: order.key }),
		createdAt: created.replace('T', ' ').replace('Z', '+00'),
		...order.extra,
	};
}

const ordered = ({ offer, ...order }: GamesDropOrder) => ({
	orderId: order.number,
	count: 1,
	price: order.price,
	currency: offer.product.currency,
	offerId: offer.id,
	productName: offer.product.name,
	offerName: offer.name,
	status: order.status,
	isReturnDataForCustomer: offer.product.isKey,
});

/** Twelve digits, as in the document's sample; unique because the order's number is in them. */
const voucher = (orderNumber: number): string =>
	String(orderNumber) + String(randomBytes(2).readUInt16BE() % 10_000).padStart(4, '0');

function isPlayer(offer: Offer, gameUserId = '', gameServerId?: string): boolean {
	const ids = Object.values(offer.product.servers);
	const rightServer =
		!offer.product.needsGameServerId || (ids.length ? ids.includes(gameServerId ?? '') : !!gameServerId);
	return /^[1-9]\d{4,19}$/.test(gameUserId) && rightServer;
}

const loginOf = (gameUserId: string): string =>
	gameUserId === '52357322414' ? 'JJJ' : `Player${gameUserId.slice(-4)}`;

const igor = {
	id: 143594291,
	first_name: 'Igor',
	username: 'igoryan34',
	photo_url: 'AQADAgADRKgxGzMTjwgABCAI...',
};

/** People have a name they gave and an id, unless their username starts with "private": they never met the bot. */
function telegramUser(asked: string): object {
	const username = asked.replace(/^@/, '');
	if (username.toLowerCase() === igor.username || username === String(igor.id)) return verified(igor);
	if (/^\d+$/.test(username)) {
		return verified({ id: Number(username), first_name: `User ${username}`, username: `user_${username}` });
	}
	if (!/^[a-z]\w{3,31}$/i.test(username)) {
		return { valid: false, username, userInfo: null, message: 'Username format is invalid' };
	}
	if (username.toLowerCase().startsWith('private')) {
		return {
			valid: true,
			username,
			userInfo: { username, first_name: username },
			message:
				'Username format is valid, but user details are not publicly available. Full verification requires user interaction with the bot.',
		};
	}
	const hash = createHash('sha256').update(username.toLowerCase()).digest();
	return verified({ id: 200_000_000 + (hash.readUInt32BE() % 800_000_000), first_name: username, username });
}

const verified = (userInfo: { id: number; first_name: string; username: string; photo_url?: string }) => ({
	valid: true,
	username: userInfo.username,
	userInfo,
	message: 'User account verified successfully',
});

const isWhole = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1;

/** The dashboard's token: three parts as of a JWT, signed by nobody. */
function dashboardJwt(partnerId: number): string {
	const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url');
	return `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ partnerId, scope: 'dashboard' })}.${'sandbox'.repeat(6)}`;
}
