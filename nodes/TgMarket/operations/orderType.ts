import type { INodeProperties } from 'n8n-workflow';

export const orderTypeProperty = (description: string): INodeProperties => ({
	displayName: 'Order Type',
	name: 'orderType',
	type: 'options',
	required: true,
	options: [
		{ name: 'Premium', value: 'premium' },
		{ name: 'Stars', value: 'stars' },
	],
	default: 'stars',
	description,
});
