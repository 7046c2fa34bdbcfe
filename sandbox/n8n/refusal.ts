import { refusals, Refusal, Reply } from '../provider';

/** n8n's answers that say no; its public API has no codes, only a text. */
export const refuse = refusals(
	{
		UNAUTHORIZED: [401, 'unauthorized'],
		FORBIDDEN: [403, 'Forbidden'],
		NOT_FOUND: [404, 'not found'],
		TOO_MANY_REQUESTS: [429, 'Too many requests'],
		INTERNAL: [500, 'Internal server error'],
		/** At the size limit of all tables together; rows can still be deleted. */
		SIZE_LIMIT: [
			400,
			'Validation error with data table request: Data table size limit exceeded: 200MB used, limit is 200MB',
		],
	},
	(_code, message) => ({ message }),
);

export const says = (status: number, message: string): Refusal => new Refusal(new Reply(status, { message }));

export const invalid = (message: string): Refusal =>
	says(400, `Validation error with data table request: ${message}`);
