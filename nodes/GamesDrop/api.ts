import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import type { Balance } from '../shared/domain/balance';
import { perUnit, times } from '../shared/domain/money';
import { stateOf, type Order, type OrderReference, type OrderState } from '../shared/domain/order';
import { starsInName, type Product } from '../shared/domain/product';
import { ProviderError } from '../shared/errors/providerError';
import type { Api } from '../shared/http/api';
import { collectPages, type Page } from '../shared/async/collectPages';
import { amount, optional, text, type Parsed } from '../shared/http/schemas';
import { DISPLAY_NAME, INVALID, NAME, ORDER_NOT_FOUND } from './connections';

/**
 * GamesDrop sells game keys, gift cards, top-ups and Telegram Stars: keys at once, top-ups within an hour.
 * Source: https://gamesdrop.io/docs/partner-api ("GamesDrop.io API - Merchant Guide"). Its offer groups are
 * what this package calls products. Prices are in each product's own currency, the balance is in USD.
 */
export const BALANCE_CURRENCY = 'USD';
/** Costs nothing and is always delivered. */
export const TEST_OFFER = '999';

const BALANCE = '/api/v1/offers/balance';
/** For the dashboard by the document, but some accounts have their balance here only. */
const OTHER_BALANCE = '/api/v1/balance';
const TRANSACTIONS = '/api/v1/balance/transactions';
const SYNC = '/api/v1/offers/sync';
const FIND_ONE = '/api/v1/offers/find-one';
const SERVERS = '/api/v1/offers/servers';
const CHECK_PLAYER = '/api/v1/offers/check-game-data';
const CREATE_ORDER = '/api/v1/offers/create-order';
const ORDER_STATUS = '/api/v1/offers/order-status';
const TELEGRAM_USER = '/api/aggregator/a6/telegram/user-info';

export const MOST_OFFERS_A_PAGE = 5_000;
const MOST_TRANSACTIONS_A_PAGE = 100;

/** Keys and Stars complete at once, top-ups take 1 to 60 minutes. Both spellings occur. */
const STATES: Record<string, OrderState> = {
	submitted: 'pending',
	processing: 'processing',
	completed: 'completed',
	canceled: 'cancelled',
	cancelled: 'cancelled',
	failed: 'failed',
	refund: 'refunded',
	refunded: 'refunded',
};

/** Fields come as `orderId` and, in newer answers, here and there as `order_id`: both are read. */
function camelKeys(value: unknown): unknown {
	if (typeof value !== 'object' || value === null) return value;
	const snakes = Object.entries(value).filter(([key]) => key.includes('_'));
	if (snakes.length === 0) return value;
	const camels = snakes.map(([key, field]) => [
		key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
		field,
	]);
	return { ...Object.fromEntries(camels), ...value };
}
const fields = <T extends z.ZodRawShape>(shape: T) => z.preprocess(camelKeys, z.object(shape));

/** A currency's code, upper case, on its own or in an object. */
const currency = optional(
	z
		.union([z.string(), z.object({ code: z.string() }).transform(({ code }) => code)])
		.transform((code) => code.toUpperCase()),
);

const balance = fields({ balance: amount, draftBalance: optional(amount), currency });
const transactions = fields({
	transactions: z.array(z.object({ id: optional(text) })),
	total: optional(amount),
});

const looseText = optional(text);
const looseAmount = optional(amount);
/**
 * A row of the catalog. Thousands come at once, and a schema for each field takes most of the time of the whole
 * request: fields that come as documented are taken as they are, the others are read by their schema.
 */
const row = z.unknown().transform((value, context) => {
	const {
		offerGroupId,
		productName,
		offerGroupName,
		price,
		currency: code,
		inStock,
		category,
		isRequiredGameUserId: needsUser,
		isRequiredGameServerId: needsServer,
	} = camelKeys(value ?? {}) as IDataObject;
	const id = typeof offerGroupId === 'number' ? String(offerGroupId) : looseText.parse(offerGroupId);
	if (id === null) context.addIssue({ code: 'custom', message: 'no offerGroupId' });
	return {
		offerGroupId: id ?? '',
		productName: typeof productName === 'string' ? productName : looseText.parse(productName),
		offerName: typeof offerGroupName === 'string' ? offerGroupName : looseText.parse(offerGroupName),
		price: typeof price === 'number' ? price : looseAmount.parse(price),
		currency: typeof code === 'string' ? code.toUpperCase() : currency.parse(code),
		inStock: typeof inStock === 'boolean' ? inStock : null,
		category: typeof category === 'string' ? category : null,
		requires:
			needsUser === undefined && needsServer === undefined
				? null
				: [
						...(needsUser === true ? ['gameUserId' as const] : []),
						...(needsServer === true ? ['gameServerId' as const] : []),
					],
	};
});
const rows = fields({ rows: z.array(row), count: optional(amount) });
const offer = fields({
	offerId: optional(text),
	productName: optional(text),
	offerName: optional(text),
	price: optional(amount),
	currency,
	inStock: optional(z.boolean()),
});
const servers = z.union([z.record(text), z.array(z.never()).transform(() => ({}))]);
const player = fields({ status: z.string(), gameUserLogin: optional(text) });
const telegramUser = fields({
	username: optional(text),
	userInfo: optional(fields({ id: optional(text), firstName: optional(text), username: optional(text) })),
	message: optional(text),
});
const order = fields({
	orderId: text,
	status: optional(z.string()),
	offerId: optional(text),
	price: optional(amount),
	currency,
	key: optional(z.union([text.transform((key) => [key]), z.array(text)])),
	message: optional(text),
	gameUserId: optional(text),
	customer: optional(fields({ gameUserId: optional(text), email: optional(text) })),
	fulfillmentData: optional(fields({ telegramUserId: optional(text), errorMessage: optional(text) })),
});

/** The balance, in USD. Accounts that pay later have one too, but do not need it. */
export async function getBalance(api: Api): Promise<Parsed<Balance>> {
	const { raw, data } = await api
		.read({ method: 'GET', path: BALANCE }, balance)
		.catch(async (error: unknown) => {
			if (!(error instanceof ProviderError && error.status === 404)) throw error;
			return await api.read({ method: 'GET', path: OTHER_BALANCE }, balance).catch(() => {
				throw error;
			});
		});
	const { balance: available, draftBalance: locked } = data;
	return {
		raw,
		data: {
			provider: NAME,
			available,
			locked,
			total: times(available + (locked ?? 0), 1),
			currency: data.currency ?? BALANCE_CURRENCY,
		},
	};
}

/** As the document has it; handed on as it comes, so anything may be missing. */
export interface Transaction extends IDataObject {
	id?: number;
	/** Negative for a debit. */
	amount?: number;
	/** DEPOSIT, PURCHASE or REFUND. */
	type?: string;
	description?: string;
	balanceAfter?: number;
	/** UTC. */
	createdAt?: string;
}

/** What went in and out of the balance, latest first, as GamesDrop has it. Needs the dashboard's token. */
export async function getTransactions(api: Api, limit: number): Promise<Transaction[]> {
	return await collectPages(limit, MOST_TRANSACTIONS_A_PAGE, async (page, size) => {
		const query = { page, limit: size };
		const { raw, data } = await api.read({ method: 'GET', path: TRANSACTIONS, query }, transactions);
		const untouched = raw.transactions as Transaction[];
		return {
			rows: untouched.map((value, index) => ({
				id: data.transactions[index]!.id ?? `${page} ${index}`,
				value,
			})),
			total: data.total,
		};
	});
}

/** A product of the catalog. */
export interface Offer extends Product {
	/** The parameters that an order of it has to fill in; null where GamesDrop does not say. */
	requires: Array<'gameUserId' | 'gameServerId'> | null;
}

export interface OfferFilter {
	search?: string;
	category?: string;
}

/** The catalog as far as it is asked for: 12,000 offers are three requests. */
export async function getOffers(api: Api, filter: OfferFilter, limit: number): Promise<Array<Parsed<Offer>>> {
	return await collectPages(
		limit,
		MOST_OFFERS_A_PAGE,
		async (page, size) => await getPage(api, filter, page, size),
	);
}

/** One page of the catalog. */
export async function getPage(
	api: Api,
	{ search, category }: OfferFilter,
	page: number,
	limit: number,
): Promise<Page<Parsed<Offer>>> {
	const body = { limit, page, ...(search ? { search } : {}), ...(category ? { category } : {}) };
	const { raw, data } = await api.read({ method: 'POST', path: SYNC, body }, rows);
	const untouched = raw.rows as IDataObject[];
	return {
		rows: data.rows.map((entry, index) => ({
			id: entry.offerGroupId,
			value: {
				raw: untouched[index]!,
				data: {
					...toProduct(entry.offerGroupId, entry),
					// Rows do not name their category; whoever asked for one knows it.
					type: entry.category ?? (category || null),
					requires: entry.requires,
				},
			},
		})),
		total: data.count,
	};
}

/** One offer and what it costs now: the price an order must confirm. */
export async function getOffer(api: Api, offerId: number): Promise<Parsed<Product>> {
	const { raw, data } = await api.read({ method: 'POST', path: FIND_ONE, body: { offerId } }, offer);
	return { raw, data: toProduct(data.offerId ?? String(offerId), data) };
}

type Named = Pick<z.output<typeof offer>, 'productName' | 'offerName' | 'price' | 'currency' | 'inStock'>;

function toProduct(
	productId: string,
	{ productName, offerName, price, currency: code, inStock }: Named,
): Product {
	const name = [productName, offerName].filter(Boolean).join(' – ') || productId;
	const stars = starsInName(name);
	return {
		provider: NAME,
		productId,
		name,
		type: null,
		quantity: stars ?? 1,
		unit: stars === null ? 'piece' : 'star',
		price,
		unitPrice: perUnit(price, stars ?? 1),
		currency: code,
		inStock,
	};
}

export interface Server {
	/** The label to show. */
	name: string;
	/** What an order takes. */
	gameServerId: string;
}

/** Servers of a game. Empty where it has none. */
export async function getServers(api: Api, offerId: number): Promise<Server[]> {
	const { data } = await api.read({ method: 'POST', path: SERVERS, body: { offerId } }, servers);
	return Object.entries(data).map(([name, gameServerId]) => ({ name, gameServerId }));
}

export interface PlayerCheck {
	/** Null when GamesDrop says neither yes nor no. */
	valid: boolean | null;
	status: string;
	playerName: string | null;
}

/** Whether a game knows the player. Needs `playerConnection`: a no may come with any status of HTTP. */
export async function validatePlayer(
	api: Api,
	offerId: number,
	{ gameUserId, gameServerId }: Customer,
): Promise<PlayerCheck> {
	const body = { offerId, gameUserId, ...(gameServerId === undefined ? {} : { gameServerId }) };
	const { data } = await api
		.read({ method: 'POST', path: CHECK_PLAYER, body }, player)
		.catch((error: unknown) => {
			if (error instanceof ProviderError && error.code === INVALID)
				return { data: { status: INVALID, gameUserLogin: null } };
			throw error;
		});
	const word = data.status.toUpperCase();
	const valid = word === 'VALID' ? true : word === INVALID ? false : null;
	return { valid, status: data.status, playerName: data.gameUserLogin };
}

export interface TelegramUser {
	/** Whether GamesDrop knows the ID. */
	resolved: boolean;
	telegramUserId: string | null;
	username: string | null;
	firstName: string | null;
	message: string | null;
}

/** A Telegram account, with its ID when its owner has talked to GamesDrop's bot. Needs `telegramConnection`. */
export async function getTelegramUser(api: Api, username: string): Promise<TelegramUser> {
	const { data } = await api.read({ method: 'POST', path: TELEGRAM_USER, body: { username } }, telegramUser);
	const { userInfo } = data;
	const id = Number(userInfo?.id ?? 0) === 0 ? null : userInfo!.id;
	return {
		resolved: id !== null,
		telegramUserId: id,
		username: userInfo?.username ?? data.username,
		firstName: userInfo?.firstName ?? null,
		message: data.message,
	};
}

/** Who an order is for; each product asks for other parts of it. */
export interface Customer {
	gameUserId?: string;
	gameServerId?: string;
	email?: string;
}

export interface NewOrder {
	offerId: number;
	/** The price GamesDrop quoted, exactly as it quoted it. */
	price: number;
	/** Unique: GamesDrop refuses the second order with it. */
	transactionId: string;
	customer: Customer;
}

/** Orders and pays from the balance, one unit. */
export async function createOrder(
	api: Api,
	{ offerId, price, transactionId, customer }: NewOrder,
): Promise<Parsed<Order>> {
	const body = {
		offerId,
		price,
		transactionId,
		...(Object.keys(customer).length === 0 ? {} : { customer: { ...customer } }),
	};
	const { raw, data } = await api.buy({ method: 'POST', path: CREATE_ORDER, body }, order);
	return { raw, data: asPlaced(toOrder(data), { offerId, price, customer }) };
}

/** Who receives an order: the player, or else the customer's address. */
export const recipientOf = ({ gameUserId, email }: Customer): string | null => gameUserId ?? email ?? null;

/** What the provider leaves out of an order, from what was asked for. */
export const asPlaced = (
	placed: Order,
	{ offerId, price, customer }: Pick<NewOrder, 'offerId' | 'customer'> & { price: number | null },
): Order => ({
	...placed,
	productId: placed.productId ?? String(offerId),
	recipient: placed.recipient ?? recipientOf(customer),
	price: placed.price ?? price,
});

export async function getOrderByTransaction(api: Api, transactionId: string): Promise<Parsed<Order>> {
	const { raw, data } = await api.read(
		{ method: 'POST', path: ORDER_STATUS, body: { transactionId } },
		order,
	);
	return { raw, data: toOrder(data) };
}

/** The order sent with a transaction ID, undefined where GamesDrop has none. */
export async function findOrderByTransaction(
	api: Api,
	transactionId: string,
): Promise<Parsed<Order> | undefined> {
	return await getOrderByTransaction(api, transactionId).catch((error: unknown) => {
		if (error instanceof ProviderError && error.code === ORDER_NOT_FOUND) return undefined;
		throw error;
	});
}

/** Looks an order up by the ID GamesDrop gave it. */
export async function getOrder(
	api: Api,
	{ orderId }: Pick<OrderReference, 'orderId'>,
): Promise<Parsed<Order>> {
	const number = wholeNumber(orderId);
	if (number === undefined) {
		throw new ProviderError({
			provider: NAME,
			code: 'INVALID_PARAMETER',
			message: `Order ID: expected the number ${DISPLAY_NAME} gave the order, got "${orderId.slice(0, 60)}"`,
			description: 'Nothing was sent. An ID of your own is the Transaction ID: look the order up by that.',
		});
	}
	const { raw, data } = await api.read(
		{ method: 'POST', path: ORDER_STATUS, body: { orderId: number } },
		order,
	);
	return { raw, data: toOrder(data) };
}

/** IDs of offers and orders leave as JSON numbers; undefined for text that is none. */
export const wholeNumber = (digits: string): number | undefined =>
	/^[1-9]\d*$/.test(digits) && Number.isSafeInteger(Number(digits)) ? Number(digits) : undefined;

/** An order as GamesDrop describes it. Those that were cancelled leave out most of it. */
function toOrder(data: z.output<typeof order>): Order {
	const { customer, fulfillmentData } = data;
	return {
		provider: NAME,
		orderId: data.orderId,
		state: stateOf(data.status, STATES),
		status: data.status,
		productId: data.offerId,
		recipient:
			data.gameUserId ?? customer?.gameUserId ?? fulfillmentData?.telegramUserId ?? customer?.email ?? null,
		price: data.price,
		currency: data.currency,
		codes: (data.key ?? []).filter((key) => key !== ''),
		message: data.message ?? fulfillmentData?.errorMessage ?? null,
	};
}
