import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';

/**
 * The shop and the physical orders of Tribute, as far as its documents say: the amounts of orders in minor units, a
 * bare array for their list, transactions by cursor, refunds that only begin, errors as `{ error, message }`.
 */
export class TributeShop {
	readonly apiKey = 'tribute-shop-key';
	readonly requests: ReceivedRequest[] = [];
	/** Payments given back, in the order of the requests. */
	readonly refunds: Array<{ uuid: string; transactionId: number }> = [];
	physicalOrders: Array<Record<string, unknown>> = [];
	/** Transactions on one page. */
	pageSize = 20;
	/** Whether it knows `GET /shop/orders/{uuid}`, as older versions do not. */
	hasOrderRoute = true;
	/** What is laid over each order that is created. */
	overCreated: Record<string, unknown> = {};

	private readonly orders = new Map<string, ShopOrderRecord>();
	private faults: Fault[] = [];
	private lastTransaction = 90_000;
	private readonly app: FastifyInstance = fastify({ forceCloseConnections: true });

	static async start(): Promise<TributeShop> {
		const shop = new TributeShop();
		shop.route();
		await shop.app.listen({ port: 0, host: '127.0.0.1' });
		return shop;
	}

	get credentials(): { apiKey: string; baseUrl: string } {
		const { port } = this.app.server.address() as AddressInfo;
		return { apiKey: this.apiKey, baseUrl: `http://127.0.0.1:${port}/tribute` };
	}

	async close(): Promise<void> {
		await this.app.close();
	}

	reset(): void {
		this.orders.clear();
		this.requests.length = 0;
		this.refunds.length = 0;
		this.physicalOrders = [];
		this.faults = [];
		this.pageSize = 20;
		this.hasOrderRoute = true;
		this.overCreated = {};
	}

	/** All orders, oldest first. */
	get all(): ShopOrderRecord[] {
		return [...this.orders.values()];
	}

	/** An order that was made before, with so many payments. */
	add(order: Partial<ShopOrderRecord> = {}, payments = order.status === 'paid' ? 1 : 0): ShopOrderRecord {
		const uuid = order.uuid ?? randomUUID();
		const record: ShopOrderRecord = {
			uuid,
			shopId: 17,
			amount: 100_000,
			currency: 'rub',
			title: 'Guitar course',
			description: 'Twelve lessons',
			status: 'pending',
			successUrl: '',
			failUrl: '',
			period: 'onetime',
			paymentUrl: `https://web.tribute.tg/shop/pay/${uuid}`,
			webappPaymentUrl: `https://t.me/tribute/app?startapp=o${uuid}`,
			createdAt: new Date().toISOString(),
			...order,
			transactions: order.transactions ?? [],
		};
		this.orders.set(uuid, record);
		for (let count = 0; count < payments; count++) this.pay(record);
		return record;
	}

	pay(order: ShopOrderRecord, more: Partial<TransactionRecord> = {}): TransactionRecord {
		const payment: TransactionRecord = {
			id: ++this.lastTransaction,
			type: 'shop_order_sell',
			amount: order.amount / 100,
			currency: order.currency,
			createdAt: Math.floor(Date.now() / 1_000),
			isRefunded: false,
			isRefundable: true,
			...more,
		};
		order.transactions.push(payment);
		return payment;
	}

	/** Makes the next requests of an operation go wrong, or all of them with `times: -1`. */
	inject(operation: Operation, effect: Effect, { times = 1, skip = 0 } = {}): void {
		this.faults.push({ operation, effect, times, skip });
	}

	/** The requests of one operation. */
	asked(operation: Operation): ReceivedRequest[] {
		return this.requests.filter((request) => request.operation === operation);
	}

	private route(): void {
		const { app } = this;
		app.removeAllContentTypeParsers();
		app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
		const serve = (method: 'GET' | 'POST', path: string, operation: Operation, handle: Handler) =>
			app.route({
				method,
				url: `/tribute/api/v1${path}`,
				handler: async (request, reply) => await this.serve(operation, handle, request, reply),
			});
		serve('POST', '/shop/orders', 'order.create', ({ body }) => this.create(body));
		serve('GET', '/shop/orders', 'order.getAll', ({ query }) => this.list(query));
		serve('GET', '/shop/orders/:uuid', 'order.get', ({ params }) =>
			this.hasOrderRoute ? [200, shown(this.order(params.uuid!))] : refusal(404, 'error_not_found'),
		);
		serve('GET', '/shop/orders/:uuid/status', 'order.getStatus', ({ params }) => [
			200,
			{ status: this.order(params.uuid!).status },
		]);
		serve('POST', '/shop/orders/:uuid/cancel', 'order.cancelSubscription', ({ params }) =>
			this.cancel(params.uuid!),
		);
		serve('GET', '/shop/orders/:uuid/transactions', 'order.getTransactions', ({ params, query }) =>
			this.listTransactions(params.uuid!, Number(query.startFrom ?? 0)),
		);
		serve('POST', '/shop/orders/:uuid/transactions/:id/refund', 'order.refund', ({ params }) =>
			this.refund(params.uuid!, Number(params.id)),
		);
		serve('GET', '/physical/orders', 'physicalOrder.getAll', ({ query }) => this.listPhysical(query));
		serve('GET', '/physical/orders/:id', 'physicalOrder.get', ({ params }) => {
			const found = this.physicalOrders.find(({ id }) => String(id) === params.id);
			return found === undefined ? refusal(404, 'error_not_found') : [200, found];
		});
	}

	private async serve(
		operation: Operation,
		handle: Handler,
		request: FastifyRequest,
		reply: FastifyReply,
	): Promise<unknown> {
		const received: ReceivedRequest = {
			operation,
			method: request.method,
			// Requests to loopback come in the form that proxies get.
			path: request.url.replace(/^http:\/\/[^/]*/, ''),
			query: request.query as Record<string, string>,
			params: request.params as Record<string, string>,
			headers: request.headers,
			body: typeof request.body === 'string' && request.body !== '' ? JSON.parse(request.body) : undefined,
		};
		this.requests.push(received);
		const effect = this.fault(operation);
		const served = (): Answer => {
			if (request.headers['api-key'] !== this.apiKey) return refusal(401, 'error_unauthorized');
			try {
				return handle(received);
			} catch (error) {
				if (error instanceof Refused) return error.answer;
				throw error;
			}
		};
		if (effect === undefined) return await send(reply, served());
		if (effect.type === 'answer') return await send(reply, [effect.status ?? 200, effect.body]);
		const answer = effect.phase === 'before' ? undefined : served();
		if (effect.type === 'drop') return reply.hijack().raw.destroy();
		if (effect.type === 'hang') return void reply.hijack();
		if (effect.type === 'late') await new Promise((resolve) => setTimeout(resolve, effect.ms));
		if (effect.type === 'double') return await send(reply, served());
		if (effect.type === 'instead') return await send(reply, [effect.status ?? 200, effect.body]);
		return await send(reply, answer ?? served());
	}

	private fault(operation: Operation): Exclude<Effect, string> | undefined {
		for (const fault of this.faults) {
			if (fault.operation !== operation || fault.times === 0) continue;
			if (fault.skip-- > 0) continue;
			fault.times--;
			return fault.effect;
		}
		return undefined;
	}

	private order(uuid: string): ShopOrderRecord {
		const order = this.orders.get(uuid);
		if (order === undefined) throw new Refused(refusal(404, 'error_not_found'));
		return order;
	}

	private create(body: unknown): Answer {
		const wish = body as Partial<ShopOrderRecord>;
		const isWhole = Number.isSafeInteger(wish.amount) && wish.amount! >= 1;
		if (!isWhole) return refusal(400, 'error_bad_request');
		if (wish.amount! < 100) return refusal(400, 'error_amount_too_small');
		if (!['rub', 'eur', 'usd'].includes(wish.currency ?? '')) return refusal(400, 'error_invalid_currency');
		return [200, { ...shown(this.add({ ...wish, status: 'pending' })), ...this.overCreated }];
	}

	private list({ dateFrom = '0000', dateTo = '9999', shopId }: Record<string, string>): Answer {
		const orders = this.all.filter(({ createdAt, shopId: of }) => {
			const day = createdAt.slice(0, 10);
			return day >= dateFrom && day <= dateTo && (shopId === undefined || String(of) === shopId);
		});
		return [200, orders.map(shown).reverse()];
	}

	private cancel(uuid: string): Answer {
		const order = this.order(uuid);
		if (order.period === 'onetime') return refusal(404, 'error_not_found');
		if (order.memberStatus === 'cancelled') return refusal(400, 'error_already_cancelled');
		order.memberStatus = 'cancelled';
		return [200, { success: true, message: 'recurring order cancelled' }];
	}

	private listTransactions(uuid: string, from: number): Answer {
		const { transactions } = this.order(uuid);
		const end = from + this.pageSize;
		return [
			200,
			{ transactions: transactions.slice(from, end), nextFrom: end < transactions.length ? String(end) : '' },
		];
	}

	private refund(uuid: string, id: number): Answer {
		const order = this.order(uuid);
		const transaction = order.transactions.find((each) => each.id === id);
		if (transaction === undefined) return refusal(404, 'error_not_found');
		if (order.status !== 'paid') return refusal(400, 'error_order_not_paid');
		if (transaction.isRefunded) return refusal(400, 'error_already_refunded');
		if (!transaction.isRefundable) return refusal(400, 'error_not_refundable');
		transaction.isRefunded = true;
		this.refunds.push({ uuid, transactionId: id });
		return [200, { success: true, message: 'refund initiated', status: 'initiated' }];
	}

	private listPhysical({ page = '1', limit = '50' }: Record<string, string>): Answer {
		const [number, size] = [Number(page), Math.min(Number(limit), 50)];
		const rows = this.physicalOrders.slice((number - 1) * size, number * size);
		return [200, { rows, meta: { total: this.physicalOrders.length, offset: number, limit: size } }];
	}
}

export type Operation =
	| 'order.create'
	| 'order.get'
	| 'order.getStatus'
	| 'order.getAll'
	| 'order.cancelSubscription'
	| 'order.getTransactions'
	| 'order.refund'
	| 'physicalOrder.get'
	| 'physicalOrder.getAll';

type Phase = { phase: 'before' | 'after' };
/** `before`: the request is not carried out. `after`: it is, and only the answer goes wrong. */
export type Effect =
	| { type: 'answer'; status?: number; body: unknown }
	| (Phase & { type: 'drop' | 'hang' })
	| (Phase & { type: 'late'; ms: number })
	| (Phase & { type: 'instead'; status?: number; body: unknown })
	/** Carried out twice, as by a proxy that repeats it, and answered once. */
	| (Phase & { type: 'double' });

interface Fault {
	operation: Operation;
	effect: Effect;
	times: number;
	skip: number;
}

export interface ReceivedRequest {
	operation: Operation;
	method: string;
	path: string;
	query: Record<string, string>;
	params: Record<string, string>;
	headers: Record<string, unknown>;
	body: unknown;
}

export interface TransactionRecord {
	id: number;
	type: string;
	amount: number;
	currency: string;
	createdAt: number;
	isRefunded: boolean;
	isRefundable: boolean;
}

export interface ShopOrderRecord {
	uuid: string;
	shopId: number;
	amount: number;
	currency: string;
	title: string;
	description: string;
	status: string;
	successUrl: string;
	failUrl: string;
	period: string;
	paymentUrl: string | null;
	webappPaymentUrl: string | null;
	createdAt: string;
	email?: string;
	comment?: string;
	customerId?: string;
	starsAmount?: number;
	memberStatus?: string;
	memberExpiresAt?: string;
	transactions: TransactionRecord[];
}

type Answer = [status: number, body: unknown];
type Handler = (request: ReceivedRequest) => Answer;

class Refused extends Error {
	constructor(readonly answer: Answer) {
		super(`Refused with ${answer[0]}`);
	}
}

const refusal = (status: number, error: string): Answer => [
	status,
	{ error, message: error.replace(/^error_/, '').replaceAll('_', ' ') },
];

/** As the API shows it. */
const shown = ({ transactions: _, ...order }: ShopOrderRecord): Record<string, unknown> => order;

async function send(reply: FastifyReply, [status, body]: Answer): Promise<unknown> {
	const isText = typeof body === 'string';
	return await reply
		.code(status)
		.type(isText ? 'text/html' : 'application/json')
		.send(isText ? body : JSON.stringify(body));
}
