import { jsonOf } from '../../support/harness';
import { answer } from '../../support/sandboxFaults';
import { useGamesDrop } from '../support/gamesDrop';
import { links } from '../support/providerNode';

const { account, run, injectFault, requests } = useGamesDrop();

describe('telegramUser: get', () => {
	const get = { resource: 'telegramUser', operation: 'get', username: '={{ $json.name }}' };

	it('gives the ID where the user has talked to the bot, linked to the items', async () => {
		const done = await run(get, [{ name: '@igoryan34' }, { name: 'private_person' }, { name: 143594291 }]);
		const igor = {
			resolved: true,
			telegramUserId: '143594291',
			username: 'igoryan34',
			firstName: 'Igor',
			message: 'User account verified successfully',
		};
		expect(jsonOf(done)).toEqual([
			igor,
			{
				resolved: false,
				telegramUserId: null,
				username: 'private_person',
				firstName: 'private_person',
				message: expect.stringMatching(/not publicly available/),
			},
			igor,
		]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
	});

	it('asks the other host, with the same token', async () => {
		await run(get, [{ name: '@igoryan34' }]);
		const [sent] = await requests();
		expect(sent).toMatchObject({
			method: 'POST',
			path: '/gamesdrop-telegram/api/aggregator/a6/telegram/user-info',
		});
		expect(sent!.headers.authorization).toBe(account.key);
		expect(JSON.parse(sent!.body)).toEqual({ username: '@igoryan34' });
	});

	it.each([
		[
			'a name that cannot be one',
			'<b>../?#%',
			{ resolved: false, telegramUserId: null, message: 'Username format is invalid' },
		],
		['letters of all kinds', '名前🎮', { resolved: false, telegramUserId: null }],
		['a long text', 'z'.repeat(9_000), { resolved: false, telegramUserId: null }],
	])('gives an answer to %s', async (_, name, expected) => {
		expect(jsonOf(await run(get, [{ name }]))).toEqual([expect.objectContaining(expected)]);
	});

	it('reads an answer with little in it', async () => {
		await injectFault('telegramUser.get', answer({ valid: true, userInfo: { id: 0 } }));
		expect(jsonOf(await run(get, [{ name: 'x' }]))).toEqual([
			{ resolved: false, telegramUserId: null, username: null, firstName: null, message: null },
		]);
	});
});
