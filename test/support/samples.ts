/** Samples of the providers' documents that the nodes read and the sandbox gives. */

export const tributeProduct = {
	id: 2548,
	type: 'digital',
	name: 'VPN Access - 1 Month',
	description: 'High-speed VPN service with unlimited bandwidth and 50+ server locations worldwide',
	amount: 499,
	currency: 'usd',
	starsAmount: 100,
	starsAmountEnabled: true,
	status: 'approved',
	isCustom: false,
	acceptCards: true,
	acceptWalletPay: false,
	protectContent: true,
	created: '2025-08-25T10:30:00Z',
	updated: '2025-08-25T10:30:00Z',
	pendingOrders: 3,
	imageUrl: 'https://cdn.example.com/image.jpg',
	link: 'https://t.me/tribute_bot/app?startapp=pf6',
	webLink: 'https://web.tribute.tg/p/f6',
};

/** One offer, as `find-one` gives it. */
export const gamesDropOffer = {
	offerId: 1001,
	productName: 'PUBG MOBILE GIFT',
	offerName: '60 UC',
	count: 1,
	price: 560.1,
	currency: 'RUB',
	settlementMethod: 'USDT',
	balanceProfile: 'USDT',
	isSettlementCompatible: true,
	isReturnDataForCustomer: true,
};

/** A row of the catalog. */
export const gamesDropRow = {
	productId: 5,
	productName: 'PUBG Mobile',
	offerGroupId: 101,
	offerGroupName: '60 UC',
	price: 0.99,
	currency: 'USD',
	inStock: true,
};
