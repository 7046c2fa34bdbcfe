/** The checks of each provider: they call the nodes' own functions, so that the nodes' own schemas read the answers. */
import type { ICredentialType } from 'n8n-workflow';

import { AiMarketApi } from '../../credentials/AiMarketApi.credentials';
import { GamesDropApi } from '../../credentials/GamesDropApi.credentials';
import { GamesDropDashboardApi } from '../../credentials/GamesDropDashboardApi.credentials';
import { TeleKartStarsApi } from '../../credentials/TeleKartStarsApi.credentials';
import { TgMarketApi } from '../../credentials/TgMarketApi.credentials';
import { TributeApi } from '../../credentials/TributeApi.credentials';
import * as aiMarket from '../../nodes/AiMarket/api';
import * as gamesDrop from '../../nodes/GamesDrop/api';
import * as gamesDropConnections from '../../nodes/GamesDrop/connections';
import type { Order } from '../../nodes/shared/domain/order';
import { ProviderError } from '../../nodes/shared/errors/providerError';
import type { Api } from '../../nodes/shared/http/api';
import type { Connection } from '../../nodes/shared/http/connection';
import * as teleKartStars from '../../nodes/TeleKartStars/api';
import * as tgMarket from '../../nodes/TgMarket/api';
import * as tribute from '../../nodes/Tribute/api';
import * as tributeConnections from '../../nodes/Tribute/connection';
import * as tributePhysical from '../../nodes/Tribute/physicalOrders';
import * as tributeShop from '../../nodes/Tribute/shop';
import * as tributeTransactions from '../../nodes/Tribute/transactions';
import {
	aiMarketRequests,
	gamesDropDashboardRequests,
	gamesDropRequests,
	teleKartStarsRequests,
	tgMarketRequests,
	tributeRequests,
} from './documented';
import type { Documented } from './fields';

/** A key and the addresses it is used at. */
export interface Account {
	credential: ICredentialType;
	/** Field of the credential to the environment variable that fills it; the first holds the key. */
	variables: Readonly<Record<string, string>>;
	/** The requests that may be sent with it, and what their answers hold by the document. */
	requests: Readonly<Record<string, Documented>>;
}

/** The result of one check in a few words, and a provider's word that the node does not know. */
export interface Outcome {
	summary: string;
	unknownWord?: string | undefined;
}

export interface Check {
	/** What is read. */
	name: string;
	/** How the nodes reach it. */
	connection: Connection;
	account: Account;
	/** A variable that names what to read: without it, and without a default, the check is skipped. */
	variable?: string;
	/** What to read when the variable is not set. */
	fallback?: string;
	run: (api: Api, wanted: string) => Promise<Outcome>;
}

export interface CheckedProvider {
	/** The node's name. */
	name: string;
	displayName: string;
	checks: Check[];
}

const count = (number: number, thing: string) => `${number} ${thing}${number === 1 ? '' : 's'}`;

const balanceRead = () => ({ summary: 'balance read' });

const orderRead = ({ state, status }: Order): Outcome => ({
	summary: `state ${state}`,
	...(state === 'unknown' ? { unknownWord: status ?? '' } : {}),
});

function teleKart(): CheckedProvider {
	const account: Account = {
		credential: new TeleKartStarsApi(),
		variables: { apiKey: 'TELEKART_STARS_API_KEY', baseUrl: 'TELEKART_STARS_BASE_URL' },
		requests: teleKartStarsRequests,
	};
	const check = { account, connection: teleKartStars.connection };
	const group = (wanted: teleKartStars.Group): Check => ({
		...check,
		name: wanted === 'all' ? 'catalog' : `catalog: ${wanted}`,
		run: async (api) => ({
			summary: count((await teleKartStars.getProducts(api, wanted)).length, 'product'),
		}),
	});
	return {
		name: teleKartStars.NAME,
		displayName: teleKartStars.DISPLAY_NAME,
		checks: [
			group('all'),
			group('premium'),
			group('gifts'),
			{ ...check, name: 'balance', run: async (api) => (await teleKartStars.getBalance(api), balanceRead()) },
			{
				...check,
				name: 'order',
				variable: 'TELEKART_STARS_ORDER_ID',
				run: async (api, orderId) =>
					orderRead((await teleKartStars.getOrder(api, { orderType: '', orderId })).data),
			},
		],
	};
}

function market(): CheckedProvider {
	const account: Account = {
		credential: new TgMarketApi(),
		variables: { apiKey: 'TG_MARKET_API_KEY', baseUrl: 'TG_MARKET_BASE_URL' },
		requests: tgMarketRequests,
	};
	const check = { account, connection: tgMarket.connection };
	const order = (orderType: tgMarket.OrderType): Check => ({
		...check,
		name: `order: ${orderType}`,
		variable: `TG_MARKET_${orderType.toUpperCase()}_ORDER_ID`,
		run: async (api, orderId) => orderRead((await tgMarket.getOrder(api, { orderType, orderId })).data),
	});
	return {
		name: tgMarket.NAME,
		displayName: tgMarket.DISPLAY_NAME,
		checks: [
			{ ...check, name: 'balance', run: async (api) => (await tgMarket.getBalance(api), balanceRead()) },
			order('stars'),
			order('premium'),
		],
	};
}

function seller(): CheckedProvider {
	const account: Account = {
		credential: new TributeApi(),
		variables: { apiKey: 'TRIBUTE_API_KEY', baseUrl: 'TRIBUTE_BASE_URL' },
		requests: tributeRequests,
	};
	const { NAME, DISPLAY_NAME, connection, orderConnection } = tributeConnections;
	const check = { account, connection };
	const orderCheck = { account, connection: orderConnection };
	const first = { product: '', order: '', physicalOrder: '' };
	return {
		name: NAME,
		displayName: DISPLAY_NAME,
		checks: [
			{
				...check,
				name: 'products',
				run: async (api) => {
					const products = await tribute.getProducts(api, { descending: true, limit: 100 });
					first.product = products[0]?.data.productId ?? '';
					return { summary: count(products.length, 'product') };
				},
			},
			{
				...check,
				name: 'product',
				variable: 'TRIBUTE_PRODUCT_ID',
				fallback: '',
				run: async (api, productId) => {
					if (!productId && !first.product) return { summary: 'there is no product to read' };
					await tribute.getProduct(api, productId || first.product);
					return { summary: 'product read' };
				},
			},
			{
				...orderCheck,
				name: 'orders',
				run: async (api) => {
					const orders = await unlessMissing(tributeShop.getOrders(api, {}));
					if (orders === undefined) return { summary: 'there is no shop to read' };
					first.order = orders[0]?.data.orderId ?? '';
					return { summary: count(orders.length, 'order') };
				},
			},
			{
				...orderCheck,
				name: 'order',
				variable: 'TRIBUTE_ORDER_ID',
				fallback: '',
				run: async (api, given) => {
					const orderId = given || first.order;
					if (orderId === '') return { summary: 'there is no order to read' };
					return orderRead((await tributeShop.getOrder(api, { orderId })).data);
				},
			},
			{
				...orderCheck,
				name: 'transactions',
				variable: 'TRIBUTE_ORDER_ID',
				fallback: '',
				run: async (api, given) => {
					const orderId = given || first.order;
					if (orderId === '') return { summary: 'there is no order to read' };
					const transactions = await tributeTransactions.getTransactions(api, orderId);
					if (transactions === undefined) return { summary: 'transactions without an end' };
					return { summary: count(transactions.length, 'transaction') };
				},
			},
			{
				...orderCheck,
				name: 'physical orders',
				run: async (api) => {
					const orders = await tributePhysical.getPhysicalOrders(api, 50);
					first.physicalOrder = String(orders[0]?.id ?? '');
					return { summary: count(orders.length, 'order') };
				},
			},
			{
				...orderCheck,
				name: 'physical order',
				variable: 'TRIBUTE_PHYSICAL_ORDER_ID',
				fallback: '',
				run: async (api, given) => {
					const orderId = given || first.physicalOrder;
					if (orderId === '') return { summary: 'there is no order to read' };
					await tributePhysical.getPhysicalOrder(api, orderId);
					return { summary: 'order read' };
				},
			},
		],
	};
}

/** Undefined after a 404: an account need not have what was asked for. */
const unlessMissing = async <T>(reading: Promise<T>): Promise<T | undefined> =>
	await reading.catch((error: unknown) => {
		if (error instanceof ProviderError && error.status === 404) return undefined;
		throw error;
	});

function store(): CheckedProvider {
	const account: Account = {
		credential: new AiMarketApi(),
		variables: { apiKey: 'AI_MARKET_API_KEY', baseUrl: 'AI_MARKET_BASE_URL' },
		requests: aiMarketRequests,
	};
	const check = { account, connection: aiMarket.connection };
	return {
		name: aiMarket.NAME,
		displayName: aiMarket.DISPLAY_NAME,
		checks: [
			{
				...check,
				name: 'catalog',
				run: async (api) => ({
					summary: count((await aiMarket.getProducts(api)).length, 'product'),
				}),
			},
			{ ...check, name: 'balance', run: async (api) => (await aiMarket.getBalance(api), balanceRead()) },
		],
	};
}

/** The player of the document's samples, who exists for the test offer. */
const TEST_PLAYER = '52357322414';

function games(): CheckedProvider {
	const account: Account = {
		credential: new GamesDropApi(),
		variables: {
			token: 'GAMES_DROP_TOKEN',
			baseUrl: 'GAMES_DROP_BASE_URL',
			telegramBaseUrl: 'GAMES_DROP_TELEGRAM_BASE_URL',
		},
		requests: gamesDropRequests,
	};
	const dashboard: Account = {
		credential: new GamesDropDashboardApi(),
		variables: { token: 'GAMES_DROP_DASHBOARD_TOKEN', baseUrl: 'GAMES_DROP_BASE_URL' },
		requests: gamesDropDashboardRequests,
	};
	const { connection, playerConnection, telegramConnection, dashboardConnection } = gamesDropConnections;
	const check = { account, connection };
	const offer = { variable: 'GAMES_DROP_OFFER_ID', fallback: gamesDrop.TEST_OFFER };
	return {
		name: gamesDropConnections.NAME,
		displayName: gamesDropConnections.DISPLAY_NAME,
		checks: [
			{ ...check, name: 'balance', run: async (api) => (await gamesDrop.getBalance(api), balanceRead()) },
			{
				...check,
				name: 'catalog',
				run: async (api) => ({ summary: count((await gamesDrop.getOffers(api, {}, 500)).length, 'product') }),
			},
			{
				...check,
				...offer,
				name: 'product',
				run: async (api, id) => (
					await gamesDrop.getOffer(api, Number(id)),
					{ summary: `product ${id} read` }
				),
			},
			{
				...check,
				...offer,
				name: 'servers',
				run: async (api, id) => ({
					summary: count((await gamesDrop.getServers(api, Number(id))).length, 'server'),
				}),
			},
			{
				...check,
				name: 'player',
				connection: playerConnection,
				variable: 'GAMES_DROP_PLAYER_ID',
				fallback: TEST_PLAYER,
				run: async (api, gameUserId) => {
					const offerId = Number(gamesDrop.TEST_OFFER);
					const { valid, status } = await gamesDrop.validatePlayer(api, offerId, { gameUserId });
					return {
						summary: valid === null ? 'neither valid nor invalid' : valid ? 'valid' : 'not valid',
						...(valid === null ? { unknownWord: status } : {}),
					};
				},
			},
			{
				...check,
				name: 'order',
				variable: 'GAMES_DROP_ORDER_ID',
				run: async (api, orderId) => orderRead((await gamesDrop.getOrder(api, { orderId })).data),
			},
			{
				...check,
				name: 'order by transaction',
				variable: 'GAMES_DROP_TRANSACTION_ID',
				run: async (api, id) => orderRead((await gamesDrop.getOrderByTransaction(api, id)).data),
			},
			{
				...check,
				name: 'Telegram user',
				connection: telegramConnection,
				variable: 'GAMES_DROP_TELEGRAM_USERNAME',
				run: async (api, username) => ({
					summary: (await gamesDrop.getTelegramUser(api, username)).resolved ? 'found' : 'no ID known',
				}),
			},
			{
				...check,
				name: 'transactions',
				connection: dashboardConnection,
				account: dashboard,
				run: async (api) => ({
					summary: count((await gamesDrop.getTransactions(api, 100)).length, 'transaction'),
				}),
			},
		],
	};
}

/** Made anew for each run: a check may use what one before it found. */
export const checkedProviders = (): CheckedProvider[] => [teleKart(), market(), seller(), store(), games()];
