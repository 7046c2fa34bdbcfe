export type Settlement = 'FIAT' | 'USDT' | 'MIXED';

/** What all offers of a product share. */
export interface GameProduct {
	id: number;
	name: string;
	category: 'Top Up' | 'Gift Cards';
	currency: Currency;
	settlementMethod: Settlement;
	/** A key the customer gets, or a top-up of their account. */
	isKey: boolean;
	needsGameUserId: boolean;
	needsGameServerId: boolean;
	/** Label to gameServerId. */
	servers: Readonly<Record<string, string>>;
}

export interface Offer {
	/** The provider's offerGroupId, which orders call offerId. */
	readonly id: number;
	readonly product: GameProduct;
	readonly name: string;
	price: number;
	inStock: boolean;
	/** Telegram Stars in the pack, which are delivered at once to a numeric Telegram id. */
	readonly stars?: number;
	/** What an order of it answers and costs where that is not the price quoted. */
	orderedPrice?: number | undefined;
}

/** What one unit is worth in USD. The RUB rate is the document's: 500 RUB are 5.50 USD. */
export const usdPer = { USD: 1, EUR: 1.08, RUB: 0.011, KZT: 0.0021 } as const;
export type Currency = keyof typeof usdPer;

/** How many offers a partner whose profile is USDT sees. */
export const visibleOffers = 12_000;
export const testOfferId = 999;

const servers: Record<string, Record<string, string>> = {
	hoyoverse: { Europe: 'os_euro', America: 'os_usa', Asia: 'os_asia', 'TW, HK, MO': 'os_cht' },
	standoff: { Europe: 'eu', 'North America': 'na', Asia: 'as' },
};

/** Game, its currency, USD for one unit, smallest pack, and its servers where an order must name one. */
const games: Array<[name: string, unit: string, unitUsd: number, smallest: number, servers?: string]> = [
	['PUBG Mobile', 'UC', 0.0165, 60],
	['Mobile Legends: Bang Bang', 'Diamonds', 0.0195, 50, ''],
	['Genshin Impact', 'Genesis Crystals', 0.0162, 60, 'hoyoverse'],
	['Honkai: Star Rail', 'Oneiric Shards', 0.0162, 60, 'hoyoverse'],
	['Zenless Zone Zero', 'Monochrome', 0.0162, 60, 'hoyoverse'],
	['Wuthering Waves', 'Lunite', 0.0161, 60, 'hoyoverse'],
	['Free Fire', 'Diamonds', 0.0098, 100],
	['Call of Duty: Mobile', 'CP', 0.0124, 80],
	['Brawl Stars', 'Gems', 0.061, 30],
	['Clash of Clans', 'Gems', 0.0122, 80],
	['Clash Royale', 'Gems', 0.0123, 80],
	['Roblox', 'Robux', 0.0125, 40],
	['Standoff 2', 'Gold', 0.0101, 100, 'standoff'],
	['Honor of Kings', 'Tokens', 0.0121, 80],
	['Arena of Valor', 'Vouchers', 0.0243, 40],
	['Identity V', 'Echoes', 0.0162, 60],
	['Lords Mobile', 'Diamonds', 0.0021, 400],
	['Rise of Kingdoms', 'Gems', 0.0048, 100],
	['State of Survival', 'Biocaps', 0.0049, 100],
	['Valorant', 'VP', 0.0104, 475],
	['Wild Rift', 'Wild Cores', 0.0103, 425],
	['EA SPORTS FC Mobile', 'FC Points', 0.0097, 40],
	['Marvel Snap', 'Gold', 0.0099, 300],
	['Tower of Fantasy', 'Tanium', 0.0161, 60],
	['Blood Strike', 'Gold', 0.0094, 50],
	['Delta Force', 'Delta Coins', 0.0164, 60],
	['Ragnarok Origin', 'Nyan Berry', 0.0163, 60],
	['Sword of Justice', 'Jade', 0.0165, 60],
	['Eggy Party', 'Eggy Coins', 0.0161, 60],
	['World of Tanks Blitz', 'Gold', 0.0041, 250],
];

const regions: Array<[name: string, currency: Currency]> = [
	['Global', 'USD'],
	['CIS', 'RUB'],
	['Kazakhstan', 'KZT'],
	['Europe', 'EUR'],
	['Turkey', 'USD'],
	['Brazil', 'USD'],
	['Indonesia', 'USD'],
	['Philippines', 'USD'],
	['MENA', 'USD'],
	['Uzbekistan', 'RUB'],
];

const cards: Array<[brand: string, settlementMethod: Settlement]> = [
	['Steam Gift Card', 'USDT'],
	['PlayStation Store', 'MIXED'],
	['Xbox Gift Card', 'MIXED'],
	['Nintendo eShop', 'USDT'],
	['Apple Gift Card', 'USDT'],
	['Google Play', 'MIXED'],
	['Amazon', 'USDT'],
	['Netflix', 'USDT'],
	['Spotify Premium', 'MIXED'],
	['Razer Gold', 'USDT'],
	['Riot Games', 'USDT'],
	['Twitch', 'USDT'],
	['Discord Nitro', 'USDT'],
	['Battle.net', 'MIXED'],
	['EA Play', 'USDT'],
	['Ubisoft+', 'USDT'],
	['Minecraft', 'USDT'],
	['Fortnite V-Bucks', 'USDT'],
	['Meta Quest', 'USDT'],
	['Crunchyroll', 'USDT'],
	['YouTube Premium', 'MIXED'],
	['Tinder Gold', 'USDT'],
	['Skype Credit', 'USDT'],
	['NordVPN', 'USDT'],
	['Kaspersky', 'MIXED'],
	['Microsoft 365', 'USDT'],
	['Viber Out', 'USDT'],
	['Mobile Operator Voucher', 'MIXED'],
	['Neosurf', 'USDT'],
	['Jeton Cash', 'USDT'],
	['Paysafecard', 'USDT'],
	['Uber', 'FIAT'],
	['Airbnb', 'FIAT'],
];

const countries: Array<[code: string, currency: Currency]> = [
	['US', 'USD'],
	['RU', 'RUB'],
	['KZ', 'KZT'],
	['DE', 'EUR'],
	['FR', 'EUR'],
	['ES', 'EUR'],
	['UK', 'USD'],
	['TR', 'USD'],
	['PL', 'EUR'],
	['BR', 'USD'],
];

const packs = [1, 2, 3, 5, 6, 8, 10, 12, 15, 20, 25, 30, 35, 40, 50, 60, 75, 100, 150, 200];

type Kind = Pick<GameProduct, 'category' | 'isKey' | 'needsGameUserId' | 'needsGameServerId' | 'servers'>;

const noServers = {};
const giftCard: Kind = {
	category: 'Gift Cards',
	isKey: true,
	needsGameUserId: false,
	needsGameServerId: false,
	servers: noServers,
};
const topUp: Kind = { ...giftCard, category: 'Top Up', isKey: false, needsGameUserId: true };

/** The offers the document speaks of, under the ids it gives them where it gives any. */
function documentedOffers(): Offer[] {
	const usdt = { settlementMethod: 'USDT' } as const;
	const voucher: GameProduct = {
		...giftCard,
		...usdt,
		id: 5,
		name: 'PUBG Mobile',
		category: 'Top Up',
		currency: 'USD',
	};
	const steam: GameProduct = { ...giftCard, ...usdt, id: 7, name: 'Steam US', currency: 'KZT' };
	const gift: GameProduct = { ...giftCard, ...usdt, id: 6, name: 'PUBG MOBILE GIFT', currency: 'RUB' };
	// Returns data and needs an account all the same.
	const stars: GameProduct = {
		...topUp,
		...usdt,
		id: 8,
		name: 'Telegram Stars',
		currency: 'USD',
		isKey: true,
	};
	return [
		{ id: 101, product: voucher, name: '60 UC', price: 0.99, inStock: true },
		{ id: testOfferId, product: steam, name: 'TEST OFFER GROUP', price: 23.09, inStock: true },
		{ id: 1001, product: gift, name: '60 UC', price: 560.1, inStock: true },
		{ id: 1101, product: stars, name: '50 Stars', price: 0.39, inStock: true, stars: 50 },
		// An order that confirms 0.77 is answered 0.78 in the document.
		{
			id: 1102,
			product: stars,
			name: '100 Stars',
			price: 0.77,
			inStock: true,
			stars: 100,
			orderedPrice: 0.78,
		},
		{ id: 1103, product: stars, name: '500 Stars', price: 3.83, inStock: true, stars: 500 },
		{ id: 1104, product: stars, name: '1000 Stars', price: 7.65, inStock: true, stars: 1000 },
	];
}

function* products(): Generator<{
	product: GameProduct;
	offer: (pack: number) => [name: string, price: number];
}> {
	let id = 100;
	for (const [name, unit, unitUsd, smallest, serverList] of games) {
		for (const [region, currency] of regions) {
			const product: GameProduct = {
				...topUp,
				id: ++id,
				name: `${name} (${region})`,
				currency,
				settlementMethod: id % 3 === 0 ? 'MIXED' : 'USDT',
				needsGameServerId: serverList !== undefined,
				servers: (serverList && servers[serverList]) || noServers,
			};
			const unitPrice = unitUsd / usdPer[currency];
			yield { product, offer: (pack) => [`${smallest * pack} ${unit}`, cents(smallest * pack * unitPrice)] };
		}
	}
	for (const [brand, settlementMethod] of cards) {
		for (const [country, currency] of countries) {
			const product: GameProduct = {
				...giftCard,
				id: ++id,
				name: `${brand} ${country}`,
				currency,
				settlementMethod,
			};
			const scale = 5 * (currency === 'RUB' ? 100 : currency === 'KZT' ? 500 : 1);
			yield { product, offer: (pack) => [`${pack * scale} ${currency}`, cents(pack * scale * 0.97)] };
		}
	}
}

/** The same 12,000 offers every time, and some more for partners who settle in fiat; by ascending id. */
export function gamesDropOffers(): Offer[] {
	const offers = documentedOffers();
	let visible = offers.length;
	let id = 20_000;
	for (const { product, offer } of products()) {
		for (const pack of packs) {
			if (product.settlementMethod !== 'FIAT' && ++visible > visibleOffers) break;
			const [name, price] = offer(pack);
			offers.push({ id: ++id, product, name, price, inStock: id % 17 !== 0 });
		}
	}
	return offers;
}

const cents = (amount: number): number => Math.round(amount * 100) / 100;
