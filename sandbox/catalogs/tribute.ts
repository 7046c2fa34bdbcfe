const types = ['digital', 'custom', 'physical'] as const;
export type TributeType = (typeof types)[number];
export const isTributeType = (word: string): word is TributeType => types.includes(word as TributeType);

export interface TributeProduct {
	id: number;
	type: TributeType;
	name: string;
	description?: string;
	/** In the currency's smallest units. */
	amount: number;
	currency: 'usd' | 'eur' | 'rub';
	starsAmount?: number;
	starsAmountEnabled?: boolean;
	status: string;
	isCustom: boolean;
	acceptCards: boolean;
	acceptWalletPay: boolean;
	protectContent: boolean;
	created: string;
	updated: string;
	pendingOrders?: number;
	imageUrl?: string;
	link: string;
	webLink: string;
}

export interface TributePurchase {
	id: number;
	productId: number;
	paidWith: 'stars' | 'card' | 'wallet';
	telegramUserId: number;
	telegramUsername: string;
	createdAt: string;
	refunded: boolean;
}

const goods: Record<TributeType, string[]> = {
	digital: [
		'VPN Access - 1 Month',
		'Photo Preset Pack',
		'Guitar Course',
		'Sticker Sources',
		'Trading Notes',
		'E-Book',
	],
	custom: ['Portrait by Photo', 'Voice Greeting', 'Tarot Reading', 'CV Review'],
	physical: ['Printed Zine', 'Enamel Pin', 'Hoodie', 'Ceramic Mug'],
};
const currencies = ['usd', 'eur', 'rub'] as const;

export function tributeProducts(firstId: number, count: number): TributeProduct[] {
	return Array.from({ length: count }, (_, index) => tributeProduct(firstId + index, index));
}

function tributeProduct(id: number, index: number): TributeProduct {
	const type: TributeType = index % 10 === 7 ? 'physical' : index % 10 === 4 ? 'custom' : 'digital';
	const names = goods[type];
	const name = names[index % names.length]!;
	const currency = currencies[index % currencies.length]!;
	const amount = (499 + (index % 40) * 100) * (currency === 'rub' ? 90 : 1);
	const forStars = index % 4 !== 3;
	const created = new Date(Date.UTC(2025, 7, 25, 10, 30) + index * 3_600_000)
		.toISOString()
		.replace('.000Z', 'Z');
	const code = id.toString(36);
	return {
		id,
		type,
		name: index < names.length ? name : `${name} No. ${index}`,
		...(index % 7 !== 3 && { description: 'High-speed delivery right in the chat' }),
		amount,
		currency,
		...(forStars && { starsAmount: 100 + index }),
		starsAmountEnabled: forStars,
		status: 'approved',
		isCustom: type === 'custom',
		acceptCards: index % 6 !== 5,
		acceptWalletPay: index % 2 === 1,
		protectContent: type === 'digital',
		created,
		updated: created,
		...(type === 'custom' && { pendingOrders: index % 4 }),
		...(index % 3 !== 2 && { imageUrl: `https://cdn.example.com/${code}.jpg` }),
		link: `https://t.me/tribute_bot/app?startapp=p${code}`,
		webLink: `https://web.tribute.tg/p/${code}`,
	};
}

/** Purchases a creator has from the start: eight paid with Stars, then two by card and two by wallet. */
export function tributePurchases(firstId: number, products: TributeProduct[]): TributePurchase[] {
	const digital = products.filter(({ type }) => type === 'digital');
	if (digital.length === 0) return [];
	return Array.from({ length: 12 }, (_, index) => ({
		id: firstId + index,
		productId: digital[index % digital.length]!.id,
		paidWith: index < 8 ? 'stars' : index < 10 ? 'card' : 'wallet',
		telegramUserId: 12321321 + index,
		telegramUsername: `buyer_${index + 1}`,
		createdAt: new Date(Date.UTC(2026, 10, 1, 12, index)).toISOString(),
		refunded: false,
	}));
}
