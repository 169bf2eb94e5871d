import { LinewatchError } from '../../../shared/errors.ts';
import { LARGEST, MOST_TOTAL, MOST_VALUES, type TrainingRequest, tasks } from '../contract.ts';
import { columnName } from '../methods/shape.ts';

/** The last date there is, epoch ms. */
const LAST_DATE = 8.64e15;

/** @throws LinewatchError learn-request, learn-size, learn-value where a request can not be worked with */
export function checkRequest({ task, columns, inputDims, rows, times, labels }: TrainingRequest): void {
  const wrong = (property: string, expected: string, got: string | number) =>
    new LinewatchError('learn-request', { property, expected, got });
  if (!tasks.includes(task)) throw wrong('task', tasks.join(', '), String(task));
  const isShape = (inputDims.length === 2 || inputDims.length === 3) && inputDims[0] === 1;
  if (!isShape || inputDims.some((dim) => !Number.isInteger(dim) || dim < 1)) {
    throw wrong('inputDims', '[1, features] or [1, samples, tags]', `[${inputDims.join(', ')}]`);
  }
  const width = inputDims.reduce((product, dim) => product * dim, 1);
  if (width > MOST_VALUES) throw new LinewatchError('learn-size', { what: 'a window', expected: MOST_VALUES, got: width });
  if (rows.length > MOST_TOTAL) throw new LinewatchError('learn-size', { what: 'all windows', expected: MOST_TOTAL, got: rows.length });
  const count = inputDims.at(-1) as number;
  if (columns.length !== count && columns.length !== 0) throw wrong('columns', `${count} of them`, columns.length);
  if (rows.length !== times.length * width) throw wrong('rows', `${times.length} × ${width} values`, rows.length);
  if (labels !== undefined && labels.length !== times.length) throw wrong('labels', `${times.length} of them`, labels.length);
  const backwards = times.findIndex((time, row) => !(Math.abs(time) <= LAST_DATE) || (row > 0 && time < (times[row - 1] as number)));
  if (backwards >= 0) throw wrong(`times, row ${backwards + 1}`, 'a date, and never falling', times[backwards] as number);
  const bad = rows.findIndex((value) => !(Math.abs(value) <= LARGEST));
  if (bad >= 0) {
    const column = columns[bad % count] ?? { tag: `column ${(bad % count) + 1}`, feature: 'raw' };
    throw new LinewatchError('learn-value', { row: Math.floor(bad / width) + 1, column: columnName(column), got: rows[bad] as number });
  }
}
