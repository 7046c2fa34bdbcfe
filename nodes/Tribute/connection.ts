import { z } from 'zod';
import type { Explanation } from '../shared/errors/providerError';
import type { Answer, Connection, Refusal } from '../shared/http/connection';
import { isFromBetween } from '../shared/http/explanations';
import { optional, text } from '../shared/http/schemas';

/**
 * How Tribute is reached, and how it refuses: `error` and `message`, or in newer answers `code` and `message`. Its
 * documents list few codes, and a code this file does not know is explained by the HTTP status.
 */
export const NAME = 'tribute';
export const DISPLAY_NAME = 'Tribute';

const failure = z.object({
	success: z.unknown(),
	error: optional(text),
	code: optional(text),
	message: optional(text),
});

export const ALREADY_REFUNDED = 'error_already_refunded';
export const ALREADY_CANCELLED = 'error_already_cancelled';

const OTHER_AMOUNT: Explanation['description'] =
	'Change the Amount. It is entered as money, such as 12.34, and each currency has limits of its own.';
/** Codes of the shop, which come with HTTP 400 unless the document says otherwise. */
const CODES: Record<string, Explanation> = {
	error_shop_inactive: {
		message: 'the shop is not active',
		description: 'Ask the support of Tribute to activate the shop, or choose another one with Shop ID.',
	},
	error_invalid_currency: {
		message: 'the shop does not take this currency',
		description: 'Choose EUR, RUB or USD as the Currency.',
	},
	error_amount_too_small: { message: 'the amount is too small', description: OTHER_AMOUNT },
	error_amount_too_large: { message: 'the amount is too large', description: OTHER_AMOUNT },
	error_invalid_url: {
		message: 'a URL was refused',
		description: 'Success URL and Fail URL have to be complete https addresses.',
	},
	error_order_not_paid: {
		message: 'the order is not paid',
		description: 'There is nothing to refund. Order: Get shows how the order stands.',
	},
	[ALREADY_REFUNDED]: {
		message: 'the payment is refunded already',
		description: 'There is nothing left to refund.',
	},
	error_not_refundable: {
		message: 'this payment cannot be refunded',
		description: 'Ask the support of Tribute why, or pay the buyer back in another way.',
	},
	error_refund_failed: {
		message: 'the refund did not work',
		description: 'Look at the order in the Creator Dashboard of Tribute before you try it once more.',
	},
	[ALREADY_CANCELLED]: {
		message: 'the subscription is cancelled already',
		description: 'There is nothing left to cancel.',
	},
};

const NOT_ACCEPTED: Explanation = {
	message: 'the API key was not accepted',
	description: 'Open the credential and enter the key from Tribute: Creator Dashboard → Settings → API Keys.',
};
const TOO_MANY: Explanation = {
	message: 'too many requests',
	description: 'Wait a moment, then run the workflow again with fewer items at once.',
};
const NOT_AVAILABLE: Explanation = {
	message: 'not available right now',
	description: 'Run the workflow again later.',
};

/** What a refusal means depends on what was asked for. */
interface Meanings {
	/** A value that Tribute does not take. */
	refused: Explanation;
	/** HTTP 200 with `success: false`. */
	notDone: Explanation;
	forbidden: Explanation;
	notFound: Explanation;
}

const LONGEST_WORDS = 300;

const refusalBy =
	(meanings: Meanings) =>
	(answer: Answer): Refusal | undefined => {
		const { status, body } = answer;
		const parsed = failure.safeParse(body);
		const said = parsed.success ? parsed.data : undefined;
		if (status < 400 && said?.success !== false) return undefined;
		if (said === undefined && isFromBetween(answer)) return undefined;
		const code = said?.code ?? said?.error ?? null;
		const words = [...new Set([said?.message, code])].filter((one) => one).join(', code ');
		const { message, description } = meaningOf(status, code, meanings);
		return {
			code,
			message: `${DISPLAY_NAME}: ${message} (${words === '' ? `HTTP ${status}` : words.slice(0, LONGEST_WORDS)})`,
			description,
		};
	};

function meaningOf(status: number, code: string | null, meanings: Meanings): Explanation {
	if (code !== null && Object.hasOwn(CODES, code)) return CODES[code]!;
	if (status < 400) return meanings.notDone;
	if (status === 401) return NOT_ACCEPTED;
	if (status === 403) return meanings.forbidden;
	if (status === 404) return meanings.notFound;
	if (status === 429) return TOO_MANY;
	return status >= 500 ? NOT_AVAILABLE : meanings.refused;
}

const CHECK_PURCHASE =
	'Check the values of the node. A purchase can be cancelled only when it was paid with Telegram Stars, and only once.';

/** Products, and purchases of them. */
export const connection: Connection = {
	provider: NAME,
	displayName: DISPLAY_NAME,
	credential: 'tributeApi',
	check:
		'the order or purchase in the Creator Dashboard of Tribute (the Tribute Trigger also gets digital_product_refunded and shop_order_refunded)',
	refusal: refusalBy({
		refused: { message: 'the request was refused', description: CHECK_PURCHASE },
		notDone: { message: 'the purchase was not cancelled', description: CHECK_PURCHASE },
		forbidden: {
			message: 'this belongs to somebody else',
			description:
				'Use the API key of the account that sells the product, and check the ID: only your own products and purchases can be used.',
		},
		notFound: {
			message: 'there is no such product or purchase',
			description:
				'Check the ID. A product ID comes from Product: Get Many, a purchase ID from an event of the Tribute Trigger.',
		},
	}),
};

/** Orders: those of the account's shops, and physical ones. */
export const orderConnection: Connection = {
	...connection,
	check:
		'the order in the Creator Dashboard of Tribute (the Tribute Trigger also gets the events of the shop)',
	refusal: refusalBy({
		refused: { message: 'the request was refused', description: 'Check the values of the node.' },
		notDone: {
			message: 'it was not done',
			description: 'Look at the order in the Creator Dashboard of Tribute.',
		},
		forbidden: {
			message: 'this belongs to somebody else, or the account may not do it',
			description:
				'Use the API key of the account that owns the shop, and check the ID: only its own orders can be used.',
		},
		notFound: {
			message: 'there is no such order or shop',
			description:
				'Check the Order ID. The account needs an active shop, which the support of Tribute sets up.',
		},
	}),
};
