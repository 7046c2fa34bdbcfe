import { startTime } from '../../trigger/support/time';

/** To be imported before anything of `nodes/`: moves its time by hand, and lets its process end. */

jest.mock('../../../nodes/shared/async/monotonic', () => jest.requireActual('../../trigger/support/time'));
jest.mock('../../../nodes/shared/async/pause', () => ({
	...jest.requireActual<object>('../../../nodes/shared/async/pause'),
	pause: jest.requireActual<typeof import('../../trigger/support/time')>('../../trigger/support/time').pause,
}));
jest.mock('../../../nodes/shared/processState', () => {
	const actual = jest.requireActual<typeof import('../../../nodes/shared/processState')>(
		'../../../nodes/shared/processState',
	);
	const { remember } = jest.requireActual<typeof import('../../trigger/support/processes')>(
		'../../trigger/support/processes',
	);
	return {
		...actual,
		processState: (name: Parameters<typeof actual.processState>[0]) => remember(actual.processState(name)),
	};
});

beforeEach(() => startTime());
afterEach(() => jest.useRealTimers());
