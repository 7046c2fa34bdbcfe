import type { Item } from '../../shared/node/item';
import type { PurchaseMarks, PurchaseOperation } from '../../shared/node/operation';
import {
	allowAgentPurchasesProperty,
	requestTimeoutProperty,
	tableNameProperty,
	trackingProperties,
} from '../../shared/node/orderProperties';
import { simplifyProperty } from '../../shared/node/properties';
import { echoed } from '../../shared/errors/providerError';
import { DISPLAY_NAME, orderConnection } from '../connection';
import { toMinorUnits } from '../money';
import { createAndRecover } from '../recovery';
import {
	LONGEST_CUSTOMER_ID,
	LONGEST_DESCRIPTION,
	LONGEST_EMAIL,
	LONGEST_TITLE,
	orderAsAsked,
	periods,
	type NewOrder,
	type Period,
	type ShopOrder,
} from '../shop';
import { shopIdOf, shopIdProperty } from './shopId';

const LONGEST_URL = 2_048;
const LONGEST_COMMENT = 255;
/** Stars are paid once or each month. */
const STARS_PERIODS: readonly Period[] = ['onetime', 'monthly'];

export const createOneOrder: PurchaseOperation<NewOrder, ShopOrder & PurchaseMarks> = {
	resource: 'order',
	operation: 'create',
	displayName: 'Create',
	action: 'Create order',
	description: 'Create a payment link for a buyer',
	connection: orderConnection,
	isOrder: true,
	properties: [
		{
			displayName: 'Title',
			name: 'title',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. Guitar course',
			description: `What the buyer pays for. At most ${LONGEST_TITLE} characters.`,
		},
		{
			displayName: 'Description',
			name: 'description',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. Twelve lessons with tabs',
			description: `Shown to the buyer below the title. At most ${LONGEST_DESCRIPTION} characters.`,
		},
		{
			displayName: 'Amount',
			name: 'amount',
			type: 'number',
			typeOptions: { minValue: 0, numberPrecision: 2 },
			required: true,
			default: 0,
			placeholder: 'e.g. 12.34',
			description: 'What the buyer pays, as money: 12.34, not 1234. Each currency has limits of its own.',
		},
		{
			displayName: 'Currency',
			name: 'currency',
			type: 'options',
			options: [
				{ name: 'EUR', value: 'EUR' },
				{ name: 'RUB', value: 'RUB' },
				{ name: 'USD', value: 'USD' },
			],
			default: 'USD',
			description: 'Currency of the amount',
		},
		...trackingProperties,
		{
			...allowAgentPurchasesProperty,
			description:
				'Whether an AI agent that uses this node as a tool may create payment links with it. Has no effect when a workflow runs the node.',
		},
		simplifyProperty,
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [
				{
					displayName: 'Comment',
					name: 'comment',
					type: 'string',
					default: '',
					placeholder: 'e.g. Invoice 1042',
					description:
						'A note of yours that the order keeps. The node adds an ID to it, by which it finds the order if the answer is lost.',
				},
				{
					displayName: 'Customer ID',
					name: 'customerId',
					type: 'string',
					default: '',
					placeholder: 'e.g. {{ $json.chatId }}',
					description: `Your own ID of the buyer or the invoice. The events of the Tribute Trigger carry it. At most ${LONGEST_CUSTOMER_ID} characters.`,
				},
				{
					displayName: 'Email',
					name: 'email',
					type: 'string',
					default: '',
					placeholder: 'e.g. name@example.com',
					description: 'Email address of the buyer',
				},
				{
					displayName: 'Fail URL',
					name: 'failUrl',
					type: 'string',
					default: '',
					placeholder: 'e.g. https://example.com/failed',
					description: 'Where the buyer is sent when the payment fails',
				},
				{
					displayName: 'Period',
					name: 'period',
					type: 'options',
					options: [
						{ name: 'Half-Yearly', value: 'halfyearly' },
						{ name: 'Monthly', value: 'monthly' },
						{ name: 'Once', value: 'onetime' },
						{ name: 'Quarterly', value: 'quarterly' },
						{ name: 'Weekly', value: 'weekly' },
						{ name: 'Yearly', value: 'yearly' },
					],
					default: 'onetime',
					description: 'How often the buyer pays. All but Once need a shop with recurring payments.',
				},
				requestTimeoutProperty,
				shopIdProperty('Which of your shops sells, if you have several. The oldest one unless set.'),
				{
					displayName: 'Stars Amount',
					name: 'starsAmount',
					type: 'number',
					typeOptions: { minValue: 1 },
					default: 1,
					description:
						'Price in Telegram Stars, which makes Stars a way to pay. Only for orders that are paid once or monthly.',
				},
				{
					displayName: 'Success URL',
					name: 'successUrl',
					type: 'string',
					default: '',
					placeholder: 'e.g. https://example.com/thanks',
					description: 'Where the buyer is sent after paying',
				},
				tableNameProperty,
			],
		},
	],
	async prepare(item) {
		const plan = orderIn(item);
		return {
			plan,
			identity: {
				orderType: '',
				productId: '',
				quantity: 1,
				recipient: plan.customerId ?? null,
				details: JSON.stringify(plan),
			},
		};
	},
	async place(item, api, { plan }) {
		const { raw, data } = await createAndRecover(api, plan, item.context.getExecutionCancelSignal());
		warnIfChanged(item, plan, raw.shopId, data);
		return { raw, data: outputOf(data, plan) };
	},
	outputOf,
};

/** An older answer holds no more than the links: what was asked for fills the rest. */
function outputOf(order: Partial<ShopOrder>, plan: NewOrder): ShopOrder {
	const known = Object.entries(order).filter(([, value]) => value !== null);
	return { ...orderAsAsked(plan), ...(Object.fromEntries(known) as Partial<ShopOrder>) };
}

function orderIn(item: Item): NewOrder {
	const currency = item.text('currency', 3).toLowerCase();
	if (!/^[a-z]{3}$/.test(currency))
		throw item.invalid('currency', `expected a currency such as USD, got ${echoed(currency)}`);
	const amount = item.number('amount');
	if (amount === undefined) throw item.invalid('amount', 'is empty');
	const minor = toMinorUnits(amount, currency);
	if (minor === undefined || minor < 1)
		throw item.invalid(
			'amount',
			`expected an amount that can be paid in ${currency.toUpperCase()}, got ${amount}`,
			'Nothing was sent. Enter money such as 12.34, with no more decimal places than the currency has.',
		);
	const period = item.isGiven('options.period') ? item.choice('options.period', periods) : 'onetime';
	const starsAmount =
		item.guardNumber('options.starsAmount') === undefined
			? undefined
			: item.integer('options.starsAmount', { min: 1 });
	if (starsAmount !== undefined && !STARS_PERIODS.includes(period))
		throw item.invalid('options.starsAmount', 'Stars can be paid once or monthly only, not ' + period);
	const email = item.optionalText('options.email', LONGEST_EMAIL);
	if (email !== '' && !/^[^\s@]+@[^\s@]+$/.test(email))
		throw item.invalid('options.email', `${echoed(email)} is not an email address`);
	const texts = {
		successUrl: urlIn(item, 'options.successUrl'),
		failUrl: urlIn(item, 'options.failUrl'),
		email,
		comment: item.optionalText('options.comment', LONGEST_COMMENT),
		customerId: item.optionalText('options.customerId', LONGEST_CUSTOMER_ID),
	};
	const shopId = shopIdOf(item, 'options.shopId');
	return {
		amount: minor,
		currency,
		title: item.text('title', LONGEST_TITLE),
		description: item.text('description', LONGEST_DESCRIPTION),
		period,
		...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')),
		...(shopId === undefined ? {} : { shopId }),
		...(starsAmount === undefined ? {} : { starsAmount }),
	};
}

function urlIn(item: Item, path: string): string {
	const url = item.optionalText(path, LONGEST_URL);
	if (url !== '' && !(URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)))
		throw item.invalid(path, `${echoed(url)} is not a web address`);
	return url;
}

/** The link exists and can be paid: worth a warning, never an error. */
function warnIfChanged(item: Item, plan: NewOrder, shopId: unknown, made: ShopOrder): void {
	const asked = orderAsAsked(plan);
	const changed = [
		['amount', asked.price, made.price],
		['currency', asked.currency, made.currency],
		['shop', plan.shopId ?? null, shopId ?? null],
	].filter(([, wanted, got]) => wanted !== null && got !== null && String(wanted) !== String(got));
	if (changed.length === 0) return;
	const differences = changed.map(([what, wanted, got]) => `${what} ${got} instead of ${wanted}`).join(', ');
	const message = `${DISPLAY_NAME} made order ${made.orderId} with ${differences} (item ${item.index}). Do not hand out its link before you have checked it.`;
	item.context.addExecutionHints?.({ message, location: 'outputPane', type: 'warning' });
	item.context.logger.warn(message);
}
