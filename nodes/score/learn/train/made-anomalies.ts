import type { Random } from '../../../shared/random.ts';
import { quantile } from '../../../shared/statistics.ts';
import type { ColumnScaling } from '../methods/scaling.ts';
import { pickRows, type WindowShape } from '../methods/shape.ts';

/** Share of ordinary windows that may be called anomalies. */
const FALSE_ALARMS = 0.01;
const MOST_WINDOWS = 300;
const MOST_TAGS = 24;
/** How far a tag is shifted, in its deviations: more than it ever is by itself in one window of a hundred. */
const SHIFT = 3;

/** Windows as they came, and anomalies made of them. */
export interface MadeAnomalies {
  /** [n, width] */
  ordinary: Float32Array;
  /** The values of one tag are those of another window: each has been seen, but not with those of the other tags. [tags × n, width] */
  exchanged: Float32Array;
  /** One tag is off by three of its deviations, as a sensor or a machine may be. [tags × n, width] */
  shifted: Float32Array;
}

/**
 * Anomalies made of the machine's own healthy windows: which method finds most of them can be measured without a single real fault.
 * @param rows [n, width], held out
 */
export function makeAnomalies(rows: Float32Array, shape: WindowShape, scaling: readonly ColumnScaling[], random: Random): MadeAnomalies {
  const { columnCount, width } = shape;
  const step = Math.max(1, Math.ceil(rows.length / width / MOST_WINDOWS));
  const numbers = Array.from({ length: Math.ceil(rows.length / width / step) }, (_, i) => i * step);
  const ordinary = pickRows(rows, width, numbers);
  const count = numbers.length;
  const groups = tagGroups(shape);
  const exchanged = new Float32Array(groups.length * ordinary.length);
  const shifted = new Float32Array(groups.length * ordinary.length);
  for (const [place, group] of groups.entries()) {
    for (let row = 0; row < count; row++) {
      const other = Math.floor(random() * count);
      const way = random() < 0.5 ? -SHIFT : SHIFT;
      for (let at = 0; at < width; at++) {
        const column = at % columnCount;
        const to = (place * count + row) * width + at;
        const value = ordinary[row * width + at] as number;
        const isChanged = group[column] === true;
        exchanged[to] = isChanged ? (ordinary[other * width + at] as number) : value;
        shifted[to] = isChanged ? shiftedBy(way, value, scaling[column] as ColumnScaling) : value;
      }
    }
  }
  return { ordinary, exchanged, shifted };
}

/** Share (0..1) of the made anomalies whose error is above that of 99 % of the ordinary windows; both kinds count the same. */
export function foundShare({ ordinary, exchanged, shifted }: MadeAnomalies, errors: (rows: Float32Array) => Float64Array): number {
  const limit = quantile(errors(ordinary).sort(), 1 - FALSE_ALARMS);
  const shareOf = (rows: Float32Array) => {
    const found = errors(rows);
    return found.reduce((sum, error) => sum + (error > limit ? 1 : 0), 0) / found.length;
  };
  return (shareOf(exchanged) + shareOf(shifted)) / 2;
}

/** The columns of each tag. One tag alone has nothing to disagree with but its own columns. */
function tagGroups({ columns, columnCount }: WindowShape): boolean[][] {
  const names = Array.from({ length: columnCount }, (_, column) => columns[column]?.tag ?? String(column));
  const tags = [...new Set(names)];
  const groups =
    tags.length > 1 ? tags.map((tag) => names.map((name) => name === tag)) : names.map((_, own) => names.map((_, i) => i === own));
  return groups.length <= MOST_TAGS ? groups : groups.filter((_, i) => i % Math.ceil(groups.length / MOST_TAGS) === 0);
}

function shiftedBy(deviations: number, value: number, { deviation, floor }: ColumnScaling): number {
  const amount = deviations * deviation;
  return floor === undefined ? value + amount : Math.max(value, floor) * Math.exp(amount);
}
