import type { ReadOperation } from '../../shared/node/operation';
import { getTelegramUser, type TelegramUser } from '../api';
import { telegramConnection } from '../connections';

export const getOneTelegramUser: ReadOperation<TelegramUser> = {
	resource: 'telegramUser',
	operation: 'get',
	displayName: 'Get',
	action: 'Get telegram user',
	description: 'Get the numeric ID of a Telegram user, which orders of Telegram Stars need',
	connection: telegramConnection,
	properties: [
		{
			displayName: 'Username',
			name: 'username',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. @username',
			description:
				'Telegram username, or a user ID. GamesDrop knows the ID only of users who have written to @gamesdrop_api_bot; others come back with resolved false. This request goes to gamesdrop.io, so that host gets the token of the store as well.',
		},
	],
	async read(item) {
		return await getTelegramUser(await item.api(), item.text('username'));
	},
};
