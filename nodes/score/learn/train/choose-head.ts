import { pickRows } from '../methods/shape.ts';
import { fitSoftmax, type LabelledRows, logLoss } from '../methods/softmax.ts';

const RIDGES = [1e-3, 1e-2, 1e-1];
/** A head may be made less sure, never surer than it was trained. */
const TEMPERATURES = [1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8];
/** Where there is too little to choose by. */
const ORDINARY: HeadChoice = { ridge: 1e-2, temperature: 1 };

/** What a head is trained with, and how much less sure it is made afterwards. */
export interface HeadChoice {
  ridge: number;
  temperature: number;
}

/**
 * What does best when each half of the time is judged by a head that the other half taught (two-fold cross-validation, in blocks, as neighbours in time are
 * alike). Nothing else is looked at, so that what is held out can say how well it works.
 * @param times end of each row's window, epoch ms
 * @param windowMs windows of the later half that overlap with the earlier one are left out
 * @param onTried told the share (0..1) of the work that is done
 */
export function chooseHead(
  { rows, classes }: LabelledRows,
  times: Float64Array,
  windowMs: number,
  width: number,
  count: number,
  onTried: (share: number) => void,
): HeadChoice {
  const halves = halvesOf(classes, times, windowMs, count).map(
    (numbers): LabelledRows => ({
      rows: pickRows(rows, width, numbers),
      classes: Uint32Array.from(numbers, (row) => classes[row] as number),
    }),
  );
  if (halves.some((half) => new Set(half.classes).size < count)) return ORDINARY;
  const [one, two] = halves as [LabelledRows, LabelledRows];
  const judged = [
    [one, two],
    [two, one],
  ] as const;
  let best = { ...ORDINARY, loss: Number.POSITIVE_INFINITY };
  for (const [index, ridge] of RIDGES.entries()) {
    const heads = judged.map(([taught]) => fitSoftmax(taught, width, count, ridge).head);
    for (const temperature of TEMPERATURES) {
      const loss = judged.reduce((sum, [, of], half) => sum + logLoss(heads[half] as (typeof heads)[0], of, width, temperature), 0);
      if (loss < best.loss) best = { ridge, temperature, loss };
    }
    onTried((index + 1) / RIDGES.length);
  }
  return { ridge: best.ridge, temperature: best.temperature };
}

/** Row numbers of the earlier and of the later half of each class. */
function halvesOf(classes: Uint32Array, times: Float64Array, windowMs: number, count: number): [early: number[], late: number[]] {
  const early: number[] = [];
  const late: number[] = [];
  for (let label = 0; label < count; label++) {
    const own = [...classes.keys()].filter((row) => classes[row] === label);
    const first = own.slice(0, own.length >> 1);
    const limit = (times[first.at(-1) as number] ?? Number.NEGATIVE_INFINITY) + windowMs;
    early.push(...first);
    late.push(...own.slice(first.length).filter((row) => (times[row] as number) >= limit));
  }
  return [early, late];
}
