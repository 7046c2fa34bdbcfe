import type { ReadOperation } from '../../shared/node/operation';
import { validatePlayer, type PlayerCheck } from '../api';
import { playerConnection } from '../connections';
import { offerIdOf, offerProperty } from '../offer';

export const validateOnePlayer: ReadOperation<
	PlayerCheck & { productId: string; gameUserId: string; gameServerId: string | null }
> = {
	resource: 'player',
	operation: 'validate',
	displayName: 'Validate',
	action: 'Validate player',
	description: 'Check that a game knows a player, before a top-up is ordered for them',
	connection: playerConnection,
	properties: [
		offerProperty('Top-up the player is to receive.'),
		{
			displayName: 'Game User ID',
			name: 'gameUserId',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. 52357322414',
			description: 'ID of the player in the game',
		},
		{
			displayName: 'Game Server ID',
			name: 'gameServerId',
			type: 'string',
			default: '',
			placeholder: 'e.g. os_euro',
			description: 'Server the player is on, for games that have them. Product: Get Servers lists them.',
		},
	],
	async read(item) {
		const offerId = offerIdOf(item);
		const gameUserId = item.text('gameUserId');
		const gameServerId = item.optionalText('gameServerId');
		const player = { gameUserId, ...(gameServerId === '' ? {} : { gameServerId }) };
		const check = await validatePlayer(await item.api(), offerId, player);
		return { ...check, productId: String(offerId), gameUserId, gameServerId: gameServerId || null };
	},
};
