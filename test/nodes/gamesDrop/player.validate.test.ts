import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { jsonOf } from '../../support/harness';
import { answer } from '../../support/sandboxFaults';
import { offer, PLAYER, TOP_UP, useGamesDrop } from '../support/gamesDrop';
import { detailsOf, links } from '../support/providerNode';

const { run, injectFault, requests, bodies } = useGamesDrop();

describe('player: validate', () => {
	const validate = (more: INodeParameters = {}): INodeParameters => ({
		resource: 'player',
		operation: 'validate',
		productId: offer(TOP_UP),
		gameUserId: '={{ $json.player }}',
		...more,
	});

	it('gives yes and no as data, linked to the items', async () => {
		const done = await run(validate(), [{ player: PLAYER }, { player: '12' }, { player: 52357322414 }]);
		const valid = {
			valid: true,
			status: 'VALID',
			playerName: 'JJJ',
			productId: String(TOP_UP),
			gameUserId: PLAYER,
			gameServerId: null,
		};
		expect(jsonOf(done)).toEqual([
			valid,
			{ ...valid, valid: false, status: 'INVALID', playerName: null, gameUserId: '12' },
			valid,
		]);
		expect(links(done)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
	});

	it('sends the player as text, and a server only when one is given', async () => {
		await run(validate({ gameServerId: '={{ $json.server }}' }), [{ player: 5, server: 1234 }]);
		await run(validate(), [{ player: '007' }]);
		expect(await bodies('player.validate')).toEqual([
			{ offerId: TOP_UP, gameUserId: '5', gameServerId: '1234' },
			{ offerId: TOP_UP, gameUserId: '007' },
		]);
	});

	it.each([200, 400, 404, 422])('takes INVALID for an answer with HTTP %s', async (status) => {
		await injectFault('player.validate', answer({ status: 'INVALID' }, status));
		const done = await run(validate(), [{ player: PLAYER }]);
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({ valid: false, status: 'INVALID', playerName: null }),
		]);
		expect(await requests('player.validate')).toHaveLength(1);
	});

	it('is neither valid nor invalid for an unknown status', async () => {
		await injectFault('player.validate', answer({ status: 'CHECKING', game_user_login: 'J' }));
		const done = await run(validate(), [{ player: PLAYER }]);
		expect(jsonOf(done)).toEqual([
			expect.objectContaining({ valid: null, status: 'CHECKING', playerName: 'J' }),
		]);
	});

	it('is refused like everything else', async () => {
		await injectFault('player.validate', { type: 'refuse', code: 'OFFER_NOT_FOUND' });
		expect(detailsOf(await run(validate(), [{ player: PLAYER }]))).toMatchObject({ code: 'OFFER_NOT_FOUND' });
	});

	it.each([
		['Game User ID: is empty', { player: ' ' }],
		['Game User ID: expected text, got "{"a":1}"', { player: { a: 1 } }],
		['Game User ID: expected text, got "9007199254740993000"', { player: 9007199254740993000 }],
	])('refuses before anything is sent: %s', async (message, item) => {
		expect((await run(validate(), [item as IDataObject])).error?.message).toBe(message);
		expect(await requests()).toEqual([]);
	});
});
