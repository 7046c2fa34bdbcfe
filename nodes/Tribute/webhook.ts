import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IDataObject, INodePropertyOptions } from 'n8n-workflow';
import { z } from 'zod';
import { fromMinorUnits } from '../shared/domain/money';
import { amount, optional, text } from '../shared/http/schemas';

/**
 * What Tribute tells by webhook: how it is signed, what it may say and which event it is.
 * Source: https://wiki.tribute.tg (pages "Webhooks" for creators and for shops). Amounts are in minor units.
 */
export const SIGNATURE_HEADER = 'trbt-signature';

/** Whether the header is the HMAC-SHA256 of the body, byte for byte as it came, under the API key. */
export function isSigned(body: Buffer, header: unknown, apiKey: string): boolean {
	const [, signature] = /^(?:sha256=)?([0-9a-f]{64})$/i.exec(String(header ?? '').trim()) ?? [];
	// Anybody can sign with an empty key.
	if (signature === undefined || apiKey === '') return false;
	return timingSafeEqual(createHmac('sha256', apiKey).update(body).digest(), Buffer.from(signature, 'hex'));
}

/** One event, whichever part of Tribute it comes from. Unknown is null. */
export interface TributeEvent {
	/** The same for every delivery of the event. */
	eventId: string;
	event: EventName;
	createdAt: string | null;
	purchaseId: string | null;
	productId: string | null;
	buyer: {
		telegramUserId: string | null;
		telegramUsername: string | null;
		tributeUserId: string | null;
	};
	amount: number | null;
	currency: string | null;
	/** The provider's own, untouched. */
	payload: IDataObject;
}

/** What a signed body turns out to be. */
export type Delivery =
	| { kind: 'event'; event: TributeEvent }
	/** Genuine, but nothing to run a workflow for: a test request, or an event this node does not know. */
	| { kind: 'other' }
	| { kind: 'invalid'; reason: string };

/** An identifier or word. What the provider does not know it leaves out, or gives as 0 or an empty text. */
const known = optional(text.transform((value) => (value === '' || value === '0' ? null : value)));

const facts = z.object({
	purchase_id: known,
	product_id: known,
	subscription_id: known,
	period_id: known,
	order_id: known,
	uuid: known,
	charge_uuid: known,
	transaction_id: known,
	charge_retries: known,
	member_expires_at: known,
	expires_at: known,
	status: known,
	telegram_user_id: known,
	telegram_username: known,
	trb_user_id: known,
	amount: optional(amount),
	total: optional(amount),
	currency: known,
});
type Facts = z.output<typeof facts>;

/** Creators' payloads are in snake case, shops' in camel case; both are read as the first. */
const factsOf = (payload: IDataObject): Facts =>
	facts.parse(
		Object.fromEntries(
			Object.entries(payload).map(([key, value]) => [
				key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
				value,
			]),
		),
	);

/** What tells an event from others of its name; undefined when the payload does not say enough. */
type Identity = (facts: Facts, createdAt: string | null) => string[] | undefined;

const all = (...parts: Array<string | null>): string[] | undefined => {
	const present = parts.filter((part) => part !== null);
	return present.length === parts.length ? present : undefined;
};

const purchase: Identity = ({ purchase_id }) => all(purchase_id);

const subscription: Identity = ({ subscription_id, period_id, trb_user_id, telegram_user_id, expires_at }) =>
	all(subscription_id, period_id, trb_user_id ?? telegram_user_id, expires_at);

const physicalOrder: Identity = ({ order_id, status }) =>
	all(order_id)?.concat(status === null ? [] : [status]);

const shopOrder: Identity = (said) =>
	all(said.uuid ?? said.charge_uuid)?.concat(
		[said.transaction_id, said.charge_retries, said.member_expires_at, said.status].filter(
			(part) => part !== null,
		),
	);

/** Comes again and again for one order, each month or each attempt, often with nothing in it that differs. */
const repeatedly: Identity = (said, createdAt) =>
	said.transaction_id !== null || said.member_expires_at !== null
		? shopOrder(said, createdAt)
		: createdAt === null
			? undefined
			: shopOrder(said, createdAt)?.concat(createdAt);

/** Donations have no identifier of their own. */
const wholeContent: Identity = () => undefined;

const EVENTS = {
	new_digital_product: ['Digital Product Purchased', purchase],
	digital_product_refunded: ['Digital Product Refunded', purchase],
	new_donation: ['Donation Received', wholeContent],
	recurrent_donation: ['Donation Repeated', wholeContent],
	cancelled_donation: ['Donation Cancelled', wholeContent],
	physical_order_created: ['Physical Order Created', physicalOrder],
	physical_order_shipped: ['Physical Order Shipped', physicalOrder],
	physical_order_canceled: ['Physical Order Cancelled', physicalOrder],
	shop_order: ['Shop Order Paid', shopOrder],
	shop_order_prepaid: ['Shop Order Prepaid', shopOrder],
	shop_order_payment_received: ['Shop Order Payment Received', repeatedly],
	shop_order_payment_failed: ['Shop Order Payment Failed', repeatedly],
	shop_order_charge_success: ['Shop Order Renewed', repeatedly],
	shop_order_charge_failed: ['Shop Order Renewal Failed', repeatedly],
	shop_order_cancelled: ['Shop Order Cancelled', shopOrder],
	shop_order_refunded: ['Shop Order Refunded', shopOrder],
	shop_token_charge_success: ['Shop Token Charged', shopOrder],
	shop_token_charge_failed: ['Shop Token Charge Failed', shopOrder],
	new_subscription: ['Subscription Started', subscription],
	renewed_subscription: ['Subscription Renewed', subscription],
	cancelled_subscription: ['Subscription Cancelled', subscription],
} satisfies Record<string, [displayName: string, identity: Identity]>;

export type EventName = keyof typeof EVENTS;
const eventNames = Object.keys(EVENTS) as EventName[];

export const eventOptions: INodePropertyOptions[] = eventNames
	.map((value) => ({ name: EVENTS[value][0], value, description: value }))
	.sort((one, other) => one.name.localeCompare(other.name));

/** `new_digital_product` and `newDigitalProduct` are one event, and so are both spellings of "cancelled". */
const bare = (name: string) =>
	name
		.toLowerCase()
		.replace(/[_\s-]/g, '')
		.replace('cancelled', 'canceled');

const eventsByBareName = new Map(eventNames.map((name) => [bare(name), name]));

/** The event as this node names it, from any of the ways to write it. */
export const eventNamed = (name: string): EventName | undefined => eventsByBareName.get(bare(name));

const envelope = z.object({
	name: optional(z.string()),
	created_at: optional(text),
	payload: z.unknown(),
	/** What the dashboard sends to try a URL has this instead of a name. */
	test_event: z.unknown(),
});

export function readDelivery(body: Buffer): Delivery {
	let json: unknown;
	try {
		json = JSON.parse(body.toString('utf8').replace(/^\uFEFF/, ''));
	} catch {
		return { kind: 'invalid', reason: 'The body is not JSON' };
	}
	const delivery = envelope.safeParse(json);
	if (!delivery.success) return { kind: 'invalid', reason: 'The body is not an event' };
	const { name, created_at: createdAt, payload, test_event: test } = delivery.data;
	if (name === null || name === '') {
		return test === undefined ? { kind: 'invalid', reason: 'The event has no name' } : { kind: 'other' };
	}
	const event = eventNamed(name);
	if (event === undefined) return { kind: 'other' };
	if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
		return { kind: 'invalid', reason: 'The event has no payload' };
	}
	return { kind: 'event', event: toEvent(event, createdAt, payload as IDataObject) };
}

function toEvent(event: EventName, createdAt: string | null, payload: IDataObject): TributeEvent {
	const said = factsOf(payload);
	const minor = said.amount ?? said.total;
	const identity = EVENTS[event][1](said, createdAt) ?? [sha256(JSON.stringify([createdAt, payload]))];
	return {
		eventId: [event, ...identity].join(':'),
		event,
		createdAt,
		purchaseId: said.purchase_id,
		productId: said.product_id,
		buyer: {
			telegramUserId: said.telegram_user_id,
			telegramUsername: said.telegram_username,
			tributeUserId: said.trb_user_id,
		},
		amount: minor === null ? null : fromMinorUnits(minor),
		currency: said.currency?.toUpperCase() ?? null,
		payload,
	};
}

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');
