/** What the detector reaches on series that its settings were not chosen on. */
import type { ScorerOptions } from '../../../nodes/score/detect/scorer.ts';
import { usualTuning } from '../../../nodes/score/detect/tag/tuning.ts';
import { profiles, type Sum, sumOf } from './scoring.ts';
import type { Series } from './series.ts';
import { alarmsOf, shippedOptions } from './shipped.ts';

const FOLDS = 5;

/** The shipped settings and their neighbours on both sides, at three positions of the dial. */
export function settings(): ScorerOptions[] {
  const around = (middle: number, step: number) => [middle - step, middle, middle + step];
  const found: ScorerOptions[] = [];
  for (const falseAlarms of ['day', 'week', 'month'] as const)
    for (const range of around(usualTuning.range, 0.6))
      for (const shift of around(usualTuning.shift, 2.5))
        for (const long of around(usualTuning.long, 1))
          for (const short of around(usualTuning.short, 0.6))
            found.push({ ...shippedOptions, falseAlarms, tuning: { ...usualTuning, range, shift, long, short } });
  return found;
}

export interface HeldOut {
  /** 0 to 100, standard profile, all folds together; the alarms are those of the node: no threshold is chosen. */
  score: number;
  /** How many settings there were to choose from. */
  tried: number;
  /** The best and the median of them on all series. */
  best: number;
  median: number;
}

/** Each fifth of the series is judged with the settings that are best on the other four; the fifth is every fifth by name. */
export function heldOutScore(series: readonly Series[], tried = settings()): HeldOut {
  const ordered = series.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  // Per setting and series, so that any subset is a sum.
  const sums = tried.map((options) => ordered.map((one) => sumOf([one], [alarmsOf(one, options)], profiles.standard)));
  const normalised = (parts: readonly Sum[]) => {
    const total = (key: keyof Sum) => parts.reduce((sum, part) => sum + part[key], 0);
    return (100 * (total('raw') - total('silence'))) / (total('best') - total('silence'));
  };
  const judged: Sum[] = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    const isHeldOut = (_: unknown, at: number) => at % FOLDS === fold;
    const chosen = sums.toSorted(
      (one, other) => normalised(other.filter((_, at) => at % FOLDS !== fold)) - normalised(one.filter((_, at) => at % FOLDS !== fold)),
    )[0] as Sum[];
    judged.push(...chosen.filter(isHeldOut));
  }
  const all = sums.map(normalised).toSorted((one, other) => one - other);
  return { score: normalised(judged), tried: tried.length, best: all.at(-1) as number, median: all[all.length >> 1] as number };
}
