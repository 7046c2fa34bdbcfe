import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';

import { AccountExists, type Account } from './accounts';
import type { Clock } from './clock';
import { faultSpecSchema, type Faults } from './faults';
import type { Journal } from './journal';
import type { Charges } from './charges';
import { serviceNames, type Provider, type ServiceName, type Settings } from './provider';
import type { N8nProvider } from './providers/n8n';
import type { TributeProvider } from './providers/tribute';
import { shopOrderEvents } from './providers/tributeShop';

/*
 * What tests tell the sandbox and ask of it. Every request is checked strictly: a misspelt field of a fault or an
 * account would otherwise make a test that proves nothing.
 */

const provider = z.enum(serviceNames);
const account = z.string().min(1);
const id = z.union([z.string(), z.number()]).transform(String);
const timeline = z
	.array(z.strictObject({ afterMs: z.number().min(0), status: z.string() }))
	.min(1)
	.refine((steps) => steps.every((step, index) => index === 0 || step.afterMs >= steps[index - 1]!.afterMs), {
		message: 'Steps must be in the order of time',
	});
const rate = z.strictObject({ limit: z.number().int().min(0), windowMs: z.number().positive() }).nullable();

export const accountSpecSchema = z.strictObject({
	name: account.optional(),
	key: z.string().min(1).optional(),
	balance: z.number().optional(),
	rate: rate.optional(),
	suspended: z.boolean().optional(),
	timeline: timeline.optional(),
	dashboardToken: z.string().min(1).optional(),
	balanceProfile: z.enum(['FIAT', 'USDT', 'MIXED']).optional(),
	isPostpaid: z.boolean().optional(),
	products: z.number().int().min(0).max(10_000).optional(),
	webhookUrl: z.string().url().nullable().optional(),
	shops: z.number().int().min(0).max(100).optional(),
	recurrent: z.boolean().optional(),
	onlyStars: z.boolean().optional(),
	refundMs: z.number().min(0).nullable().optional(),
	signatureEncoding: z.enum(['hex', 'base64']).optional(),
	database: z.enum(['sqlite', 'postgres']).optional(),
	scopes: z.array(z.string()).optional(),
});

const schemas = {
	newAccount: accountSpecSchema.extend({ provider }),
	changedAccount: accountSpecSchema
		.pick({
			balance: true,
			rate: true,
			suspended: true,
			timeline: true,
			webhookUrl: true,
			signatureEncoding: true,
		})
		.extend({ provider, account: account.default('sandbox') }),
	fault: faultSpecSchema,
	faultFilter: z.strictObject({
		id: z.coerce.number().int().optional(),
		provider: provider.optional(),
		account: account.optional(),
	}),
	chargeFilter: z.strictObject({
		provider: provider.optional(),
		account: account.optional(),
		orderId: z.string().optional(),
		key: z.string().optional(),
	}),
	requestFilter: z.strictObject({
		provider: provider.optional(),
		operation: z.string().optional(),
		account: account.optional(),
	}),
	reset: z
		.strictObject({ provider: provider.optional(), account: account.optional() })
		.refine((scope) => scope.account === undefined || scope.provider !== undefined, {
			message: 'An account is one of a provider',
		}),
	clock: z.strictObject({ advanceMs: z.number().min(0) }),
	order: z.strictObject({
		provider,
		account: account.optional(),
		/** TG Market's two id spaces; stars when left out. */
		orderType: z.enum(['stars', 'premium']).optional(),
		orderId: id,
		/** Any word, also one the provider does not document. The order then stays as it is. */
		status: z.string().optional(),
		/** From now on. */
		timeline: timeline.optional(),
		/** Fields added to every answer about the order. */
		extra: z.record(z.unknown()).optional(),
	}),
	product: z.strictObject({
		provider,
		productId: id,
		price: z.number().min(0).optional(),
		stock: z.number().int().min(0).optional(),
		available: z.boolean().optional(),
	}),
	settings: z.strictObject({
		timelines: z
			.strictObject({ teleKartStars: timeline, tgMarket: timeline, gamesDrop: timeline })
			.partial()
			.optional(),
		waitTimeoutMs: z.number().min(0).optional(),
	}),
	webhook: z.strictObject({
		account: account.default('sandbox'),
		url: z.string().url().optional(),
		name: z.string(),
		payload: z.record(z.unknown()).optional(),
		count: z.number().int().min(1).max(10_000).optional(),
		signWith: z.enum(['right', 'wrong', 'none', 'malformed']).optional(),
		encoding: z.enum(['hex', 'base64']).optional(),
		rawBody: z.string().optional(),
		pad: z.number().int().min(0).max(50_000_000).optional(),
		paidWith: z.enum(['stars', 'card', 'wallet']).optional(),
	}),
	shopOrderEvent: z.strictObject({
		account: account.default('sandbox'),
		orderId: z.string(),
		event: z.enum(shopOrderEvents),
	}),
	tableFilter: z.strictObject({ account: account.default('sandbox') }),
	table: z.strictObject({
		account: account.default('sandbox'),
		name: z.string(),
		projectId: z.string().optional(),
		columns: z
			.array(z.strictObject({ name: z.string(), type: z.enum(['string', 'number', 'boolean', 'date']) }))
			.optional(),
		rows: z.array(z.record(z.unknown())).optional(),
	}),
	executions: z.strictObject({
		account: account.default('sandbox'),
		executions: z.array(
			z.strictObject({
				id,
				status: z.string(),
				workflowId: z.string().default('workflow'),
				mode: z.string().default('trigger'),
				startedAt: z.string().nullable().default(null),
				stoppedAt: z.string().nullable().default(null),
			}),
		),
	}),
};

type Schemas = typeof schemas;
/** What each control request takes, as a client writes it. */
export type ControlInput = { [K in keyof Schemas]: z.input<Schemas[K]> };

export interface Controlled {
	providers: Record<ServiceName, Provider>;
	tribute: Pick<TributeProvider, 'deliver' | 'deliveries' | 'play'>;
	n8n: Pick<N8nProvider, 'tablesOf' | 'setTable' | 'setExecutions'>;
	charges: Charges;
	journal: Journal;
	faults: Faults;
	clock: Clock;
	settings: Settings;
	/** Resolves when nothing that has happened can be lost any more. */
	save(): Promise<void>;
	/** Where the sandbox listens. */
	origin(): string;
	/** The settings as they were at the start. */
	restoreSettings(): void;
}

/** What control says of an account; `credentials` are the fields of the provider's credential. */
export interface AccountView {
	provider: ServiceName;
	name: string;
	key: string;
	balance: number;
	suspended: boolean;
	credentials: Record<string, string>;
}

class ControlError extends Error {
	constructor(
		readonly statusCode: number,
		message: string,
	) {
		super(message);
	}
}

export function control(app: FastifyInstance, sandbox: Controlled): void {
	const { providers, charges, journal, faults, clock, settings } = sandbox;

	const read = <K extends keyof Schemas>(schema: K, input: unknown): z.output<Schemas[K]> => {
		const result = schemas[schema].safeParse(input);
		if (result.success) return result.data as z.output<Schemas[K]>;
		const issues = result.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
		throw new ControlError(400, issues.join('; '));
	};
	const bodyOf = <K extends keyof Schemas>(schema: K, request: FastifyRequest) =>
		read(schema, typeof request.body === 'string' && request.body ? JSON.parse(request.body) : {});

	const accountOf = (name: ServiceName, accountName: string): Account => {
		const found = providers[name].accounts.named(accountName);
		if (!found) throw new ControlError(404, `${name} has no account "${accountName}"`);
		return found;
	};
	const accountView = (name: ServiceName, one: Account): AccountView => ({
		provider: name,
		name: one.name,
		key: one.key,
		balance: one.balance,
		suspended: one.suspended,
		credentials: providers[name].credentials(one, sandbox.origin()),
	});

	app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
		const status =
			error instanceof AccountExists
				? 409
				: error instanceof RangeError || error instanceof SyntaxError
					? 400
					: (error.statusCode ?? 500);
		return reply.status(status).send({ error: error.message });
	});

	app.addHook('onSend', async (request) => {
		if (request.method !== 'GET') await sandbox.save();
	});

	app.post('/accounts', async (request) => {
		const { provider: name, ...spec } = bodyOf('newAccount', request);
		return accountView(name, providers[name].accounts.open(spec));
	});
	app.patch('/accounts', async (request) => {
		const { provider: name, account: accountName, ...change } = bodyOf('changedAccount', request);
		const changed = accountOf(name, accountName);
		Object.assign(changed, change);
		return accountView(name, changed);
	});
	app.get('/accounts', async () =>
		serviceNames.flatMap((name) => [...providers[name].accounts.all()].map((one) => accountView(name, one))),
	);

	app.post('/faults', async (request) => {
		const spec = bodyOf('fault', request);
		return faults.add(spec, providers[spec.provider]);
	});
	app.get('/faults', async (request) => faults.list(read('faultFilter', request.query)));
	app.delete('/faults', async (request) => faults.clear(read('faultFilter', request.query)));

	app.get('/charges', async (request) => charges.view(read('chargeFilter', request.query)));
	app.get('/requests', async (request) => journal.view(read('requestFilter', request.query)));

	app.post('/reset', async (request) => {
		const scope = bodyOf('reset', request);
		charges.clear(scope);
		journal.clear(scope);
		faults.clear(scope);
		if (scope.account !== undefined) {
			accountOf(scope.provider!, scope.account);
			providers[scope.provider!].accounts.reset(scope.account);
		} else {
			for (const name of scope.provider ? [scope.provider] : serviceNames) {
				providers[name].accounts.reset();
				providers[name].restock?.();
			}
			if (!scope.provider) {
				sandbox.restoreSettings();
				clock.reset();
			}
		}
		return {};
	});

	app.post('/clock', async (request) => {
		clock.advance(bodyOf('clock', request).advanceMs);
		return { now: new Date(clock.now()).toISOString() };
	});

	app.post('/orders', async (request) => {
		const { provider: name, account: owner, orderId, orderType, ...change } = bodyOf('order', request);
		const candidates = owner === undefined ? [...providers[name].accounts.all()] : [accountOf(name, owner)];
		for (const candidate of candidates) {
			const order = providers[name].changeOrder?.(candidate, orderId, orderType, change);
			if (order) return order;
		}
		throw new ControlError(404, `${name} has no order ${orderType ?? ''} ${orderId}`);
	});

	app.post('/products', async (request) => {
		const { provider: name, productId, ...change } = bodyOf('product', request);
		const product = providers[name].changeProduct?.(productId, change);
		if (!product) throw new ControlError(404, `${name} has no product ${productId} that can be changed`);
		return product;
	});

	app.post('/settings', async (request) => {
		const { timelines, waitTimeoutMs } = bodyOf('settings', request);
		Object.assign(settings.timelines, timelines);
		if (waitTimeoutMs !== undefined) settings.waitTimeoutMs = waitTimeoutMs;
		return settings;
	});

	app.post('/tribute/webhooks', async (request) => {
		const { account: accountName, ...webhook } = bodyOf('webhook', request);
		return await sandbox.tribute.deliver(accountName, webhook);
	});
	app.post('/tribute/orders', async (request) => {
		const { account: accountName, orderId, event } = bodyOf('shopOrderEvent', request);
		return sandbox.tribute.play(accountName, orderId, event);
	});
	app.get('/tribute/deliveries', async () => sandbox.tribute.deliveries);

	app.get('/n8n/tables', async (request) => sandbox.n8n.tablesOf(read('tableFilter', request.query).account));
	app.post('/n8n/tables', async (request) => {
		const { account: accountName, ...table } = bodyOf('table', request);
		return sandbox.n8n.setTable(accountName, table);
	});
	app.post('/n8n/executions', async (request) => {
		const { account: accountName, executions } = bodyOf('executions', request);
		return sandbox.n8n.setExecutions(accountName, executions);
	});
}
