export type Settlement = 'FIAT' | 'USDT' | 'MIXED';

export interface Offer {
	/** The provider's offerGroupId, which orders call offerId. */
	id: number;
	productId: number;
	productName: string;
	offerName: string;
	category: 'Top Up' | 'Gift Cards';
	price: number;
	currency: Currency;
	inStock: boolean;
	settlementMethod: Settlement;
	/** A key the customer gets, or a top-up of their account. */
	isKey: boolean;
	needsGameUserId: boolean;
	needsGameServerId: boolean;
	/** Label to gameServerId. */
	servers: Readonly<Record<string, string>>;
	/** Telegram Stars in the pack, which are delivered at once to a numeric Telegram id. */
	stars?: number;
	/** What an order of it answers and costs where that is not the price quoted. */
	orderedPrice?: number;
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

const key = { isKey: true, needsGameUserId: false, needsGameServerId: false, servers: {} };
const usdt = { settlementMethod: 'USDT', inStock: true } as const;

/** The offers the document speaks of, under the ids it gives them. */
const documented: Offer[] = [
	{
		...key,
		...usdt,
		id: 101,
		productId: 5,
		productName: 'PUBG Mobile',
		offerName: '60 UC',
		category: 'Top Up',
		price: 0.99,
		currency: 'USD',
	},
	{
		...key,
		...usdt,
		id: testOfferId,
		productId: 7,
		productName: 'Steam US',
		offerName: 'TEST OFFER GROUP',
		category: 'Gift Cards',
		price: 23.09,
		currency: 'KZT',
	},
	{
		...key,
		...usdt,
		id: 1001,
		productId: 6,
		productName: 'PUBG MOBILE GIFT',
		offerName: '60 UC',
		category: 'Gift Cards',
		price: 560.1,
		currency: 'RUB',
	},
	...[50, 100, 500, 1000].map((stars, index): Offer => ({
		...key,
		...usdt,
		id: 1101 + index,
		productId: 8,
		productName: 'Telegram Stars',
		offerName: `${stars} Stars`,
		category: 'Top Up',
		price: [0.39, 0.77, 3.83, 7.65][index]!,
		currency: 'USD',
		needsGameUserId: true,
		stars,
		// In the document an order that confirms 0.77 is answered 0.78.
		...(stars === 100 && { orderedPrice: 0.78 }),
	})),
];

/** The same 12,000 offers every time, and some more for partners who settle in fiat; by ascending id. */
export function gamesDropOffers(): Offer[] {
	const offers = [...documented];
	let visible = offers.length;
	let id = 20_000;
	let productId = 100;

	const add = (offer: Omit<Offer, 'id' | 'inStock'>) => {
		const fiat = offer.settlementMethod === 'FIAT';
		if (!fiat && visible === visibleOffers) return;
		if (!fiat) visible++;
		offers.push({ ...offer, id: ++id, inStock: id % 17 !== 0 });
	};

	for (const [name, unit, unitUsd, smallest, serverList] of games) {
		for (const [region, currency] of regions) {
			productId++;
			for (const pack of packs) {
				const units = smallest * pack;
				add({
					productId,
					productName: `${name} (${region})`,
					offerName: `${units} ${unit}`,
					category: 'Top Up',
					price: priceIn(currency, units * unitUsd),
					currency,
					settlementMethod: productId % 3 === 0 ? 'MIXED' : 'USDT',
					isKey: false,
					needsGameUserId: true,
					needsGameServerId: serverList !== undefined,
					servers: (serverList && servers[serverList]) || {},
				});
			}
		}
	}
	for (const [brand, settlementMethod] of cards) {
		for (const [country, currency] of countries) {
			productId++;
			for (const pack of packs) {
				const value = pack * 5 * (currency === 'RUB' ? 100 : currency === 'KZT' ? 500 : 1);
				add({
					...key,
					productId,
					productName: `${brand} ${country}`,
					offerName: `${value} ${currency}`,
					category: 'Gift Cards',
					price: Math.round(value * 97) / 100,
					currency,
					settlementMethod,
				});
			}
		}
	}
	return offers;
}

const priceIn = (currency: Currency, usd: number): number => Math.round((usd / usdPer[currency]) * 100) / 100;
