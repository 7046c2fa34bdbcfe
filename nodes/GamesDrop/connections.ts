import { z } from 'zod';
import type { Answer, Connection, Refusal } from '../shared/http/connection';
import { optional, text } from '../shared/http/schemas';

/**
 * How GamesDrop is reached, and how it says no. Its document lists the codes, but neither their HTTP status nor
 * the shape of the body: `error.code`, `error` and `code` are read, also with status 200.
 */
export const NAME = 'gamesDrop';
export const DISPLAY_NAME = 'GamesDrop';

export const TRANSACTION_DUPLICATE = 'TRANSACTION_DUPLICATE';
export const ORDER_NOT_FOUND = 'ORDER_NOT_FOUND';
/** What `check-game-data` says of a player who does not exist: an answer, whatever its HTTP status. */
export const INVALID = 'INVALID';

const words = z.union([text, z.array(text).transform((lines) => lines.join('; '))]);
const failure = z.object({
	orderId: optional(text),
	order_id: optional(text),
	error: optional(z.union([text, z.object({ code: optional(text), message: optional(words) })])),
	code: optional(text),
	message: optional(words),
});

/** What each code means, for answers without words of their own, and what to do. */
const ERRORS: Record<string, [meaning: string, advice: string]> = {
	INVALID_TOKEN: [
		'the token is not valid',
		'Open the credential and enter the token of your store from the GamesDrop merchant account, without "Bearer". A newly generated token makes the old one invalid.',
	],
	OFFER_NOT_FOUND: [
		'the product is unknown, or your account may not buy it',
		'Choose the product from the list again: it may have been taken off, or its supplier settles in another way than your account.',
	],
	OUT_OF_STOCK: [
		'the product is out of stock',
		'Nothing was ordered. Order again later, or choose another product.',
	],
	TRANSACTION_DUPLICATE: [
		'the Transaction ID was used before',
		'Nothing was ordered now. Get the earlier order with Order: Get by Transaction ID; for another order use another Transaction ID.',
	],
	WRONG_PRICE: [
		'the confirmed price is not the price of the product any more',
		'Nothing was ordered. Order again with Price Mode "Latest", or confirm the price Product: Get shows now. It is the GamesDrop price that counts, not the one you sell at.',
	],
	ORDER_NOT_FOUND: [
		'the order is unknown',
		'Check the ID: orders of another store are not shown. An order sent a moment ago may take a little to appear.',
	],
	ORDER_NOT_PROCESSING: [
		'the order is not being processed yet',
		'Wait until the order is processing, then try again.',
	],
	ORDER_NOT_COMPLETED: [
		'the order is not completed yet',
		'Wait until the order is completed: top-ups take up to 60 minutes.',
	],
	ORDER_ALREADY_CANCELED: [
		'the order is cancelled already',
		'Place a new order, with another Transaction ID.',
	],
	ORDER_ALREADY_REFUNDED: [
		'the order is refunded already',
		'Place a new order, with another Transaction ID.',
	],
	SERVICE_UNAVAILABLE: ['the service is not available right now', 'Try again later.'],
	INVALID_REQUEST_BODY: [
		'the request does not fit',
		'Check the values of the node: top-ups need Game User ID and some of them Game Server ID; Telegram Stars need a numeric Telegram user ID.',
	],
	INSUFFICIENT_BALANCE: [
		'the balance is too low',
		'Nothing was ordered. Top up the balance of your GamesDrop account: it is kept in USD and must cover the price converted to USD.',
	],
	BALANCE_UNAVAILABLE: ['the balance cannot be read right now', 'Try again later.'],
};

/** What to do about a code that is none of these. */
const adviceFor = (status: number): string => {
	if (status === 401 || status === 403) return ERRORS.INVALID_TOKEN![1];
	if (status === 429) return 'Wait a little, then run the workflow again with fewer items at once.';
	return status >= 500 ? 'Try again later.' : 'Check the values of the node.';
};

const isKnown = (code: string | null | undefined): code is string =>
	typeof code === 'string' && Object.hasOwn(ERRORS, code.toUpperCase());

/** Reads a refusal. A body with an order in it is none, whatever else it says. */
function refusal({ status, body }: Answer): Refusal | undefined {
	const parsed = failure.safeParse(body);
	if (!parsed.success) return undefined;
	const { error, code: ownCode, message, orderId, order_id } = parsed.data;
	const nested = typeof error === 'object' ? error : null;
	const plain = typeof error === 'string' ? error : null;
	const known = [nested?.code, plain, ownCode, nested?.message, message].find(isKnown)?.toUpperCase();
	const hasOrder = orderId !== null || order_id !== null;
	if (status < 400 && (known === undefined || hasOrder)) return undefined;

	const code = known ?? nested?.code ?? ownCode ?? plain;
	const said = [nested?.message, message, plain].find((line) => line && !isKnown(line));
	if (code === null && !said) return undefined;
	const [meaning, advice] = ERRORS[known ?? ''] ?? [code, adviceFor(status)];
	return { code, message: `${DISPLAY_NAME}: ${said ?? meaning}`, description: advice };
}

/** The partner API, with the store's token. */
export const connection: Connection = {
	provider: NAME,
	displayName: DISPLAY_NAME,
	credential: 'gamesDropApi',
	check: 'the orders in your GamesDrop merchant account',
	refusal,
};

/** Telegram users are looked up on another host of GamesDrop, with the same token. */
export const telegramConnection: Connection = { ...connection, origin: 'telegramBaseUrl' };

/** Balance transactions belong to the dashboard, which has a token of its own. */
export const dashboardConnection: Connection = {
	...connection,
	credential: 'gamesDropDashboardApi',
	refusal: (answer) => {
		const said = refusal(answer);
		if (said?.code !== 'INVALID_TOKEN') return said;
		return {
			...said,
			description:
				'A dashboard token is valid for a limited time: sign in to the GamesDrop dashboard again and enter the new token in the credential. The token of the store does not work here.',
		};
	},
};

/** Tells a player who does not exist from a request that was refused. */
export const playerConnection: Connection = {
	...connection,
	refusal: (answer) => {
		const { status, body } = answer;
		const isVerdict = status >= 400 && status < 500 && verdict.safeParse(body).success;
		return isVerdict
			? { code: INVALID, message: 'the player is not valid', description: 'Check the Game User ID.' }
			: refusal(answer);
	},
};
const verdict = z.object({ status: z.literal(INVALID) });
