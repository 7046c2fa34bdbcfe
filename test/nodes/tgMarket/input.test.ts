import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { errorOf, jsonOf } from '../../support/harness';
import { getOrder, premium, stars, useTgMarket } from '../support/tgMarket';
import { titled } from '../support/providerNode';

const { run, buy, requests, details } = useTgMarket();

describe('hostile input', () => {
	const LONG = 'a'.repeat(10_000);
	const accounts: unknown[] = [
		'',
		'   ',
		'<img src=x onerror=alert(1)>',
		'имя',
		'名前',
		'name\u202e',
		'two names',
		'../balance',
		'a/../b',
		'a?wait=true',
		'a#b',
		'a%2Fb',
		LONG,
		'https://t.me/+AbCdEf',
		'https://t.me/joinchat/AbCdEf',
		'https://t.me/joinchat',
		'https://t.me/c/123/4',
		'https://t.me/addlist/abc',
		'https://t.me/proxy?server=x',
		'https://t.me/name/123',
		'https://evil.example/name',
		'https://t.me/',
		'https://t.me.evil.example/name',
		'@@name',
		{ to: 'name' },
		['name'],
		true,
		null,
	];
	it.each(accounts.map(titled))('Username %s is refused before anything is sent', async (_, to) => {
		const done = await run(stars, [{ to: to as string }]);
		expect(errorOf(done)).toMatchObject({
			message: expect.stringMatching(/^Username: /),
			data: details('INVALID_PARAMETER'),
		});
		expect(done.error!.message.length).toBeLessThan(200);
		expect(await requests()).toEqual([]);
	});

	it.each([
		[''],
		[0],
		[-1],
		[1.5],
		['ten'],
		['1e400'],
		[null],
		[{}],
		[[100]],
		[true],
		['<b>1</b>'],
		[2 ** 53],
	])('Amount %j is refused before anything is sent', async (amount) => {
		const done = await run({ ...stars, username: 'target', amount: '={{ $json.amount }}' }, [
			{ amount } as IDataObject,
		]);
		expect(errorOf(done)).toMatchObject({
			message: expect.stringMatching(/^Amount: /),
			data: details('INVALID_PARAMETER'),
		});
		expect(await requests()).toEqual([]);
	});

	it('takes an amount that comes as text', async () => {
		const done = await run({ ...stars, username: 'target', amount: '={{ $json.amount }}' }, [
			{ amount: '250' },
		]);
		expect(jsonOf(done)[0]).toMatchObject({ price: 3 });
	});

	it.each([
		['Order Type', { ...stars, orderType: '={{ "gifts" }}' }],
		['Order Type', { ...stars, orderType: '={{ null }}' }],
		['Duration', { ...premium, duration: '={{ 4 }}' }],
		['Duration', { ...premium, duration: '={{ "3 months" }}' }],
		['Order Type', { ...getOrder, orderType: '={{ "order" }}', orderId: '42' }],
		['Request Timeout', { ...stars, options: { requestTimeout: '={{ "soon" }}' } }],
		['Wait Timeout', { ...stars, options: { waitForCompletion: true, waitTimeout: -1 } }],
	])('%s out of range is refused before anything is sent', async (label, parameters) => {
		const done = await run(parameters as INodeParameters, [{ to: 'target' }]);
		expect(errorOf(done)).toMatchObject({
			message: expect.stringMatching(new RegExp(`^${label}: `)),
			data: details('INVALID_PARAMETER'),
		});
		expect(await requests()).toEqual([]);
	});

	it.each(
		(
			[
				'',
				'0',
				'-1',
				'1.5',
				'042',
				'abc',
				'..',
				'.',
				'../balance',
				'42/../43',
				'42?x=1',
				'42#x',
				'%34%32',
				'４２',
				'<b>42</b>',
				'9'.repeat(400),
				{ id: 42 },
				[42],
				true,
				null,
				2 ** 53,
			] as unknown[]
		).map(titled),
	)('Order ID %s is refused before anything is sent', async (_, id) => {
		const done = await run(getOrder, [{ id: id as string }]);
		expect(errorOf(done)).toMatchObject({
			message: expect.stringMatching(/^Order ID: /),
			data: details('INVALID_PARAMETER'),
		});
		expect(await requests()).toEqual([]);
	});

	it('checks every item before the first is bought', async () => {
		const done = await buy(stars, ['good', '<script>']);
		expect(done.error?.context).toMatchObject({ itemIndex: 1 });
		expect(await requests()).toEqual([]);
	});
});
