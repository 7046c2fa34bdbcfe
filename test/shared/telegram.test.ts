import fc from 'fast-check';
import { usernameIn } from '../../nodes/shared/domain/telegram';

describe('usernameIn', () => {
	it('reads every spelling of an account', () => {
		fc.assert(
			fc.property(
				fc.stringMatching(/^[A-Za-z]\w{4,31}$/),
				fc.constantFrom('', '@', 't.me/', 'https://t.me/', 'http://telegram.me/', ' @'),
				(name, before) => expect(usernameIn(before + name)).toBe(name),
			),
		);
	});

	it('gives nothing but word characters, whatever comes in', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), (text) => expect(usernameIn(text) ?? 'x').toMatch(/^\w+$/)),
		);
	});
});
