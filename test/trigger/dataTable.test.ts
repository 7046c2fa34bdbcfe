import * as fc from 'fast-check';
import { Table, type Filter } from '../../sandbox/n8n/table';
import { runs } from '../support/full';
import { DataTableDouble } from './support/dataTable';

/*
 * The table in memory answers as the sandbox's does, which is held to n8n itself (`test/sandbox/dataTables`), for all
 * that the order trigger asks of one.
 */

const NAMES = ['provider', 'state', 'finalAt'];
const TEXTS = ['', 'a', 'b', '2026-01-02T03:04:05.000Z', '2026-01-02T03:04:06.000Z'];

const cell = fc.constantFrom(null, ...TEXTS);
const cells = fc.record({ provider: cell, state: cell, finalAt: cell }, { requiredKeys: [] });
const condition = fc.oneof(
	fc.record({
		columnName: fc.constantFrom(...NAMES),
		condition: fc.constantFrom('eq', 'neq', 'gt', 'gte', 'lt', 'lte'),
		value: fc.constantFrom(...TEXTS),
	}),
	fc.record({
		columnName: fc.constantFrom(...NAMES),
		condition: fc.constantFrom('eq', 'neq'),
		value: fc.constant(null),
	}),
	fc.record({
		columnName: fc.constant('id'),
		condition: fc.constantFrom('eq', 'gt', 'lt'),
		value: fc.nat({ max: 8 }),
	}),
);
const filter = fc.record({
	type: fc.constantFrom('and', 'or'),
	filters: fc.array(condition, { minLength: 1, maxLength: 3 }),
}) as fc.Arbitrary<Filter>;
const sortBy = fc.tuple(fc.constantFrom(...NAMES, 'id'), fc.constantFrom('ASC', 'DESC'));
const request = fc.oneof(
	{ weight: 3, arbitrary: fc.record({ kind: fc.constant('insert' as const), cells }) },
	{ weight: 2, arbitrary: fc.record({ kind: fc.constant('update' as const), filter, cells }) },
	fc.record({ kind: fc.constant('delete' as const), filter }),
	fc.record({ kind: fc.constant('page' as const), filter, sortBy, limit: fc.integer({ min: 1, max: 4 }) }),
);

const text = (value: unknown) => new URLSearchParams({ filter: JSON.stringify(value) });

/** Without the times of rows, which are those of two clocks. */
const shown = (rows: unknown) =>
	(rows as Array<Record<string, unknown>>).map(({ createdAt: _, updatedAt: __, ...row }) => row);

it('the table in memory answers as the one that is held to n8n', async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(request, { maxLength: 25 }), async (requests) => {
			const double = new DataTableDouble();
			const reference = new Table('sqlite', Date.now);
			const times = { createdAt: '', updatedAt: '' };
			NAMES.forEach((name, index) => {
				double.columns.push({ name, type: 'string' });
				reference.addColumn({ id: name, name, type: 'string', index, ...times });
			});
			for (const each of requests) {
				const rows = '/api/v1/data-tables/table/rows';
				if (each.kind === 'insert') {
					const answer = double.answer('POST', rows, text({ filters: [] }), { data: [each.cells] });
					expect(shown(answer)).toEqual(shown(await reference.insert([each.cells], async () => {})));
				} else if (each.kind === 'update') {
					const change = { filter: each.filter, data: each.cells };
					const answer = double.answer('PATCH', `${rows}/update`, text({ filters: [] }), change);
					expect(shown(answer)).toEqual(shown(await reference.update(each.filter, each.cells)));
				} else if (each.kind === 'delete') {
					double.answer('DELETE', `${rows}/delete`, text(each.filter), undefined);
					reference.delete(each.filter);
				} else {
					const [name, direction] = each.sortBy;
					const query = text(each.filter);
					query.set('sortBy', `${name}:${direction.toLowerCase()}`);
					query.set('limit', String(each.limit));
					const answer = double.answer('GET', rows, query, undefined) as {
						data: unknown;
						nextCursor: string | null;
					};
					const sortedBy = [name, direction as 'ASC' | 'DESC'] as const;
					const page = reference.get({ filter: each.filter, sortBy: sortedBy, offset: 0, limit: each.limit });
					expect(shown(answer.data)).toEqual(shown(page.rows));
					expect(answer.nextCursor !== null).toBe(page.count > each.limit);
				}
			}
		}),
		runs(150, 2_000),
	);
});
