/** As the provider lists it, and whether it can be ordered. Custom Stars have a rate instead of a price. */
export interface TeleKartProduct {
	id: string;
	type: 'premium' | 'stars' | 'gift';
	source?: 'standard' | 'custom';
	title: string;
	duration_months?: number;
	stars?: number;
	price_usd?: number;
	price_note?: string;
	star_rate_usd?: number;
	available: boolean;
}

export const starRateUsd = 0.0165;

const premium: Array<[months: number, price: number]> = [
	[3, 13.49],
	[6, 17.99],
	[12, 32.49],
];

const packs: Array<[stars: number, price: number]> = [
	[50, 0.83],
	[100, 1.65],
	[250, 4.13],
	[500, 8.25],
	[1000, 16.5],
	[2500, 41.25],
	[5000, 82.5],
	[10000, 165],
];

const standardGifts: Array<[id: string, title: string, stars: number, price: number]> = [
	['heart', 'Heart', 15, 0.26],
	['bear', 'Bear', 15, 0.26],
	['gift', 'Gift Box', 25, 0.43],
	['rose', 'Rose', 25, 0.43],
	['cake', 'Cake', 50, 0.85],
	['bouquet', 'Bouquet', 50, 0.85],
	['rocket', 'Rocket', 50, 0.85],
	['trophy', 'Trophy', 100, 1.7],
	['ring', 'Ring', 100, 1.7],
	['diamond', 'Diamond', 100, 1.7],
];

const customGifts: Array<[title: string, stars: number, price: number]> = [
	['Custom Gift', 500, 8.5],
	['Plush Pepe', 2500, 42.5],
];

export function teleKartProducts(): TeleKartProduct[] {
	const products: Array<Omit<TeleKartProduct, 'available'>> = [
		...premium.map(([months, price]) => ({
			id: `premium_${months}m`,
			type: 'premium' as const,
			title: `Telegram Premium ${months} Months`,
			duration_months: months,
			price_usd: price,
		})),
		...packs.map(([stars, price]) => ({
			id: `stars_${stars}`,
			type: 'stars' as const,
			title: `${stars} Telegram Stars`,
			stars,
			price_usd: price,
		})),
		{
			id: 'stars_custom',
			type: 'stars',
			title: 'Custom Telegram Stars',
			price_note: 'Send stars in the order body. Price = stars * current star rate.',
			star_rate_usd: starRateUsd,
		},
		...standardGifts.map(([id, title, stars, price]) => ({
			id: `gift_h_${id}`,
			type: 'gift' as const,
			source: 'standard' as const,
			title,
			stars,
			price_usd: price,
		})),
		...customGifts.map(([title, stars, price], index) => ({
			id: `gift_c_${index + 1}`,
			type: 'gift' as const,
			source: 'custom' as const,
			title,
			stars,
			price_usd: price,
		})),
	];
	return products.map((product) => ({ ...product, available: true }));
}
