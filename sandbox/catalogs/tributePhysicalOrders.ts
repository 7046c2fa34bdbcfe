/** Goods that were sent by post: made in Tribute's own interface, read only by its API. Amounts in major units. */
export interface TributePhysicalOrder {
	id: number;
	status: 'pending' | 'shipped' | 'delivered' | 'canceled' | 'refunded';
	/** RFC 3339. */
	created: string;
	fullName: string;
	email: string;
	phone: string;
	telegramID: number;
	address: { countryIso2: string; countryIso3: string };
	locality: string;
	fullAddress: string;
	customerNote: string;
	items: Array<{
		/** Of the variant. */
		id: number;
		price: number;
		quantity: number;
		currency: string;
		name: string;
		attributes: Record<string, string>;
	}>;
	deliveryCost: number;
	currency: string;
}

const statuses = ['pending', 'shipped', 'delivered', 'canceled', 'refunded'] as const;

export const isPhysicalStatus = (word: string): boolean => (statuses as readonly string[]).includes(word);

/** As many orders as fill two pages, oldest first. */
export const tributePhysicalOrders = (firstId: number): TributePhysicalOrder[] =>
	Array.from({ length: 75 }, (_, index) => ({
		id: firstId + index,
		status: statuses[index % statuses.length]!,
		created: new Date(Date.UTC(2026, 9, 1, 12) + index * 3_600_000).toISOString().replace('.000Z', 'Z'),
		fullName: `Buyer ${index + 1}`,
		email: `buyer${index + 1}@example.com`,
		phone: '+447700900000',
		telegramID: 12321321 + index,
		address: { countryIso2: 'GB', countryIso3: 'GBR' },
		locality: 'London',
		fullAddress: '221B Baker Street, London',
		customerNote: index % 3 === 0 ? 'Please ring twice' : '',
		items: [
			{
				id: 2555,
				price: 150,
				quantity: 1 + (index % 3),
				currency: 'USD',
				name: 'Enamel Pin',
				attributes: { color: index % 2 ? 'red' : 'blue' },
			},
		],
		deliveryCost: 25.5,
		currency: 'USD',
	}));
