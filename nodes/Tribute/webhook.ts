import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IDataObject, INodePropertyOptions } from 'n8n-workflow';
import { z } from 'zod';
import { amount, optional, text } from '../shared/http/schemas';
import { fromMinorUnits } from './money';

/**
 * Tribute's webhooks: how they are signed, what they hold and which event one is.
 * Source: https://wiki.tribute.tg (pages "Webhooks" for creators and for shops). Amounts are in minor units.
 */
export const SIGNATURE_HEADER = 'trbt-signature';

/**
 * Whether the header is the HMAC-SHA256 of the body, byte for byte as it came, under the API key. The document does
 * not say how it is written: in hexadecimal or in base64.
 */
export function isSigned(body: Buffer, header: unknown, apiKey: string): boolean {
	// Anybody can sign with an empty key.
	if (apiKey === '') return false;
	const given = String(header ?? '')
		.trim()
		.replace(/^sha256=/i, '');
	const mac = createHmac('sha256', apiKey).update(body).digest();
	return [
		[given.toLowerCase(), mac.toString('hex')],
		[given, mac.toString('base64')],
	].some(([written, expected]) => isEqual(Buffer.from(written!), Buffer.from(expected!)));
}

const isEqual = (one: Buffer, other: Buffer): boolean =>
	one.length === other.length && timingSafeEqual(one, other);

/** One event, whichever part of Tribute it comes from. Unknown is null. */
export interface TributeEvent {
	/** The same however often Tribute sends the event. */
	eventId: string;
	event: EventName;
	createdAt: string | null;
	/** Of a shop's order, as Order: Get takes it, or of a physical order. */
	orderId: string | null;
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
export type Received =
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

/**
 * What tells an event from others of its name; undefined when it does not say enough, and all of its content counts.
 * Sent once more, an event has a new `sent_at`, and everything else as before.
 */
type Identity = (facts: Facts, createdAt: string | null) => string[] | undefined;

const all = (...parts: Array<string | null>): string[] | undefined => {
	const present = parts.filter((part) => part !== null);
	return present.length === parts.length ? present : undefined;
};

const purchase: Identity = ({ purchase_id }) => all(purchase_id);

const physicalOrder: Identity = ({ order_id, status }) =>
	all(order_id)?.concat(status === null ? [] : [status]);

const shopOrder: Identity = (said) =>
	all(said.uuid ?? said.charge_uuid)?.concat(
		[said.transaction_id, said.charge_retries, said.member_expires_at, said.status].filter(
			(part) => part !== null,
		),
	);

/** For what comes several times with nothing in the payload that differs: when it happened tells it apart. */
const eachTime =
	(identity: Identity): Identity =>
	(said, createdAt) =>
		createdAt === null ? undefined : identity(said, createdAt)?.concat(createdAt);

/** A subscription can be cancelled, resumed and cancelled once more within one paid period. */
const subscription = eachTime(({ subscription_id, period_id, trb_user_id, telegram_user_id, expires_at }) =>
	all(subscription_id, period_id, trb_user_id ?? telegram_user_id, expires_at),
);

/** Comes with each renewal. Where it says until when is paid, that identifies it. */
const renewal: Identity = (said, createdAt) =>
	(said.member_expires_at === null ? eachTime(shopOrder) : shopOrder)(said, createdAt);

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
	shop_order_prepaid: ['Shop Order Prepaid', eachTime(shopOrder)],
	shop_order_payment_received: ['Shop Order Payment Received', eachTime(shopOrder)],
	shop_order_payment_failed: ['Shop Order Payment Failed', eachTime(shopOrder)],
	shop_order_charge_success: ['Shop Order Renewed', renewal],
	shop_order_charge_failed: ['Shop Order Renewal Failed', renewal],
	shop_order_cancelled: ['Shop Order Cancelled', eachTime(shopOrder)],
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

export function readBody(body: Buffer): Received {
	let json: unknown;
	try {
		json = JSON.parse(body.toString('utf8').replace(/^\uFEFF/, ''));
	} catch {
		return { kind: 'invalid', reason: 'The body is not JSON' };
	}
	const parsed = envelope.safeParse(json);
	if (!parsed.success) return { kind: 'invalid', reason: 'The body is not an event' };
	const { name, created_at: createdAt, payload, test_event: test } = parsed.data;
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
		orderId: said.uuid ?? said.order_id,
		purchaseId: said.purchase_id,
		productId: said.product_id,
		buyer: {
			telegramUserId: said.telegram_user_id,
			telegramUsername: said.telegram_username,
			tributeUserId: said.trb_user_id,
		},
		amount: minor === null ? null : fromMinorUnits(minor, said.currency),
		currency: said.currency?.toUpperCase() ?? null,
		payload,
	};
}

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');
