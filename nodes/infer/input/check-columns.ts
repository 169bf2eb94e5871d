import { LinewatchError } from '../../shared/errors.ts';
import type { WindowColumn } from '../../shared/messages.ts';
import type { ManifestColumn } from '../model-file/manifest.ts';

/**
 * Refuses a window whose columns are not the ones a model was trained on: it would answer, and be wrong.
 * Units are compared where both sides name one.
 * @throws LinewatchError model-columns-count, model-column
 */
export function checkColumns(window: readonly WindowColumn[], expected: readonly ManifestColumn[]): void {
  if (window.length !== expected.length) {
    throw new LinewatchError('model-columns-count', { expected: expected.length, got: window.length });
  }
  expected.forEach((wanted, index) => {
    const got = window[index] as WindowColumn;
    const sameColumn = wanted.tag === got.tag && wanted.feature === got.feature;
    const sameUnit = wanted.unit === '' || got.unit === '' || wanted.unit === got.unit;
    if (sameColumn && sameUnit) return;
    const name = ({ tag, feature, unit }: WindowColumn) => `${tag} ${feature}${sameColumn ? ` in ${unit}` : ''}`;
    throw new LinewatchError('model-column', { number: index + 1, expected: name(wanted), got: name(got) });
  });
}

/** The columns of `msg.window`, where the message has them in their right form. */
export function windowColumns(window: unknown): WindowColumn[] | undefined {
  const columns = (window as { columns?: unknown } | undefined)?.columns;
  if (!Array.isArray(columns)) return undefined;
  const isColumn = (column: unknown) =>
    typeof (column as WindowColumn)?.tag === 'string' && typeof (column as WindowColumn)?.feature === 'string';
  // Not `every`: it passes over the holes of an array.
  if (columns.findIndex((column) => !isColumn(column)) >= 0) return undefined;
  return columns.map(({ tag, feature, unit }) => ({ tag, feature, unit: typeof unit === 'string' ? unit : '' }));
}
